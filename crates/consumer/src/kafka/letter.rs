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

/// What a letter keeps of its record: `ordersync.truncated` is true of anything less than all of it.
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
    let own = record.headers().filter(|_| facts.kept != Kept::Place);
    let mut headers = own.cloned().unwrap_or_else(|| OwnedHeaders::new_with_capacity(18));
    // What is not known is left out, and said to be empty where the record may bring it: a letter that was written to a source topic brings all
    // of them, and they are not true any more.
    let says_empty = own.is_some() && record.was_letter();
    let mut put = |name: &str, value: Option<&str>| {
        if value.is_some() || says_empty {
            let before = std::mem::replace(&mut headers, OwnedHeaders::new_with_capacity(0));
            headers = before.insert(Header { key: name, value: Some(value.unwrap_or_default()) });
        }
    };
    let text = |number: Option<i64>| number.map(|number| number.to_string());
    put("ordersync.reason", Some(reason));
    put("ordersync.code", code);
    put("ordersync.message", Some(&message));
    put("ordersync.topic", Some(facts.topic));
    put("ordersync.partition", Some(&facts.partition.to_string()));
    put("ordersync.offset", Some(&facts.offset.to_string()));
    put("ordersync.timestamp", text(record.parts().timestamp).as_deref());
    put("ordersync.group", Some(facts.group));
    put("ordersync.environment", facts.environment);
    put("ordersync.merchant_biz_no", facts.merchant_biz_no);
    put("ordersync.order_modify_time", text(facts.order_modify_time).as_deref());
    put("ordersync.attempts", Some(&facts.attempts.to_string()));
    put("ordersync.first_failure", text(facts.failures.map(|(first, _)| first)).as_deref());
    put("ordersync.last_failure", text(facts.failures.map(|(_, last)| last)).as_deref());
    put("ordersync.schema_id", text(facts.schema_id.map(i64::from)).as_deref());
    put("ordersync.traceparent", facts.traceparent);
    put("ordersync.truncated", Some(if facts.kept == Kept::All { "false" } else { "true" }));
    put("ordersync.version", Some(env!("CARGO_PKG_VERSION")));
    headers
}

/// Reason, code and message. The message speaks of rules and codes, never of the record's values; AlipayHK's own text could quote
/// one, so it stays out.
pub(crate) fn reason(reason: &ParkReason) -> (&'static str, Option<&str>, String) {
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
