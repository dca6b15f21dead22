//! Reading back what is in a topic.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{Message, Offset, TopicPartitionList};

use crate::kafka::Topic;
use crate::wait::PATIENCE;

/// One record as it lies in its topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in their order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// Its time, epoch milliseconds.
    pub timestamp: Option<i64>,
}

impl Found {
    /// The value of the last header of this name, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().rev().find(|(header, _)| header == name)?;
        std::str::from_utf8(value.as_deref()?).ok()
    }
}

impl Topic<'_> {
    /// Every committed record, by partition and offset.
    pub fn records(&self) -> Vec<Found> {
        let mut found = Vec::new();
        self.each(|record| found.push(record));
        found.sort_by_key(|record| (record.partition, record.offset));
        found
    }

    /// Hands over every committed record there is now, in order within each partition.
    pub fn each(&self, mut take: impl FnMut(Found)) {
        // librdkafka wants a group id before it assigns; this consumer never joins and never commits.
        let mut config = self.kafka.client();
        config.set("group.id", "reader").set("enable.auto.commit", "false").set("fetch.wait.max.ms", "20");
        let consumer: BaseConsumer = config.set("isolation.level", "read_committed").create().expect("a consumer");
        let ends = self.watermarks_by(&consumer);
        let mut list = TopicPartitionList::new();
        for (partition, (start, end)) in (0..).zip(&ends) {
            if start < end {
                list.add_partition_offset(self.name(), partition, Offset::Offset(*start)).expect("an offset");
            }
        }
        consumer.assign(&list).expect("assign");
        let (mut deadline, mut count) = (Instant::now() + PATIENCE, 0);
        loop {
            match consumer.poll(Duration::from_millis(5)) {
                Some(Ok(message)) => {
                    take(of(&message));
                    (deadline, count) = (Instant::now() + PATIENCE, count + 1);
                }
                Some(Err(error)) => panic!("reading {self:?}: {error}"),
                None if is_at(&consumer, &ends) => break,
                None => assert!(Instant::now() < deadline, "{self:?}: read {count} records, not all"),
            }
        }
    }
}

fn is_at(consumer: &BaseConsumer, ends: &[(i64, i64)]) -> bool {
    consumer.position().expect("positions").elements().iter().all(|entry| match entry.offset() {
        Offset::Offset(next) => next >= ends[entry.partition() as usize].1,
        _ => false,
    })
}

fn of(message: &BorrowedMessage<'_>) -> Found {
    let headers = message
        .headers()
        .map_or_else(Vec::new, |headers| headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect());
    Found {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
        timestamp: message.timestamp().to_millis(),
    }
}
