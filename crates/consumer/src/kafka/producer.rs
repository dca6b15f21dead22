//! Writes that count only once the broker has confirmed them.

use std::error::Error;
use std::marker::PhantomData;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{DeliveryResult, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, PurgeConfig, ThreadedProducer};
use tokio::sync::mpsc::UnboundedSender;

use super::oauth;

/// What became of one write; `K` says which.
pub(crate) type Confirmation<K> = (K, Result<(), KafkaError>);

/// One record to write.
pub(crate) struct Write<'a> {
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) headers: Option<OwnedHeaders>,
    /// `None`: by the key.
    pub(crate) partition: Option<i32>,
}

/// An idempotent producer that reports every write by its `K`.
pub(crate) struct ConfirmedWriter<K: Send + Sync + 'static> {
    producer: ThreadedProducer<Confirmations<K>>,
    topic: String,
}

impl<K: Send + Sync + 'static> ConfirmedWriter<K> {
    /// Makes the producer; it connects by itself.
    pub(crate) fn new(config: &ClientConfig, topic: &str, confirmations: UnboundedSender<Confirmation<K>>) -> KafkaResult<Self> {
        let producer = config.create_with_context(Confirmations { confirmations, kind: PhantomData })?;
        Ok(Self { producer, topic: topic.to_owned() })
    }

    /// Hands one record to librdkafka; the confirmation follows. Refused at once: the error and `which` come back.
    pub(crate) fn write(&self, write: Write<'_>, which: K) -> Result<(), (KafkaError, K)> {
        let mut record = BaseRecord::<'_, [u8], [u8], Box<K>>::with_opaque_to(&self.topic, Box::new(which));
        record.key = write.key;
        record.payload = write.value;
        record.partition = write.partition;
        record.headers = write.headers;
        self.producer.send(record).map_err(|(error, record)| (error, *record.delivery_opaque))
    }

    /// Whatever is not confirmed yet fails now, and is not sent again; what is in the broker's hands may still come onto the log.
    pub(crate) fn take_back(&self) {
        self.producer.purge(PurgeConfig::default().queue().inflight());
    }

    /// Waits until everything was confirmed or failed, at most `timeout`.
    pub(crate) fn flush(&self, timeout: std::time::Duration) -> KafkaResult<()> {
        self.producer.flush(timeout)
    }
}

struct Confirmations<K> {
    confirmations: UnboundedSender<Confirmation<K>>,
    kind: PhantomData<fn(K)>,
}

impl<K: Send + Sync + 'static> ClientContext for Confirmations<K> {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        oauth::token(config)
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "the Kafka producer reports trouble; it goes on by itself");
    }
}

impl<K: Send + Sync + 'static> ProducerContext for Confirmations<K> {
    type DeliveryOpaque = Box<K>;

    fn delivery(&self, result: &DeliveryResult<'_>, which: Box<K>) {
        let result = result.as_ref().map(|_| ()).map_err(|(error, _)| error.clone());
        // Nobody listens any more only when the process ends; then the write does not count, which is safe.
        let _ = self.confirmations.send((*which, result));
    }
}
