//! `/api/orders/{merchantBizNo}`: what is known of one order and why it waits; and the orders that wait longest. No body, no user id.

use std::sync::Arc;
use std::time::Duration;

use domain::MerchantBizNo;
use serde::Serialize;
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long the driver may take to answer for one order.
const ORDER_WITHIN: Duration = Duration::from_secs(2);
/// The same for those that wait longest: the page is shown without them rather than late.
const OLDEST_WITHIN: Duration = Duration::from_millis(500);

/// A question for the driver. An answer that does not come says that the driver is ending.
#[derive(Debug)]
pub enum Question {
    /// Every lane of an order. None: nothing is known of it.
    Order(String, oneshot::Sender<Vec<OrderLane>>),
    /// The orders that wait longest, the longest first.
    Oldest(oneshot::Sender<Arc<Vec<OrderLane>>>),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// No record could carry this number, or none did lately.
    #[error("unknown order")]
    Unknown,
    /// Somebody asks too much, or nobody listens any more.
    #[error("too many questions, or the pipeline is ending")]
    Busy,
    /// It has not begun, it is ending, or it stands still.
    #[error("the pipeline did not answer in time")]
    Late,
}

/// Asks for one order.
pub(super) async fn ask(driver: &Sender<Question>, order: &str) -> Result<Vec<OrderLane>, Unanswered> {
    // What no record could carry cannot be known, and does not have to trouble the driver.
    MerchantBizNo::parse(order).map_err(|_| Unanswered::Unknown)?;
    let (reply, answer) = oneshot::channel();
    driver.try_send(Question::Order(order.to_owned(), reply)).map_err(|_| Unanswered::Busy)?;
    match timeout(ORDER_WITHIN, answer).await {
        Ok(Ok(lanes)) if lanes.is_empty() => Err(Unanswered::Unknown),
        Ok(Ok(lanes)) => Ok(lanes),
        Ok(Err(_)) | Err(_) => Err(Unanswered::Late),
    }
}

/// Asks for those that wait longest.
pub(super) async fn oldest(driver: &Sender<Question>) -> Result<Arc<Vec<OrderLane>>, Unanswered> {
    let (reply, answer) = oneshot::channel();
    driver.try_send(Question::Oldest(reply)).map_err(|_| Unanswered::Busy)?;
    timeout(OLDEST_WITHIN, answer).await.ok().and_then(Result::ok).ok_or(Unanswered::Late)
}

/// One order in one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OrderLane {
    /// Its number.
    pub order: String,
    /// Its business type, where something of it is held.
    pub biz_type: Option<&'static str>,
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
    /// Modifications that wait behind it: offset and status, the oldest first.
    pub behind: Vec<Behind>,
    /// How often it was sent.
    pub attempts: u32,
    /// Attempts in a row that decided nothing.
    pub failures: u32,
    /// Why the last of these failed: a label value of the metric `ordersync.calls`.
    pub last_failure: Option<&'static str>,
    /// How long ago the first modification arrived that came after the last accepted one, in milliseconds.
    pub since_millis: Option<u64>,
    /// Why it waits, in words.
    pub waits_for: Option<String>,
    /// Until when, in milliseconds from now.
    pub waits_millis: Option<u64>,
    /// The newest modification that was decided, in epoch milliseconds.
    pub decided_at: Option<i64>,
}

/// A modification that waits behind another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// Its offset.
    pub offset: i64,
    /// Its status.
    pub status: String,
}

/// What a lane does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    /// Everything read is decided.
    #[default]
    Idle,
    /// Could be sent now.
    Ready,
    /// A call is on its way.
    InFlight,
    /// Not before a certain time.
    Waiting,
}
