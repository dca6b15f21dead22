//! The outcomes topic: what happened to each record, written before its offset may be committed.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaResult;
use tokio::sync::mpsc::UnboundedSender;

use super::dead_letter::Which;
use super::producer::{Confirmation, ConfirmedWriter, Write};
use crate::schema::outcome::{self, Facts};

/// A write that failed is made again after this.
const AGAIN: Duration = Duration::from_secs(1);

/// One outcome on its way; kept until it is confirmed, so that it can be written again.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) which: Which,
    /// The source's partition number: the topic mirrors it.
    pub(crate) partition: i32,
    /// `merchantBizNo`; empty where the record told none.
    pub(crate) key: Arc<[u8]>,
    pub(crate) value: Arc<[u8]>,
}

/// Writes outcomes.
pub(crate) struct Outcomes {
    writer: ConfirmedWriter<Outcome>,
    /// The schema's id in the registry, in front of every value; none without a registry.
    schema: Option<u32>,
    confirmations: UnboundedSender<Confirmation<Outcome>>,
}

impl Outcomes {
    /// Makes the producer; it connects by itself.
    pub(crate) fn new(
        config: &ClientConfig,
        topic: &str,
        schema: Option<u32>,
        confirmations: UnboundedSender<Confirmation<Outcome>>,
    ) -> KafkaResult<Self> {
        Ok(Self { writer: ConfirmedWriter::new(config, topic, confirmations.clone())?, schema, confirmations })
    }

    /// One outcome as the topic's readers expect it.
    pub(crate) fn encode(&self, facts: &Facts<'_>) -> Vec<u8> {
        self.schema.map_or_else(|| outcome::encode(facts), |id| outcome::encode_framed(id, facts))
    }

    /// Writes one; its confirmation follows in any case.
    pub(crate) fn write(&self, outcome: Outcome) {
        let (key, value, partition) = (Arc::clone(&outcome.key), Arc::clone(&outcome.value), outcome.partition);
        let write = Write { key: Some(&key), value: Some(&value), headers: None, partition: Some(partition) };
        if let Err((error, outcome)) = self.writer.write(write, outcome) {
            let _ = self.confirmations.send((outcome, Err(error)));
        }
    }

    /// How long to wait before a failed write is made again.
    pub(crate) fn again_after() -> Duration {
        AGAIN
    }

    /// Waits for the last confirmations.
    pub(crate) fn flush(&self, timeout: Duration) {
        if let Err(error) = self.writer.flush(timeout) {
            tracing::warn!(%error, "outcomes were not confirmed in time; their records stay open");
        }
    }
}
