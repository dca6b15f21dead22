//! What happened to a record, as bytes of `schemas/order_outcome.avsc`.

use alipayhk::Notes;
use domain::OrderEvent;
use engine::{Disposition, ParkKind, SkipReason, StaleReason, Standing};

use super::avro::Writer;
use super::framing;

mod told;

pub(crate) use told::Told;

/// The schema that is written.
pub const SCHEMA: &str = include_str!("../../../../schemas/order_outcome.avsc");

/// What is known of one record's end.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Where it was read.
    pub topic: &'a str,
    /// Where it was read.
    pub partition: i32,
    /// Where it was read.
    pub offset: i64,
    /// `merchantBizNo`; `None` where the record told none.
    pub order: Option<&'a str>,
    /// How it ended.
    pub disposition: &'a Disposition,
    /// The modification whose call decided it, if a call did.
    pub event: Option<&'a OrderEvent>,
    /// The `requestId` of that call.
    pub request_id: Option<&'a str>,
    /// What its answer said.
    pub notes: Option<&'a Notes>,
    /// Now, in epoch milliseconds.
    pub at_millis: i64,
    /// How the order stands now.
    pub standing: Option<&'a Standing>,
}

/// The value without framing.
pub fn encode(facts: &Facts<'_>) -> Vec<u8> {
    let mut value = Vec::with_capacity(192);
    write(facts, &mut Writer::new(&mut value));
    write_standing(facts.standing, &mut Writer::new(&mut value));
    value
}

/// The same value, but with how the order stands now. `before`: how it stood when it was encoded.
pub fn encode_anew(value: &[u8], before: Option<&Standing>, standing: &Standing) -> Vec<u8> {
    let mut tail = Vec::with_capacity(32);
    write_standing(before, &mut Writer::new(&mut tail));
    let mut value = value.get(..value.len().saturating_sub(tail.len())).unwrap_or_default().to_vec();
    write_standing(Some(standing), &mut Writer::new(&mut value));
    value
}

/// The value in Confluent's wire format, by the id that the registry gave [`SCHEMA`].
pub fn encode_framed(id: u32, facts: &Facts<'_>) -> Vec<u8> {
    let mut value = Vec::with_capacity(200);
    framing::write_confluent(id, &mut value);
    write(facts, &mut Writer::new(&mut value));
    write_standing(facts.standing, &mut Writer::new(&mut value));
    value
}

/// The fields in the order of the schema, all but the last five.
fn write(facts: &Facts<'_>, writer: &mut Writer<'_>) {
    let (disposition, code, superseded_by) = words(facts.disposition);
    writer.text(facts.topic);
    writer.long(i64::from(facts.partition));
    writer.long(facts.offset);
    writer.optional_text(facts.order);
    writer.text(disposition);
    writer.optional_text(code);
    writer.optional(superseded_by, Writer::long);
    writer.optional_text(facts.event.map(|event| event.biz_type.name()));
    writer.optional_text(facts.event.map(|event| event.status.as_str()));
    writer.optional(facts.event.map(|event| event.modified_at.millis()), Writer::long);
    let notes = facts.notes;
    writer.optional_text(notes.and_then(|notes| notes.order_id.as_deref()));
    writer.optional_text(notes.and_then(|notes| notes.order_status.as_deref()));
    writer.optional_text(notes.and_then(|notes| notes.distribute_result.as_ref()).map(|result| result.as_str()));
    writer.optional_text(notes.and_then(|notes| notes.tracer_id.as_deref()));
    writer.optional_text(facts.request_id);
    writer.long(facts.at_millis);
}

/// The last five fields.
fn write_standing(standing: Option<&Standing>, writer: &mut Writer<'_>) {
    writer.optional(standing.map(|standing| standing.at), Writer::long);
    writer.optional(standing.map(|standing| standing.offset.0), Writer::long);
    writer.optional(standing.map(|standing| i64::from(standing.content)), Writer::long);
    writer.optional(standing.map(|standing| standing.was_accepted), Writer::boolean);
    writer.optional_text(standing.and_then(|standing| standing.accepted.as_ref()).map(domain::OrderStatus::as_str));
}

/// The disposition, why, and the offset of the newer one.
fn words(disposition: &Disposition) -> (&'static str, Option<&str>, Option<i64>) {
    match disposition {
        Disposition::Delivered => ("delivered", None, None),
        Disposition::Superseded { by } => ("superseded", None, Some(by.0)),
        Disposition::Stale(StaleReason::Older) => ("stale", Some("older"), None),
        Disposition::Stale(StaleReason::Duplicate) => ("stale", Some("duplicate"), None),
        Disposition::Stale(StaleReason::PeerAhead) => ("stale", Some("peer_ahead"), None),
        Disposition::Rejected(code) => ("rejected", Some(code.as_str()), None),
        Disposition::Parked(ParkKind::Undecodable) => ("parked", Some("undecodable"), None),
        Disposition::Parked(ParkKind::Invalid) => ("parked", Some("invalid"), None),
        Disposition::Parked(ParkKind::Unmapped) => ("parked", Some("unmapped"), None),
        Disposition::Parked(ParkKind::Undecided) => ("parked", Some("undecided"), None),
        Disposition::Skipped(SkipReason::Tombstone) => ("skipped", Some("tombstone"), None),
        Disposition::Skipped(SkipReason::NotOurs) => ("skipped", Some("not_ours"), None),
        Disposition::Skipped(SkipReason::TooOld) => ("skipped", Some("too_old"), None),
    }
}

#[cfg(test)]
mod tests;
