//! `/api/orders/{merchantBizNo}`: what is known of one order and why it waits. No body, no user id.

use serde::Serialize;
use tokio::sync::oneshot;

/// A question for the driver.
#[derive(Debug)]
pub struct OrderQuery {
    /// The order number asked for.
    pub order: String,
    /// Where the answer goes. Dropped without an answer: the driver is ending.
    pub reply: oneshot::Sender<OrderReply>,
}

/// Every lane of the order. Empty: nothing is known of it.
pub type OrderReply = Vec<OrderLane>;

/// One order in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderLane {
    /// Where it is.
    pub topic: String,
    /// Where it is.
    pub partition: i32,
    /// What it does.
    pub state: LaneState,
    /// The status that is sent next or is on its way.
    pub status: Option<String>,
    /// When that modification happened, in epoch milliseconds.
    pub modified_at: Option<i64>,
    /// The offsets it answers for, at most the newest 128.
    pub offsets: Vec<i64>,
    /// How often it was sent.
    pub attempts: u32,
    /// Why it waits, in words.
    pub waits_for: Option<String>,
    /// Until when, in milliseconds from now.
    pub waits_millis: Option<u64>,
    /// The newest modification that was decided, in epoch milliseconds.
    pub decided_at: Option<i64>,
}

/// What a lane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    /// Everything read is decided.
    Idle,
    /// Could be sent now.
    Ready,
    /// A call is on its way.
    InFlight,
    /// Not before a certain time.
    Waiting,
}
