use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, DefaultConsumerContext};
use rdkafka::error::KafkaError;

use super::{Kafka, names, properties};
use crate::config::error::ConfigError;

pub(super) const SESSION: &str = "session.timeout.ms";
pub(super) const HEARTBEAT: &str = "heartbeat.interval.ms";
pub(super) const MAX_POLL: &str = "max.poll.interval.ms";
/// Makes a member a static one.
pub(super) const INSTANCE: &str = "group.instance.id";

/// What the promises depend on, for every client; nobody can set these.
const FIXED: &[(&str, &str)] = &[("allow.auto.create.topics", "false")];

/// Bounds and habits of every client that a property may change.
const DEFAULTS: &[(&str, &str)] = &[
    ("client.id", "order-sync"),
    // The only bound on a frozen coordinator.
    ("socket.timeout.ms", "10000"),
    ("socket.keepalive.enable", "true"),
    // After a broker's restart the group goes on within a second instead of ten.
    ("reconnect.backoff.max.ms", "1000"),
];

const CONSUMER_FIXED: &[(&str, &str)] = &[
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // The default skips records silently when an offset is out of range.
    ("auto.offset.reset", "error"),
    ("isolation.level", "read_committed"),
    ("enable.partition.eof", "false"),
    // Their `next_offset` is the position across control records, compaction and aborted transactions.
    ("statistics.interval.ms", "1000"),
    ("check.crcs", "true"),
];

const CONSUMER_DEFAULTS: &[(&str, &str)] = &[
    (SESSION, "45000"),
    (HEARTBEAT, "3000"),
    (MAX_POLL, "120000"),
    // What librdkafka holds of fetched records counts for no mark of ours: keep it small.
    ("queued.max.messages.kbytes", "16384"),
    ("queued.min.messages", "10000"),
    ("fetch.queue.backoff.ms", "100"),
    // A broker is asked by one request at a time: a partition that is new, or fetched again after a pause, waits until the others' is over.
    ("fetch.wait.max.ms", "100"),
    ("fetch.max.bytes", "8388608"),
    ("max.partition.fetch.bytes", "1048576"),
];

/// A reader is in a hurry, and tells where the log ends.
const READER: &[(&str, &str)] = &[
    ("enable.partition.eof", "true"),
    ("statistics.interval.ms", "0"),
    ("queued.min.messages", "100000"),
    ("queued.max.messages.kbytes", "32768"),
];

const PRODUCER_FIXED: &[(&str, &str)] = &[
    ("enable.idempotence", "true"),
    ("acks", "all"),
    // After it the write counts as failed and is made anew by the engine.
    ("message.timeout.ms", "30000"),
    ("linger.ms", "5"),
];

impl Kafka {
    /// librdkafka's settings for the consumer.
    pub fn client_config(&self) -> ClientConfig {
        let mut config = self.settings([DEFAULTS, CONSUMER_DEFAULTS], names::for_consumer, [FIXED, CONSUMER_FIXED]);
        config.set("bootstrap.servers", &self.bootstrap_servers).set("group.id", &self.group_id);
        config
    }

    /// librdkafka's settings for a reader that joins no group: it reads what is there and commits nothing. (librdkafka wants a group's name
    /// all the same before it assigns.)
    pub fn reader_config(&self) -> ClientConfig {
        let mut config = self.client_config();
        for (name, value) in READER {
            config.set(*name, *value);
        }
        config
    }

    /// librdkafka's settings for the producers of dead letters and outcomes.
    pub fn producer_config(&self) -> ClientConfig {
        let mut config = self.settings([DEFAULTS, &[]], names::for_producer, [FIXED, PRODUCER_FIXED]);
        config.set("bootstrap.servers", &self.bootstrap_servers);
        config
    }

    /// Has librdkafka look at every property without connecting to anything: names, values, what does not go together, and the
    /// files of TLS.
    pub(super) fn try_settings(&self) -> Result<(), ConfigError> {
        for (name, value) in self.properties.iter() {
            let mut alone = ClientConfig::new();
            alone.set(name, value);
            if let Err(error) = alone.create_native_config() {
                return Err(self.refused(name, &error));
            }
        }
        for config in [self.client_config(), self.producer_config()] {
            let (mut config, consumer) = (config.clone(), config.get("group.id").is_some());
            config.remove("bootstrap.servers");
            let tried = if consumer {
                config.create::<BaseConsumer<DefaultConsumerContext>>().map(drop)
            } else {
                config.create::<rdkafka::producer::BaseProducer>().map(drop)
            };
            if let Err(error) = tried {
                return Err(ConfigError::new("kafka.properties", format!("librdkafka refuses them: {}", self.clean(&error.to_string()))));
            }
        }
        Ok(())
    }

    fn refused(&self, name: &str, error: &KafkaError) -> ConfigError {
        use rdkafka::types::RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN;
        match error {
            KafkaError::ClientConfig(RD_KAFKA_CONF_UNKNOWN, ..) => {
                ConfigError::new(properties::key(name), format!("is no librdkafka property{}", properties::meant(name)))
            }
            KafkaError::ClientConfig(_, reason, ..) => ConfigError::new(properties::key(name), self.clean(reason)),
            other => ConfigError::new(properties::key(name), self.clean(&other.to_string())),
        }
    }

    fn clean(&self, text: &str) -> String {
        self.properties.secrets().fold(text.to_owned(), |text, secret| text.replace(secret, "[redacted]"))
    }

    fn settings(&self, defaults: [&[(&str, &str)]; 2], ours: fn(&str) -> bool, fixed: [&[(&str, &str)]; 2]) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (name, value) in defaults.into_iter().flatten() {
            config.set(*name, *value);
        }
        for (name, value) in self.properties.iter().filter(|(name, _)| ours(name)) {
            config.set(name, value);
        }
        for (name, value) in fixed.into_iter().flatten() {
            config.set(*name, *value);
        }
        if let Some(oauth) = &self.oauth {
            // librdkafka hands this text back when it wants a token.
            config.set(crate::kafka::oauth::CONFIG, crate::kafka::oauth::source_of(oauth));
        }
        config
    }
}
