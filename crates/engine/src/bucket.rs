//! This instance's part of the quota: governor's limiter on the engine's own time.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::io::Now;

/// A throttling answer cuts the rate to this part.
const CUT: f64 = 0.7;
/// The rate is never cut below this part of the share.
const FLOOR: f64 = 0.02;
/// Quiet time gives back this part of the share …
const RESTORE: f64 = 0.05;
/// … every so often.
const RESTORE_EVERY: Duration = Duration::from_secs(5);

type Limiter = RateLimiter<NotKeyed, InMemoryState, EngineClock, StateInformationMiddleware>;

/// The engine's time as governor reads it.
#[derive(Debug, Clone, Default)]
struct EngineClock(Arc<AtomicU64>);

impl Clock for EngineClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.load(Ordering::Relaxed))
    }
}

/// The token bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    clock: EngineClock,
    limiter: Option<Limiter>,
    share: f64,
    factor: f64,
    /// The fill at a moment: governor tells it only when a token is taken.
    fill: f64,
    fill_at: Now,
    burst: f64,
    changed_at: Now,
    started: bool,
}

impl Bucket {
    /// Without a share nothing is given.
    pub(crate) fn new(now: Now) -> Self {
        let clock = EngineClock::default();
        Self { clock, limiter: None, share: 0.0, factor: 1.0, fill: 0.0, fill_at: now, burst: 0.0, changed_at: now, started: false }
    }

    /// The share changed: a new limiter, drained to the old one's fill. Only the first share of a process begins full.
    pub(crate) fn set_share(&mut self, share: f64, now: Now) {
        if (share - self.share).abs() < 1e-9 {
            return;
        }
        let fill = if self.started { self.tokens(now) } else { f64::INFINITY };
        self.started |= share > 0.0;
        self.share = share;
        self.build(fill, now);
    }

    /// Calls a second, cuts included.
    pub(crate) fn rate(&self) -> f64 {
        self.share * self.factor
    }

    /// This instance's part of the quota, without cuts.
    pub(crate) fn share(&self) -> f64 {
        self.share
    }

    /// About how many calls could be made at once.
    pub(crate) fn tokens(&self, now: Now) -> f64 {
        let since = now.0.saturating_sub(self.fill_at.0).as_secs_f64();
        (self.fill + since * self.rate()).min(self.burst)
    }

    /// Takes one token, or says when there will be one.
    pub(crate) fn take(&mut self, now: Now) -> Result<(), Option<Now>> {
        self.tell(now);
        let Some(limiter) = &self.limiter else { return Err(None) };
        match limiter.check() {
            Ok(state) => {
                (self.fill, self.fill_at) = (f64::from(state.remaining_burst_capacity()), now);
                Ok(())
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.now());
                Err(Some(Now(now.0 + wait.max(Duration::from_micros(100)))))
            }
        }
    }

    /// AlipayHK throttles: the rate is cut, at most once a second. True when it was.
    pub(crate) fn cut(&mut self, now: Now) -> bool {
        if self.factor < 1.0 && now.0.saturating_sub(self.changed_at.0) < Duration::from_secs(1) {
            return false;
        }
        self.change((self.factor * CUT).max(FLOOR), now);
        true
    }

    /// Gives back what quiet time earned. True when the full share is back.
    pub(crate) fn restore(&mut self, now: Now) -> bool {
        if self.factor >= 1.0 || now.0.saturating_sub(self.changed_at.0) < RESTORE_EVERY {
            return false;
        }
        self.change((self.factor + RESTORE).min(1.0), now);
        self.factor >= 1.0
    }

    /// When [`Bucket::restore`] has something to do.
    pub(crate) fn restore_at(&self) -> Option<Now> {
        (self.factor < 1.0).then(|| Now(self.changed_at.0 + RESTORE_EVERY))
    }

    fn change(&mut self, factor: f64, now: Now) {
        let fill = self.tokens(now);
        (self.factor, self.changed_at) = (factor, now);
        self.build(fill, now);
    }

    fn build(&mut self, fill: f64, now: Now) {
        self.tell(now);
        let rate = self.rate();
        // Beyond a call a nanosecond it is no limit any more, but no stall either.
        let period = Duration::try_from_secs_f64(1.0 / rate).ok().map(|period| period.max(Duration::from_nanos(1)));
        let burst = NonZeroU32::new(rate.clamp(1.0, 1e9) as u32).unwrap_or(NonZeroU32::MIN);
        (self.burst, self.fill_at) = (f64::from(burst.get()), now);
        self.fill = fill.min(self.burst).max(0.0);
        let quota = period.and_then(Quota::with_period).map(|quota| quota.allow_burst(burst));
        self.limiter = quota.map(|quota| {
            let limiter = RateLimiter::direct_with_clock(quota, self.clock.clone()).with_middleware::<StateInformationMiddleware>();
            if let Some(surplus) = NonZeroU32::new(burst.get() - self.fill as u32) {
                // Never more than the burst, so it cannot be refused.
                let _ = limiter.check_n(surplus);
            }
            limiter
        });
        if self.limiter.is_none() {
            (self.burst, self.fill) = (0.0, 0.0);
        }
    }

    fn tell(&self, now: Now) {
        self.clock.0.store(u64::try_from(now.0.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
