use std::collections::BTreeMap;
use std::fmt;

use toml::Value;

use super::{denied, names};
use crate::config::error::ConfigError;
use crate::config::files;
use crate::config::section::{Section, nearest};

/// librdkafka properties by name. Secrets print as `[redacted]`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties(BTreeMap<String, String>);

/// The full key of a property, as the file spells it.
pub(super) fn key(name: &str) -> String {
    format!("kafka.properties.\"{name}\"")
}

impl Properties {
    /// A property's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, secrets as `[redacted]`.
    pub fn shown(&self) -> impl Iterator<Item = (&str, &str)> {
        let shown = |name: &str, value| if names::SECRET.contains(&name) { "[redacted]" } else { value };
        self.0.iter().map(move |(name, value)| (name.as_str(), shown(name, value)))
    }

    /// How the brokers get to know us, where they ask.
    pub fn mechanism(&self) -> Option<&str> {
        ["sasl.mechanism", "sasl.mechanisms"].into_iter().find_map(|name| self.get(name))
    }

    /// Names and values for librdkafka, as they are.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let ours = |name: &str| !names::OAUTH.contains(&name);
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(move |(name, _)| ours(name))
    }

    /// The secrets among the values.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        names::SECRET.iter().filter_map(|name| self.get(name))
    }

    /// `[kafka.properties]` with the environment over it, secrets fetched from their files, nothing denied.
    pub(super) fn read(kafka: &Section<'_>) -> Result<Self, ConfigError> {
        let mut given = BTreeMap::new();
        for (name, value) in kafka.open_ended("properties")? {
            flatten(name, value, &mut given)?;
        }
        for (tail, value, variable) in kafka.env_below("properties") {
            let (stem, suffix) = tail.strip_suffix("_file").map_or((tail.as_str(), ""), |stem| (stem, "_file"));
            let Some(name) = names::from_env(stem) else {
                return Err(ConfigError::new(
                    variable,
                    format!("{tail:?} with its `_` as dots is no librdkafka property{}", meant(&tail.replace('_', "."))),
                ));
            };
            let name = format!("{name}{suffix}");
            let shown = format!("{} ({variable})", key(&name));
            // A secret from the environment replaces its file, and the other way round.
            given.remove(&name);
            given.remove(&twin(&name));
            given.insert(name, (value, shown));
        }
        let mut properties = BTreeMap::new();
        for (name, (value, key)) in &given {
            let wrong = |problem: String| ConfigError::new(key.as_str(), problem);
            if let Some(secret) = name.strip_suffix("_file") {
                if !names::SECRET.contains(&secret) {
                    return Err(wrong(format!("has no file form; only secrets do: {}", names::SECRET.join(", "))));
                }
                if given.contains_key(secret) {
                    return Err(wrong(format!("is set beside \"{secret}\"; keep one of them")));
                }
                let secret_text = kafka.secret_file(&format!("properties.\"{name}\""), &kafka.folder().join(value));
                let secret_text = secret_text.map_err(|error| wrong(error.problem().to_owned()))?;
                properties.insert(secret.to_owned(), secret_text.expose().to_owned());
                continue;
            }
            if let Some(reason) = denied::reason(name, value) {
                return Err(wrong(reason));
            }
            let value = if names::PATHS.contains(&name.as_str()) && value != "probe" {
                let path = kafka.folder().join(value);
                if name == "ssl.key.location" {
                    files::private_key(&path).map_err(wrong)?;
                }
                path.to_string_lossy().into_owned()
            } else {
                value.clone()
            };
            properties.insert(name.clone(), value);
        }
        Ok(Self(properties))
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.shown()).finish()
    }
}

/// The end of an error about an unknown property.
pub(super) fn meant(name: &str) -> String {
    nearest(name, &names::all()).map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default()
}

fn twin(name: &str) -> String {
    name.strip_suffix("_file").map_or_else(|| format!("{name}_file"), str::to_owned)
}

/// Takes one value over. A name without quotes is a table of tables to TOML: its parts are put together again.
fn flatten(name: String, value: Value, given: &mut BTreeMap<String, (String, String)>) -> Result<(), ConfigError> {
    let text = match value {
        Value::String(text) => text,
        Value::Integer(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Table(table) => return table.into_iter().try_for_each(|(part, value)| flatten(format!("{name}.{part}"), value, given)),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) => {
            return Err(ConfigError::new(key(&name), "is neither text, a whole number nor true or false"));
        }
    };
    let shown = key(&name);
    match given.insert(name, (text, shown.clone())) {
        None => Ok(()),
        Some(_) => Err(ConfigError::new(shown, "is set twice, with and without quotes")),
    }
}
