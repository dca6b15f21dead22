//! `order-sync produce --sample`: orders to try things with, written to the topic that the pipeline reads.

use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use serde::Serialize;

use super::progress::{Progress, Waiting};
use super::{complain, now_millis, say};
use crate::cli::ProduceArgs;
use crate::config::{self, Config, Framing, Topics};
use crate::kafka::oauth;
use crate::schema::sample::{Samples, Settings};
use crate::schema::{Encoder, EncoderError, Registry, RegistryError, RegistrySetup};

/// How long a broker may take to answer at all.
const ANSWER: Duration = Duration::from_secs(10);
/// Longer than librdkafka itself tries to write a record.
const FLUSH: Duration = Duration::from_secs(40);
const DAY_MILLIS: i64 = 86_400_000;

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    topic: String,
    orders: u64,
    records: u64,
    seed: u64,
}

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
enum ProduceError {
    #[error("--topic: kafka.topic_pattern names no single topic; say which")]
    WhichTopic,
    #[error("{key}: topic {topic:?} does not exist on the broker; create it, or name another one")]
    NoTopic { key: &'static str, topic: String },
    #[error(
        "alipayhk.base_url: {0} is not this machine, and sample orders would be sent there as if they were real; --force does it all the same"
    )]
    NotASandbox(String),
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    #[error(transparent)]
    Setup(#[from] RegistrySetup),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("kafka.bootstrap_servers: {0}")]
    Kafka(#[from] KafkaError),
    #[error("cannot start: {0}")]
    Runtime(#[from] std::io::Error),
    #[error("{lost} of {records} records were not confirmed; the first reason: {reason}")]
    Lost { lost: u64, records: u64, reason: String },
}

impl ProduceError {
    fn code(&self) -> u8 {
        match self {
            Self::WhichTopic | Self::NoTopic { .. } | Self::NotASandbox(_) | Self::Encoder(_) | Self::Setup(_) => 2,
            Self::Registry(_) | Self::Kafka(_) | Self::Runtime(_) | Self::Lost { .. } => 1,
        }
    }
}

/// Writes sample orders and ends when the broker has confirmed them.
pub(super) fn run(args: &ProduceArgs) -> ExitCode {
    let config = match Config::load(&args.config, config::environment()) {
        Ok(config) => config,
        Err(error) => return complain(&error, 2),
    };
    match produce(args, &config) {
        Ok(written) if args.json => say(&serde_json::to_string(&written).unwrap_or_default()),
        Ok(Written { topic, orders, records, seed }) => {
            say(&format!("{records} records of {orders} sample orders are in topic {topic} (--seed {seed} makes the same ones)"));
        }
        Err(error) => return complain(&error, error.code()),
    }
    ExitCode::SUCCESS
}

fn produce(args: &ProduceArgs, config: &Config) -> Result<Written, ProduceError> {
    if !args.force && !config.alipayhk.stays_here() {
        return Err(ProduceError::NotASandbox(config.alipayhk.base_url.to_string()));
    }
    let (key, topic) = match (&args.topic, &config.kafka.topics) {
        (Some(topic), _) => ("--topic", topic.clone()),
        (None, topics @ Topics::List(names)) => (topics.key(), names.first().cloned().ok_or(ProduceError::WhichTopic)?),
        (None, Topics::Pattern(_)) => return Err(ProduceError::WhichTopic),
    };
    let producer = BaseProducer::from_config_and_context(&config.kafka.producer_config(), Confirmations::default())?;
    oauth::give(&config.kafka.producer_config(), producer.client());
    let waiting = Waiting::on("Kafka");
    find(&producer, key, &topic)?;
    drop(waiting);
    let waiting = Waiting::on("the schema registry");
    let encoder = encoder(config, &topic)?;
    drop(waiting);
    let now = now_millis();
    let seed = args.seed.unwrap_or_else(|| now.unsigned_abs());
    let mut samples = Samples::new(timed(Settings { orders: args.orders, ..Settings::new(seed, now) }, args.rate));
    let records = write_all(&producer, &topic, &encoder, &mut samples, args)?;
    Ok(Written { topic, orders: args.orders, records, seed })
}

/// No modification lies in the future. At a given pace they happen as they are written, else the last one is about now.
fn timed(settings: Settings, rate: Option<u32>) -> Settings {
    match rate {
        Some(rate) => Settings { step_millis: i64::from(1_000 / rate).max(1), ..settings },
        None => {
            let most = i64::try_from(settings.most()).unwrap_or(i64::MAX).max(1);
            let step_millis = (DAY_MILLIS / most).clamp(1, settings.step_millis);
            Settings { start_millis: settings.start_millis.saturating_sub(most.saturating_mul(step_millis)), step_millis, ..settings }
        }
    }
}

/// Writes every sample and waits until the broker has confirmed it; ends at the first that it will not take.
fn write_all(
    producer: &BaseProducer<Confirmations>,
    topic: &str,
    encoder: &Encoder,
    samples: &mut Samples,
    args: &ProduceArgs,
) -> Result<u64, ProduceError> {
    let confirmations = producer.context();
    let mut progress = Progress::new(args.orders, "orders");
    let (began, mut records) = (Instant::now(), 0_u64);
    while let Some(sample) = samples.next() {
        write(producer, topic, sample.raw.merchant_biz_no.as_bytes(), &encoder.encode(&sample.raw))?;
        records += 1;
        if confirmations.reason().is_some() {
            break;
        }
        progress.show(samples.finished());
        if let Some(rate) = args.rate {
            let due = began + Duration::from_secs(records) / rate;
            while let Some(early) = due.checked_duration_since(Instant::now()).filter(|early| !early.is_zero()) {
                producer.poll(early.min(Duration::from_millis(100)));
            }
        }
    }
    let flushed = producer.flush(FLUSH);
    progress.clear();
    let confirmed = confirmations.confirmed.load(Ordering::Relaxed);
    if confirmed < records {
        let reason = confirmations.reason().or_else(|| flushed.err().map(|error| error.to_string())).unwrap_or_default();
        return Err(ProduceError::Lost { lost: records - confirmed, records, reason });
    }
    Ok(records)
}

/// The producer would wait for a missing topic half a minute and then name every record.
fn find(producer: &BaseProducer<Confirmations>, key: &'static str, topic: &str) -> Result<(), ProduceError> {
    let until = Instant::now() + ANSWER;
    loop {
        let metadata = producer.client().fetch_metadata(Some(topic), ANSWER)?;
        if metadata.topics().iter().any(|found| !found.partitions().is_empty()) {
            return Ok(());
        }
        // A topic that was just made may be unknown to this broker for a moment.
        if Instant::now() > until {
            return Err(ProduceError::NoTopic { key, topic: topic.to_owned() });
        }
        producer.poll(Duration::from_millis(200));
    }
}

fn encoder(config: &Config, topic: &str) -> Result<Encoder, ProduceError> {
    if let Some(encoder) = Encoder::without_registry(&config.schema)? {
        return Ok(encoder);
    }
    let Some(registry) = Registry::new(&config.schema)? else {
        debug_assert!(config.schema.framing != Framing::Confluent, "the configuration demands a registry");
        return Err(RegistryError::Unreachable("none is configured".to_owned()).into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Confluent's default name for the schema of a topic's values.
    Ok(Encoder::confluent(runtime.block_on(registry.register(&format!("{topic}-value"), Encoder::SCHEMA))?))
}

fn write(producer: &BaseProducer<Confirmations>, topic: &str, key: &[u8], value: &[u8]) -> Result<(), KafkaError> {
    let mut record = BaseRecord::to(topic).key(key).payload(value);
    loop {
        producer.poll(Duration::ZERO);
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                producer.poll(Duration::from_millis(100));
                record = again;
            }
            Err((error, _)) => return Err(error),
        }
    }
}

/// Counts what the broker confirmed.
#[derive(Default)]
struct Confirmations {
    confirmed: AtomicU64,
    reason: Mutex<Option<String>>,
}

impl Confirmations {
    fn reason(&self) -> Option<String> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientContext for Confirmations {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        oauth::token(config)
    }
}

impl ProducerContext for Confirmations {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.confirmed.fetch_add(1, Ordering::Relaxed);
            }
            Err((error, _)) => {
                self.reason.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests;
