//! The schema of outcomes in the registry: readers of the outcomes topic find it as they find those of the order topics.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::Receiver;

use crate::admin::Heartbeats;
use crate::config::{Config, Framing};
use crate::schema::{Registry, RegistryError, outcome};

const AGAIN: Duration = Duration::from_secs(1);
const SAY_EVERY: Duration = Duration::from_secs(10);

/// How outcomes are framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// By this id, or not at all.
    Known(Option<u32>),
    /// The process was stopped while it waited for the registry.
    Stopped,
}

/// Registers the schema under the topic's subject. A registry that does not answer is waited for: without it no record can be read either.
pub(super) async fn register(config: &Config, registry: Option<&Registry>, stop: &mut Receiver<()>, heartbeats: &Heartbeats) -> Frame {
    let (Some(outcomes), Some(registry), Framing::Confluent) = (&config.outcomes, registry, config.schema.framing) else {
        return Frame::Known(None);
    };
    let subject = format!("{}-value", outcomes.topic);
    let mut said: Option<Instant> = None;
    loop {
        heartbeats.beat();
        match ask(registry, &subject).await {
            Ok(id) => return Frame::Known(id),
            Err(error) => {
                if said.is_none_or(|said| said.elapsed() > SAY_EVERY) {
                    said = Some(Instant::now());
                    tracing::warn!(%subject, reason = %error, "waiting for the schema registry, which has to know how outcomes are written");
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = stop.recv() => return Frame::Stopped,
        }
    }
}

/// The id, or none where we may not register it and it is not there.
pub(crate) async fn ask(registry: &Registry, subject: &str) -> Result<Option<u32>, RegistryError> {
    let reason = match registry.offer(subject, outcome::SCHEMA).await? {
        Ok(id) => return Ok(Some(id)),
        Err(reason) => reason,
    };
    let id = registry.look_up(subject, outcome::SCHEMA).await?;
    match id {
        Some(id) => tracing::info!(subject, id, "the registry takes no schema from us and has that of outcomes"),
        None => tracing::warn!(
            subject,
            %reason,
            "the registry takes no schema from us and does not have that of outcomes: they are written without a schema id; register schemas/order_outcome.avsc"
        ),
    }
    Ok(id)
}
