//! Exponential backoff with full jitter, and the engine's own small source of jitter.

use std::time::Duration;

use crate::io::Now;

/// SplitMix64: one seed, one sequence.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Bounds of the backoff.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) initial: Duration,
    pub(crate) max: Duration,
}

impl Backoff {
    /// When the attempt after `failures` failures (at least 1) is due: a random part of min(max, initial · 2^(failures − 1)), never before what
    /// `Retry-After` asked for, as far as that is within max.
    pub(crate) fn due(&self, now: Now, failures: u32, retry_after: Option<Duration>, rng: &mut Rng) -> Now {
        let ceiling = self.initial.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(self.max);
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        let jittered = Duration::from_nanos(if nanos == 0 { 0 } else { rng.next() % nanos });
        let asked = retry_after.unwrap_or_default().min(self.max);
        Now(now.0 + jittered.max(asked).max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, prop_assert, proptest};

    use super::*;

    proptest! {
        /// By definition: some part of min(max, initial · 2^(n−1)), but never less than what was asked for, and that never more than max.
        #[test]
        fn every_delay_lies_within_its_definition(
            initial in 1..120_000_u64, longer in 0..600_000_u64, failures in 1..u32::MAX, asked in prop::option::of(0..2_000_000_u64), seed: u64,
        ) {
            let backoff = Backoff { initial: Duration::from_millis(initial), max: Duration::from_millis(initial + longer) };
            let mut doubled = u128::from(initial);
            for _ in 1..failures.min(64) {
                doubled = (doubled * 2).min(u128::from(initial + longer));
            }
            let ceiling = doubled.min(u128::from(initial + longer));
            let now = Now(Duration::from_secs(seed % 1_000_000));
            let delay = backoff.due(now, failures, asked.map(Duration::from_millis), &mut Rng::new(seed)).0 - now.0;
            let asked = u128::from(asked.unwrap_or(0).min(initial + longer));
            // 2^20 times a millisecond is a quarter of an hour: beyond it doubling stops.
            let ceiling = ceiling.min(u128::from(initial) << 20);
            prop_assert!(delay.as_millis() >= asked && delay <= Duration::from_millis(u64::try_from(ceiling.max(asked).max(1)).unwrap()));
            prop_assert!(!delay.is_zero(), "time passes between two attempts");
        }
    }

    #[test]
    fn a_delay_is_between_nothing_and_the_ceiling_and_never_below_what_was_asked_for() {
        let (backoff, mut rng) = (Backoff { initial: Duration::from_millis(500), max: Duration::from_secs(60) }, Rng::new(3));
        for failures in 1..40_u32 {
            let ceiling = Duration::from_millis(500).saturating_mul(1 << (failures - 1).min(20)).min(Duration::from_secs(60));
            let delays: Vec<_> = (0..50).map(|_| backoff.due(Now::default(), failures, None, &mut rng).0).collect();
            assert!(delays.iter().all(|delay| *delay <= ceiling));
            assert!(delays.iter().min() < Some(&(ceiling / 2)) && delays.iter().max() > Some(&(ceiling / 2)), "full jitter");
        }
        let asked = backoff.due(Now::default(), 1, Some(Duration::from_secs(7)), &mut rng);
        assert_eq!(asked.0, Duration::from_secs(7));
        let capped = backoff.due(Now::default(), 1, Some(Duration::from_secs(700)), &mut rng);
        assert_eq!(capped.0, Duration::from_secs(60));
    }
}
