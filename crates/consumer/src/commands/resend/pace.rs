//! How fast: governor's limiter, waited for.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// What a late timer has cost is caught up with, up to so many seconds' worth of calls.
const CATCH_UP: f64 = 0.1;

/// Hands out turns.
#[derive(Debug)]
pub(super) struct Pace {
    limiter: DefaultDirectRateLimiter,
    clock: DefaultClock,
    /// AlipayHK asked for quiet until then.
    quiet_until: Mutex<Option<Instant>>,
}

impl Pace {
    /// So many turns a second.
    pub(super) fn new(per_second: f64) -> Self {
        let burst = NonZeroU32::new((per_second * CATCH_UP).ceil() as u32).unwrap_or(NonZeroU32::MIN);
        let period = Duration::from_secs_f64((1.0 / per_second.max(0.000_1)).min(86_400.0)).max(Duration::from_nanos(1));
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst);
        Self { limiter: RateLimiter::direct(quota), clock: DefaultClock::default(), quiet_until: Mutex::new(None) }
    }

    /// Nobody gets a turn for so long.
    pub(super) fn quiet(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = Some(quiet.map_or(until, |known| known.max(until)));
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) {
        loop {
            let quiet = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(until) = quiet.filter(|until| *until > Instant::now()) {
                tokio::time::sleep_until(until.into()).await;
                continue;
            }
            match self.limiter.check() {
                Ok(()) => return,
                Err(not_yet) => tokio::time::sleep(not_yet.wait_time_from(self.clock.now())).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_turns_are_handed_out_than_the_rate_and_the_burst_allow() {
        let pace = Pace::new(100.0);
        let began = Instant::now();
        for _ in 0..30 {
            pace.turn().await;
        }
        // Ten at once, twenty at their time.
        assert!(began.elapsed() >= Duration::from_millis(190), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn quiet_holds_everybody_and_a_shorter_one_does_not_end_a_longer() {
        let pace = Pace::new(1_000.0);
        let began = Instant::now();
        pace.quiet(Duration::from_millis(80));
        pace.quiet(Duration::from_millis(1));
        pace.turn().await;
        assert!(began.elapsed() >= Duration::from_millis(80));
    }
}
