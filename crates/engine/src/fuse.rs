//! The guard of the dead-letter topic: a wrong deployment must not empty the orders into it.

/// A token in fifths: what a delivered call gives back. Whole numbers, so that the hundredth rejection is the hundredth.
const TOKEN: u32 = 5;
/// Tokens at the start and at most.
const FULL: u32 = 100 * TOKEN;

/// The fuse.
#[derive(Debug, Clone)]
pub(crate) struct Fuse {
    fifths: u32,
}

impl Default for Fuse {
    fn default() -> Self {
        Self { fifths: FULL }
    }
}

impl Fuse {
    /// A call was delivered.
    pub(crate) fn earn(&mut self) {
        self.fifths = (self.fifths + 1).min(FULL);
    }

    /// A record was rejected or given up. False: the fuse is empty from now on.
    pub(crate) fn spend(&mut self) -> bool {
        self.fifths = self.fifths.saturating_sub(TOKEN);
        self.fifths >= TOKEN
    }

    pub(crate) fn tokens(&self) -> f64 {
        f64::from(self.fifths) / f64::from(TOKEN)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against hundredths, counted one after the other: 100 tokens at most, a fifth a delivered call, one a rejection, never below none.
        #[test]
        fn it_is_empty_exactly_when_rejections_outweigh_deliveries(calls in prop::collection::vec(prop::bool::weighted(0.3), 0..1_500)) {
            let (mut fuse, mut hundredths) = (Fuse::default(), 10_000_i64);
            for delivered in calls {
                if delivered {
                    fuse.earn();
                    hundredths = 10_000.min(hundredths + 20);
                } else {
                    hundredths = 0.max(hundredths - 100);
                    prop_assert_eq!(fuse.spend(), hundredths >= 100);
                }
                prop_assert!((fuse.tokens() * 100.0 - hundredths as f64).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_hundred_rejections_in_a_row_empty_it_and_five_deliveries_pay_for_one() {
        let mut fuse = Fuse::default();
        assert_eq!((1..).find(|_| !fuse.spend()), Some(100));
        for _ in 0..9 {
            fuse.earn();
        }
        assert!(!fuse.spend());
        for _ in 0..6 {
            fuse.earn();
        }
        assert!(fuse.spend());
    }
}
