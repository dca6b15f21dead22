//! The two times of an order: epoch milliseconds within bounds that tell them from seconds and microseconds.

use crate::invalid::{Fault, Field, Invalid};

/// When a modification happened: AlipayHK's sequence control of one order, and ours. Epoch milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModifiedAt(i64);

/// When an order began, the same for each of its modifications. Epoch milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreatedAt(i64);

impl ModifiedAt {
    /// Takes 10^12 ≤ `millis` < 10^14, at most one day after `now_millis`.
    ///
    /// # Errors
    /// [`Fault::TooSmall`], [`Fault::TooLarge`] or [`Fault::TooFarAhead`], for `orderModifyTime`.
    pub fn parse(millis: i64, now_millis: i64) -> Result<Self, Invalid> {
        within(millis, now_millis).map_err(|fault| Field::OrderModifyTime.fault(fault))?;
        Ok(Self(millis))
    }

    /// Epoch milliseconds.
    pub fn millis(self) -> i64 {
        self.0
    }
}

impl CreatedAt {
    /// Takes 10^12 ≤ `millis` < 10^14, at most one day after `now_millis`.
    ///
    /// # Errors
    /// [`Fault::TooSmall`], [`Fault::TooLarge`] or [`Fault::TooFarAhead`], for `orderCreateTime`.
    pub fn parse(millis: i64, now_millis: i64) -> Result<Self, Invalid> {
        within(millis, now_millis).map_err(|fault| Field::OrderCreateTime.fault(fault))?;
        Ok(Self(millis))
    }

    /// Epoch milliseconds.
    pub fn millis(self) -> i64 {
        self.0
    }
}

const SMALLEST: i64 = 1_000_000_000_000;
const FIRST_TOO_LARGE: i64 = 100_000_000_000_000;
const ONE_DAY: i64 = 86_400_000;

fn within(millis: i64, now_millis: i64) -> Result<(), Fault> {
    if millis < SMALLEST {
        Err(Fault::TooSmall)
    } else if millis >= FIRST_TOO_LARGE {
        Err(Fault::TooLarge)
    } else if millis > now_millis.saturating_add(ONE_DAY) {
        Err(Fault::TooFarAhead)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T00:00:00Z.
    const NOW: i64 = 1_795_478_400_000;

    fn fault(millis: i64, now: i64) -> Option<Fault> {
        ModifiedAt::parse(millis, now).err().map(|invalid| invalid.fault)
    }

    #[test]
    fn the_same_moment_is_taken_in_milliseconds_only() {
        assert_eq!(ModifiedAt::parse(NOW, NOW).map(ModifiedAt::millis), Ok(NOW));
        assert_eq!(fault(NOW / 1_000, NOW), Some(Fault::TooSmall), "seconds");
        assert_eq!(fault(NOW * 1_000, NOW), Some(Fault::TooLarge), "microseconds");
        assert_eq!(fault(NOW * 1_000_000, NOW), Some(Fault::TooLarge), "nanoseconds");
    }

    #[test]
    fn the_bounds_are_exact() {
        let far = i64::MAX;
        assert_eq!(fault(999_999_999_999, far), Some(Fault::TooSmall));
        assert_eq!(fault(1_000_000_000_000, far), None);
        assert_eq!(fault(99_999_999_999_999, far), None);
        assert_eq!(fault(100_000_000_000_000, far), Some(Fault::TooLarge));
        assert_eq!(fault(NOW + 86_400_000, NOW), None);
        assert_eq!(fault(NOW + 86_400_001, NOW), Some(Fault::TooFarAhead));
    }

    #[test]
    fn no_number_and_no_clock_overflows() {
        for now in [i64::MIN, -1, 0, NOW, i64::MAX] {
            assert_eq!(fault(i64::MIN, now), Some(Fault::TooSmall));
            assert_eq!(fault(i64::MAX, now), Some(Fault::TooLarge));
        }
    }

    #[test]
    fn each_time_names_its_own_field() {
        assert_eq!(ModifiedAt::parse(0, NOW).unwrap_err().field, Field::OrderModifyTime);
        assert_eq!(CreatedAt::parse(0, NOW).unwrap_err().field, Field::OrderCreateTime);
        assert_eq!(CreatedAt::parse(NOW + 86_400_001, NOW).unwrap_err().fault, Fault::TooFarAhead);
    }
}
