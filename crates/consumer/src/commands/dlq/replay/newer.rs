//! Newer modifications of parked orders in their sources, for orders of which no outcomes tell.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use rdkafka::message::Message;

use super::candidate::Candidate;
use crate::commands::decoding::{Decoding, Found};
use crate::commands::progress::Progress;
use crate::commands::resend::{Keys, Knowledge, Newest, OrderKey, Seen, Version};
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};

/// A record is written after what it tells happened. Clocks may differ by so much, in milliseconds.
const CLOCKS: i64 = 600_000;

/// Since when newer modifications may have been written, by source partition.
#[derive(Debug, Default)]
pub(super) struct Since {
    partitions: BTreeMap<(Arc<str>, i32), (i64, i64)>,
    /// Orders of which a record was parked that could not be read: what equals it has been sent since, or will be.
    unread: HashSet<OrderKey>,
}

impl Since {
    /// `decided`: it is parked after the pipeline has sent it.
    pub(super) fn saw(&mut self, candidate: &Candidate, order: OrderKey, decided: bool) {
        if !decided {
            self.unread.insert(order);
        }
        let source = &candidate.source;
        let own = (source.offset, candidate.event.modified_at.millis());
        let since = self.partitions.entry((Arc::clone(&source.topic), source.partition)).or_insert(own);
        *since = (since.0.min(own.0), since.1.min(own.1));
    }
}

/// The newest modification in the source, of orders that have a newer one there.
#[derive(Debug, Default)]
pub(super) struct Newer {
    orders: HashMap<OrderKey, (Version, String)>,
}

impl Newer {
    /// Reads the source partitions of the letters.
    pub(super) fn read(
        config: &Config,
        reader: &Reader,
        keys: &Keys,
        newest: &Newest,
        knowledge: &Knowledge,
        since: &Since,
    ) -> Result<Self, Trouble> {
        let mut found = Self::default();
        if newest.orders().all(|order| knowledge.of(order).is_some()) {
            return Ok(found);
        }
        let key = Trouble::at(config.kafka.topics.key());
        let mut parts = Vec::new();
        for ((topic, partition), (offset, modified_at)) in &since.partitions {
            let bounds = reader.bounds(topic, *partition).map_err(&key)?;
            let by_time = reader.offset_at(topic, *partition, modified_at - CLOCKS, bounds).map_err(&key)?;
            parts.push(Part { topic: Arc::clone(topic), partition: *partition, from: by_time.min(*offset).max(bounds.0), to: bounds.1 });
        }
        let mut decoding = Decoding::new(config)?;
        let mut progress = Progress::new(parts.iter().map(Part::len).sum(), "records of the sources");
        let mut failed = None;
        let read = reader.read(parts, |message, behind| {
            progress.show(behind);
            let Some(message) = message else { return ControlFlow::Continue(()) };
            match decoding.of(message) {
                Ok(Found::Order(event)) => {
                    let order = keys.of(event.merchant_biz_no.as_str());
                    let seen = Seen::of(&event, message.offset());
                    // What equals a decided one was left by the pipeline: nobody else sends it.
                    let was_left = |parked: Seen| seen.is_twin_of(parked) && !since.unread.contains(&order);
                    let is_newer = |parked: Seen| seen.version > parked.version && !was_left(parked);
                    if knowledge.of(order).is_none() && newest.of(order).is_some_and(is_newer) {
                        found.saw(order, seen.version, format!("{}/{}@{}", message.topic(), message.partition(), message.offset()));
                    }
                    ControlFlow::Continue(())
                }
                Ok(Found::Skipped(_) | Found::Unfit(..)) => ControlFlow::Continue(()),
                Err(trouble) => {
                    failed = Some(trouble);
                    ControlFlow::Break(())
                }
            }
        });
        read.map_err(&key)?;
        failed.map_or(Ok(found), Err)
    }

    /// Where a newer modification of an order lies.
    pub(super) fn of(&self, order: OrderKey) -> Option<&str> {
        self.orders.get(&order).map(|(_, place)| place.as_str())
    }

    fn saw(&mut self, order: OrderKey, version: Version, place: String) {
        let known = self.orders.entry(order).or_insert_with(|| (version, place.clone()));
        if version > known.0 {
            *known = (version, place);
        }
    }
}
