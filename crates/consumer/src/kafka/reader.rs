//! Reads parts of topics to their end as it is now, with a consumer of its own that is in no group.

mod part;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::Offset as KafkaOffset;

use super::assignment::first_offset;
use super::context::PollContext;
use super::poller::connect;
use super::topics::{is_unknown, leaders_of, subscribed};
use crate::config::{Kafka, Start, Topics};

pub(crate) use part::Part;
use part::Parts;

/// One question may take so long.
const LOOK_UP: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);
/// A broker that answers nothing for so long is away.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a topic could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// A broker answers, and does not have it.
    #[error("topic {0:?} does not exist on the broker")]
    Missing(String),
    /// Nobody has it now.
    #[error("{topic}/{partition} has no leader")]
    NoLeader { topic: String, partition: i32 },
    /// Nothing came for too long, or a broker refused.
    #[error("kafka.bootstrap_servers: {0}")]
    Kafka(String),
}

impl From<KafkaError> for ReadError {
    fn from(error: KafkaError) -> Self {
        Self::Kafka(error.to_string())
    }
}

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// Every part was read to its end.
    Whole,
    /// Whoever looks at the records had enough.
    Stopped,
}

/// When a broker was last heard, and how far the reading was then.
#[derive(Debug)]
struct Heard {
    at: Instant,
    behind: u64,
}

impl Heard {
    /// Nothing came for too long. Also what is passed without a record tells that a broker answers: there may be nothing but aborted transactions
    /// for a long way.
    fn nothing_for_long(&mut self, behind: u64, now: Instant) -> bool {
        if behind > self.behind {
            *self = Self { at: now, behind };
        }
        now.saturating_duration_since(self.at) > PATIENCE
    }
}

/// A consumer in no group.
pub(crate) struct Reader {
    consumer: BaseConsumer<PollContext>,
}

impl Reader {
    /// Makes the consumer; it connects by itself.
    pub(crate) fn new(kafka: &Kafka) -> KafkaResult<Self> {
        Ok(Self { consumer: connect(&kafka.reader_config())? })
    }

    /// The consumer, for questions.
    pub(crate) fn consumer(&self) -> &BaseConsumer<PollContext> {
        &self.consumer
    }

    /// The topics of the subscription.
    pub(crate) fn sources(&self, topics: &Topics) -> Result<Vec<String>, ReadError> {
        let found = subscribed(&self.consumer, topics, LOOK_UP).map_err(|error| self.reason(&error))?;
        Ok(found.into_iter().collect())
    }

    /// The numbers of a topic's partitions.
    pub(crate) fn partitions(&self, topic: &str) -> Result<Vec<i32>, ReadError> {
        Ok(self.leaders(topic)?.into_keys().collect())
    }

    /// Whether a topic has this partition. One that cannot be read now is told at once, and not by a broker that does not answer.
    pub(crate) fn has(&self, topic: &str, partition: i32) -> Result<bool, ReadError> {
        match self.leaders(topic)?.get(&partition) {
            Some(Some(_)) => Ok(true),
            Some(None) => Err(ReadError::NoLeader { topic: topic.to_owned(), partition }),
            None => Ok(false),
        }
    }

    fn leaders(&self, topic: &str) -> Result<BTreeMap<i32, Option<i32>>, ReadError> {
        match leaders_of(&self.consumer, topic, LOOK_UP) {
            Err(error) if is_unknown(&error) => Err(ReadError::Missing(topic.to_owned())),
            other => other.map_err(|error| self.reason(&error)),
        }
    }

    /// The first offset of a partition, and the one behind its last stable record.
    pub(crate) fn bounds(&self, topic: &str, partition: i32) -> Result<(i64, i64), ReadError> {
        self.consumer.fetch_watermarks(topic, partition, LOOK_UP).map_err(|error| self.reason(&error))
    }

    /// The offset of the first record of this time (epoch milliseconds) or later; without one the end.
    pub(crate) fn offset_at(&self, topic: &str, partition: i32, millis: i64, bounds: (i64, i64)) -> Result<i64, ReadError> {
        let found =
            first_offset(&self.consumer, topic, partition, &Start::Timestamp(millis), bounds).map_err(|error| self.reason(&error))?;
        Ok(found.clamp(bounds.0, bounds.1.max(bounds.0)))
    }

    /// Every partition of a topic from this time on (epoch milliseconds; without it from its start) to where it ends now.
    pub(crate) fn parts(&self, topic: &str, from: Option<i64>) -> Result<Vec<Part>, ReadError> {
        let mut parts = Vec::new();
        for (partition, leader) in self.leaders(topic)? {
            if leader.is_none() {
                return Err(ReadError::NoLeader { topic: topic.to_owned(), partition });
            }
            let bounds = self.bounds(topic, partition)?;
            let first = from.map_or(Ok(bounds.0), |millis| self.offset_at(topic, partition, millis, bounds))?;
            parts.push(Part { topic: topic.into(), partition, from: first, to: bounds.1 });
        }
        Ok(parts)
    }

    /// Reads parts to their ends, in order within each. `look` gets every record, and how many offsets are behind; without a record it
    /// is called now and then, so that it can end the reading then too.
    pub(crate) fn read(
        &self,
        parts: Vec<Part>,
        mut look: impl FnMut(Option<&BorrowedMessage<'_>>, u64) -> ControlFlow<()>,
    ) -> Result<Read, ReadError> {
        let mut parts = Parts::new(parts);
        if parts.is_over() {
            return Ok(Read::Whole);
        }
        let whole = parts.list()?;
        self.consumer.assign(&whole)?;
        let ended = self.go_through(&mut parts, &mut look);
        // A pause outlives the assignment.
        self.consumer.resume(&whole)?;
        self.consumer.unassign()?;
        ended
    }

    fn go_through(
        &self,
        parts: &mut Parts,
        look: &mut impl FnMut(Option<&BorrowedMessage<'_>>, u64) -> ControlFlow<()>,
    ) -> Result<Read, ReadError> {
        let mut heard = Heard { at: Instant::now(), behind: parts.behind() };
        while !parts.is_over() {
            let looked = match self.consumer.poll(POLL) {
                Some(Ok(message)) => {
                    heard.at = Instant::now();
                    let taken = parts.takes(message.topic(), message.partition(), message.offset());
                    let looked = if taken.is_ours { look(Some(&message), parts.behind()) } else { ControlFlow::Continue(()) };
                    self.let_rest(taken.ends)?;
                    looked
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    heard.at = Instant::now();
                    let over = parts.log_ended(partition);
                    self.let_rest(over)?;
                    self.let_rest(parts.moved(&self.consumer.position()?))?;
                    look(None, parts.behind())
                }
                Some(Err(error)) if is_gone(&error) => {
                    self.go_on_at_the_start(parts)?;
                    look(None, parts.behind())
                }
                other => {
                    let error = other.and_then(Result::err);
                    self.let_rest(parts.moved(&self.consumer.position()?))?;
                    if heard.nothing_for_long(parts.behind(), Instant::now()) {
                        return Err(self.reason(&error.unwrap_or(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut))));
                    }
                    look(None, parts.behind())
                }
            };
            if looked.is_break() {
                return Ok(Read::Stopped);
            }
        }
        Ok(Read::Whole)
    }

    /// Parts that are over are fetched no more: a topic that is being written to goes on for ever, and the end of its log would be taken for that
    /// of another one.
    fn let_rest(&self, over: impl IntoIterator<Item = Part>) -> KafkaResult<()> {
        over.into_iter().try_for_each(|part| self.consumer.pause(&list(&part)?))
    }

    /// Retention has passed what was to be read next.
    fn go_on_at_the_start(&self, parts: &mut Parts) -> Result<(), ReadError> {
        for part in parts.left() {
            let (start, _) = self.bounds(&part.topic, part.partition)?;
            if start > part.from {
                let over = parts.begins_at(&part.topic, part.partition, start);
                self.let_rest(over)?;
                self.consumer.seek(&part.topic, part.partition, KafkaOffset::Offset(start), LOOK_UP)?;
            }
        }
        Ok(())
    }

    /// The cause, such as a refused password, comes with a poll and not with the question.
    fn reason(&self, error: &KafkaError) -> ReadError {
        let _ = self.consumer.poll(POLL);
        ReadError::Kafka(self.consumer.context().take_errors().into_iter().next().unwrap_or_else(|| error.to_string()))
    }
}

/// Asks again for a while: a coordinator that was just found may still be loading.
pub(crate) fn patiently<T>(ask: impl Fn() -> KafkaResult<T>) -> KafkaResult<T> {
    let until = Instant::now() + LOOK_UP;
    loop {
        match ask() {
            Err(_) if Instant::now() < until => std::thread::park_timeout(POLL),
            answer => return answer,
        }
    }
}

fn is_gone(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange))
}

fn list(part: &Part) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&part.topic, part.partition, KafkaOffset::Offset(part.from))?;
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_away_when_neither_a_record_came_nor_anything_was_passed_for_half_a_minute() {
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        let mut heard = Heard { at: began, behind: 5 };
        assert!(!heard.nothing_for_long(5, after(30)) && heard.nothing_for_long(5, after(31)));
        // Aborted transactions, one after the other.
        for (seconds, behind) in [(29, 6), (58, 7), (87, 8)] {
            assert!(!heard.nothing_for_long(behind, after(seconds)), "{seconds} s");
        }
        assert!(heard.nothing_for_long(8, after(118)));
    }
}
