//! Samples of topics with a mapping: each line is a record of such a topic as JSON.

use domain::OrderEvent;
use engine::UnfitReason;

use crate::config::{Config, Framing, Schema, Topics};
use crate::schema::{Decoded, Decoder};

/// Takes lines the way of a record of one topic.
pub(super) struct Mapped {
    decoder: Decoder,
    topic: String,
}

/// A line that becomes no call: what it becomes, why, and what is wrong.
pub(super) type Otherwise = (&'static str, &'static str, Option<String>);

impl Mapped {
    /// `None`: there is no mapping.
    pub(super) fn new(config: &Config, topic: Option<&str>) -> Option<Self> {
        if config.mappings.is_empty() {
            return None;
        }
        let schema = Schema { framing: Framing::Json, registry: None, writer_schema: None };
        let first = match &config.kafka.topics {
            Topics::List(topics) => topics.first(),
            Topics::Pattern(_) => config.mappings.iter().find_map(|mapping| mapping.topics.as_ref()?.first()),
        };
        let topic = topic.or(first.map(String::as_str)).unwrap_or_default().to_owned();
        Some(Self { decoder: Decoder::new(&schema, config.mappings.clone()).ok()?, topic })
    }

    pub(super) fn event(&self, line: &str, now_millis: i64) -> Result<OrderEvent, Otherwise> {
        match self.decoder.decode(&self.topic, None, Some(line.as_bytes()), now_millis).0 {
            Decoded::Event(event) => Ok(event),
            Decoded::NotOurs => Err(("skipped", "not ours by the mapping", None)),
            Decoded::Unfit { reason: UnfitReason::Undecodable, message } => Err(("parked", "undecodable", Some(message.to_string()))),
            Decoded::Unfit { reason: UnfitReason::Invalid, message } => Err(("parked", "invalid", Some(message.to_string()))),
            Decoded::Unfit { reason: UnfitReason::Unmapped, message } => Err(("parked", "unmapped", Some(message.to_string()))),
            Decoded::Tombstone | Decoded::NeedsSchema(_) => Err(("parked", "undecodable", None)),
        }
    }
}
