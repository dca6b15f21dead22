//! The alarm on records that can never be sent: undecodable, invalid, unmapped. They cost the fuse nothing, so their rate is watched.

use std::collections::VecDeque;
use std::time::Duration;

use engine::{Now, UnfitReason};

/// The rate is that of the last minute …
const OVER: Duration = Duration::from_secs(60);
/// … looked at this often.
const EVERY: Duration = Duration::from_secs(5);
/// A few may always be.
const FEW: u64 = 10;
/// One in so many records is too many.
const ONE_IN: u64 = 100;

/// Watches.
#[derive(Debug, Default)]
pub(super) struct Unfit {
    counts: Counts,
    /// Moment, records read and unfit until then; the oldest is at least a minute old once the process is.
    looks: VecDeque<(Now, u64, Counts)>,
    alarm: bool,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) undecodable: u64,
    pub(super) invalid: u64,
    pub(super) unmapped: u64,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// So many of so many records of the last minute.
    Alarm(Counts, u64),
    /// For a whole minute there was none.
    Over,
}

impl Unfit {
    /// One more.
    pub(super) fn count(&mut self, reason: UnfitReason) {
        let count = match reason {
            UnfitReason::Undecodable => &mut self.counts.undecodable,
            UnfitReason::Invalid => &mut self.counts.invalid,
            UnfitReason::Unmapped => &mut self.counts.unmapped,
        };
        *count += 1;
    }

    /// Whether the alarm is on.
    pub(super) fn alarm(&self) -> bool {
        self.alarm
    }

    /// Looks, when it is time to. `read`: records read so far.
    pub(super) fn look(&mut self, read: u64, now: Now) -> Option<Told> {
        if self.looks.back().is_some_and(|last| now.0 < last.0.0 + EVERY) {
            return None;
        }
        self.looks.push_back((now, read, self.counts));
        // The last one that is a whole minute old stays: the rate is counted from there.
        while self.looks.get(1).is_some_and(|second| second.0.0 + OVER <= now.0) {
            self.looks.pop_front();
        }
        let (_, read_before, before) = *self.looks.front()?;
        let unfit = self.counts.since(before);
        let read = read.saturating_sub(read_before).max(unfit.sum());
        let too_many = unfit.sum() >= FEW && unfit.sum().saturating_mul(ONE_IN) >= read;
        if too_many && !self.alarm {
            self.alarm = true;
            return Some(Told::Alarm(unfit, read));
        }
        if self.alarm && unfit.sum() == 0 {
            self.alarm = false;
            return Some(Told::Over);
        }
        None
    }
}

impl Counts {
    fn since(self, before: Self) -> Self {
        Self {
            undecodable: self.undecodable - before.undecodable,
            invalid: self.invalid - before.invalid,
            unmapped: self.unmapped - before.unmapped,
        }
    }

    fn sum(self) -> u64 {
        self.undecodable + self.invalid + self.unmapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every second, with so many records read and so many of them unfit in each; what was told, and when.
    fn told(seconds: impl IntoIterator<Item = (u64, u64)>) -> Vec<(u64, Told)> {
        let (mut unfit, mut all, mut said) = (Unfit::default(), 0, Vec::new());
        for (second, (read, bad)) in (0..).zip(seconds) {
            (0..bad).for_each(|_| unfit.count(UnfitReason::Invalid));
            all += read;
            said.extend(unfit.look(all, Now(Duration::from_secs(second))).map(|told| (second, told)));
        }
        said
    }

    fn invalid(count: u64) -> Counts {
        Counts { invalid: count, ..Counts::default() }
    }

    #[test]
    fn a_deployment_that_breaks_every_record_is_told_within_seconds_and_once() {
        let mut seconds = vec![(5, 5); 30];
        seconds[0] = (0, 0);
        assert_eq!(told(seconds), [(5, Told::Alarm(invalid(25), 25))]);
    }

    #[test]
    fn one_in_a_hundred_is_too_many_and_one_in_a_thousand_is_not() {
        assert_eq!(told([(0, 0)].into_iter().chain([(100, 1); 40])).len(), 1);
        assert_eq!(told([(0, 0)].into_iter().chain([(1_000, 1); 600])), []);
    }

    #[test]
    fn a_few_are_no_alarm_however_little_is_read() {
        assert_eq!(told([(0, 0)].into_iter().chain((0..600).map(|second| (u64::from(second % 10 == 0), u64::from(second % 10 == 0))))), []);
    }

    #[test]
    fn it_is_over_after_a_minute_without_any() {
        let seconds = [(0, 0)].into_iter().chain([(2, 2); 10]).chain([(2, 0); 90]);
        let told = told(seconds);
        assert_eq!(told.iter().map(|(second, _)| *second).collect::<Vec<_>>(), [5, 70]);
        assert_eq!(told[1].1, Told::Over);
    }
}
