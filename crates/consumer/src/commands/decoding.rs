//! Records of a source, decoded as the pipeline would: a schema that is not here yet is fetched at once.

use std::sync::Arc;

use domain::OrderEvent;
use engine::UnfitReason;
use rdkafka::message::{BorrowedMessage, Message};
use tokio::runtime::Runtime;

use super::now_millis;
use super::trouble::Trouble;
use crate::config::Config;
use crate::schema::{Decoded, Decoder, Registry};

/// What a record turns out to be.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly every record is an order, and it is moved once")]
pub(crate) enum Found {
    /// A valid modification.
    Order(OrderEvent),
    /// It says by itself that it is not for us: the skip's reason.
    Skipped(&'static str),
    /// It can never be sent; the message never quotes a value.
    Unfit(UnfitReason, Arc<str>),
}

/// A decoder that asks the registry itself. Not to be used on a thread that drives other tasks: it waits.
pub(crate) struct Decoding {
    decoder: Decoder,
    registry: Option<Registry>,
    runtime: Runtime,
    now_millis: i64,
}

impl Decoding {
    pub(crate) fn new(config: &Config) -> Result<Self, Trouble> {
        Ok(Self {
            decoder: Decoder::new(&config.schema, config.mappings.clone())?,
            registry: Registry::new(&config.schema)?,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            now_millis: now_millis(),
        })
    }

    /// What a record of a topic turns out to be.
    pub(crate) fn decode(&mut self, topic: &str, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Found, Trouble> {
        loop {
            let (decoded, _) = self.decoder.decode(topic, key, value, self.now_millis);
            let id = match decoded {
                Decoded::Event(event) => return Ok(Found::Order(event)),
                Decoded::Tombstone => return Ok(Found::Skipped("tombstone")),
                Decoded::NotOurs => return Ok(Found::Skipped("not_ours")),
                Decoded::Unfit { reason, message } => return Ok(Found::Unfit(reason, message)),
                Decoded::NeedsSchema(id) => id,
            };
            match &self.registry {
                None => self.decoder.refuse(id, "there is no registry to ask for it"),
                Some(registry) => match self.runtime.block_on(registry.fetch(id)) {
                    Ok(text) => self.decoder.insert(id, &text),
                    Err(error) if error.waits() => return Err(error.into()),
                    Err(error) => self.decoder.refuse(id, &error.to_string()),
                },
            }
        }
    }

    /// What a message turns out to be.
    pub(crate) fn of(&mut self, message: &BorrowedMessage<'_>) -> Result<Found, Trouble> {
        self.decode(message.topic(), message.key(), message.payload())
    }
}
