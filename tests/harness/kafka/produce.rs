//! Writing records and knowing that they were written.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use crate::kafka::{Kafka, Topic};
use crate::wait::{PATIENCE, breathe};

/// One record to write: bytes as they are, nothing is encoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    partition: Option<i32>,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
    timestamp: Option<i64>,
}

impl Record {
    /// A record with a key and a value.
    pub fn new(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()), ..Self::default() }
    }

    /// A record without a key.
    pub fn keyless(value: impl Into<Vec<u8>>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }

    /// A record without a value.
    pub fn tombstone(key: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), ..Self::default() }
    }

    /// Into this partition; without it the key decides.
    pub fn to(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// With one header more.
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), Some(value.into())));
        self
    }

    /// With this time, epoch milliseconds.
    pub fn at(mut self, millis: i64) -> Self {
        self.timestamp = Some(millis);
        self
    }
}

impl Topic<'_> {
    /// Writes one record; gives its partition and offset once the broker has confirmed it.
    pub fn write(&self, record: Record) -> (i32, i64) {
        self.write_all([record])[0]
    }

    /// Writes records in this order; gives partition and offset of each once the broker has confirmed all of them.
    pub fn write_all(&self, records: impl IntoIterator<Item = Record>) -> Vec<(i32, i64)> {
        let (sender, confirmed) = mpsc::channel();
        let mut count = 0;
        for record in records {
            self.kafka.producer().send(self.name(), &record, Delivery { index: count, sender: sender.clone() });
            count += 1;
        }
        let mut places = vec![(-1, -1); count];
        for _ in 0..count {
            let (index, result) = confirmed.recv_timeout(PATIENCE + PATIENCE).expect("the broker confirms");
            places[index] = result.unwrap_or_else(|error| panic!("record {index} of {}: {error}", self.name()));
        }
        places
    }
}

impl Kafka {
    pub(super) fn producer(&self) -> &Producer {
        self.producer.get_or_init(|| {
            let mut config = self.client();
            // A batch that is sent again must not come behind its successor: "in this order" is meant.
            config.set("linger.ms", "1").set("enable.idempotence", "true").set("message.max.bytes", "20000000");
            Producer(config.create_with_context(Confirm).expect("a producer"))
        })
    }
}

pub(super) struct Producer(ThreadedProducer<Confirm>);

impl Producer {
    /// How many partitions a topic has, asked anew.
    pub(super) fn partitions(&self, topic: &str) -> Result<usize, String> {
        let metadata = self.0.client().fetch_metadata(Some(topic), PATIENCE).map_err(|error| error.to_string())?;
        Ok(metadata.topics().first().map_or(0, |topic| topic.partitions().len()))
    }

    fn send(&self, topic: &str, record: &Record, delivery: Delivery) {
        let mut next = BaseRecord::<[u8], [u8], _>::with_opaque_to(topic, Box::new(delivery));
        if let Some(key) = &record.key {
            next = next.key(key);
        }
        if let Some(value) = &record.value {
            next = next.payload(value);
        }
        if let Some(partition) = record.partition {
            next = next.partition(partition);
        }
        if let Some(millis) = record.timestamp {
            next = next.timestamp(millis);
        }
        if !record.headers.is_empty() {
            let headers = record
                .headers
                .iter()
                .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: value.as_ref() }));
            next = next.headers(headers);
        }
        while let Err((error, back)) = self.0.send(next) {
            assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), "produce");
            next = back;
            breathe(Duration::from_millis(5));
        }
    }
}

/// Partition and offset of a written record.
type Place = Result<(i32, i64), KafkaError>;

struct Delivery {
    index: usize,
    sender: Sender<(usize, Place)>,
}

struct Confirm;

impl ClientContext for Confirm {}

impl ProducerContext for Confirm {
    type DeliveryOpaque = Box<Delivery>;

    fn delivery(&self, result: &DeliveryResult<'_>, delivery: Box<Delivery>) {
        let place = match result {
            Ok(message) => Ok((message.partition(), message.offset())),
            Err((error, _)) => Err(error.clone()),
        };
        let _ = delivery.sender.send((delivery.index, place));
    }
}
