//! One entry of `[mapping.fields]`: where a target comes from.

use std::collections::HashMap;

use toml::{Table, Value};

use super::paths::Paths;
use crate::config::error::ConfigError;
use crate::config::section::unknown_key;
use crate::mapping::rule::{AmountUnit, Lookup, Moment, Otherwise, TimeUnit, Values, Want};

const KEYS: &[&str] = &["path", "constant", "values", "otherwise", "unit", "plus", "as"];

/// What was written, not yet held against its target.
#[derive(Debug)]
pub(super) struct Source {
    /// `mapping[0].fields."amount.value"`.
    pub(super) key: String,
    /// `amount.value`.
    pub(super) target: String,
    pub(super) from: Origin,
    values: Option<Values>,
    unit: Option<Unit>,
    plus: Option<String>,
    uuid_simple: bool,
}

#[derive(Debug)]
pub(super) enum Origin {
    Constant(Value),
    Path(String),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    Time(TimeUnit),
    Amount(AmountUnit),
}

impl Source {
    pub(super) fn read(key: String, target: &str, value: &Value) -> Result<Self, ConfigError> {
        let plain = |key: String, from| Self { key, target: target.into(), from, values: None, unit: None, plus: None, uuid_simple: false };
        let table = match value {
            Value::String(path) => return Ok(plain(key, Origin::Path(path.clone()))),
            Value::Table(table) => table,
            _ => return Err(ConfigError::new(key, "is neither a path in quotes nor { path = \"…\" } or { constant = … }")),
        };
        known_keys(&key, target, table)?;
        let text = |name: &str| match table.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(ConfigError::new(format!("{key}.{name}"), "is no text in quotes")),
        };
        let from = match (text("path")?, table.get("constant")) {
            (Some(path), None) => Origin::Path(path),
            (None, Some(constant)) => match table.keys().find(|name| *name != "constant") {
                Some(other) => return Err(ConfigError::new(format!("{key}.{other}"), "is of no use beside a constant")),
                None => return Ok(plain(key, Origin::Constant(constant.clone()))),
            },
            (Some(_), Some(_)) => return Err(ConfigError::new(format!("{key}.constant"), "is set beside path; keep one of them")),
            (None, None) => return Err(ConfigError::new(key, "has neither a path nor a constant")),
        };
        let unit = match text("unit")? {
            None => None,
            Some(word) => Some(unit(&word).ok_or_else(|| {
                let expected = "expected \"ms\", \"s\", \"us\", \"ns\" or \"iso8601\" of a time, \"minor\" or \"major\" of an amount";
                ConfigError::new(format!("{key}.unit"), format!("is {word:?}; {expected}"))
            })?),
        };
        let uuid_simple = match text("as")?.as_deref() {
            None => false,
            Some("uuid_simple") => true,
            Some(word) => return Err(ConfigError::new(format!("{key}.as"), format!("is {word:?}; expected \"uuid_simple\""))),
        };
        let values = values(&key, table, text("otherwise")?.as_deref())?;
        let plus = text("plus")?;
        Ok(Self { key, target: target.into(), from, values, unit, plus, uuid_simple })
    }

    /// The key of one of its parts, or its own.
    pub(super) fn key_of(&self, name: &str) -> String {
        if name.is_empty() { self.key.clone() } else { format!("{}.{name}", self.key) }
    }

    pub(super) fn unit(&self) -> Option<Unit> {
        self.unit
    }

    /// Whether anything says that this becomes text.
    pub(super) fn is_text(&self) -> bool {
        self.values.is_some() || self.uuid_simple
    }

    /// Whether anything says that this becomes a moment.
    pub(super) fn is_time(&self) -> bool {
        self.plus.is_some() || matches!(self.unit, Some(Unit::Time(_)))
    }

    /// The outputs of its value map.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &str> {
        self.values.iter().flat_map(|values| values.table.values()).map(AsRef::as_ref)
    }

    /// As text out of the record.
    pub(super) fn lookup(self, path: &str, paths: &mut Paths, optional: bool) -> Result<Lookup, ConfigError> {
        self.nothing_but(&["values", "as"], "text")?;
        let from = paths.take(&self.key, &self.target, path, Want::Text, optional)?;
        Ok(Lookup { from, values: self.values, uuid_simple: self.uuid_simple })
    }

    /// As a moment out of the record.
    pub(super) fn moment(self, path: &str, paths: &mut Paths, optional: bool) -> Result<Moment, ConfigError> {
        self.nothing_but(&["time", "plus"], "a time")?;
        let from = paths.take(&self.key, &self.target, path, Want::Time, optional)?;
        let unit = match self.unit {
            Some(Unit::Time(unit)) => unit,
            Some(Unit::Amount(_)) | None => TimeUnit::Millis,
        };
        let plus = self.plus.as_deref().map(|plus| paths.take(&self.key_of("plus"), &self.target, plus, Want::Integer, true));
        Ok(Moment { from, unit, plus: plus.transpose()? })
    }

    /// Refuses what does not go with the kind of its target.
    pub(super) fn nothing_but(&self, allowed: &[&str], kind: &str) -> Result<(), ConfigError> {
        let unit = match self.unit {
            Some(Unit::Time(_)) => Some("time"),
            Some(Unit::Amount(_)) => Some("amount"),
            None => None,
        };
        let used = [
            (self.values.is_some(), "values", "values"),
            (self.uuid_simple, "as", "as"),
            (self.plus.is_some(), "plus", "plus"),
            (unit.is_some(), unit.unwrap_or_default(), "unit"),
        ];
        match used.into_iter().find(|(used, what, _)| *used && !allowed.contains(what)) {
            None => Ok(()),
            Some((_, what, name)) => {
                let problem = match what {
                    "amount" => format!("is a unit of amounts, and {} is {kind}", self.target),
                    "time" => format!("is a unit of times, and {} is {kind}", self.target),
                    _ => format!("is of no use: {} is {kind}", self.target),
                };
                Err(ConfigError::new(self.key_of(name), problem))
            }
        }
    }
}

fn known_keys(key: &str, target: &str, table: &Table) -> Result<(), ConfigError> {
    let Some(unknown) = table.keys().find(|name| !KEYS.contains(&name.as_str())) else { return Ok(()) };
    let dotted = format!("{target}.{unknown}");
    let problem = match super::fields::is_target(&dotted) {
        true => format!("a target with a dot is written in quotes: {dotted:?}"),
        false => unknown_key(unknown, KEYS),
    };
    Err(ConfigError::new(format!("{key}.{unknown}"), problem))
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "ms" => Unit::Time(TimeUnit::Millis),
        "s" => Unit::Time(TimeUnit::Seconds),
        "us" => Unit::Time(TimeUnit::Micros),
        "ns" => Unit::Time(TimeUnit::Nanos),
        "iso8601" => Unit::Time(TimeUnit::Iso8601),
        "minor" => Unit::Amount(AmountUnit::Minor),
        "major" => Unit::Amount(AmountUnit::Major),
        _ => return None,
    })
}

fn values(key: &str, table: &Table, otherwise: Option<&str>) -> Result<Option<Values>, ConfigError> {
    let Some(values) = table.get("values") else {
        return match otherwise {
            Some(_) => Err(ConfigError::new(format!("{key}.otherwise"), "is set without values")),
            None => Ok(None),
        };
    };
    let otherwise = match otherwise {
        None | Some("park") => Otherwise::Park,
        Some("skip") => Otherwise::Skip,
        Some("keep") => Otherwise::Keep,
        Some(word) => {
            return Err(ConfigError::new(format!("{key}.otherwise"), format!("is {word:?}; expected \"park\", \"skip\" or \"keep\"")));
        }
    };
    let wrong = || ConfigError::new(format!("{key}.values"), "is no table of texts, such as { PAID = \"TICKETED\" }");
    let pairs = values.as_table().filter(|values| !values.is_empty()).ok_or_else(wrong)?;
    let pair = |(from, to): (&String, &Value)| Some((from.as_str().into(), to.as_str()?.into()));
    let table: Option<HashMap<_, _>> = pairs.iter().map(pair).collect();
    Ok(Some(Values { table: table.ok_or_else(wrong)?, otherwise }))
}
