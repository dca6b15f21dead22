//! The calls that came in, one by one, for whoever has to explain each of them afterwards.

use serde::Serialize;

use crate::sync::OrderSync;

/// One call for an order, in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// When it came, epoch milliseconds.
    pub at: i64,
    /// The `Host` it was sent to: who goes through a door of its own is told apart by it.
    pub host: String,
    /// `merchantBizNo`.
    pub merchant_biz_no: String,
    /// `orderModifyTime`.
    pub order_modify_time: i64,
    /// `requestId`.
    pub request_id: String,
    /// The kinds of the faults that it met.
    pub faults: Vec<&'static str>,
    /// Code and status that were decided, also when the answer never left: `SUCCESS/S`. A fault that answers without a result has none.
    pub result: Option<String>,
    /// Its place among all applications and when it was applied, epoch milliseconds; `None` when it was not.
    pub applied: Option<(u64, i64)>,
    /// When its answer was handed to the line; `None` when the client went first or the answer was withheld.
    pub answered_at: Option<i64>,
}

/// The first so many calls.
#[derive(Debug, Default)]
pub(super) struct Journal {
    limit: usize,
    exchanges: Vec<Exchange>,
}

/// One entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry(usize);

impl Journal {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, exchanges: Vec::new() }
    }

    /// A call came; nothing once the journal is full.
    pub(super) fn came(&mut self, sync: &OrderSync, host: &str, faults: &[&'static str], now: i64) -> Option<Entry> {
        let entry = Entry(self.exchanges.len());
        if entry.0 == self.limit {
            return None;
        }
        self.exchanges.push(Exchange {
            at: now,
            host: host.to_owned(),
            merchant_biz_no: sync.merchant_biz_no.clone(),
            order_modify_time: sync.modify_time,
            request_id: sync.request_id.clone(),
            faults: faults.to_vec(),
            result: None,
            applied: None,
            answered_at: None,
        });
        Some(entry)
    }

    /// The entry, to be completed. `None` stands for a call that came when the journal was full.
    pub(super) fn of(&mut self, entry: Option<Entry>) -> Option<&mut Exchange> {
        self.exchanges.get_mut(entry?.0)
    }

    pub(super) fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }
}
