//! What is found out about partitions before they are fetched: committed offset and metadata, log start, last stable offset. A partition that
//! cannot be looked up holds no other one up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::{Halt, Now, Offset, Plan, takeover};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset as KafkaOffset;

use super::context::PollContext;
use super::topics::leaders_of;
use crate::config::Start;

/// One look-up waits this long for the broker.
const LOOK_UP: Duration = Duration::from_secs(3);

/// What a partition's look-up came to: how it is taken over, why it stands still, or why that cannot be told yet.
pub(crate) type Found = Result<Result<Plan, Halt>, String>;

/// The settings that decide where a partition begins.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    /// Where a topic without any offset of the group begins.
    pub(crate) start: Start,
    /// Offsets read before the committed one.
    pub(crate) history: u64,
    /// The cluster, written into and checked against the commit metadata.
    pub(crate) cluster_id: Arc<str>,
    /// The partitions that were there when nobody of the group had begun.
    pub(crate) first: First,
}

/// The partitions of topics in which the group had no offset when this process started, and where each of them begins; `None`: nobody could tell
/// then. Another member may commit the first of them before the others are looked up: that makes these no new partitions.
pub(crate) type First = BTreeMap<(Arc<str>, i32), Option<i64>>;

/// Where a partition begins of which the group has no offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// Where `kafka.start` says.
    ByStart,
    /// Where that was when this process started.
    At(i64),
    /// At the first record that there is.
    LogStart,
}

/// A new partition of a topic that the group knows begins at its start: nothing of it was ever read.
fn begins(topic_is_known: bool, first: Option<&Option<i64>>) -> Begins {
    match (topic_is_known, first) {
        (false, _) | (true, Some(None)) => Begins::ByStart,
        (true, Some(Some(at))) => Begins::At(*at),
        (true, None) => Begins::LogStart,
    }
}

/// Looks partitions up, all of them at this moment: what was answered at different moments does not go together.
pub(crate) fn look_up(
    consumer: &BaseConsumer<PollContext>,
    beginning: &Beginning,
    partitions: &[(Arc<str>, i32)],
    now: impl Fn() -> Now,
) -> Vec<Found> {
    let topics: BTreeSet<&Arc<str>> = partitions.iter().map(|(topic, _)| topic).collect();
    let known: BTreeMap<&Arc<str>, Result<Topic, String>> =
        topics.into_iter().map(|topic| (topic, Topic::ask(consumer, topic).map_err(|error| error.to_string()))).collect();
    // A broker that does not answer for one partition is not waited for again with each of the others.
    let mut silent = BTreeSet::new();
    let mut found = Vec::new();
    for (topic, partition) in partitions {
        found.push(match known.get(topic) {
            Some(Ok(known)) => known.look_up(consumer, beginning, (topic, *partition), &mut silent, now()),
            Some(Err(error)) => Err(error.clone()),
            None => Err("not asked".to_owned()),
        });
    }
    found
}

/// What is known of a topic's partitions.
struct Topic {
    leaders: BTreeMap<i32, Option<i32>>,
    committed: Committed,
}

impl Topic {
    fn ask(consumer: &BaseConsumer<PollContext>, topic: &str) -> KafkaResult<Self> {
        let leaders = leaders_of(consumer, topic, LOOK_UP)?;
        let all: Vec<i32> = leaders.keys().copied().collect();
        Ok(Self { committed: committed(consumer, topic, &all)?, leaders })
    }

    fn look_up(
        &self,
        consumer: &BaseConsumer<PollContext>,
        beginning: &Beginning,
        (topic, partition): (&Arc<str>, i32),
        silent: &mut BTreeSet<i32>,
        now: Now,
    ) -> Found {
        let leader = match self.leaders.get(&partition) {
            Some(Some(leader)) if !silent.contains(leader) => *leader,
            Some(Some(leader)) => return Err(format!("broker {leader}, its leader, does not answer")),
            Some(None) => return Err("it has no leader".to_owned()),
            None => return Err("no broker knows it".to_owned()),
        };
        let ends = consumer.fetch_watermarks(topic, partition, LOOK_UP).map_err(|error| {
            silent.insert(leader);
            error.to_string()
        });
        let (log_start, last_stable) = ends?;
        let own = self.committed.get(&partition).cloned();
        let first = beginning.first.get(&(Arc::clone(topic), partition));
        let start = match begins(!self.committed.is_empty(), first) {
            Begins::ByStart if own.is_none() => {
                first_offset(consumer, topic, partition, &beginning.start, (log_start, last_stable)).map_err(|e| e.to_string())?
            }
            Begins::At(at) => at.clamp(log_start, last_stable.max(log_start)),
            Begins::ByStart | Begins::LogStart => log_start,
        };
        let facts = takeover::Facts {
            topic: Arc::clone(topic),
            partition,
            cluster_id: Arc::clone(&beginning.cluster_id),
            committed: own,
            log_start: Offset(log_start),
            last_stable: Offset(last_stable),
            start: Offset(start),
        };
        Ok(takeover::plan(&facts, beginning.history, now))
    }
}

/// Committed offset and metadata by partition; partitions without a commit are left out.
pub(crate) type Committed = BTreeMap<i32, (Offset, String)>;

/// Asks the coordinator for every committed offset of the group in a topic.
pub(crate) fn committed(consumer: &BaseConsumer<PollContext>, topic: &str, partitions: &[i32]) -> KafkaResult<Committed> {
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition(topic, *partition);
    }
    let mut committed = Committed::new();
    let answered = consumer.committed_offsets(list, LOOK_UP)?;
    for element in answered.elements() {
        element.error()?;
        if let KafkaOffset::Offset(offset) = element.offset() {
            // What is not UTF-8 is not ours either: it stays foreign.
            let metadata = commit_queue::metadata(&answered, topic, element.partition());
            committed.insert(element.partition(), (Offset(offset), String::from_utf8_lossy(metadata).into_owned()));
        }
    }
    Ok(committed)
}

/// The same of several topics, by topic; one without a commit is left out.
pub(crate) fn committed_in(consumer: &BaseConsumer<PollContext>, topics: &BTreeSet<String>) -> KafkaResult<BTreeMap<String, Committed>> {
    let mut found = BTreeMap::new();
    for topic in topics {
        let partitions: Vec<i32> = leaders_of(consumer, topic, LOOK_UP)?.into_keys().collect();
        let of_topic = committed(consumer, topic, &partitions)?;
        if !of_topic.is_empty() {
            found.insert(topic.clone(), of_topic);
        }
    }
    Ok(found)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_known_topic_only_what_was_there_before_its_first_commit_begins_where_the_start_says() {
        assert_eq!(begins(false, None), Begins::ByStart, "the first of all");
        assert_eq!(begins(true, None), Begins::LogStart, "a new partition");
        assert_eq!(begins(true, Some(&Some(70))), Begins::At(70), "another member was faster with another partition");
        assert_eq!(begins(true, Some(&None)), Begins::ByStart, "the same, and it had no leader when we started");
    }
}
