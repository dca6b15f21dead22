//! Whether the loops still turn.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::clock::Moment;

/// The loops that must turn, by their names in `/livez` and metrics.
pub(crate) const LOOPS: [&str; 2] = ["driver", "poll"];
/// How long each may take for one turn and still be alive. The poll thread waits in a revoke for as long as open calls may take.
const WITHIN: [Duration; 2] = [Duration::from_secs(15), Duration::from_secs(90)];

/// Signs of life: each loop stores when it last turned, in milliseconds since `origin`.
#[derive(Debug, Clone)]
pub struct Heartbeats {
    /// Where time begins.
    pub origin: Moment,
    /// Set by the thread that polls Kafka.
    pub poll: Arc<AtomicU64>,
    /// Set by the driver's loop.
    pub drive: Arc<AtomicU64>,
}

impl Heartbeats {
    /// Both loops turned: for the time before they run by themselves.
    pub fn beat(&self) {
        let now = self.millis();
        self.poll.store(now, Ordering::Relaxed);
        self.drive.store(now, Ordering::Relaxed);
    }

    /// How long ago each loop turned.
    pub fn ages(&self) -> [(&'static str, Duration); 2] {
        let now = self.millis();
        let age = |last: &AtomicU64| Duration::from_millis(now.saturating_sub(last.load(Ordering::Relaxed)));
        let [driver, poll] = LOOPS;
        [(driver, age(&self.drive)), (poll, age(&self.poll))]
    }

    /// The loop that stands still, and for how long.
    pub fn stuck(&self) -> Option<(&'static str, Duration)> {
        self.ages().into_iter().zip(WITHIN).find_map(|((name, age), within)| (age > within).then_some((name, age)))
    }

    /// How long time has been running.
    pub fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Default for Heartbeats {
    fn default() -> Self {
        Self { origin: Moment::now(), poll: Arc::default(), drive: Arc::default() }
    }
}

/// The heartbeats that metrics show, once there are any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched(Arc<OnceLock<Heartbeats>>);

impl Watched {
    /// From now on these; the first ones stay.
    pub(crate) fn set(&self, heartbeats: Heartbeats) {
        // a second pipeline in one process is not watched
        let _ = self.0.set(heartbeats);
    }

    /// The ages of the loops.
    pub(crate) fn ages(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        self.0.get().map(Heartbeats::ages).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent_for(seconds: u64) -> Heartbeats {
        Heartbeats { origin: Moment::ago(Duration::from_secs(seconds)), ..Heartbeats::default() }
    }

    #[test]
    fn a_beat_ends_the_silence() {
        let heartbeats = silent_for(100);
        assert!(heartbeats.ages().iter().all(|(_, age)| *age >= Duration::from_secs(100)));
        heartbeats.beat();
        assert!(heartbeats.ages().iter().all(|(_, age)| *age < Duration::from_secs(50)));
        assert_eq!(heartbeats.stuck(), None);
    }

    #[test]
    fn each_loop_has_its_own_patience() {
        assert_eq!(silent_for(10).stuck(), None);
        assert_eq!(silent_for(20).stuck().unwrap().0, "driver");
        let poll = silent_for(100);
        poll.drive.store(100_000, Ordering::Relaxed);
        assert_eq!(poll.stuck().unwrap().0, "poll");
    }
}
