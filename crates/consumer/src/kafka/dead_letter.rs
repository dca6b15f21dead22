//! The dead-letter topic: the only way besides AlipayHK's verdict to finish with a record.

use std::collections::HashMap;

use engine::{Epoch, Offset, PartitionId};
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use tokio::sync::mpsc::UnboundedSender;

use super::letter::{Facts, Kept, headers};
use super::oauth;
use super::producer::{Confirmation, ConfirmedWriter, Write};
use super::record::{Parts, Payload};

/// Which record a write finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Which {
    pub(crate) partition: PartitionId,
    pub(crate) epoch: Epoch,
    pub(crate) offset: Offset,
}

/// librdkafka's default, and Kafka's own default limit of a topic less a little.
const DEFAULT_LIMIT: usize = 1_000_000;
/// What a record costs beside key, value and headers, generously.
const OVERHEAD: usize = 4_096;

/// Letters that are not whole are remembered until they are confirmed, at most so many; a forgotten one is refused once more.
const CUT: usize = 4_096;

/// Writes dead letters.
pub(crate) struct DeadLetters {
    /// `None`: nothing is written, and every letter counts as confirmed.
    writer: Option<ConfirmedWriter<Which>>,
    limit: usize,
    /// What is left of a letter that is too large for its topic.
    cut: HashMap<Which, Kept>,
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
        let writer = ConfirmedWriter::new(&config, topic, confirmations.clone())?;
        Ok(Self { writer: Some(writer), limit, cut: HashMap::new(), confirmations })
    }

    /// Writes none.
    pub(crate) fn shadow(confirmations: UnboundedSender<Confirmation<Which>>) -> Self {
        Self { writer: None, limit: DEFAULT_LIMIT, cut: HashMap::new(), confirmations }
    }

    /// Writes one letter; its confirmation follows in any case. What its topic would not take is left out.
    pub(crate) fn write(&mut self, record: &Payload, mut facts: Facts<'_>, which: Which) {
        let fits = record.bytes() + OVERHEAD <= self.limit;
        facts.kept = self.cut.get(&which).copied().unwrap_or(if fits { Kept::All } else { Kept::KeyAndHeaders });
        loop {
            self.remember(which, facts.kept);
            let Err((error, which)) = self.send(record, &facts, which) else { return };
            match facts.kept.less().filter(|_| is_too_large(&error)) {
                Some(less) => facts.kept = less,
                None => {
                    let _ = self.confirmations.send((which, Err(error)));
                    return;
                }
            }
        }
    }

    /// Hears how a write ended: a letter that the broker found too large is smaller the next time.
    pub(crate) fn finished(&mut self, which: Which, result: &Result<(), KafkaError>) {
        match result {
            Ok(()) => drop(self.cut.remove(&which)),
            Err(error) if is_too_large(error) => {
                let kept = self.cut.get(&which).copied().unwrap_or(Kept::All);
                self.remember(which, kept.less().unwrap_or(kept));
            }
            Err(_) => {}
        }
    }

    fn remember(&mut self, which: Which, kept: Kept) {
        if kept == Kept::All {
            return;
        }
        if self.cut.len() >= CUT {
            self.cut.clear();
        }
        self.cut.insert(which, kept);
    }

    fn send(&self, record: &Payload, facts: &Facts<'_>, which: Which) -> Result<(), (KafkaError, Which)> {
        let Parts { key, value, .. } = record.parts();
        let (key, value) = match facts.kept {
            Kept::All => (key, value),
            Kept::KeyAndHeaders => (key, None),
            Kept::Place => (None, None),
        };
        match &self.writer {
            Some(writer) => writer.write(Write { key, value, headers: Some(headers(record, facts)), partition: None }, which),
            None => {
                let _ = self.confirmations.send((which, Ok(())));
                Ok(())
            }
        }
    }

    /// Waits for the last confirmations.
    pub(crate) fn flush(&self, timeout: std::time::Duration) {
        if let Some(Err(error)) = self.writer.as_ref().map(|writer| writer.flush(timeout)) {
            tracing::warn!(%error, "dead letters were not confirmed in time; their records stay open");
        }
    }
}

fn is_too_large(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
}

/// The largest record the topic takes, where the broker tells it.
pub(crate) async fn topic_limit(config: &ClientConfig, topic: &str) -> Option<usize> {
    let admin: AdminClient<DefaultClientContext> = config.create().ok()?;
    oauth::give(config, admin.inner());
    let options = AdminOptions::new().request_timeout(Some(std::time::Duration::from_secs(5)));
    let described = admin.describe_configs([&ResourceSpecifier::Topic(topic)], &options).await.ok()?;
    let resource = described.into_iter().next()?.ok()?;
    resource.get("max.message.bytes")?.value.as_ref()?.parse().ok()
}
