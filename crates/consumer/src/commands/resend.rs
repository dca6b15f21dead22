//! What `dlq replay` and `backfill` share: they are second writers beside the pipeline. They ask whether they may, send at a rate of their
//! own, never over newer state, and can be stopped and gone on with.

mod drive;
mod execute;
mod guard;
mod known;
mod orders;
mod outcomes;
mod pace;
mod run;
mod send;
mod standing;
mod tally;

pub(super) use execute::{Plan, execute};
pub(super) use guard::allowed;
pub(super) use known::{Compared, Knowledge};
pub(super) use orders::{Keys, Newest, OrderKey, Seen, Version};
pub(super) use run::Run;
pub(super) use tally::{Left, Tally};

use std::sync::Arc;

use domain::OrderEvent;

use super::trouble::Trouble;

/// Where a record lies in its source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    pub(super) offset: i64,
}

/// A modification to send.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Which part of what is read it comes from, and its offset there: how far a run has come is counted in these.
    pub(super) part: usize,
    pub(super) at: i64,
    pub(super) key: OrderKey,
    pub(super) source: Source,
    pub(super) event: OrderEvent,
    /// A newer one of its order is read later.
    pub(super) more: bool,
}

/// What the reading side tells the sending side.
#[derive(Debug)]
pub(super) enum Step {
    /// Send this.
    Send(Box<Item>),
    /// This was looked at and is not sent.
    Left(Left),
    /// Everything of the part below this offset was told.
    Passed { part: usize, next: i64 },
    /// The reading ended: well, or not.
    Over(Result<(), Trouble>),
}
