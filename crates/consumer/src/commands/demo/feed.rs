//! The merchant's part: sample orders of all nine types, at a steady pace.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use super::DemoError;
use super::stage::ORDERS;
use crate::commands::now_millis;
use crate::config::{Framing, Schema};
use crate::schema::Encoder;
use crate::schema::sample::{Newest, Samples, Settings};

/// Modifications a second.
const PER_SECOND: f64 = 300.0;
const FLUSH: Duration = Duration::from_secs(10);

/// A running feed.
pub(super) struct Feed {
    stop: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    thread: tokio::task::JoinHandle<Result<Fed, DemoError>>,
}

/// What was fed in all.
pub(super) struct Fed {
    pub(super) records: u64,
    /// What every order should be in the end.
    pub(super) newest: BTreeMap<String, Newest>,
}

impl Feed {
    pub(super) fn start(bootstrap_servers: &str) -> Result<Self, DemoError> {
        let mut config = ClientConfig::new();
        // Compression keeps the embedded broker, which drops the oldest beyond 5 MiB a partition, from forgetting anything.
        config.set("bootstrap.servers", bootstrap_servers).set("compression.type", "lz4").set("enable.idempotence", "true");
        let producer: ThreadedProducer<DefaultProducerContext> = config.create()?;
        let schema = Schema { framing: Framing::SingleObject, registry: None, writer_schema: None };
        let encoder = Encoder::without_registry(&schema).map_err(|error| DemoError::Stage(error.to_string()))?;
        let encoder = encoder.ok_or_else(|| DemoError::Stage("single objects need no registry".to_owned()))?;
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&written));
        let thread = tokio::task::spawn_blocking(move || feed(&producer, &encoder, &stopped, &count));
        Ok(Self { stop, written, thread })
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Waits for the last confirmation.
    pub(super) async fn end(self) -> Result<Fed, DemoError> {
        self.thread.await.unwrap_or_else(|error| Err(DemoError::Stage(format!("the feed broke off: {error}"))))
    }
}

fn feed(
    producer: &ThreadedProducer<DefaultProducerContext>,
    encoder: &Encoder,
    stop: &AtomicBool,
    written: &AtomicU64,
) -> Result<Fed, DemoError> {
    let began = Instant::now();
    let seed = now_millis().unsigned_abs();
    let step_millis = (1_000.0 / PER_SECOND) as i64;
    let settings = Settings { step_millis, orders: u64::MAX, at_once: 96, ..Settings::new(seed, now_millis()) };
    let mut samples = Samples::new(settings);
    let mut records = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let Some(sample) = samples.next() else { break };
        let value = encoder.encode(&sample.raw);
        let mut record = BaseRecord::to(ORDERS).key(sample.raw.merchant_biz_no.as_bytes()).payload(&value);
        while let Err((error, again)) = producer.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            producer.poll(Duration::from_millis(50));
            record = again;
        }
        records += 1;
        written.store(records, Ordering::Relaxed);
        let due = Duration::from_secs_f64(records as f64 / PER_SECOND);
        if let Some(early) = due.checked_sub(began.elapsed()) {
            std::thread::park_timeout(early);
        }
    }
    producer.flush(FLUSH)?;
    Ok(Fed { records, newest: samples.newest().clone() })
}
