//! `when`: what has to hold for a record to be ours.

use toml::{Table, Value};

use super::paths::Paths;
use crate::config::error::ConfigError;
use crate::config::section::{Given, Section, unknown_key};
use crate::mapping::rule::{Condition, Test, Want};

const KEYS: &[&str] = &["path", "in", "not_in", "exists"];
const EXPECTED: &str = "expected a list of conditions, such as [{ path = \"channel\", in = [\"ALIPAYHK\"] }]";

pub(super) fn read(section: &Section<'_>, paths: &mut Paths) -> Result<Vec<Condition>, ConfigError> {
    let items = match section.given("when") {
        None => return Ok(Vec::new()),
        Some(Given::File(Value::Array(items))) => items,
        Some(Given::File(_) | Given::Env(_)) => return Err(section.error("when", EXPECTED)),
    };
    let condition = |(at, item): (usize, &Value)| match item {
        Value::Table(table) => one(&section.path_of(&format!("when[{at}]")), table, paths),
        _ => Err(section.error("when", EXPECTED)),
    };
    items.iter().enumerate().map(condition).collect()
}

fn one(key: &str, table: &Table, paths: &mut Paths) -> Result<Condition, ConfigError> {
    if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(ConfigError::new(format!("{key}.{unknown}"), unknown_key(unknown, KEYS)));
    }
    let Some(path) = table.get("path") else {
        return Err(ConfigError::new(format!("{key}.path"), "is missing; expected a path into the record"));
    };
    let Some(path) = path.as_str() else { return Err(ConfigError::new(format!("{key}.path"), "is no text in quotes")) };
    let tests: Vec<_> = ["in", "not_in", "exists"].into_iter().filter_map(|name| Some((name, table.get(name)?))).collect();
    let [(name, value)] = tests.as_slice() else {
        return Err(ConfigError::new(key, "needs one of in = [\"…\"], not_in = [\"…\"] and exists = true or false"));
    };
    let test = match (*name, value) {
        ("exists", Value::Boolean(wanted)) => Test::Exists(*wanted),
        ("exists", _) => return Err(ConfigError::new(format!("{key}.exists"), "is neither true nor false")),
        (name, value) => {
            let list =
                texts(value).ok_or_else(|| ConfigError::new(format!("{key}.{name}"), "is no list of texts; write [\"…\", \"…\"]"))?;
            if name == "in" { Test::In(list) } else { Test::NotIn(list) }
        }
    };
    let (want, optional) = match test {
        Test::Exists(_) => (Want::Any, true),
        Test::In(_) | Test::NotIn(_) => (Want::Text, false),
    };
    let from = paths.take(&format!("{key}.path"), "when", path, want, optional)?;
    Ok(Condition { from, test })
}

/// Texts; whole numbers and truth values by their text.
fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array().filter(|items| !items.is_empty())?;
    let text = |item: &Value| match item {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(yes) => Some(yes.to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    };
    items.iter().map(text).collect()
}
