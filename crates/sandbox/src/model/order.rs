use std::collections::VecDeque;
use std::sync::Arc;

use domain::{BizType, OrderStatus};
use serde::{Serialize, Serializer};

use crate::sync::OrderSync;

/// How many applications of one order are kept.
const HISTORY: usize = 256;

/// An order as AlipayHK holds it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Order {
    /// `orderId`.
    #[serde(rename = "orderId")]
    pub id: String,
    /// `merchantBizType`.
    #[serde(rename = "merchantBizType", serialize_with = "biz_type")]
    pub biz_type: BizType,
    /// `orderStatus`.
    #[serde(rename = "orderStatus", serialize_with = "status")]
    pub status: OrderStatus,
    /// `orderModifyTime` of what is held.
    #[serde(rename = "orderModifyTime")]
    pub modify_time: i64,
    /// The largest `orderModifyTime` ever applied; differs from the one held only after an older one was applied over it.
    #[serde(skip)]
    pub newest: Option<i64>,
    /// How often something was applied.
    pub applied: u64,
    /// When the order came first, epoch milliseconds.
    pub first_seen: i64,
    /// What was applied, in that order; the last 256.
    pub history: VecDeque<Applied>,
    /// The body without its `requestId`, as held.
    #[serde(skip)]
    pub content: Arc<str>,
    /// The body as it came.
    #[serde(skip)]
    pub json: Arc<str>,
}

/// One application.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Applied {
    /// `orderModifyTime`.
    #[serde(rename = "orderModifyTime")]
    pub modify_time: i64,
    /// `orderStatus`.
    #[serde(rename = "orderStatus", serialize_with = "status")]
    pub status: OrderStatus,
    /// `requestId`.
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// When, epoch milliseconds.
    pub at: i64,
}

impl Order {
    pub(super) fn new(sync: &OrderSync, number: usize, now: i64) -> Self {
        Self {
            id: format!("SB{:014}", number + 1),
            biz_type: sync.biz_type,
            status: sync.status.clone(),
            modify_time: sync.modify_time,
            newest: None,
            applied: 0,
            first_seen: now,
            history: VecDeque::new(),
            content: Arc::clone(&sync.content),
            json: Arc::clone(&sync.json),
        }
    }

    pub(super) fn apply(&mut self, sync: &OrderSync, now: i64) {
        self.status = sync.status.clone();
        self.modify_time = sync.modify_time;
        self.newest = self.newest.max(Some(sync.modify_time));
        self.applied += 1;
        self.content = Arc::clone(&sync.content);
        self.json = Arc::clone(&sync.json);
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        let applied = Applied { modify_time: sync.modify_time, status: sync.status.clone(), request_id: sync.request_id.clone(), at: now };
        self.history.push_back(applied);
    }
}

fn biz_type<S: Serializer>(biz_type: &BizType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(biz_type.name())
}

fn status<S: Serializer>(status: &OrderStatus, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status.as_str())
}
