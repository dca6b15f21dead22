//! Topics of one's own.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use rdkafka::admin::{AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication, TopicResult};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::metadata::MetadataTopic;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use crate::kafka::Kafka;
use crate::wait::{PATIENCE, block_on, until};

/// A topic of one test.
#[derive(Clone)]
pub struct Topic<'k> {
    pub(super) kafka: &'k Kafka,
    name: String,
    partitions: i32,
}

impl Kafka {
    /// Makes a topic; its name begins with `name` and is used once in this process.
    pub fn topic(&self, name: &str, partitions: i32) -> Topic<'_> {
        self.topic_with(name, partitions, &[])
    }

    /// Makes a topic with settings, for example `("cleanup.policy", "compact")`.
    pub fn topic_with(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) -> Topic<'_> {
        self.topic_copied(name, partitions, self.replication, settings)
    }

    /// The same with so many copies of each partition.
    pub fn topic_copied(&self, name: &str, partitions: i32, copies: i32, settings: &[(&str, &str)]) -> Topic<'_> {
        self.make(unique(name), partitions, copies, settings)
    }

    fn make(&self, name: String, partitions: i32, copies: i32, settings: &[(&str, &str)]) -> Topic<'_> {
        let topic = Topic { kafka: self, name, partitions };
        let mut new = NewTopic::new(&topic.name, partitions, TopicReplication::Fixed(copies));
        for (key, value) in settings {
            new = new.set(key, value);
        }
        // Whether a broker may have made it and its answer was lost.
        let mut perhaps_made = false;
        let made = until("an answer to the making of a topic", PATIENCE, || {
            match block_on(self.admin().create_topics([&new], &options())) {
                // The connection to a broker of a cluster that was away was just given up for another one.
                Err(error @ KafkaError::AdminOp(RDKafkaErrorCode::DestroyBroker)) => {
                    perhaps_made = true;
                    Err(error.to_string())
                }
                made => Ok(made.map(|results| results.into_iter().map(|result| by_us(result, perhaps_made)).collect())),
            }
        });
        succeed("create a topic", made);
        topic
    }

    /// A name for a topic, group or anything else that no other test of this process uses.
    pub fn name(&self, name: &str) -> String {
        unique(name)
    }
}

impl<'k> Topic<'k> {
    /// The broker it is on.
    pub fn kafka(&self) -> &'k Kafka {
        self.kafka
    }
}

impl Topic<'_> {
    /// Its full name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many partitions it has.
    pub fn partitions(&self) -> i32 {
        self.partitions
    }

    /// The leader of each partition, by node; `None` where there is none.
    pub fn leaders(&self) -> Vec<Option<i32>> {
        let metadata = self.asker("read_committed").fetch_metadata(Some(&self.name), PATIENCE).expect("metadata");
        let mut partitions: Vec<_> = metadata.topics()[0].partitions().iter().map(|found| (found.id(), found.leader())).collect();
        partitions.sort_unstable();
        partitions.into_iter().map(|(_, leader)| (leader >= 0).then_some(leader)).collect()
    }

    /// Makes it again, empty, after it was deleted.
    pub fn remake(&self) {
        self.kafka.make(self.name.clone(), self.partitions, self.kafka.replication, &[]);
    }

    /// Changes one of its settings; the others go back to the broker's.
    pub fn alter(&self, key: &str, value: &str) {
        let change = AlterConfig::new(ResourceSpecifier::Topic(&self.name)).set(key, value);
        for result in block_on(self.kafka.admin().alter_configs([&change], &options())).expect("alter a topic") {
            result.unwrap_or_else(|(_, code)| panic!("alter {self:?}: {code}"));
        }
    }

    /// Deletes it and waits until the broker does not know it any more.
    pub fn delete(&self) {
        succeed("delete a topic", block_on(self.kafka.admin().delete_topics(&[&self.name], &options())));
        let consumer = self.asker("read_uncommitted");
        until("the topic is gone", PATIENCE, || {
            let metadata = consumer.fetch_metadata(Some(&self.name), PATIENCE).map_err(|error| error.to_string())?;
            let known = metadata.topics().iter().any(|topic| topic.error().is_none() && !topic.partitions().is_empty());
            if known { Err("still there".to_owned()) } else { Ok(()) }
        });
    }

    /// Adds partitions until there are `total`.
    pub fn grow(&mut self, total: i32) {
        let new = NewPartitions::new(&self.name, total as usize);
        succeed("add partitions", block_on(self.kafka.admin().create_partitions([&new], &options())));
        self.partitions = total;
        until("the producer knows them", PATIENCE, || {
            let known = self.kafka.producer().partitions(&self.name)?;
            if known == total as usize { Ok(()) } else { Err(known.to_string()) }
        });
    }

    /// Deletes the records before `offset`, as retention does.
    pub fn cut(&self, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.name, partition, Offset::Offset(offset)).expect("an offset");
        let cut = block_on(self.kafka.admin().delete_records(&list, &options())).expect("delete records");
        for entry in cut.elements() {
            entry.error().expect("delete records");
        }
    }

    /// The first and the next offset of each partition; transactions that are still open count.
    pub fn ends(&self) -> Vec<(i64, i64)> {
        self.watermarks("read_uncommitted")
    }

    /// The first offset and the last stable one of each partition: where a reader of committed records can come to.
    pub fn stable_ends(&self) -> Vec<(i64, i64)> {
        self.watermarks("read_committed")
    }

    /// A client that asks and does not read. Without a group id it ends at once.
    fn asker(&self, isolation: &str) -> BaseConsumer {
        self.kafka.client().set("isolation.level", isolation).create().expect("a client")
    }

    fn watermarks(&self, isolation: &str) -> Vec<(i64, i64)> {
        self.watermarks_by(&self.asker(isolation))
    }

    /// What a broker says of the partitions, for people. It also renews what the client remembers of them: a broker that has just thawed may
    /// know of none, and the client would believe that for a quarter of an hour.
    fn told_by(&self, client: &BaseConsumer) -> String {
        let metadata = match client.fetch_metadata(Some(&self.name), PATIENCE / 6) {
            Ok(metadata) => metadata,
            Err(error) => return format!("no metadata: {error}"),
        };
        let brokers: Vec<_> = metadata.brokers().iter().map(|broker| (broker.id(), broker.port())).collect();
        let of = |topic: &MetadataTopic| -> Vec<_> {
            topic.partitions().iter().map(|one| (one.id(), one.leader(), one.isr().to_vec(), one.error())).collect()
        };
        let topics: Vec<_> = metadata.topics().iter().map(|topic| (topic.error(), of(topic))).collect();
        format!("broker {} knows brokers {brokers:?} and {topics:?}", metadata.orig_broker_id())
    }

    pub(super) fn watermarks_by(&self, client: &BaseConsumer) -> Vec<(i64, i64)> {
        let ask = |partition| {
            client
                .fetch_watermarks(&self.name, partition, PATIENCE / 6)
                .map_err(|error| format!("{partition}: {error}; {}", self.told_by(client)))
        };
        // Who leads a partition may be frozen, until another one does.
        (0..self.partitions).map(|partition| until("watermarks", PATIENCE * 2, || ask(partition))).collect()
    }
}

impl fmt::Debug for Topic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} partitions)", self.name, self.partitions)
    }
}

pub(super) fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE))
}

/// Names are used once: a topic that is there after a call whose answer was lost was made by that call. Without one it is somebody else's.
fn by_us(result: TopicResult, perhaps_made: bool) -> TopicResult {
    match result {
        Err((name, RDKafkaErrorCode::TopicAlreadyExists)) if perhaps_made => Ok(name),
        other => other,
    }
}

fn unique(name: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(1);
    format!("{name}-{}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

fn succeed(what: &str, results: KafkaResult<Vec<TopicResult>>) {
    for result in results.unwrap_or_else(|error| panic!("{what}: {error}")) {
        result.unwrap_or_else(|(name, code)| panic!("{what} {name}: {code}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_there_because_of_us_only_behind_a_call_whose_answer_was_lost() {
        let there = || Err(("orders-1".to_owned(), RDKafkaErrorCode::TopicAlreadyExists));
        let refused = || Err(("orders-1".to_owned(), RDKafkaErrorCode::InvalidPartitions));
        assert_eq!(by_us(there(), true), Ok("orders-1".to_owned()));
        assert_eq!(by_us(there(), false), there(), "a name that was used twice");
        assert_eq!((by_us(refused(), true), by_us(refused(), false)), (refused(), refused()));
    }
}
