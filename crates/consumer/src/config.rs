//! The configuration: one TOML file with the environment over it, read once into values that cannot be wrong.
//!
//! Every mistake is one [`ConfigError`] that names the key. Keys are parsed, files are read and librdkafka is asked about its
//! properties before anything is connected.

mod address;
mod admin;
mod alipayhk;
mod business;
mod delivery;
mod env;
mod error;
mod files;
mod kafka;
mod mapping;
mod schema;
mod secret;
mod section;
mod summary;
mod telemetry;
mod timing;
mod units;
mod written;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::Rulebook;

pub use admin::{Admin, Asking, Tls};
pub use alipayhk::{Alipayhk, KeyFact, KeyFacts};
pub use delivery::{Delivery, Quota, Retry};
pub use error::ConfigError;
pub(crate) use files::key as key_file;
pub use kafka::{Kafka, Oauth, Properties, Start, Topics};
pub use mapping::{mappings, plain as plain_json};
pub use schema::{Credentials, Framing, Registry, Schema};
pub use secret::Secret;
pub use telemetry::{OtlpProtocol, RecordContext, Telemetry};

pub use crate::mapping::Mappings;
pub(crate) use units::duration as parse_duration;
pub(crate) use written::Written;

use section::{Section, Source};

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// What is read.
    pub kafka: Kafka,
    /// How it is read.
    pub schema: Schema,
    /// How records of another shape become orders.
    pub mappings: Mappings,
    /// Where it goes.
    pub alipayhk: Alipayhk,
    /// How fast.
    pub quota: Quota,
    /// How stubbornly.
    pub retry: Retry,
    /// How records become calls and commits.
    pub delivery: Delivery,
    /// The nine business types.
    pub rulebook: Arc<Rulebook>,
    /// Where goes what cannot be sent.
    pub dead_letter: DeadLetter,
    /// Where goes what became of it; `None`: nowhere.
    pub outcomes: Option<Outcomes>,
    /// Where the process shows itself.
    pub admin: Admin,
    /// Where logs, traces and metrics go.
    pub telemetry: Telemetry,
    /// What is legal and still unwise, each naming its key.
    pub warnings: Vec<String>,
    /// What stood in the file, to tell later what has changed in it.
    pub(crate) written: Written,
}

/// `[dead_letter]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The topic.
    pub topic: String,
}

/// `[outcomes]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes {
    /// The topic.
    pub topic: String,
}

const KEYS: &[&str] = &[
    "kafka",
    "schema",
    "mapping",
    "alipayhk",
    "quota",
    "retry",
    "delivery",
    "business_types",
    "dead_letter",
    "outcomes",
    "admin",
    "telemetry",
];

impl Config {
    /// Reads the file and what stands over it in the environment. Relative paths start at the folder of the file.
    ///
    /// # Errors
    /// [`ConfigError`], one line, naming the key or the file.
    pub fn load(path: &Path, env: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let text = files::text(path).map_err(|problem| ConfigError::new("--config", problem))?;
        let folder = folder_of(path).map_err(|error| ConfigError::new("--config", error))?;
        let table = text.parse().map_err(|error| syntax(path, &text, &error))?;
        let written = Written::of(&table, &folder);
        let source = Source { env: env::Overrides::collect(env)?.into(), folder, warnings: Vec::new().into() };
        let config = Self::read(&source, table)?;
        source.env.borrow().finish()?;
        Ok(Self { warnings: source.warnings.into_inner(), written, ..config })
    }

    /// The configuration of a shadow: a group of its own, and no outcomes.
    #[must_use]
    pub fn into_shadow(mut self) -> Self {
        self.kafka.group_id.push_str(".shadow");
        self.outcomes = None;
        let environment = self.alipayhk.environment.take();
        self.alipayhk.environment = Some(environment.map_or_else(|| "shadow".to_owned(), |environment| format!("{environment} (shadow)")));
        self
    }

    /// The engine's part of it.
    pub fn engine(&self, cluster_id: Arc<str>) -> engine::Config {
        engine::Config {
            requests_per_second: self.quota.requests_per_second,
            reserve_per_second: self.quota.reserve_per_second,
            max_in_flight: self.quota.max_in_flight,
            retry_initial: self.retry.initial,
            retry_max: self.retry.max,
            timeout: self.alipayhk.timeout,
            late_apply: self.delivery.late_apply,
            session_timeout: self.kafka.session_timeout,
            heartbeat: self.kafka.heartbeat,
            static_member: self.kafka.instance_id.is_some(),
            max_open_records: self.delivery.max_open_records,
            max_open_bytes: self.delivery.max_open_bytes,
            remembered_orders: self.delivery.remembered_orders,
            stall_after: self.delivery.stall_after,
            on_undecided: self.delivery.on_undecided,
            unsupported_business: self.delivery.unsupported_business,
            outcomes: self.outcomes.is_some(),
            rulebook: Arc::clone(&self.rulebook),
            cluster_id,
        }
    }

    fn read(source: &Source, table: toml::Table) -> Result<Self, ConfigError> {
        let root = Section::root(source, table, KEYS)?;
        let kafka = Kafka::read(&root.section_or_empty("kafka", kafka::KEYS)?)?;
        let dead_letter = root.section_or_empty("dead_letter", &["topic"])?;
        let dead_letter = DeadLetter { topic: output_topic(&dead_letter, &kafka.topics)? };
        let outcomes = match root.section("outcomes", &["topic"])? {
            None => None,
            Some(section) => {
                let topic = output_topic(&section, &kafka.topics)?;
                if topic == dead_letter.topic {
                    return Err(section.error("topic", format!("{topic:?} is also dead_letter.topic; they must differ")));
                }
                Some(Outcomes { topic })
            }
        };
        let mut config = Self {
            schema: Schema::read(&root.section_or_empty("schema", schema::KEYS)?)?,
            mappings: mapping::read(&root)?,
            alipayhk: Alipayhk::read(&root.section_or_empty("alipayhk", alipayhk::KEYS)?)?,
            quota: Quota::read(&root.section_or_empty("quota", delivery::QUOTA_KEYS)?)?,
            retry: Retry::read(&root.section_or_empty("retry", delivery::RETRY_KEYS)?)?,
            delivery: Delivery::read(&root.section_or_empty("delivery", delivery::KEYS)?, kafka.session_timeout)?,
            rulebook: Arc::new(business::read(&root)?),
            admin: Admin::read(&root.section_or_empty("admin", admin::KEYS)?)?,
            telemetry: Telemetry::read(&root.section_or_empty("telemetry", telemetry::KEYS)?)?,
            warnings: Vec::new(),
            written: Written::default(),
            kafka,
            dead_letter,
            outcomes,
        };
        timing::check(&config.kafka, &config.alipayhk, &config.delivery)?;
        let warn = &mut source.warnings.borrow_mut();
        mapping::check(&config.mappings, config.schema.framing, &config.kafka.topics, &config.rulebook, warn)?;
        if config.schema.framing == Framing::Json && config.mappings.is_empty() {
            config.mappings = mapping::plain()?;
        }
        Ok(config)
    }
}

/// The environment's variables that are text; others cannot be ours.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The folder that a file named on the command line is in, absolute.
fn folder_of(path: &Path) -> std::io::Result<PathBuf> {
    // The parent of a bare file name is the empty path.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::path::absolute(folder)
}

/// A topic that is written to: never one that is read.
fn output_topic(section: &Section<'_>, sources: &Topics) -> Result<String, ConfigError> {
    let topic = kafka::topic(section, "topic", section.required("topic", "the name of a topic of its own")?)?;
    if sources.contains(&topic) {
        return Err(section.error("topic", format!("{topic:?} is also read, by {}; it would feed itself", sources.key())));
    }
    Ok(topic)
}

/// One line with line and column, both from 1.
fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    // Of what stands there only the name of a key is repeated; anything else may be a secret.
    let key = error.span().and_then(|span| text.get(span)).filter(|_| error.message() == "duplicate key").unwrap_or_default();
    ConfigError::new(format!("{}:{line}:{column}", path.display()), format!("{} {key}", error.message()))
}

#[cfg(test)]
mod tests;
