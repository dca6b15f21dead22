//! From the bytes of a record to an order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use domain::{MerchantBizNo, ModifiedAt, OrderEvent, RawOrderEvent};
use engine::UnfitReason;

use super::avro::{Fingerprint, Mismatch, NotAReader, ORDER_EVENT, Reader};
use super::framing::{self, Framed};
use super::key::{self, KeyNote};
use super::reading::{Reading, Unfit};
use crate::config;
use crate::mapping::{JsonPlan, JsonRecord, Mapped, Mappings, NOT_A_RECORD};

/// No order is larger; Kafka's own default limit is 1 MiB.
const LARGEST: usize = 4 << 20;
/// A schema's or a library's text is cut here before it goes into messages and headers.
const REASON: usize = 300;
/// Later than every time that an order may have, in epoch milliseconds.
pub(crate) const END_OF_TIME: i64 = 100_000_000_000_000;
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
    /// By the mapping it is nothing that concerns AlipayHK.
    NotOurs,
    /// It can never be sent; the message names fields and rules, never a value.
    Unfit {
        /// Bytes that are not what the schema says, an order that breaks a rule, or a record that no mapping takes.
        reason: UnfitReason,
        /// What is wrong.
        message: Arc<str>,
    },
    /// Fetch the schema with this id, [`Decoder::insert`] it, and try again.
    NeedsSchema(u32),
}

/// What a record says of itself, valid or not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims {
    /// `merchantBizNo`.
    pub order: Option<MerchantBizNo>,
    /// `orderModifyTime`.
    pub modified_at: Option<ModifiedAt>,
}

impl Claims {
    fn of(raw: &RawOrderEvent<'_>) -> Self {
        let modified_at = ModifiedAt::parse(raw.order_modify_time, END_OF_TIME).ok();
        Self { order: MerchantBizNo::parse(&raw.merchant_biz_no).ok(), modified_at }
    }
}

/// A decoder that cannot be made: the configured writer's schema is not of an order.
#[derive(Debug, thiserror::Error)]
pub enum DecoderError {
    /// Every record would be undecodable.
    #[error("schema.writer_schema_file: its records cannot be read as ordersync.v1.OrderEvent: {0}")]
    WriterSchema(String),
    /// Every record would be unmapped. The text begins with the key.
    #[error("{0}")]
    Mapping(String),
    /// A defect of ours.
    #[error("schemas/order_event.avsc: {0}")]
    Reader(String),
}

/// Decodes records. It does no I/O: schemas are put in by [`Self::insert`].
#[derive(Debug)]
pub struct Decoder {
    framing: config::Framing,
    reader: Reader,
    mappings: Mappings,
    /// For each mapping, where records are JSON.
    json: Vec<JsonPlan>,
    by_id: HashMap<u32, Result<Reading, Arc<str>>>,
    refused: VecDeque<u32>,
    by_fingerprint: Vec<([Fingerprint; 2], Reading)>,
    bare: Option<Reading>,
}

impl Decoder {
    /// A decoder for the configured framing. Without a mapping, records are orders field for field.
    ///
    /// # Errors
    /// The configured writer's schema does not resolve to an order's, or no mapping fits it.
    pub fn new(config: &config::Schema, mappings: Mappings) -> Result<Self, DecoderError> {
        let own = |error: NotAReader| DecoderError::Reader(error.to_string());
        let reader = Reader::parse(ORDER_EVENT).map_err(own)?;
        let own_writer = Reading::known(ORDER_EVENT, &reader, &mappings).map_err(|mismatch| DecoderError::Reader(mismatch.to_string()))?;
        let mut decoder = Self {
            framing: config.framing,
            reader,
            json: mappings.iter().map(JsonPlan::new).collect(),
            mappings,
            by_id: HashMap::new(),
            refused: VecDeque::new(),
            by_fingerprint: vec![own_writer],
            bare: None,
        };
        if let Some(text) = &config.writer_schema {
            let writer = |mismatch: Mismatch| DecoderError::WriterSchema(short(&mismatch));
            let (fingerprints, reading) = Reading::known(text, &decoder.reader, &decoder.mappings).map_err(writer)?;
            reading.must_fit(&decoder.mappings).map_err(|misfit| DecoderError::Mapping(short(&misfit)))?;
            match config.framing {
                config::Framing::Bare => decoder.bare = Some(reading),
                config::Framing::SingleObject => decoder.by_fingerprint.push((fingerprints, reading)),
                config::Framing::Confluent | config::Framing::Json => {}
            }
        }
        Ok(decoder)
    }

    /// What a record of a topic is, and how its key stands to it. `now_millis` is the clock in epoch milliseconds.
    pub fn decode(&self, topic: &str, key: Option<&[u8]>, value: Option<&[u8]>, now_millis: i64) -> (Decoded, KeyNote) {
        let Some(value) = value else { return (Decoded::Tombstone, key::note(key, None)) };
        let reading = match self.reading(value) {
            Ok(reading) => reading,
            Err(Unread::NeedsSchema(id)) => return (Decoded::NeedsSchema(id), key::note(key, None)),
            Err(Unread::Undecodable(message)) => {
                return (Decoded::Unfit { reason: UnfitReason::Undecodable, message }, key::note(key, None));
            }
        };
        let mapped = match reading {
            Bytes::Avro(Reading::Direct(plan), bytes) => match plan.read(bytes) {
                Ok(raw) => return order(&raw, None, key, now_millis),
                Err(unreadable) => Err(Unfit::undecodable(&unreadable)),
            },
            Bytes::Avro(Reading::Mapped(writer), bytes) => writer.read(&self.mappings, topic, bytes).map_err(Unfit::from),
            Bytes::Json(bytes) => self.json(topic, bytes),
        };
        match mapped {
            Ok(Mapped { raw, number }) => order(&raw, number.as_deref(), key, now_millis),
            Err(Unfit { reason: None, .. }) => (Decoded::NotOurs, key::note(key, None)),
            Err(Unfit { reason: Some(reason), message }) => {
                (Decoded::Unfit { reason, message: short(&message).into() }, key::note(key, None))
            }
        }
    }

    /// What a record that is no valid order still says of itself: the order's number and its modification's time, each where it is valid.
    pub fn claims(&self, topic: &str, value: Option<&[u8]>) -> Claims {
        let Some(Ok(reading)) = value.map(|value| self.reading(value)) else { return Claims::default() };
        let claims = match reading {
            Bytes::Avro(Reading::Direct(plan), bytes) => plan.read(bytes).ok().map(|raw| Claims::of(&raw)),
            Bytes::Avro(Reading::Mapped(writer), bytes) => {
                writer.read(&self.mappings, topic, bytes).ok().map(|mapped| Claims::of(&mapped.raw))
            }
            Bytes::Json(bytes) => self.json(topic, bytes).ok().map(|mapped| Claims::of(&mapped.raw)),
        };
        claims.unwrap_or_default()
    }

    /// The id in the value's framing, if it has one.
    pub fn schema_id(&self, value: Option<&[u8]>) -> Option<u32> {
        match framing::split(self.framing, value?) {
            Ok(Framed::Id(id, _)) => Some(id),
            Ok(Framed::Fingerprint(..) | Framed::Bare(_) | Framed::Json(_)) | Err(_) => None,
        }
    }

    /// Takes the schema of an id. One whose records cannot become orders is remembered as such: they are undecodable.
    pub fn insert(&mut self, id: u32, text: &str) {
        match Reading::of(text, &self.reader, &self.mappings) {
            Ok(reading) => {
                self.by_id.insert(id, Ok(reading));
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

    /// How a value is to be read, and the bytes behind its framing.
    fn reading<'r>(&'r self, value: &'r [u8]) -> Result<Bytes<'r>, Unread> {
        let undecodable = |message: &dyn std::fmt::Display| Unread::Undecodable(short(message).into());
        if value.len() > LARGEST {
            return Err(undecodable(&"the value is larger than 4 MiB"));
        }
        match framing::split(self.framing, value).map_err(|unframed| undecodable(&unframed))? {
            Framed::Id(id, bytes) => match self.by_id.get(&id) {
                Some(Ok(reading)) => Ok(Bytes::Avro(reading, bytes)),
                Some(Err(reason)) => Err(undecodable(reason)),
                None => Err(Unread::NeedsSchema(id)),
            },
            Framed::Fingerprint(fingerprint, bytes) => match self.by_fingerprint.iter().find(|(known, _)| known.contains(&fingerprint)) {
                Some((_, reading)) => Ok(Bytes::Avro(reading, bytes)),
                None => Err(undecodable(&"its fingerprint is neither order_event.avsc's nor that of schema.writer_schema_file")),
            },
            Framed::Bare(bytes) => match &self.bare {
                Some(reading) => Ok(Bytes::Avro(reading, bytes)),
                None => Err(undecodable(&"there is no schema.writer_schema_file to read it by")),
            },
            Framed::Json(bytes) => Ok(Bytes::Json(bytes)),
        }
    }

    fn json<'r>(&'r self, topic: &str, bytes: &'r [u8]) -> Result<Mapped<'r>, Unfit> {
        let record = JsonRecord::parse(bytes).ok_or_else(|| Unfit::undecodable(&NOT_A_RECORD))?;
        let selected = self.mappings.select(topic, None);
        let (plan, mapping) = selected
            .and_then(|(at, mapping)| Some((self.json.get(at)?, mapping)))
            .ok_or_else(|| Unfit::unmapped("no mapping takes records of this topic"))?;
        plan.read(mapping, record).map_err(Unfit::from)
    }
}

/// A value, and how to read it.
enum Bytes<'r> {
    Avro(&'r Reading, &'r [u8]),
    Json(&'r [u8]),
}

/// A value that cannot be read, or not yet.
enum Unread {
    Undecodable(Arc<str>),
    NeedsSchema(u32),
}

/// `number`: what the record itself has for the order's number.
fn order(raw: &RawOrderEvent<'_>, number: Option<&str>, key: Option<&[u8]>, now_millis: i64) -> (Decoded, KeyNote) {
    let mut note = key::note(key, Some(&raw.merchant_biz_no));
    if note == KeyNote::Differs && number.is_some() {
        note = key::note(key, number);
    }
    match OrderEvent::parse(raw, now_millis) {
        Ok(event) => (Decoded::Event(event), note),
        Err(invalid) => (Decoded::Unfit { reason: UnfitReason::Invalid, message: invalid.to_string().into() }, note),
    }
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
