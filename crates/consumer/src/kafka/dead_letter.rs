//! The dead-letter topic: the only way besides AlipayHK's verdict to finish with a record.

use engine::{Epoch, Offset, PartitionId};
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use tokio::sync::mpsc::UnboundedSender;

use super::letter::{Facts, headers};
use super::producer::{Confirmation, ConfirmedWriter, Write};
use super::record::RawRecord;

/// Which record a write finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Which {
    pub(crate) partition: PartitionId,
    pub(crate) epoch: Epoch,
    pub(crate) offset: Offset,
}

/// librdkafka's default, and Kafka's own default limit of a topic less a little.
const DEFAULT_LIMIT: usize = 1_000_000;
/// What a record costs beside key, value and headers, generously.
const OVERHEAD: usize = 4_096;

/// Writes dead letters.
pub(crate) struct DeadLetters {
    writer: ConfirmedWriter<Which>,
    limit: usize,
    confirmations: UnboundedSender<Confirmation<Which>>,
}

impl DeadLetters {
    /// Makes the producer with the size limit of its topic.
    pub(crate) fn new(
        config: &ClientConfig,
        topic: &str,
        limit: Option<usize>,
        confirmations: UnboundedSender<Confirmation<Which>>,
    ) -> KafkaResult<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT).max(OVERHEAD * 2);
        let mut config = config.clone();
        config.set("message.max.bytes", limit.min(1_000_000_000).to_string());
        Ok(Self { writer: ConfirmedWriter::new(&config, topic, confirmations.clone())?, limit, confirmations })
    }

    /// Writes one letter; its confirmation follows in any case. A letter that its topic would not take goes without its value.
    pub(crate) fn write(&self, record: &RawRecord, mut facts: Facts<'_>, which: Which) {
        facts.truncated = record.bytes() + OVERHEAD > self.limit;
        let refused = self.send(record, &facts, which);
        let Err((error, which)) = refused else { return };
        let too_large = error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge);
        let refused = if too_large && !facts.truncated {
            facts.truncated = true;
            self.send(record, &facts, which)
        } else {
            Err((error, which))
        };
        if let Err((error, which)) = refused {
            let _ = self.confirmations.send((which, Err(error)));
        }
    }

    fn send(&self, record: &RawRecord, facts: &Facts<'_>, which: Which) -> Result<(), (KafkaError, Which)> {
        let value = if facts.truncated { None } else { record.value.as_deref() };
        self.writer.write(Write { key: record.key.as_deref(), value, headers: Some(headers(record, facts)), partition: None }, which)
    }

    /// Waits for the last confirmations.
    pub(crate) fn flush(&self, timeout: std::time::Duration) {
        if let Err(error) = self.writer.flush(timeout) {
            tracing::warn!(%error, "dead letters were not confirmed in time; their records stay open");
        }
    }
}

/// The largest record the topic takes, where the broker tells it.
pub(crate) async fn topic_limit(config: &ClientConfig, topic: &str) -> Option<usize> {
    let admin: AdminClient<DefaultClientContext> = config.create().ok()?;
    let options = AdminOptions::new().request_timeout(Some(std::time::Duration::from_secs(5)));
    let described = admin.describe_configs([&ResourceSpecifier::Topic(topic)], &options).await.ok()?;
    let resource = described.into_iter().next()?.ok()?;
    resource.get("max.message.bytes")?.value.as_ref()?.parse().ok()
}
