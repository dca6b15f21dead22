//! Who can be reached: the broker with its topics, the schema registry, AlipayHK's address. Each with its own deadline, since a wrong
//! password, for one, is otherwise tried for ever.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use serde::Serialize;

use super::{listener, schemas};
use crate::commands::progress::Waiting;
use crate::config::{Config, Framing, Topics};
use crate::kafka::connect;
use crate::kafka::topics::{Waits, Wanted, check as check_topics, subscribed};
use crate::schema::{Registry, RegistryError};

/// Longer than a topic may stay unknown before it counts as missing.
const KAFKA: Duration = Duration::from_secs(12);
const BROKER: &str = "kafka.bootstrap_servers";
const TOPICS: &str = "kafka";

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

    pub(super) fn ok(who: &'static str, found: impl Into<String>) -> Self {
        Self { who, found: found.into(), failed: false, wrong: None }
    }

    pub(super) fn failed(who: &'static str, found: impl Into<String>) -> Self {
        Self { who, found: found.into(), failed: true, wrong: None }
    }

    /// Something to correct.
    pub(super) fn wrong(who: &'static str, problem: String) -> Self {
        Self { who, found: problem.clone(), failed: true, wrong: Some(problem) }
    }
}

/// Asks everybody.
pub(super) fn check(config: &Config) -> Vec<Connection> {
    let waiting = Waiting::on("Kafka");
    let (connection, topics) = kafka(config);
    drop(waiting);
    let mut found = vec![connection];
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            let waiting = Waiting::on("the schema registry");
            found.extend(registry(config, &topics).await);
            drop(waiting);
            let _waiting = Waiting::on("AlipayHK");
            found.push(alipayhk(config).await);
        }),
        Err(error) => found.push(Connection::failed("alipayhk.base_url", format!("cannot be tried: {error}"))),
    }
    if config.alipayhk.hold_file.as_ref().is_some_and(|path| path.exists()) {
        found.push(Connection::ok("alipayhk.hold_file", "the file is there: nothing is sent until it is gone"));
    }
    found
}

/// Whether it is that of the broker.
pub(super) fn of_kafka(connection: &Connection) -> bool {
    [BROKER, TOPICS].contains(&connection.who)
}

/// The broker, and the topics of the subscription.
fn kafka(config: &Config) -> (Connection, Vec<String>) {
    let who = BROKER;
    let kafka = &config.kafka;
    let consumer = match connect(&kafka.client_config()) {
        Ok(consumer) => consumer,
        Err(error) => return (Connection::failed(who, error.to_string()), listed(&kafka.topics)),
    };
    let until = Instant::now() + KAFKA;
    let mut reason = String::new();
    let waiting = |waits: Waits<'_>| {
        let error = match waits {
            Waits::Broker(error) => error.to_string(),
            Waits::Topic { key, topic } => format!("{key}: no topic {topic:?} yet"),
        };
        // The cause, such as a refused password, comes with a poll and not with the question.
        let _ = consumer.poll(Duration::from_millis(300));
        let errors = consumer.context().take_errors();
        match errors.into_iter().max_by_key(|heard| listener::weight(heard)) {
            Some(heard) if listener::weight(&heard) >= listener::weight(&reason) => reason = heard,
            Some(_) => {}
            None if reason.is_empty() => reason = error,
            None => {}
        }
        // A cause that is named will not go away by waiting.
        Instant::now() < until && listener::weight(&reason) < listener::NAMED
    };
    let outcomes = config.outcomes.as_ref().map(|outcomes| outcomes.topic.as_str());
    let wanted = Wanted { topics: &kafka.topics, start: &kafka.start, dead_letter: &config.dead_letter.topic, outcomes };
    let found = match check_topics(&consumer, &wanted, waiting) {
        Ok(true) => Connection::ok(who, format!("{} answers and has every topic", kafka.bootstrap_servers)),
        Ok(false) => {
            let advice = listener::advice(kafka, &reason);
            Connection::failed(who, format!("{} does not answer: {reason}; {advice}", kafka.bootstrap_servers))
        }
        Err(error) => Connection::wrong(TOPICS, error.to_string()),
    };
    let topics = match found.failed {
        true => None,
        false => subscribed(&consumer, &kafka.topics, Duration::from_secs(5)).ok(),
    };
    (found, topics.map_or_else(|| listed(&kafka.topics), |topics| topics.into_iter().collect()))
}

fn listed(topics: &Topics) -> Vec<String> {
    match topics {
        Topics::List(topics) => topics.clone(),
        Topics::Pattern(_) => Vec::new(),
    }
}

/// Asks for some schema: that there is none is an answer too.
async fn registry(config: &Config, topics: &[String]) -> Vec<Connection> {
    let who = "schema.registry_url";
    let Some(url) = config.schema.registry.as_ref().map(|registry| &registry.url) else { return Vec::new() };
    let registry = match Registry::new(&config.schema) {
        Ok(Some(registry)) => registry,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![Connection::failed(who, error.to_string())],
    };
    let mut found = match registry.fetch(1).await {
        Ok(_) | Err(RegistryError::Unknown(_) | RegistryError::Unusable(..)) => vec![Connection::ok(who, format!("{url} answers"))],
        Err(RegistryError::Unreachable(reason)) => return vec![Connection::failed(who, format!("{url}: {reason}"))],
    };
    if config.schema.framing == Framing::Confluent {
        found.extend(schemas::check(config, &registry, topics).await);
    }
    found
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
