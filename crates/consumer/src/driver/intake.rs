//! From raw records to what the engine understands. A partition whose next record needs a schema that is not here yet waits; the
//! others go on.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::{BizType, Mode, OrderEvent, Rulebook};
use engine::{Content, Epoch, Input, Modification, Offset, PartitionId, Record, SkipReason, UnfitReason};

use crate::kafka::record::{Parts, Payload, RawRecord};
use crate::schema::{Claims, Decoded, Decoder, END_OF_TIME, KeyNote};

/// A waiting partition is paused from this many bytes on: no mark of the engine counts them.
const WAITING_BYTES: usize = 256 << 10;
/// What a waiting item costs beside its record.
const ITEM_BYTES: usize = 256;

/// Decodes, and keeps what cannot be decoded yet.
pub(crate) struct Intake {
    decoder: Decoder,
    max_age: Option<Duration>,
    rulebook: Arc<Rulebook>,
    waiting: HashMap<PartitionId, Waiting>,
    wanted: BTreeSet<u32>,
    /// Which topic a partition is of: a mapping may be for some topics only.
    topics: Vec<Arc<str>>,
}

#[derive(Debug)]
struct Waiting {
    epoch: Epoch,
    schema: u32,
    items: VecDeque<Item>,
    bytes: usize,
    paused: bool,
}

#[derive(Debug)]
enum Item {
    Record(RawRecord),
    Position(Offset),
}

/// What the intake makes of what it is given.
#[derive(Debug)]
pub(crate) enum Step {
    /// For the engine.
    Input(Input<Payload>, Option<KeyNote>),
    /// A record breaks a rule of its business type's table by itself.
    Violated(BizType),
    /// A schema has to be fetched; [`Intake::learn`] takes it.
    Fetch(u32),
    /// Stop or go on fetching a partition.
    Pace { id: PartitionId, epoch: Epoch, on: bool },
}

impl Intake {
    pub(crate) fn new(decoder: Decoder, max_age: Option<Duration>, rulebook: Arc<Rulebook>) -> Self {
        Self { decoder, max_age, rulebook, waiting: HashMap::new(), wanted: BTreeSet::new(), topics: Vec::new() }
    }

    /// A partition is of this topic, now and for ever.
    pub(crate) fn assigned(&mut self, id: PartitionId, topic: &Arc<str>) {
        let index = id.0 as usize;
        if self.topics.len() <= index {
            self.topics.resize(index + 1, Arc::from(""));
        }
        if let Some(slot) = self.topics.get_mut(index) {
            *slot = Arc::clone(topic);
        }
    }

    /// Takes the next record of a partition.
    pub(crate) fn record(&mut self, raw: RawRecord, now_millis: i64, steps: &mut Vec<Step>) {
        let (id, epoch) = (raw.partition, raw.epoch);
        if let Some(waiting) = self.waiting.get_mut(&id).filter(|waiting| waiting.epoch == epoch) {
            waiting.bytes += raw.payload.bytes() + ITEM_BYTES;
            waiting.items.push_back(Item::Record(raw));
            if waiting.bytes >= WAITING_BYTES && !waiting.paused {
                waiting.paused = true;
                steps.push(Step::Pace { id, epoch, on: false });
            }
            return;
        }
        if let Err((raw, schema)) = self.decode(raw, now_millis, steps) {
            let bytes = raw.payload.bytes() + ITEM_BYTES;
            self.waiting.insert(id, Waiting { epoch, schema, items: VecDeque::from([Item::Record(raw)]), bytes, paused: false });
            steps.push(Step::Input(Input::WaitsOutside { partition: id, epoch, on: true }, None));
            if self.wanted.insert(schema) {
                steps.push(Step::Fetch(schema));
            }
        }
    }

    /// Takes a position that moved without a record; behind waiting records it waits too.
    pub(crate) fn position(&mut self, id: PartitionId, epoch: Epoch, next: Offset, steps: &mut Vec<Step>) {
        match self.waiting.get_mut(&id).filter(|waiting| waiting.epoch == epoch) {
            // Only the last one of several in a row tells anything.
            Some(Waiting { items, .. }) => match items.back_mut() {
                Some(Item::Position(last)) => *last = next,
                Some(Item::Record(_)) | None => items.push_back(Item::Position(next)),
            },
            None => steps.push(Step::Input(Input::Position { partition: id, epoch, next }, None)),
        }
    }

    /// The registry answered: the schema's text, or the reason why there is none. Goes on with every partition that waited for it.
    pub(crate) fn learn(&mut self, schema: u32, text: Result<&str, &str>, now_millis: i64, steps: &mut Vec<Step>) {
        self.wanted.remove(&schema);
        match text {
            Ok(text) => self.decoder.insert(schema, text),
            Err(reason) => self.decoder.refuse(schema, reason),
        }
        let ready: Vec<PartitionId> = self.waiting.iter().filter(|(_, waiting)| waiting.schema == schema).map(|(id, _)| *id).collect();
        for id in ready {
            let Some(waiting) = self.waiting.remove(&id) else { continue };
            steps.push(Step::Input(Input::WaitsOutside { partition: id, epoch: waiting.epoch, on: false }, None));
            if waiting.paused {
                steps.push(Step::Pace { id, epoch: waiting.epoch, on: true });
            }
            for item in waiting.items {
                match item {
                    Item::Record(raw) => self.record(raw, now_millis, steps),
                    Item::Position(next) => self.position(id, waiting.epoch, next, steps),
                }
            }
        }
    }

    /// The partition is no longer ours: what waits was never read, as far as anybody knows.
    pub(crate) fn forget(&mut self, id: PartitionId) {
        self.waiting.remove(&id);
    }

    /// The writer schema's id in a record, where the framing has one.
    pub(crate) fn schema_id(&self, record: &Payload) -> Option<u32> {
        self.decoder.schema_id(record.parts().value)
    }

    /// The order in a record that was taken in before. A clock that was set back since then does not make it invalid.
    pub(crate) fn order_in(&self, partition: PartitionId, record: &Payload) -> Option<OrderEvent> {
        let Parts { key, value, .. } = record.parts();
        match self.decoder.decode(self.topic(partition), key, value, END_OF_TIME).0 {
            Decoded::Event(event) => Some(event),
            Decoded::Tombstone | Decoded::NotOurs | Decoded::Unfit { .. } | Decoded::NeedsSchema(_) => None,
        }
    }

    /// What a record that was taken in before says of itself, whatever was wrong with it.
    pub(crate) fn claims(&self, partition: PartitionId, record: &Payload) -> Claims {
        self.decoder.claims(self.topic(partition), record.parts().value)
    }

    fn topic(&self, partition: PartitionId) -> &str {
        self.topics.get(partition.0 as usize).map_or("", |topic| topic)
    }

    fn decode(&mut self, raw: RawRecord, now_millis: i64, steps: &mut Vec<Step>) -> Result<(), (RawRecord, u32)> {
        let Parts { key, value, .. } = raw.payload.parts();
        let (decoded, key_note) = self.decoder.decode(self.topic(raw.partition), key, value, now_millis);
        let (partition, epoch, offset, leader_epoch) = (raw.partition, raw.epoch, raw.offset, raw.leader_epoch);
        let bytes = u32::try_from(raw.payload.bytes()).unwrap_or(u32::MAX);
        let content = match decoded {
            Decoded::NeedsSchema(schema) => return Err((raw, schema)),
            Decoded::Tombstone => Content::Skip(SkipReason::Tombstone),
            Decoded::NotOurs => Content::Skip(SkipReason::NotOurs),
            Decoded::Unfit { reason, message } => Content::Unfit { reason, message, payload: raw.payload },
            Decoded::Event(event) if self.too_old(event.modified_at.millis(), now_millis) => Content::TooOld(of(&event, raw.payload)),
            Decoded::Event(event) if self.breaks_a_rule(&event, steps) => {
                Content::Unfit { reason: UnfitReason::Invalid, message: self.rules_broken(&event).into(), payload: raw.payload }
            }
            Decoded::Event(event) => Content::Modification(of(&event, raw.payload)),
        };
        let record = Record { offset, leader_epoch, bytes, content };
        steps.push(Step::Input(Input::Fetched { partition, epoch, record }, Some(key_note)));
        Ok(())
    }

    /// Counts what a record breaks in its table. True: `strict` parks it for that.
    fn breaks_a_rule(&self, event: &OrderEvent, steps: &mut Vec<Step>) -> bool {
        let rules = self.rulebook.of(event.biz_type);
        let broken = !rules.violations(event).is_empty();
        if broken {
            steps.push(Step::Violated(event.biz_type));
        }
        broken && rules.mode() == Mode::Strict
    }

    fn rules_broken(&self, event: &OrderEvent) -> String {
        let broken = self.rulebook.of(event.biz_type).violations(event);
        broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    fn too_old(&self, modified_at: i64, now_millis: i64) -> bool {
        self.max_age.is_some_and(|max| u128::try_from(now_millis.saturating_sub(modified_at)).is_ok_and(|age| age > max.as_millis()))
    }
}

/// As the engine knows it.
fn of(event: &OrderEvent, payload: Payload) -> Modification<Payload> {
    Modification {
        order: event.merchant_biz_no.clone(),
        biz_type: event.biz_type,
        status: event.status.clone(),
        modified_at: event.modified_at,
        content: event.content(),
        payload,
    }
}

#[cfg(test)]
mod tests;
