//! Puts the parts together and runs them: what is wrong with topics and keys is found before anything is read.

pub(crate) mod outcome_schema;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::{Engine, Now};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::sync::mpsc::{Receiver, channel, unbounded_channel};
use tokio::sync::watch;

use crate::admin::{self, Published};
use crate::call::{Caller, Http, HttpError, HttpSettings, Line, signing_pool};
use crate::clock::Moment;
use crate::config::Config;
use crate::driver::{Driver, Failure, Mail, Parts, Traces, hold};
use crate::kafka::assignment::First;
use crate::kafka::context::PollContext;
use crate::kafka::dead_letter::{DeadLetters, topic_limit};
use crate::kafka::outcomes::Outcomes;
use crate::kafka::restore::Restorer;
use crate::kafka::topics::{TopicError, Waits, Wanted, check, cluster_id, first};
use crate::kafka::{Beginning, Poller, connect, start};
use crate::reload::Reload;
use crate::schema::{Decoder, Registry};
use crate::supervisor;
use crate::telemetry::metrics::Metrics;
use outcome_schema::Frame;

/// While a broker cannot be reached, its reason is said this often.
const SAY_EVERY: Duration = Duration::from_secs(10);
/// Between two attempts.
const TRY_EVERY: Duration = Duration::from_millis(500);
/// The cluster id is part of every commit's metadata, so it is asked for with patience; very old brokers have none.
const CLUSTER_ID_TRIES: u32 = 10;

/// Why a run ended with a failure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// Something to correct before the next start: exit code 2.
    #[error("{0}")]
    Setup(String),
    /// The machine does not let us begin: exit code 1.
    #[error("{0}")]
    Machine(String),
    /// Exit code 1.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl RunError {
    /// The exit code of the process.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Setup(_) => 2,
            Self::Machine(_) | Self::Failed(_) => 1,
        }
    }
}

impl From<TopicError> for RunError {
    fn from(error: TopicError) -> Self {
        Self::Setup(error.to_string())
    }
}

impl From<HttpError> for RunError {
    fn from(error: HttpError) -> Self {
        Self::Setup(error.to_string())
    }
}

/// What the caller of [`run`] holds in its hands.
pub(crate) struct Outside {
    /// The first message stops in an orderly way, the second at once.
    pub(crate) stop: Receiver<()>,
    /// Where the state is published.
    pub(crate) published: Published,
    /// Told the address of the admin page.
    pub(crate) listening: Option<tokio::sync::oneshot::Sender<std::net::SocketAddr>>,
    /// `admin.listen`, and everything else the page needs.
    pub(crate) metrics: Metrics,
    /// Takes keys and quota over while the pipeline runs; `None`: what was configured at the start stays.
    pub(crate) reload: Option<Reload>,
    /// Nothing is sent and nothing is written but the offsets of a group of its own; see [`Config::into_shadow`].
    pub(crate) shadow: bool,
}

/// Runs the pipeline until it is stopped.
pub(crate) async fn run(config: Config, outside: Outside) -> Result<(), RunError> {
    let origin = Moment::now();
    let Outside { mut stop, published, listening, metrics, reload, shadow } = outside;
    let http = Http::new(&HttpSettings::of(&config))?;
    let (client_sender, clients) = watch::channel(Arc::clone(&config.alipayhk.client));
    let (quota_sender, quota) = watch::channel(config.quota);
    if let Some(reload) = reload {
        tokio::spawn(reload.watch(config.clone(), client_sender, quota_sender, metrics.clone()));
    }
    let decoder = Decoder::new(&config.schema, config.mappings.clone()).map_err(|error| RunError::Setup(error.to_string()))?;
    let line = if shadow { Line::Shadow } else { Line::Real(http) };
    let (poll_beat, drive_beat) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (query_sender, queries) = channel(16);
    let heartbeats = admin::Heartbeats { origin, poll: Arc::clone(&poll_beat), drive: Arc::clone(&drive_beat) };
    let address = admin::serve(&config.admin, published.clone(), metrics.clone(), heartbeats.clone(), query_sender.clone())
        .await
        .map_err(|error| RunError::Setup(error.to_string()))?;
    tracing::info!(%address, "admin page");
    supervisor::attend(heartbeats.clone());
    if let Some(listening) = listening {
        let _ = listening.send(address);
    }
    let Some((consumer, cluster_id, first)) = wait_for_kafka(&config, &mut stop, &heartbeats).await? else { return Ok(()) };
    let producer = config.kafka.producer_config();
    let limit = tokio::select! {
        limit = topic_limit(&producer, &config.dead_letter.topic) => limit,
        _ = stop.recv() => return Ok(()),
    };
    let registry = Registry::new(&config.schema).map_err(|error| RunError::Setup(error.to_string()))?.map(Arc::new);

    let outcome_schema = match outcome_schema::register(&config, registry.as_deref(), &mut stop, &heartbeats).await {
        Frame::Known(id) => id,
        Frame::Stopped => return Ok(()),
    };

    let (letter_sender, letters) = unbounded_channel();
    let dead_letters = match shadow {
        true => DeadLetters::shadow(letter_sender),
        false => DeadLetters::new(&producer, &config.dead_letter.topic, limit, letter_sender)
            .map_err(|error| RunError::Setup(format!("kafka.properties: {error}")))?,
    };
    let engine_config = config.engine(cluster_id.as_str().into());
    let (outcome_sender, outcome_receiver) = unbounded_channel();
    let outcomes = config
        .outcomes
        .as_ref()
        .map(|outcomes| Outcomes::new(&producer, &outcomes.topic, outcome_schema, engine_config.write_within(), outcome_sender))
        .transpose()
        .map_err(|error| RunError::Setup(format!("kafka.properties: {error}")))?;

    let machine = |error: std::io::Error| RunError::Machine(format!("cannot start threads: {error}"));
    let restorer = config.outcomes.as_ref().map(|outcomes| Restorer::start(config.kafka.clone(), outcomes.topic.clone()));
    let (restorer, restored) = restorer.transpose().map_err(machine)?.unzip();

    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (prepared_sender, prepared) = unbounded_channel();
    let pool = signing_pool(clients.clone(), cores, prepared_sender).map_err(machine)?;
    let caller = Arc::new(Caller::new(clients, Arc::clone(&config.rulebook), line));
    let (lingers, membership) = (engine_config.lingers(), engine_config.membership());
    let engine = Engine::new(engine_config, seed(), Now(origin.elapsed()));
    let poller = Poller {
        client: config.kafka.client_config(),
        topics: config.kafka.topics.clone(),
        beginning: Beginning { start: config.kafka.start, history: config.delivery.history, cluster_id: cluster_id.as_str().into(), first },
        instance: config.kafka.instance_id.clone(),
        lingers,
        membership,
        origin,
        heartbeat: poll_beat,
    };
    let poller = start(poller, consumer).map_err(machine)?;
    let mail = Mail {
        prepared,
        calls: unbounded_channel(),
        letters,
        outcomes: outcome_receiver,
        outcomes_again: unbounded_channel(),
        restored,
        schemas: unbounded_channel(),
        queries,
        stop,
        _queries_sender: query_sender,
    };
    let parts = Parts {
        engine,
        decoder,
        max_age: config.delivery.max_age,
        rulebook: Arc::clone(&config.rulebook),
        origin,
        poller,
        pool,
        caller,
        registry,
        dead_letters,
        outcomes,
        restorer,
        group: config.kafka.group_id.as_str().into(),
        environment: config.alipayhk.environment.as_deref().map(Into::into),
        published,
        traces: Traces::new(config.telemetry.otlp_endpoint.is_some().then_some(config.telemetry.record_context)),
        metrics,
        heartbeat: drive_beat,
        hold: hold::watch(config.alipayhk.hold_file.clone()).await,
        quota,
        drain: config.delivery.drain,
        mail,
    };
    Driver::new(parts).run().await?;
    Ok(())
}

/// Waits until a broker answers and every topic is there. `None`: stopped while waiting.
async fn wait_for_kafka(
    config: &Config,
    stop: &mut Receiver<()>,
    heartbeats: &admin::Heartbeats,
) -> Result<Option<(BaseConsumer<PollContext>, String, First)>, RunError> {
    let consumer = connect(&config.kafka.client_config()).map_err(|error| RunError::Setup(format!("kafka.properties: {error}")))?;
    let stopped = Arc::new(AtomicBool::new(false));
    let (topics, start) = (config.kafka.topics.clone(), config.kafka.start);
    let (dead_letter, outcomes) = (config.dead_letter.topic.clone(), config.outcomes.as_ref().map(|outcomes| outcomes.topic.clone()));
    let (flag, beats, servers) = (Arc::clone(&stopped), heartbeats.clone(), config.kafka.bootstrap_servers.clone());
    let mut checked = tokio::task::spawn_blocking(move || {
        let (mut said, mut named): (Option<Instant>, Option<String>) = (None, None);
        let mut cause: Option<String> = None;
        let mut waiting = |waits: Waits<'_>| {
            beats.beat();
            // The cause, such as a refused password, comes with a poll and not with the question, behind log lines and other events.
            let until = Instant::now() + TRY_EVERY;
            while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                let _ = consumer.poll(left);
            }
            let heard = consumer.context().take_errors();
            cause = heard.into_iter().rfind(|heard| !heard.contains("AllBrokersDown")).or(cause.take());
            match waits {
                Waits::Broker(error) if said.is_none_or(|said| said.elapsed() > SAY_EVERY) => {
                    said = Some(Instant::now());
                    let reason = cause.clone().unwrap_or_else(|| error.to_string());
                    tracing::warn!(bootstrap_servers = %servers, %reason, "waiting for Kafka (kafka.bootstrap_servers, kafka.properties)");
                }
                Waits::Topic { key, topic } if named.as_deref() != Some(topic) => {
                    named = Some(topic.to_owned());
                    tracing::info!(topic, key, "the broker does not know the topic; asking again for some seconds");
                }
                Waits::Broker(_) | Waits::Topic { .. } => {}
            }
            !flag.load(Ordering::Relaxed)
        };
        let wanted = Wanted { topics: &topics, start: &start, dead_letter: &dead_letter, outcomes: outcomes.as_deref() };
        let found = check(&consumer, &wanted, &mut waiting)?;
        if !found {
            return Ok(None);
        }
        let Some(first) = first(&consumer, &topics, &start, &mut waiting) else { return Ok(None) };
        for _ in 0..CLUSTER_ID_TRIES {
            if let Some(id) = cluster_id(&consumer) {
                return Ok(Some((consumer, id, first)));
            }
            if !waiting(Waits::Broker(&KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut))) {
                return Ok(None);
            }
        }
        tracing::warn!("the brokers tell no cluster id: commits of another cluster's group cannot be told apart");
        Ok::<_, TopicError>(Some((consumer, String::new(), first)))
    });
    let found = tokio::select! {
        found = &mut checked => found,
        _ = stop.recv() => {
            stopped.store(true, Ordering::Relaxed);
            return Ok(None);
        }
    };
    match found {
        Ok(found) => Ok(found?),
        Err(error) => Err(RunError::Machine(format!("the start check broke off: {error}"))),
    }
}

/// Jitter needs no secrecy, only that two processes differ.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    if getrandom::fill(&mut bytes).is_err() {
        return u64::from(std::process::id());
    }
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_corrected_ends_with_2_and_what_failed_with_1() {
        assert_eq!(RunError::from(TopicError::Backlog(2_000_000)).code(), 2);
        assert_eq!(RunError::from(HttpError::Proxy("x".to_owned())).code(), 2);
        assert_eq!(RunError::Machine("no threads".to_owned()).code(), 1);
        assert_eq!(RunError::from(Failure::Watchdog("stands still")).code(), 1);
        assert_eq!(RunError::from(Failure::Kafka("fenced".to_owned())).code(), 1);
    }
}
