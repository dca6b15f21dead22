//! `[kafka]` and `[kafka.properties]`.

mod client;
pub(super) mod denied;
pub(super) mod names;
mod oauth;
mod properties;
mod start;

use std::time::Duration;

use super::error::ConfigError;
use super::section::Section;
pub use oauth::Oauth;
pub use properties::Properties;
pub use start::Start;

/// What is read, as which group, through which broker.
#[derive(Debug, Clone)]
pub struct Kafka {
    /// `host:port,host:port`.
    pub bootstrap_servers: String,
    /// What to subscribe to.
    pub topics: Topics,
    /// The consumer group.
    pub group_id: String,
    /// Where a topic without any offset of this group begins.
    pub start: Start,
    /// What goes to librdkafka beside our own settings; already accepted by it.
    pub properties: Properties,
    /// Where OAUTHBEARER tokens come from; `None`: another mechanism, or none.
    pub oauth: Option<Oauth>,
    /// `group.instance.id`: the name under which the group knows this process, and no other.
    pub instance_id: Option<String>,
    /// `session.timeout.ms` in force.
    pub session_timeout: Duration,
    /// `heartbeat.interval.ms` in force.
    pub heartbeat: Duration,
    /// `max.poll.interval.ms` in force.
    pub max_poll_interval: Duration,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topics {
    /// These topics.
    List(Vec<String>),
    /// Every topic whose name matches this regular expression, which begins with `^`.
    Pattern(String),
}

impl Topics {
    /// Whether a topic belongs to the subscription.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::List(topics) => topics.iter().any(|topic| topic == name),
            Self::Pattern(pattern) => regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(name)),
        }
    }

    /// The key that the subscription was written under.
    pub fn key(&self) -> &'static str {
        match self {
            Self::List(_) => "kafka.topics",
            Self::Pattern(_) => "kafka.topic_pattern",
        }
    }
}

pub(super) const KEYS: &[&str] = &["bootstrap_servers", "topics", "topic_pattern", "group_id", "start", "properties"];

impl Kafka {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let bootstrap_servers = section.required("bootstrap_servers", "the brokers as \"host:port,host:port\"")?;
        if let Some(bad) = bootstrap_servers.split(',').find(|server| !is_server(server.trim())) {
            return Err(section.error("bootstrap_servers", format!("{bad:?} is not host:port")));
        }
        let topics = read_topics(section)?;
        let group_id = section.required("group_id", "the name of the consumer group, such as \"order-sync\"")?;
        if group_id.len() > 249 || group_id.chars().any(char::is_control) {
            return Err(section.error("group_id", "must have at most 249 characters and no control characters"));
        }
        let start =
            section.text("start")?.map_or(Ok(Start::NotWritten), |text| Start::parse(&text).map_err(|why| section.error("start", why)))?;
        let properties = Properties::read(section)?;
        let oauth = Oauth::read(&properties)?;
        if let Some((name, what)) = oauth::unwise(&properties, &bootstrap_servers) {
            section.warn(&format!("properties.\"{name}\""), what);
        }
        let millis = |name: &str, default: u64| -> Result<Duration, ConfigError> {
            let key = properties::key(name);
            let text = properties.get(name).map_or_else(|| default.to_string(), str::to_owned);
            let millis = text.parse().map_err(|_| ConfigError::new(key, format!("{text:?} is not a number of milliseconds")))?;
            Ok(Duration::from_millis(millis))
        };
        let (session_timeout, heartbeat) = (millis(client::SESSION, 45_000)?, millis(client::HEARTBEAT, 3_000)?);
        let max_poll_interval = millis(client::MAX_POLL, 120_000)?;
        let instance_id = properties.get(client::INSTANCE).map(str::to_owned);
        if instance_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 249 || id.chars().any(char::is_control)) {
            return Err(ConfigError::new(properties::key(client::INSTANCE), "must have 1 to 249 characters and no control characters"));
        }
        let kafka = Self {
            bootstrap_servers,
            topics,
            group_id,
            start,
            properties,
            oauth,
            instance_id,
            session_timeout,
            heartbeat,
            max_poll_interval,
        };
        kafka.try_settings()?;
        Ok(kafka)
    }
}

/// A topic name as the broker takes it.
pub(super) fn topic(section: &Section<'_>, key: &str, name: String) -> Result<String, ConfigError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 249 || !name.chars().all(legal) || matches!(name.as_str(), "." | "..") {
        let hint = if name.starts_with('^') { "; for a regular expression use kafka.topic_pattern" } else { "" };
        let problem = format!("{name:?} is not a topic name: 1 to 249 letters, digits, '.', '_' and '-'{hint}");
        return Err(section.error(key, problem));
    }
    Ok(name)
}

fn read_topics(section: &Section<'_>) -> Result<Topics, ConfigError> {
    let (no_names, no_pattern) = (section.displaced("topics", "topic_pattern"), section.displaced("topic_pattern", "topics"));
    let names = if no_names { None } else { section.texts("topics")? };
    let pattern = if no_pattern { None } else { section.text("topic_pattern")? };
    match (names, pattern) {
        (Some(_), Some(_)) => Err(section.error("topic_pattern", "is set beside kafka.topics; keep one of them")),
        (None, None) => Err(section.missing("topics", "a list such as [\"orders\"], or kafka.topic_pattern")),
        (Some(names), None) => {
            let mut topics = Vec::new();
            for name in names {
                let name = topic(section, "topics", name)?;
                if topics.contains(&name) {
                    return Err(section.error("topics", format!("has {name:?} twice")));
                }
                topics.push(name);
            }
            if topics.is_empty() {
                return Err(section.error("topics", "is empty; name at least one topic"));
            }
            Ok(Topics::List(topics))
        }
        (None, Some(pattern)) => {
            if !pattern.starts_with('^') {
                return Err(section.error("topic_pattern", format!("{pattern:?} must begin with '^'")));
            }
            if let Err(error) = regex::Regex::new(&pattern) {
                let last = error.to_string().lines().last().unwrap_or_default().to_owned();
                return Err(section.error("topic_pattern", format!("{pattern:?} is not a regular expression: {last}")));
            }
            Ok(Topics::Pattern(pattern))
        }
    }
}

fn is_server(server: &str) -> bool {
    let server = server.split_once("://").map_or(server, |(_, rest)| rest);
    server
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && !host.contains(' ') && port.parse::<u16>().is_ok_and(|port| port > 0))
}
