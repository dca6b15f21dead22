//! What a dead letter says beside the record itself.

use engine::{Offset, ParkReason, UnfitReason};
use rdkafka::message::{Header, OwnedHeaders};

use super::record::Payload;
use crate::telemetry::causes;

/// The facts of one dead letter. Times are epoch milliseconds.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) reason: &'a ParkReason,
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
    pub(crate) offset: Offset,
    pub(crate) group: &'a str,
    pub(crate) environment: Option<&'a str>,
    pub(crate) merchant_biz_no: Option<&'a str>,
    pub(crate) order_modify_time: Option<i64>,
    pub(crate) attempts: u32,
    pub(crate) failures: Option<(i64, i64)>,
    pub(crate) schema_id: Option<u32>,
    /// The span of the call after which it was given up, as a W3C `traceparent`.
    pub(crate) traceparent: Option<&'a str>,
    pub(crate) kept: Kept,
}

/// What a letter keeps of its record; anything less than all of it says `ordersync.truncated`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Key, value and headers, byte for byte.
    All,
    /// No value.
    KeyAndHeaders,
    /// Only where the record is.
    Place,
}

impl Kept {
    /// The next smaller letter.
    pub(crate) fn less(self) -> Option<Self> {
        match self {
            Self::All => Some(Self::KeyAndHeaders),
            Self::KeyAndHeaders => Some(Self::Place),
            Self::Place => None,
        }
    }
}

/// The record's own headers, untouched, and ours behind them: the last one of a name counts.
pub(crate) fn headers(record: &Payload, facts: &Facts<'_>) -> OwnedHeaders {
    let (reason, code, message) = reason(facts.reason);
    // Cloned as a whole: a header of the record may have a name that rdkafka cannot show.
    let own = record.headers().filter(|_| facts.kept != Kept::Place).cloned();
    let mut headers = own.unwrap_or_else(|| OwnedHeaders::new_with_capacity(18));
    let mut put = |name: &str, value: &str| {
        let own = std::mem::replace(&mut headers, OwnedHeaders::new_with_capacity(0));
        headers = own.insert(Header { key: name, value: Some(value) });
    };
    put("ordersync.reason", reason);
    if let Some(code) = code {
        put("ordersync.code", code);
    }
    put("ordersync.message", &message);
    put("ordersync.topic", facts.topic);
    put("ordersync.partition", &facts.partition.to_string());
    put("ordersync.offset", &facts.offset.to_string());
    if let Some(timestamp) = record.parts().timestamp {
        put("ordersync.timestamp", &timestamp.to_string());
    }
    put("ordersync.group", facts.group);
    if let Some(environment) = facts.environment {
        put("ordersync.environment", environment);
    }
    if let Some(order) = facts.merchant_biz_no {
        put("ordersync.merchant_biz_no", order);
    }
    if let Some(time) = facts.order_modify_time {
        put("ordersync.order_modify_time", &time.to_string());
    }
    put("ordersync.attempts", &facts.attempts.to_string());
    if let Some((first, last)) = facts.failures {
        put("ordersync.first_failure", &first.to_string());
        put("ordersync.last_failure", &last.to_string());
    }
    if let Some(id) = facts.schema_id {
        put("ordersync.schema_id", &id.to_string());
    }
    if let Some(traceparent) = facts.traceparent {
        put("ordersync.traceparent", traceparent);
    }
    if facts.kept != Kept::All {
        put("ordersync.truncated", "true");
    }
    put("ordersync.version", env!("CARGO_PKG_VERSION"));
    headers
}

/// Reason, code and message. The message speaks of rules and codes, never of the record's values; AlipayHK's own text could quote
/// one, so it stays out.
fn reason(reason: &ParkReason) -> (&'static str, Option<&str>, String) {
    match reason {
        ParkReason::Unfit(UnfitReason::Undecodable, message) => ("undecodable", None, message.to_string()),
        ParkReason::Unfit(UnfitReason::Invalid, message) => ("invalid", None, message.to_string()),
        ParkReason::Unfit(UnfitReason::Unmapped, message) => ("unmapped", None, message.to_string()),
        ParkReason::Rejected(code) => {
            ("rejected", Some(code.as_str()), format!("AlipayHK refused this modification for good with {}", code.as_str()))
        }
        ParkReason::Undecided(cause) => {
            let meaning = causes::meaning(*cause);
            (
                "undecided",
                Some(cause.name()),
                format!("given up by delivery.on_undecided: AlipayHK never decided on it; in the end {meaning}"),
            )
        }
    }
}

#[cfg(test)]
mod tests;
