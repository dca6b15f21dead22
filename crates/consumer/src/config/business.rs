//! `[business_types.X]`: what differs from the built-in tables.

use std::collections::BTreeMap;

use domain::{BizType, Mode, OrderStatus, Overrides, Rulebook};
use toml::Value;

use super::error::ConfigError;
use super::section::{Given, Section};

pub(super) const KEYS: &[&str] = &["mode", "never_collapse", "extra_statuses", "required"];

/// `root` is the whole file.
pub(super) fn read(root: &Section<'_>) -> Result<Rulebook, ConfigError> {
    let names = BizType::ALL.map(BizType::name);
    let mut overrides = BTreeMap::new();
    if let Some(types) = root.section("business_types", &names)? {
        for biz_type in BizType::ALL {
            if let Some(section) = types.section(biz_type.name(), KEYS)? {
                overrides.insert(biz_type, one(&section)?);
            }
        }
    }
    Rulebook::with(&overrides).map_err(|error| {
        // Its text begins with the key.
        let text = error.to_string();
        let (key, problem) = text.split_once(": ").unwrap_or(("business_types", &text));
        ConfigError::new(key, problem)
    })
}

fn one(section: &Section<'_>) -> Result<Overrides, ConfigError> {
    let mode = section.choice("mode", &[("observe", Mode::Observe), ("strict", Mode::Strict)])?.unwrap_or(Mode::Observe);
    let never_collapse = section.texts("never_collapse")?.map(|texts| statuses(section, "never_collapse", texts)).transpose()?;
    let extra_statuses = statuses(section, "extra_statuses", section.texts("extra_statuses")?.unwrap_or_default())?;
    Ok(Overrides { mode, never_collapse, extra_statuses, required: required(section)? })
}

fn statuses(section: &Section<'_>, key: &str, texts: Vec<String>) -> Result<Vec<OrderStatus>, ConfigError> {
    texts.iter().map(|text| status(section, key, text)).collect()
}

fn status(section: &Section<'_>, key: &str, text: &str) -> Result<OrderStatus, ConfigError> {
    OrderStatus::parse(text).map_err(|_| section.error(key, format!("{text:?} is no order status: 1 to 32 characters")))
}

fn required(section: &Section<'_>) -> Result<Vec<(OrderStatus, Vec<String>)>, ConfigError> {
    let wrong = || section.error("required", "expected a table of lists, such as { TICKETED = [\"extInfo.start_time\"] }");
    let table = match section.given("required") {
        None => return Ok(Vec::new()),
        Some(Given::File(Value::Table(table))) => table,
        Some(Given::Env(_)) => return Err(section.error("required", "is a table; it can only be set in the file")),
        Some(Given::File(_)) => return Err(wrong()),
    };
    let mut required = Vec::new();
    for (name, paths) in table {
        let key = format!("required.{name}");
        let Value::Array(paths) = paths else { return Err(wrong()) };
        let text = |path: &Value| path.as_str().filter(|path| !path.is_empty()).map(str::to_owned);
        let paths: Option<Vec<String>> = paths.iter().map(text).collect();
        let paths = paths.ok_or_else(|| section.error(&key, "expected a list of dotted paths, such as [\"extInfo.start_time\"]"))?;
        required.push((status(section, &key, &name)?, paths));
    }
    Ok(required)
}
