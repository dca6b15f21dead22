//! From the bytes of a record to an order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use domain::{OrderEvent, RawOrderEvent};
use engine::UnfitReason;

use super::avro::{self, Fingerprint, Mismatch, NotAReader, ORDER_EVENT, Plan, Reader};
use super::framing::{self, Framed};
use super::key::{self, KeyNote};
use crate::config;

/// No order is larger; Kafka's own default limit is 1 MiB.
const LARGEST: usize = 4 << 20;
/// A schema's or a library's text is cut here before it goes into messages and headers.
const REASON: usize = 300;
/// Ids without a usable schema that are remembered. Forgetting one costs a question to the registry.
const REFUSED: usize = 4_096;

/// What a record turned out to be.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly every record is an event, and it is moved once")]
pub enum Decoded {
    /// A valid modification.
    Event(OrderEvent),
    /// A null value.
    Tombstone,
    /// It can never be sent; the message names fields and rules, never a value.
    Unfit {
        /// Bytes that are not what the schema says, or an order that breaks a rule.
        reason: UnfitReason,
        /// What is wrong.
        message: Arc<str>,
    },
    /// Fetch the schema with this id, [`Decoder::insert`] it, and try again.
    NeedsSchema(u32),
}

/// A decoder that cannot be made: the configured writer's schema is not of an order.
#[derive(Debug, thiserror::Error)]
pub enum DecoderError {
    /// Every record would be undecodable.
    #[error("schema.writer_schema_file: its records cannot be read as ordersync.v1.OrderEvent: {0}")]
    WriterSchema(String),
    /// A defect of ours.
    #[error("schemas/order_event.avsc: {0}")]
    Reader(String),
}

/// Decodes records. It does no I/O: schemas are put in by [`Self::insert`].
#[derive(Debug)]
pub struct Decoder {
    framing: config::Framing,
    reader: Reader,
    by_id: HashMap<u32, Result<Plan, Arc<str>>>,
    refused: VecDeque<u32>,
    by_fingerprint: Vec<([Fingerprint; 2], Plan)>,
    bare: Option<Plan>,
}

impl Decoder {
    /// A decoder for the configured framing.
    ///
    /// # Errors
    /// The configured writer's schema does not resolve to an order's.
    pub fn new(config: &config::Schema) -> Result<Self, DecoderError> {
        let own = |error: NotAReader| DecoderError::Reader(error.to_string());
        let reader = Reader::parse(ORDER_EVENT).map_err(own)?;
        let own_writer = known(ORDER_EVENT, &reader).map_err(|mismatch| DecoderError::Reader(mismatch.to_string()))?;
        let mut decoder = Self {
            framing: config.framing,
            reader,
            by_id: HashMap::new(),
            refused: VecDeque::new(),
            by_fingerprint: vec![own_writer],
            bare: None,
        };
        if let Some(text) = &config.writer_schema {
            let writer = |mismatch: Mismatch| DecoderError::WriterSchema(short(&mismatch));
            let (fingerprints, plan) = known(text, &decoder.reader).map_err(writer)?;
            match config.framing {
                config::Framing::Bare => decoder.bare = Some(plan),
                config::Framing::SingleObject => decoder.by_fingerprint.push((fingerprints, plan)),
                config::Framing::Confluent => {}
            }
        }
        Ok(decoder)
    }

    /// What a record is, and how its key stands to it. `now_millis` is the clock in epoch milliseconds.
    pub fn decode(&self, key: Option<&[u8]>, value: Option<&[u8]>, now_millis: i64) -> (Decoded, KeyNote) {
        let Some(value) = value else { return (Decoded::Tombstone, key::note(key, None)) };
        let undecodable = |message: &dyn std::fmt::Display| {
            let message = short(message).into();
            (Decoded::Unfit { reason: UnfitReason::Undecodable, message }, key::note(key, None))
        };
        if value.len() > LARGEST {
            return undecodable(&"the value is larger than 4 MiB");
        }
        let framed = match framing::split(self.framing, value) {
            Ok(framed) => framed,
            Err(unframed) => return undecodable(&unframed),
        };
        let (plan, bytes) = match framed {
            Framed::Id(id, bytes) => match self.by_id.get(&id) {
                Some(Ok(plan)) => (plan, bytes),
                Some(Err(reason)) => return undecodable(reason),
                None => return (Decoded::NeedsSchema(id), key::note(key, None)),
            },
            Framed::Fingerprint(fingerprint, bytes) => match self.by_fingerprint.iter().find(|(known, _)| known.contains(&fingerprint)) {
                Some((_, plan)) => (plan, bytes),
                None => return undecodable(&"its fingerprint is neither order_event.avsc's nor that of schema.writer_schema_file"),
            },
            Framed::Bare(bytes) => match &self.bare {
                Some(plan) => (plan, bytes),
                None => return undecodable(&"there is no schema.writer_schema_file to read it by"),
            },
        };
        match plan.read(bytes) {
            Ok(raw) => order(&raw, key, now_millis),
            Err(unreadable) => undecodable(&unreadable),
        }
    }

    /// The id in the value's framing, if it has one.
    pub fn schema_id(&self, value: Option<&[u8]>) -> Option<u32> {
        match framing::split(self.framing, value?) {
            Ok(Framed::Id(id, _)) => Some(id),
            Ok(Framed::Fingerprint(..) | Framed::Bare(_)) | Err(_) => None,
        }
    }

    /// Takes the schema of an id. One whose records cannot become orders is remembered as such: they are undecodable.
    pub fn insert(&mut self, id: u32, text: &str) {
        match avro::parse(text).and_then(|schema| avro::compile(&schema, &self.reader)) {
            Ok(plan) => {
                self.by_id.insert(id, Ok(plan));
            }
            Err(mismatch) => {
                let reason = short(&mismatch);
                tracing::error!(schema = id, %reason, "the schema does not resolve to an order's: its records are parked as undecodable");
                self.refuse(id, &format!("schema {id}: {reason}"));
            }
        }
    }

    /// Remembers that there is no usable schema of this id, so that its records are undecodable.
    pub fn refuse(&mut self, id: u32, reason: &str) {
        if self.by_id.insert(id, Err(short(&reason).into())).is_none() {
            self.refused.push_back(id);
        }
        // Any five bytes may claim any id; what they cost is bounded.
        if self.refused.len() > REFUSED
            && let Some(oldest) = self.refused.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }
}

fn order(raw: &RawOrderEvent<'_>, key: Option<&[u8]>, now_millis: i64) -> (Decoded, KeyNote) {
    let note = key::note(key, Some(&raw.merchant_biz_no));
    match OrderEvent::parse(raw, now_millis) {
        Ok(event) => (Decoded::Event(event), note),
        Err(invalid) => (Decoded::Unfit { reason: UnfitReason::Invalid, message: invalid.to_string().into() }, note),
    }
}

/// A schema that is known from the start.
fn known(text: &str, reader: &Reader) -> Result<([Fingerprint; 2], Plan), Mismatch> {
    let schema = avro::parse(text)?;
    Ok((avro::fingerprints(&schema), avro::compile(&schema, reader)?))
}

/// One line of bounded length.
fn short(text: &(impl std::fmt::Display + ?Sized)) -> String {
    let text = text.to_string();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words,
    }
}

#[cfg(test)]
mod tests;
