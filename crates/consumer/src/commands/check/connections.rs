//! Who can be reached: the broker with its topics, the schema registry, AlipayHK's address. Each with its own deadline, since a wrong
//! password, for one, is otherwise tried for ever.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use serde::Serialize;

use crate::config::{self, Config};
use crate::kafka::connect;
use crate::kafka::topics::{Wanted, check as check_topics};
use crate::schema::{Registry, RegistryError};

/// Longer than a topic may stay unknown before it counts as missing.
const KAFKA: Duration = Duration::from_secs(12);

/// One peer.
#[derive(Debug, Serialize)]
pub(super) struct Connection {
    /// The key that names it.
    pub(super) who: &'static str,
    /// What was found.
    pub(super) found: String,
    /// It could not be reached, or refused us.
    pub(super) failed: bool,
    /// One line for stderr: something to correct before a run.
    #[serde(skip)]
    pub(super) wrong: Option<String>,
}

impl Connection {
    pub(super) fn word(&self) -> &'static str {
        if self.failed { "failed" } else { "ok" }
    }

    fn ok(who: &'static str, found: impl Into<String>) -> Self {
        Self { who, found: found.into(), failed: false, wrong: None }
    }

    fn failed(who: &'static str, found: impl Into<String>) -> Self {
        Self { who, found: found.into(), failed: true, wrong: None }
    }
}

/// Asks everybody.
pub(super) fn check(config: &Config) -> Vec<Connection> {
    let mut found = vec![kafka(config)];
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            found.extend(registry(&config.schema).await);
            found.push(alipayhk(config).await);
        }),
        Err(error) => found.push(Connection::failed("alipayhk.base_url", format!("cannot be tried: {error}"))),
    }
    if config.alipayhk.hold_file.as_ref().is_some_and(|path| path.exists()) {
        found.push(Connection::ok("alipayhk.hold_file", "the file is there: nothing is sent until it is gone"));
    }
    found
}

fn kafka(config: &Config) -> Connection {
    let who = "kafka.bootstrap_servers";
    let kafka = &config.kafka;
    let consumer = match connect(&kafka.client_config()) {
        Ok(consumer) => consumer,
        Err(error) => return Connection::failed(who, error.to_string()),
    };
    let until = Instant::now() + KAFKA;
    let mut reason = String::new();
    let waiting = |error: &KafkaError| {
        // The cause, such as a refused password, comes with a poll and not with the question.
        let _ = consumer.poll(Duration::from_millis(300));
        let errors = consumer.context().take_errors();
        reason = errors.into_iter().next().unwrap_or_else(|| if reason.is_empty() { error.to_string() } else { reason.clone() });
        Instant::now() < until
    };
    let outcomes = config.outcomes.as_ref().map(|outcomes| outcomes.topic.as_str());
    let wanted = Wanted { topics: &kafka.topics, start: &kafka.start, dead_letter: &config.dead_letter.topic, outcomes };
    match check_topics(&consumer, &wanted, waiting) {
        Ok(true) => Connection::ok(who, format!("{} answers and has every topic", kafka.bootstrap_servers)),
        Ok(false) => {
            let protocol = kafka.properties.get("security.protocol").unwrap_or("plaintext");
            let asked = format!(
                "asked by kafka.properties.\"security.protocol\" = {protocol:?}; a listener of another kind gives no reason at all"
            );
            Connection::failed(who, format!("{} does not answer: {reason} ({asked})", kafka.bootstrap_servers))
        }
        Err(error) => Connection { wrong: Some(error.to_string()), ..Connection::failed("kafka", error.to_string()) },
    }
}

/// Asks for some schema: that there is none is an answer too.
async fn registry(settings: &config::Schema) -> Option<Connection> {
    let who = "schema.registry_url";
    let url = &settings.registry.as_ref()?.url;
    let registry = match Registry::new(settings) {
        Ok(registry) => registry?,
        Err(error) => return Some(Connection::failed(who, error.to_string())),
    };
    Some(match registry.fetch(1).await {
        Ok(_) | Err(RegistryError::Unknown(_) | RegistryError::Unusable(..)) => Connection::ok(who, format!("{url} answers")),
        Err(RegistryError::Unreachable(reason)) => Connection::failed(who, format!("{url}: {reason}")),
    })
}

/// A connection and nothing on it: every request would count at AlipayHK.
async fn alipayhk(config: &Config) -> Connection {
    let settings = &config.alipayhk;
    let (who, url) = match &settings.proxy {
        Some(proxy) => ("alipayhk.proxy", proxy),
        None => ("alipayhk.base_url", &settings.base_url),
    };
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::time::timeout(settings.connect_timeout, tokio::net::TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => {
            Connection::ok(who, format!("{host}:{port} takes connections (no request was made: keys and clock are not proven by this)"))
        }
        Ok(Err(error)) => Connection::failed(who, format!("{host}:{port}: {error}")),
        Err(_) => Connection::failed(who, format!("{host}:{port} took no connection within alipayhk.connect_timeout")),
    }
}
