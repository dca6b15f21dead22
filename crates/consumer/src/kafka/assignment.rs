//! What is found out about partitions before they are fetched: committed offset and metadata, log start, last stable offset.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::{Halt, Now, Offset, Plan, takeover};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset as KafkaOffset;

use super::context::PollContext;
use crate::config::Start;

/// One look-up waits this long for the broker; a failed round is tried again by the poll loop.
const LOOK_UP: Duration = Duration::from_secs(3);

/// One partition with what its engine needs to begin.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its topic.
    pub(crate) topic: Arc<str>,
    /// Its number in the topic.
    pub(crate) partition: i32,
    /// What was inherited, or why it stands still.
    pub(crate) plan: Result<Plan, Halt>,
}

/// The settings that decide where a partition begins.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    /// Where a topic without any offset of the group begins.
    pub(crate) start: Start,
    /// Offsets read before the committed one.
    pub(crate) history: u64,
    /// The cluster, written into and checked against the commit metadata.
    pub(crate) cluster_id: Arc<str>,
}

/// The questions about newly assigned partitions, one after the other, and what their answers mean for taking them over.
#[derive(Debug)]
pub(crate) struct Inquiry {
    left: Vec<(String, i32)>,
    committed: Option<Committed>,
    found: Vec<Found>,
}

impl Inquiry {
    /// Nothing is asked yet.
    pub(crate) fn of(added: &TopicPartitionList) -> Self {
        let left = added.elements().iter().rev().map(|element| (element.topic().to_owned(), element.partition())).collect();
        Self { left, committed: None, found: Vec::new() }
    }

    /// Everything was asked.
    pub(crate) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// What was found out.
    pub(crate) fn found(self) -> Vec<Found> {
        self.found
    }

    /// Asks the next question. After an error the whole inquiry begins anew: answers of different moments do not go together.
    pub(crate) fn ask(&mut self, consumer: &BaseConsumer<PollContext>, beginning: &Beginning, now: Now) -> KafkaResult<()> {
        let Some(committed) = &self.committed else {
            let topics: BTreeSet<String> = self.left.iter().map(|(topic, _)| topic.clone()).collect();
            self.committed = Some(committed(consumer, &topics)?);
            return Ok(());
        };
        let Some((topic, partition)) = self.left.last() else { return Ok(()) };
        let (log_start, last_stable) = consumer.fetch_watermarks(topic, *partition, LOOK_UP)?;
        let of_topic = committed.get(topic);
        let own = of_topic.and_then(|of_topic| of_topic.get(partition)).cloned();
        // A new partition of a topic that the group knows begins at its start: nothing of it was ever read.
        let start = match (&own, of_topic.is_some_and(|of_topic| !of_topic.is_empty())) {
            (None, false) => first_offset(consumer, topic, *partition, &beginning.start, (log_start, last_stable))?,
            (None, true) | (Some(_), _) => log_start,
        };
        let (topic, partition): (Arc<str>, i32) = (topic.as_str().into(), *partition);
        let facts = takeover::Facts {
            topic: Arc::clone(&topic),
            partition,
            cluster_id: Arc::clone(&beginning.cluster_id),
            committed: own,
            log_start: Offset(log_start),
            last_stable: Offset(last_stable),
            start: Offset(start),
        };
        self.found.push(Found { topic, partition, plan: takeover::plan(&facts, beginning.history, now) });
        self.left.pop();
        Ok(())
    }
}

/// Committed offset and metadata by topic and partition; partitions without a commit are left out.
pub(crate) type Committed = BTreeMap<String, BTreeMap<i32, (Offset, String)>>;

/// Asks the coordinator for every committed offset of the group in these topics.
pub(crate) fn committed(consumer: &BaseConsumer<PollContext>, topics: &BTreeSet<String>) -> KafkaResult<Committed> {
    let mut list = TopicPartitionList::new();
    for topic in topics {
        for partition in super::topics::partitions_of(consumer, topic, LOOK_UP)? {
            list.add_partition(topic, partition);
        }
    }
    let mut committed = Committed::new();
    for element in consumer.committed_offsets(list, LOOK_UP)?.elements() {
        element.error()?;
        if let KafkaOffset::Offset(offset) = element.offset() {
            let of_topic = committed.entry(element.topic().to_owned()).or_default();
            of_topic.insert(element.partition(), (Offset(offset), element.metadata().to_owned()));
        }
    }
    Ok(committed)
}

/// Where a partition of a topic without any commit begins.
pub(crate) fn first_offset(
    consumer: &BaseConsumer<PollContext>,
    topic: &str,
    partition: i32,
    start: &Start,
    (log_start, log_end): (i64, i64),
) -> KafkaResult<i64> {
    match start {
        Start::NotWritten | Start::Earliest => Ok(log_start),
        Start::Latest => Ok(log_end),
        Start::Timestamp(millis) => {
            let mut times = TopicPartitionList::new();
            times.add_partition_offset(topic, partition, KafkaOffset::Offset(*millis))?;
            let found = consumer.offsets_for_times(times, LOOK_UP)?;
            let elements = found.elements();
            let Some(element) = elements.first() else { return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownPartition)) };
            // A partition that could not be asked is no partition without newer records.
            element.error()?;
            match element.offset() {
                KafkaOffset::Offset(offset) => Ok(offset),
                // No record that new: begin at the end.
                _ => Ok(log_end),
            }
        }
    }
}
