//! The clock of the lease: it also counts the time for which the machine is asleep.
//!
//! [`std::time::Instant`] does not (`CLOCK_MONOTONIC` on Linux): a process on a machine that was suspended finds its lease as long as before, while
//! its group has expelled it and others have had its partitions since. Whoever must fall silent after a time therefore counts in [`Moment`]s: the
//! engine's time, until when a call may be written and a commit handed over, how old a signature is, when a loop last turned. Timers, which wait,
//! and whatever only measures may count in `Instant`.

use std::ops::Add;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Since the machine was started, asleep or not. It is never set, and does not go back.
#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::Boottime;
/// The nearest that others have; on some it counts the time asleep too.
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Monotonic;

/// When something is, on the machine's clock that counts the time asleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// The clock, read.
    pub fn now() -> Self {
        let Timespec { tv_sec, tv_nsec } = clock_gettime(CLOCK);
        Self(Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0)))
    }

    /// From an earlier moment to this one; nothing from a later one.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// From this moment to now.
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// From now to this moment; nothing once it is over. A timer that waits for so long does not count the time asleep, so it may be late, and never
    /// early: whoever it wakes looks at the clock again.
    pub fn left(self) -> Duration {
        self.since(Self::now())
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        Self::now() > self
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }
}

#[cfg(test)]
pub(crate) mod asleep;

#[cfg(test)]
mod tests {
    use super::*;

    fn monotonic() -> Duration {
        let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::Monotonic);
        Duration::new(tv_sec.try_into().unwrap(), tv_nsec.try_into().unwrap())
    }

    #[test]
    fn it_is_never_behind_the_clock_that_stands_still_asleep_and_never_goes_back() {
        let mut last = Moment::now();
        for _ in 0..100_000 {
            let (still, now) = (monotonic(), Moment::now());
            assert!(now.0 >= still && now >= last, "{last:?}, then {now:?}; without the time asleep {still:?}");
            last = now;
        }
    }

    #[test]
    fn a_moment_is_over_behind_it_and_has_time_left_before_it() {
        let (past, coming) = (Moment::ago(Duration::from_secs(5)), Moment::now() + Duration::from_secs(60));
        assert!(past.is_over() && past.left().is_zero() && past.elapsed() >= Duration::from_secs(5));
        assert!(!coming.is_over() && coming.elapsed().is_zero());
        assert!(coming.left() > Duration::from_secs(30) && coming.left() <= Duration::from_secs(60));
        assert_eq!((coming.since(coming), past.since(coming)), (Duration::ZERO, Duration::ZERO));
    }

    #[test]
    fn what_lies_beyond_all_time_is_never_over() {
        assert!(!(Moment::now() + Duration::MAX).is_over());
    }
}
