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
