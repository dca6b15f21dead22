//! How many requests came in each step of the last minutes. The time is an argument.

use std::collections::VecDeque;
use std::time::Duration;

/// How long a step is.
const STEP: Duration = Duration::from_secs(2);
/// How far back it is known.
pub(super) const SPAN: Duration = Duration::from_secs(240);
const STEPS: usize = (SPAN.as_secs() / STEP.as_secs()) as usize;

/// Counts by step.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The number of the newest step that is counted.
    newest: u64,
    counts: VecDeque<u32>,
}

impl Pace {
    /// One more.
    pub(super) fn count(&mut self, now: Duration) {
        self.go_on(now);
        if let Some(newest) = self.counts.back_mut() {
            *newest += 1;
        }
    }

    /// Seconds from now, and how many a second there were; the oldest first. The step that runs is left out: it is not over.
    pub(super) fn rates(&mut self, now: Duration) -> Vec<(f64, f64)> {
        self.go_on(now);
        let begun = STEP * u32::try_from(self.newest).unwrap_or(u32::MAX);
        let running = now.saturating_sub(begun).as_secs_f64();
        let steps = self.counts.iter().rev().skip(1).zip(0_u32..);
        let mut rates: Vec<_> =
            steps.map(|(count, at)| (-running - f64::from(at) * STEP.as_secs_f64(), f64::from(*count) / STEP.as_secs_f64())).collect();
        rates.reverse();
        rates
    }

    fn go_on(&mut self, now: Duration) {
        let step = now.as_secs() / STEP.as_secs();
        let passed = match self.counts.is_empty() {
            true => 1,
            false => step.saturating_sub(self.newest),
        };
        for _ in 0..passed.min(STEPS as u64) {
            if self.counts.len() == STEPS {
                self.counts.pop_front();
            }
            self.counts.push_back(0);
        }
        self.newest = self.newest.max(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn steps_without_a_request_are_there_with_nothing() {
        let mut pace = Pace::default();
        for at in [10.0, 10.5, 11.9, 12.0, 17.0] {
            pace.count(secs(at));
        }
        assert_eq!(pace.rates(secs(19.0)), [(-7.0, 1.5), (-5.0, 0.5), (-3.0, 0.0), (-1.0, 0.5)]);
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let mut pace = Pace::default();
        pace.count(secs(1.0));
        assert!(pace.rates(secs(100_000.0)).iter().all(|(_, rate)| *rate == 0.0));
        assert!(pace.counts.len() <= STEPS);
        let rates = pace.rates(secs(100_001.0));
        assert!(rates.iter().all(|(at, _)| -*at <= SPAN.as_secs_f64()));
    }
}
