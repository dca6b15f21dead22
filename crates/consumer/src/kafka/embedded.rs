//! The demo's broker: librdkafka's mock cluster, so that nothing has to be installed. Not for real orders: it keeps everything in
//! memory, and at most 5 MiB or 100,000 batches a partition, the oldest dropped silently.

use rdkafka::error::KafkaResult;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

/// Partitions of the demo's topics: enough that nothing is dropped in a demo's time.
pub(crate) const PARTITIONS: i32 = 12;

/// A broker inside this process, on loopback.
pub(crate) struct EmbeddedBroker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl EmbeddedBroker {
    /// Starts it with these topics.
    pub(crate) fn start(topics: &[&str]) -> KafkaResult<Self> {
        let cluster = MockCluster::new(1)?;
        for topic in topics {
            cluster.create_topic(topic, PARTITIONS, 1)?;
        }
        Ok(Self { cluster })
    }

    /// Where it listens.
    pub(crate) fn bootstrap_servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}
