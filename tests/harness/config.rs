//! The configuration file of a run, with times a test can wait for.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use crate::alipayhk::{Alipayhk, CLIENT_ID};
use crate::kafka::{Kafka, Topic};
use crate::keys::Keys;
use crate::registry::Registry;

/// A configuration; keys are named as in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config(Table);

impl Config {
    /// Bare Avro from these topics, dead letters to that one, and quick about everything: retries within half a second, sessions of six.
    pub fn new(kafka: &Kafka, topics: &[&Topic<'_>], group: &str, dead_letters: &Topic<'_>, alipayhk: &Alipayhk) -> Self {
        let names: Vec<&str> = topics.iter().map(|topic| topic.name()).collect();
        Self(Table::new())
            .set("kafka.bootstrap_servers", kafka.bootstrap())
            .set("kafka.topics", names)
            .set("kafka.group_id", group)
            .property("session.timeout.ms", "6000")
            .property("heartbeat.interval.ms", "500")
            .property("reconnect.backoff.max.ms", "500")
            .set("schema.framing", "bare")
            .set("schema.writer_schema_file", concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/order_event.avsc"))
            .set("alipayhk.base_url", alipayhk.base_url())
            .set("alipayhk.client_id", CLIENT_ID)
            .set("alipayhk.timeout", "2s")
            .set("alipayhk.connect_timeout", "1s")
            .set("alipayhk.signing.algorithm", "RSA256")
            .set("alipayhk.signing.private_key_file", "merchant.pem")
            .set("alipayhk.signing.key_version", 1)
            .set("alipayhk.verify_keys", vec![verify_key("alipayhk.pub.pem", 1)])
            .set("quota.requests_per_second", 1_000)
            .set("retry.initial", "50ms")
            .set("retry.max", "500ms")
            .set("delivery.drain", "3s")
            .set("dead_letter.topic", dead_letters.name())
    }

    /// An empty one, for tests of what is missing.
    pub fn empty() -> Self {
        Self(Table::new())
    }

    /// Sets a key, as `delivery.history`; missing tables are made.
    pub fn set(mut self, path: &str, value: impl Into<Value>) -> Self {
        let (tables, key) = path.rsplit_once('.').map_or(("", path), |(tables, key)| (tables, key));
        self.table(tables).insert(key.to_owned(), value.into());
        self
    }

    /// Sets one of librdkafka's settings.
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.table("kafka.properties").insert(key.to_owned(), value.into());
        self
    }

    /// Takes a key out.
    pub fn without(mut self, path: &str) -> Self {
        let (tables, key) = path.rsplit_once('.').map_or(("", path), |(tables, key)| (tables, key));
        self.table(tables).remove(key);
        self
    }

    /// Records in Confluent's framing, with schemas of this registry.
    pub fn registry(self, registry: &Registry) -> Self {
        self.without("schema.writer_schema_file").set("schema.framing", "confluent").set("schema.registry_url", registry.url())
    }

    /// What is set at a path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut names = path.split('.');
        let first = self.0.get(names.next()?)?;
        names.try_fold(first, |value, name| value.get(name))
    }

    /// As it stands in the file.
    pub fn text(&self) -> String {
        toml::to_string(&self.0).expect("a table of values")
    }

    /// Writes `order-sync.toml` into a folder, and the keys it names beside it.
    pub fn write(&self, folder: &Path) {
        Keys::rsa().write(folder);
        fs::write(folder.join("order-sync.toml"), self.text()).expect("the folder is ours");
    }

    fn table(&mut self, path: &str) -> &mut Table {
        path.split('.').filter(|name| !name.is_empty()).fold(&mut self.0, |table, name| {
            let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
            inner.as_table_mut().expect("a table and not a value")
        })
    }
}

/// One entry of `alipayhk.verify_keys`.
pub fn verify_key(file: &str, version: i64) -> Value {
    let mut key = Table::new();
    key.insert("public_key_file".to_owned(), file.into());
    key.insert("key_version".to_owned(), version.into());
    Value::Table(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_make_tables_and_properties_keep_their_dots() {
        let config =
            Config::empty().set("delivery.history", 5).set("alipayhk.signing.key_version", 2).property("session.timeout.ms", "6000");
        assert_eq!(config.get("delivery.history").and_then(Value::as_integer), Some(5));
        let read: Table = config.text().parse().unwrap();
        assert_eq!(read["kafka"]["properties"]["session.timeout.ms"].as_str(), Some("6000"));
        assert_eq!(read["alipayhk"]["signing"]["key_version"].as_integer(), Some(2));
        assert_eq!(config.without("delivery.history").get("delivery.history"), None);
    }
}
