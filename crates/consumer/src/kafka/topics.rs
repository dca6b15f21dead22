//! Topics as the broker knows them: whether they exist, how many partitions, how much there is to read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;

use super::assignment::{First, committed, first_offset};
use super::context::PollContext;
use crate::config::{Start, Topics};

/// How long a topic may stay unknown to a broker that answers, before it counts as not existing.
const UNKNOWN_FOR: Duration = Duration::from_secs(8);
const LOOK_UP: Duration = Duration::from_secs(5);
/// Counting is done again and again, and a broker that does not answer is asked again.
const COUNT: Duration = Duration::from_secs(2);
/// More records than this are only read when `kafka.start` was written.
const UNASKED_BACKLOG: i64 = 1_000_000;

/// What is wrong with the topics; each text is one line that names the key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TopicError {
    /// A broker answers, and does not have it.
    #[error("{key}: topic {topic:?} does not exist on the broker; create it, or correct {key}")]
    Missing { key: &'static str, topic: String },
    /// A broker answers, and none of its topics matches.
    #[error("kafka.topic_pattern: no topic that the broker shows to this user matches {0:?}; create one, or correct kafka.topic_pattern")]
    NoMatch(String),
    /// `kafka.topic_pattern` is not a regular expression.
    #[error("kafka.topic_pattern: {0}")]
    Pattern(String),
    /// The dead-letter topic would be read as a source.
    #[error("kafka.topic_pattern: it also matches the dead-letter or outcomes topic {0:?}; exclude it")]
    MatchesOutput(String),
    /// Nobody said where to begin, and it is a lot.
    #[error(
        "kafka.start: not written, and {0} records wait in topics without an offset of this group; write \"earliest\", \"latest\" or \"timestamp:…\""
    )]
    Backlog(i64),
    /// Too few partitions to mirror the source's.
    #[error("outcomes.topic: {topic:?} has {has} partitions, the source topics have up to {needs}; give it at least as many")]
    TooFewPartitions { topic: String, has: usize, needs: usize },
}

/// The partitions of one topic.
pub(crate) fn partitions_of(consumer: &BaseConsumer<PollContext>, topic: &str, timeout: Duration) -> KafkaResult<Vec<i32>> {
    Ok(leaders_of(consumer, topic, timeout)?.into_keys().collect())
}

/// The partitions of one topic, with the broker that leads each, where there is one.
pub(crate) fn leaders_of(consumer: &BaseConsumer<PollContext>, topic: &str, timeout: Duration) -> KafkaResult<BTreeMap<i32, Option<i32>>> {
    let metadata = consumer.fetch_metadata(Some(topic), timeout)?;
    let Some(topic) = metadata.topics().first() else { return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopic)) };
    match topic.error() {
        None | Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) if !topic.partitions().is_empty() => {
            Ok(topic.partitions().iter().map(|found| (found.id(), (found.leader() >= 0).then_some(found.leader()))).collect())
        }
        Some(error) => Err(KafkaError::MetadataFetch(error.into())),
        None => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)),
    }
}

/// The topics of the subscription, as the broker has them now.
pub(crate) fn subscribed(consumer: &BaseConsumer<PollContext>, topics: &Topics, timeout: Duration) -> KafkaResult<BTreeSet<String>> {
    match topics {
        Topics::List(list) => Ok(list.iter().cloned().collect()),
        Topics::Pattern(pattern) => {
            let Ok(pattern) = regex::Regex::new(pattern) else { return Ok(BTreeSet::new()) };
            let metadata = consumer.fetch_metadata(None, timeout)?;
            Ok(metadata.topics().iter().map(|topic| topic.name()).filter(|name| pattern.is_match(name)).map(str::to_owned).collect())
        }
    }
}

/// The number of partitions over all subscribed topics. A topic that is gone has none.
pub(crate) fn total_partitions(consumer: &BaseConsumer<PollContext>, topics: &Topics) -> KafkaResult<u32> {
    let mut total = 0;
    for topic in subscribed(consumer, topics, COUNT)? {
        match partitions_of(consumer, &topic, COUNT) {
            Ok(partitions) => total += partitions.len(),
            Err(error) if is_unknown(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(u32::try_from(total).unwrap_or(u32::MAX))
}

/// The cluster's id, once a broker has told it.
pub(crate) fn cluster_id(consumer: &BaseConsumer<PollContext>) -> Option<String> {
    consumer.client().fetch_cluster_id(LOOK_UP)
}

/// The names that the start has to check.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) topics: &'a Topics,
    pub(crate) start: &'a Start,
    pub(crate) dead_letter: &'a str,
    pub(crate) outcomes: Option<&'a str>,
}

/// What a start waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Waits<'a> {
    /// For a broker, which failed like this.
    Broker(&'a KafkaError),
    /// A broker answers and does not know the topic, yet: one that was just made takes a moment to be known.
    Topic { key: &'static str, topic: &'a str },
}

/// Checks every topic by a broker that answers. A broker that cannot be reached is waited for: `waiting` hears why, and ends
/// the wait by returning false.
pub(crate) fn check(
    consumer: &BaseConsumer<PollContext>,
    wanted: &Wanted<'_>,
    mut waiting: impl FnMut(Waits<'_>) -> bool,
) -> Result<bool, TopicError> {
    let Some(dead_letters) = count(consumer, "dead_letter.topic", wanted.dead_letter, &mut waiting)? else { return Ok(false) };
    tracing::debug!(partitions = dead_letters, "dead-letter topic found");
    let mut most = 0;
    match wanted.topics {
        Topics::List(list) => {
            for topic in list {
                let Some(partitions) = count(consumer, "kafka.topics", topic, &mut waiting)? else { return Ok(false) };
                most = most.max(partitions);
            }
        }
        Topics::Pattern(pattern) => {
            let pattern = regex::Regex::new(pattern).map_err(|error| TopicError::Pattern(error.to_string().replace('\n', " ")))?;
            if let Some(output) = [Some(wanted.dead_letter), wanted.outcomes].into_iter().flatten().find(|name| pattern.is_match(name)) {
                return Err(TopicError::MatchesOutput(output.to_owned()));
            }
            let (key, text) = (wanted.topics.key(), pattern.as_str());
            let some = || subscribed(consumer, wanted.topics, LOOK_UP).map(|found| (!found.is_empty()).then_some(()));
            if there(Waits::Topic { key, topic: text }, &mut waiting, || TopicError::NoMatch(text.to_owned()), some)?.is_none() {
                return Ok(false);
            }
            if wanted.outcomes.is_some() {
                let Some(largest) = patiently(&mut waiting, || largest_of(consumer, wanted.topics)) else { return Ok(false) };
                most = largest;
            }
        }
    }
    if let Some(topic) = wanted.outcomes {
        let Some(has) = count(consumer, "outcomes.topic", topic, &mut waiting)? else { return Ok(false) };
        if has < most {
            return Err(TopicError::TooFewPartitions { topic: topic.to_owned(), has, needs: most });
        }
    }
    if *wanted.start == Start::NotWritten {
        let Some(records) = patiently(&mut waiting, || unasked_backlog(consumer, wanted.topics)) else { return Ok(false) };
        if records > UNASKED_BACKLOG {
            return Err(TopicError::Backlog(records));
        }
    }
    Ok(true)
}

/// Where partitions begin that nobody of the group has begun with; `None` when the wait was ended.
pub(crate) fn first(
    consumer: &BaseConsumer<PollContext>,
    topics: &Topics,
    start: &Start,
    mut waiting: impl FnMut(Waits<'_>) -> bool,
) -> Option<First> {
    match start {
        // The same as for a new partition.
        Start::NotWritten | Start::Earliest => Some(First::new()),
        Start::Latest | Start::Timestamp(_) => patiently(&mut waiting, || not_begun(consumer, topics, start)),
    }
}

fn not_begun(consumer: &BaseConsumer<PollContext>, topics: &Topics, start: &Start) -> KafkaResult<First> {
    let mut first = First::new();
    for topic in subscribed(consumer, topics, LOOK_UP)? {
        let leaders = leaders_of(consumer, &topic, LOOK_UP)?;
        let all: Vec<i32> = leaders.keys().copied().collect();
        if !committed(consumer, &topic, &all)?.is_empty() {
            continue;
        }
        let topic: Arc<str> = topic.into();
        for (partition, leader) in leaders {
            let begins = match leader {
                Some(_) => {
                    let log = consumer.fetch_watermarks(&topic, partition, LOOK_UP)?;
                    Some(first_offset(consumer, &topic, partition, start, log)?)
                }
                None => None,
            };
            first.insert((Arc::clone(&topic), partition), begins);
        }
    }
    Ok(first)
}

/// A broker answered that there is no such topic, or that none can have this name.
pub(crate) fn is_unknown(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{InvalidTopic, UnknownTopic, UnknownTopicOrPartition};
    matches!(error, KafkaError::MetadataFetch(UnknownTopicOrPartition | UnknownTopic | InvalidTopic))
}

/// The partitions of a topic, or `None` when the wait was ended.
fn count(
    consumer: &BaseConsumer<PollContext>,
    key: &'static str,
    topic: &str,
    waiting: &mut impl FnMut(Waits<'_>) -> bool,
) -> Result<Option<usize>, TopicError> {
    let missing = || TopicError::Missing { key, topic: topic.to_owned() };
    there(Waits::Topic { key, topic }, waiting, missing, || match partitions_of(consumer, topic, LOOK_UP) {
        Ok(partitions) => Ok(Some(partitions.len())),
        Err(error) if is_unknown(&error) => Ok(None),
        Err(error) => Err(error),
    })
}

/// Asks until it is there; `None` when the wait was ended. What a broker does not know for long enough is missing.
fn there<T>(
    waits: Waits<'_>,
    waiting: &mut impl FnMut(Waits<'_>) -> bool,
    missing: impl Fn() -> TopicError,
    ask: impl Fn() -> KafkaResult<Option<T>>,
) -> Result<Option<T>, TopicError> {
    let mut unknown_since = None;
    loop {
        match ask() {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => {
                if unknown_since.get_or_insert_with(Instant::now).elapsed() > UNKNOWN_FOR {
                    return Err(missing());
                }
                if !waiting(waits) {
                    return Ok(None);
                }
            }
            Err(error) => {
                unknown_since = None;
                if !waiting(Waits::Broker(&error)) {
                    return Ok(None);
                }
            }
        }
    }
}

/// Asks until there is an answer; `None` when the wait was ended.
fn patiently<T>(waiting: &mut impl FnMut(Waits<'_>) -> bool, ask: impl Fn() -> KafkaResult<T>) -> Option<T> {
    loop {
        match ask() {
            Ok(answer) => return Some(answer),
            Err(error) if waiting(Waits::Broker(&error)) => {}
            Err(_) => return None,
        }
    }
}

/// The partitions of the largest subscribed topic.
fn largest_of(consumer: &BaseConsumer<PollContext>, topics: &Topics) -> KafkaResult<usize> {
    let mut most = 0;
    for topic in subscribed(consumer, topics, LOOK_UP)? {
        most = most.max(partitions_of(consumer, &topic, LOOK_UP)?.len());
    }
    Ok(most)
}

/// How many records wait in topics in which the group has no offset at all.
fn unasked_backlog(consumer: &BaseConsumer<PollContext>, topics: &Topics) -> KafkaResult<i64> {
    let topics = subscribed(consumer, topics, LOOK_UP)?;
    let mut records = 0;
    for topic in &topics {
        let leaders = leaders_of(consumer, topic, LOOK_UP)?;
        let all: Vec<i32> = leaders.keys().copied().collect();
        if !committed(consumer, topic, &all)?.is_empty() {
            continue;
        }
        // What has no leader can be neither counted nor read: it holds no start up.
        for (partition, _) in leaders.into_iter().filter(|(_, leader)| leader.is_some()) {
            let log = consumer.fetch_watermarks(topic, partition, LOOK_UP)?;
            records += log.1 - first_offset(consumer, topic, partition, &Start::Earliest, log)?;
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_one_line_that_names_its_key() {
        let errors = [
            (TopicError::Missing { key: "dead_letter.topic", topic: "a".to_owned() }, "dead_letter.topic: "),
            (TopicError::Missing { key: "kafka.topics", topic: "a".to_owned() }, "kafka.topics: "),
            (TopicError::NoMatch("^a".to_owned()), "kafka.topic_pattern: "),
            (TopicError::Pattern("unclosed group".to_owned()), "kafka.topic_pattern: "),
            (TopicError::MatchesOutput("a.dlq".to_owned()), "kafka.topic_pattern: "),
            (TopicError::Backlog(1_000_001), "kafka.start: "),
            (TopicError::TooFewPartitions { topic: "a".to_owned(), has: 1, needs: 12 }, "outcomes.topic: "),
        ];
        for (error, key) in errors {
            let line = error.to_string();
            assert!(line.starts_with(key) && !line.contains('\n'), "{line}");
        }
        assert!(TopicError::Backlog(1_000_001).to_string().contains("1000001"));
    }

    #[test]
    fn only_a_broker_s_word_makes_a_topic_unknown() {
        let unknown = |code| is_unknown(&KafkaError::MetadataFetch(code));
        assert!(unknown(RDKafkaErrorCode::UnknownTopicOrPartition) && unknown(RDKafkaErrorCode::InvalidTopic));
        for waits in
            [RDKafkaErrorCode::BrokerTransportFailure, RDKafkaErrorCode::TopicAuthorizationFailed, RDKafkaErrorCode::OperationTimedOut]
        {
            assert!(!unknown(waits), "{waits:?}");
        }
    }

    #[test]
    fn patience_ends_with_an_answer_or_when_it_is_told_to() {
        let failing = || Err(KafkaError::MetadataFetch(RDKafkaErrorCode::BrokerTransportFailure));
        let mut heard = 0;
        let mut three_times = |_: Waits<'_>| {
            heard += 1;
            heard < 3
        };
        assert_eq!(patiently::<i32>(&mut three_times, failing), None);
        assert_eq!(heard, 3);
        assert_eq!(patiently(&mut |_: Waits<'_>| true, || Ok(7)), Some(7));
    }
}
