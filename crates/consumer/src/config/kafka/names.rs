//! The librdkafka properties that may be set, by who takes them: they give an environment variable its dotted name back, and an
//! error its suggestion. From librdkafka's CONFIGURATION.md of version 2.12.1, without what is refused anyway.

/// Consumer and producer.
pub(super) const COMMON: &[&str] = &[
    "api.version.fallback.ms",
    "api.version.request",
    "api.version.request.timeout.ms",
    "broker.address.family",
    "broker.address.ttl",
    "broker.version.fallback",
    "client.dns.lookup",
    "client.id",
    "client.rack",
    "connections.max.idle.ms",
    "enable.metrics.push",
    "enable.random.seed",
    "enable.ssl.certificate.verification",
    "log.connection.close",
    "log.thread.name",
    "message.copy.max.bytes",
    "metadata.max.age.ms",
    "metadata.recovery.rebootstrap.trigger.ms",
    "metadata.recovery.strategy",
    "receive.message.max.bytes",
    "reconnect.backoff.jitter.ms",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "retry.backoff.max.ms",
    "retry.backoff.ms",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "socket.blocking.max.ms",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.max.fails",
    "socket.nagle.disable",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
    "socket.timeout.ms",
    "ssl.ca.certificate.stores",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.sigalgs.list",
    "topic.blacklist",
    "topic.metadata.propagation.max.ms",
    "topic.metadata.refresh.fast.cnt",
    "topic.metadata.refresh.fast.interval.ms",
    "topic.metadata.refresh.interval.ms",
    "topic.metadata.refresh.sparse",
];

/// For order-sync itself, which fetches OAUTHBEARER tokens; librdkafka never gets them.
pub(super) const OAUTH: &[&str] = &[
    "https.ca.location",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
];

/// The consumer alone.
pub(super) const CONSUMER: &[&str] = &[
    "check.crcs",
    "coordinator.query.interval.ms",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.min.bytes",
    "fetch.queue.backoff.ms",
    "fetch.wait.max.ms",
    "group.instance.id",
    "group.protocol",
    "heartbeat.interval.ms",
    "isolation.level",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "partition.assignment.strategy",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "session.timeout.ms",
];

/// The producer of dead letters and outcomes alone.
pub(super) const PRODUCER: &[&str] = &[
    "batch.num.messages",
    "batch.size",
    "compression.codec",
    "compression.level",
    "compression.type",
    "enable.idempotence",
    "queue.buffering.backpressure.threshold",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "request.timeout.ms",
    "sticky.partitioning.linger.ms",
];

/// Properties whose value is a secret: they have a `…_file` form and are never shown.
pub(in crate::config) const SECRET: &[&str] =
    &["sasl.oauthbearer.client.secret", "sasl.password", "sasl.username", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password"];

/// Properties that name a file; a relative path starts at the folder of the configuration file.
pub(super) const PATHS: &[&str] =
    &["https.ca.location", "ssl.ca.location", "ssl.certificate.location", "ssl.crl.location", "ssl.key.location", "ssl.keystore.location"];

/// Whether the consumer takes it. What is not listed goes to both: librdkafka ignores what is not for it.
pub(super) fn for_consumer(name: &str) -> bool {
    !PRODUCER.contains(&name)
}

/// Whether the producer takes it.
pub(super) fn for_producer(name: &str) -> bool {
    !CONSUMER.contains(&name)
}

/// The property that an environment variable means, whose dots have become `_`: lower case, without the section.
pub(super) fn from_env(tail: &str) -> Option<&'static str> {
    let all = all().into_iter().chain(super::denied::names());
    all.into_iter().find(|name| name.replace('.', "_") == tail)
}

/// Every property that may be set.
pub(super) fn all() -> Vec<&'static str> {
    [COMMON, OAUTH, CONSUMER, PRODUCER].into_iter().flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use rdkafka::error::KafkaError;
    use rdkafka::types::RDKafkaConfRes;

    use super::*;

    #[test]
    fn a_listed_property_is_known_to_librdkafka_and_has_a_name_of_its_own_in_the_environment() {
        let mut seen = std::collections::BTreeSet::new();
        for name in all() {
            let set = rdkafka::ClientConfig::new().set(name, "?").create_native_config().map(drop);
            assert!(!matches!(set, Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..))), "{name}");
            assert!(seen.insert(name.replace('.', "_")), "{name}");
            assert_eq!(from_env(&name.replace('.', "_")), Some(name));
        }
    }
}
