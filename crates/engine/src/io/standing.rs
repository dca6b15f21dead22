//! How an order stands: what travels with every outcome, and comes back from the outcomes topic when a partition is taken over.

use domain::OrderStatus;

use super::Offset;

/// What an order has had decided. The newest outcome of an order tells all of it, so that compaction may take the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Business time of the newest decided modification, in milliseconds.
    pub at: i64,
    /// Its offset.
    pub offset: Offset,
    /// Its content, shortened; 0 where nobody knows.
    pub content: u32,
    /// It was accepted, and not refused.
    pub was_accepted: bool,
    /// The status of the last accepted modification.
    pub accepted: Option<OrderStatus>,
}
