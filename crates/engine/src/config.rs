//! What the operator decided, as the engine needs it.

use std::sync::Arc;
use std::time::Duration;

use domain::Rulebook;

/// Every setting of the engine. The driver has checked them against each other.
#[derive(Debug, Clone)]
pub struct Config {
    /// The client's quota, over all instances.
    pub requests_per_second: f64,
    /// The part of it that is left to replays by hand.
    pub reserve_per_second: f64,
    /// Calls at once.
    pub max_in_flight: u32,
    /// First backoff.
    pub retry_initial: Duration,
    /// Longest backoff.
    pub retry_max: Duration,
    /// Deadline of a whole call.
    pub timeout: Duration,
    /// How long AlipayHK may still apply a call after our deadline.
    pub late_apply: Duration,
    /// The group's session timeout.
    pub session_timeout: Duration,
    /// The group's heartbeat interval.
    pub heartbeat: Duration,
    /// The group knows us by a name of our own (`group.instance.id`): another process with that name takes our place at once, not only when
    /// our session is over.
    pub static_member: bool,
    /// Waiting modifications over all partitions of the subscription.
    pub max_open_records: u64,
    /// Bytes of waiting modifications over all partitions of the subscription.
    pub max_open_bytes: u64,
    /// Idle orders whose last decision is remembered.
    pub remembered_orders: usize,
    /// No progress for so long is a stall.
    pub stall_after: Duration,
    /// What becomes of one order that stays undecided while others succeed.
    pub on_undecided: OnUndecided,
    /// What UN_SUPPORT_BUSINESS does.
    pub unsupported_business: UnsupportedBusiness,
    /// The outcomes topic is on: an offset settles only after its outcome was written.
    pub outcomes: bool,
    /// The nine business types.
    pub rulebook: Arc<Rulebook>,
    /// The Kafka cluster, for the commit metadata.
    pub cluster_id: Arc<str>,
}

/// `delivery.on_undecided`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUndecided {
    /// Keep trying, loudly.
    Retry,
    /// Park it when it alone holds more than half of its partition's window.
    ParkWhenBlocking,
    /// Park it after so long and so many attempts.
    ParkAfter {
        /// Since its first attempt.
        after: Duration,
        /// At least so many.
        attempts: u32,
    },
}

/// `delivery.unsupported_business`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsupportedBusiness {
    /// Close the gate of that type.
    Gate,
    /// Park the record.
    Park,
}

impl Config {
    /// L: how long after it was sent a call may still be applied.
    pub(crate) fn alive(&self) -> Duration {
        self.timeout + self.late_apply
    }

    /// Who was not heard for so long, or stood still, is hardly a member any more: a session, less the heartbeat that may have been missed before.
    pub fn membership(&self) -> Duration {
        self.session_timeout.saturating_sub(self.heartbeat)
    }

    /// How long after another process took our place we may still be heard: until the lease is over, and L.
    pub fn lingers(&self) -> Option<Duration> {
        self.static_member.then(|| self.membership())
    }

    /// A write whose place in its topic matters is on its log after so long, or has failed: half of what a session leaves, so that the other half is
    /// for handing it over.
    pub fn write_within(&self) -> Duration {
        self.membership() / 2
    }

    /// Silent once the last accepted commit was issued longer ago than this.
    pub(crate) fn lease(&self) -> Duration {
        self.session_timeout.saturating_sub(self.alive() + self.heartbeat)
    }
}
