//! A second writer's outcomes: the pipeline restores from them what orders have had decided, by whomever.

use std::time::Duration;

use engine::{Disposition, Standing};
use rdkafka::error::KafkaError;
use tokio::sync::{mpsc, oneshot};

use super::Item;
use super::standing::after;
use crate::call::Finished;
use crate::commands::now_millis;
use crate::commands::trouble::Trouble;
use crate::config::{Config, Framing};
use crate::kafka::producer::{Confirmation, ConfirmedWriter, Write};
use crate::pipeline::outcome_schema::ask;
use crate::schema::Registry;
use crate::schema::outcome::{self, Facts};

/// Longer than librdkafka itself tries.
const FLUSH: Duration = Duration::from_secs(40);

type Told = oneshot::Sender<Result<(), KafkaError>>;

/// Writes outcomes, and knows of each whether it was written.
pub(super) struct Outcomes {
    writer: ConfirmedWriter<Told>,
    /// The schema's id in the registry, in front of every value; none without a registry.
    schema: Option<u32>,
}

impl Outcomes {
    /// `None` where there is no outcomes topic.
    pub(super) async fn new(config: &Config) -> Result<Option<Self>, Trouble> {
        let Some(outcomes) = &config.outcomes else { return Ok(None) };
        let (confirmations, mut confirmed) = mpsc::unbounded_channel::<Confirmation<Told>>();
        tokio::spawn(async move {
            while let Some((told, result)) = confirmed.recv().await {
                // Whoever was waiting may have been stopped.
                let _ = told.send(result);
            }
        });
        let schema = match (Registry::new(&config.schema)?, config.schema.framing) {
            (Some(registry), Framing::Confluent) => ask(&registry, &format!("{}-value", outcomes.topic)).await?,
            _ => None,
        };
        Ok(Some(Self { writer: ConfirmedWriter::new(&config.kafka.producer_config(), &outcomes.topic, confirmations)?, schema }))
    }

    /// Writes what became of an item, until the broker has confirmed it or `stop` says so.
    pub(super) async fn write(
        &self,
        item: &Item,
        before: Option<&Standing>,
        ended: &Disposition,
        finished: &Finished,
    ) -> Result<(), KafkaError> {
        let standing = after(item, before, ended);
        let facts = Facts {
            topic: &item.source.topic,
            partition: item.source.partition,
            offset: item.source.offset,
            order: Some(item.event.merchant_biz_no.as_str()),
            disposition: ended,
            event: Some(&item.event),
            request_id: finished.signed.as_ref().map(|signed| signed.request_id().as_str()),
            notes: Some(&finished.answer.notes),
            at_millis: now_millis(),
            standing: Some(&standing),
        };
        let value = self.schema.map_or_else(|| outcome::encode(&facts), |id| outcome::encode_framed(id, &facts));
        let (told, confirmed) = oneshot::channel();
        let key = item.event.merchant_biz_no.as_str().as_bytes();
        let write = Write { key: Some(key), value: Some(&value), headers: None, partition: Some(item.source.partition) };
        self.writer.write(write, told).map_err(|(error, _)| error)?;
        confirmed.await.unwrap_or(Err(KafkaError::Canceled))
    }

    pub(super) fn flush(&self) {
        // What was not confirmed was told to whoever waited for it.
        let _ = self.writer.flush(FLUSH);
    }
}
