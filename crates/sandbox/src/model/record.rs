use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::sync::OrderSync;

/// How many violations are kept; all are counted.
const KEPT: usize = 1000;

/// What a correct client does not cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An older modification was applied after a newer one of its order.
    OlderAfterNewer,
    /// Two calls of one order were open at once.
    ConcurrentCalls,
    /// A `requestId` came again with other content.
    RequestIdReused,
    /// A signature was missing or did not fit.
    BadSignature,
}

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// Which.
    pub kind: Kind,
    /// Of which order, where it is known.
    pub merchant_biz_no: Option<String>,
    /// In which request, where it is known.
    pub request_id: Option<String>,
    /// The request's `orderModifyTime`, where it is known.
    pub order_modify_time: Option<i64>,
    /// When, epoch milliseconds.
    pub at: i64,
    /// What exactly.
    pub detail: String,
}

/// Plain counts since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests on the interface's path, whatever became of them.
    pub requests: u64,
    /// Answers that were sent, by code and status.
    pub answers: BTreeMap<String, u64>,
    /// Answers with an HTTP status other than 200, by status.
    pub http: BTreeMap<String, u64>,
    /// Faults that took effect, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Requests whose answer was withheld or broken off.
    pub unanswered: u64,
    /// Modifications applied.
    pub applied: u64,
    /// Of these, with the very content that was held already.
    pub applied_again: u64,
    /// Modifications applied later than their request.
    pub applied_late: u64,
    /// Older modifications answered ORDER_STATUS_INVALID.
    pub older_refused: u64,
    /// Older modifications answered SUCCESS and not applied.
    pub older_ignored: u64,
    /// Requests whose `requestId` had a definitive answer before.
    pub repeats: u64,
    /// Requests that could not be read.
    pub illegal: u64,
    /// Requests refused for their signature.
    pub bad_signatures: u64,
    /// Sealed requests.
    pub sealed: u64,
}

/// Counters and violations.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The counts.
    pub counters: Counters,
    violations: VecDeque<Violation>,
    by_kind: BTreeMap<Kind, u64>,
}

impl Record {
    /// Writes a violation down.
    pub fn violation(&mut self, kind: Kind, sync: Option<&OrderSync>, at: i64, detail: &str) {
        *self.by_kind.entry(kind).or_default() += 1;
        if self.violations.len() == KEPT {
            self.violations.pop_front();
        }
        self.violations.push_back(Violation {
            kind,
            merchant_biz_no: sync.map(|sync| sync.merchant_biz_no.clone()),
            request_id: sync.map(|sync| sync.request_id.clone()),
            order_modify_time: sync.map(|sync| sync.modify_time),
            at,
            detail: detail.to_owned(),
        });
    }

    /// The last 1,000, oldest first.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.violations.iter()
    }

    /// How many of each kind.
    pub fn by_kind(&self) -> &BTreeMap<Kind, u64> {
        &self.by_kind
    }

    /// How many of one kind.
    pub fn count(&self, kind: Kind) -> u64 {
        self.by_kind.get(&kind).copied().unwrap_or_default()
    }
}
