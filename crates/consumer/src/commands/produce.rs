//! `order-sync produce --sample`: orders to try things with, written to the topic that the pipeline reads.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use serde::Serialize;

use super::{complain, now_millis, say};
use crate::cli::ProduceArgs;
use crate::config::{self, Config, Framing, Topics};
use crate::schema::sample::{Samples, Settings};
use crate::schema::{Encoder, EncoderError, Registry, RegistryError, RegistrySetup};

/// How long a broker may take to answer at all.
const ANSWER: Duration = Duration::from_secs(10);
/// Longer than librdkafka itself tries to write a record.
const FLUSH: Duration = Duration::from_secs(40);

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
    #[error("--topic: {0:?} does not exist on the broker; create it, or name another one")]
    NoTopic(String),
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
            Self::WhichTopic | Self::NoTopic(_) | Self::NotASandbox(_) | Self::Encoder(_) | Self::Setup(_) => 2,
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
    let topic = match (&args.topic, &config.kafka.topics) {
        (Some(topic), _) => topic.clone(),
        (None, Topics::List(topics)) => topics.first().cloned().ok_or(ProduceError::WhichTopic)?,
        (None, Topics::Pattern(_)) => return Err(ProduceError::WhichTopic),
    };
    let producer = BaseProducer::from_config_and_context(&config.kafka.producer_config(), Confirmations::default())?;
    find(&producer, &topic)?;
    let encoder = encoder(config, &topic)?;
    let now = now_millis();
    let seed = args.seed.unwrap_or_else(|| now.unsigned_abs());
    let settings = Settings { orders: args.orders, ..Settings::new(seed, now) };
    // The last modification is now, so that none lies in the future.
    let span = i64::try_from(settings.count()).unwrap_or(i64::MAX).saturating_mul(settings.step_millis);
    let mut records = 0;
    for sample in Samples::new(Settings { start_millis: now.saturating_sub(span), ..settings }) {
        let value = encoder.encode(&sample.raw);
        write(&producer, &topic, sample.raw.merchant_biz_no.as_bytes(), &value)?;
        records += 1;
    }
    let flushed = producer.flush(FLUSH);
    let confirmations = producer.context();
    let confirmed = confirmations.confirmed.load(Ordering::Relaxed);
    if confirmed < records {
        let reason = confirmations.reason().or_else(|| flushed.err().map(|error| error.to_string())).unwrap_or_default();
        return Err(ProduceError::Lost { lost: records - confirmed, records, reason });
    }
    Ok(Written { topic, orders: args.orders, records, seed })
}

/// The producer would wait for a missing topic half a minute and then name every record.
fn find(producer: &BaseProducer<Confirmations>, topic: &str) -> Result<(), ProduceError> {
    let until = Instant::now() + ANSWER;
    loop {
        let metadata = producer.client().fetch_metadata(Some(topic), ANSWER)?;
        if metadata.topics().iter().any(|found| !found.partitions().is_empty()) {
            return Ok(());
        }
        // A topic that was just made may be unknown to this broker for a moment.
        if Instant::now() > until {
            return Err(ProduceError::NoTopic(topic.to_owned()));
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

impl ClientContext for Confirmations {}

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
mod tests {
    use super::*;
    use crate::commands::testing::config;

    fn refused(args: &[&str], env: &[(&str, &str)]) -> (String, u8) {
        use clap::Parser;
        let line = ["order-sync", "produce", "--sample", "--config", "x"].iter().chain(args);
        let crate::cli::Command::Produce(args) = crate::cli::Cli::try_parse_from(line).unwrap().command else { unreachable!() };
        let error = produce(&args, &config("", env)).unwrap_err();
        (error.to_string(), error.code())
    }

    #[test]
    fn sample_orders_do_not_leave_the_machine_unasked() {
        let (said, code) = refused(&[], &[]);
        assert!(said.starts_with("alipayhk.base_url: https://open.alipay.hk/ ") && said.contains("--force"), "{said}");
        assert_eq!(code, 2);
    }

    #[test]
    fn a_broker_that_is_not_there_is_a_failure_of_the_run() {
        let here = ("ORDER_SYNC__ALIPAYHK__BASE_URL", "http://127.0.0.1:1");
        let nobody = ("ORDER_SYNC__KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1");
        let (said, code) = refused(&[], &[here, nobody]);
        assert!(said.starts_with("kafka.bootstrap_servers: "), "{said}");
        assert_eq!(code, 1);
    }
}
