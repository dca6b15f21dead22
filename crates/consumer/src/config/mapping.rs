//! `[[mapping]]`: topics of another shape than `order_event.avsc`.
//!
//! Everything that does not need a writer's schema is checked here: names, units, constants, value maps, and that an order can come out at all.

mod fields;
mod paths;
mod source;
mod when;

use domain::{BizType, Field, OrderStatus, Rulebook};

use super::error::ConfigError;
use super::kafka::Topics;
use super::schema::Framing;
use super::section::{Section, Source};
use crate::mapping::Mappings;
use crate::mapping::rule::{Mapping, Text};
use paths::Paths;

pub(super) const KEYS: &[&str] = &["topics", "record", "when", "fields"];

/// A record of plain JSON without a mapping: every field under its own name.
const PLAIN: &str = r#"[[mapping]]
[mapping.fields]
merchantBizNo = "merchantBizNo"
merchantBizType = "merchantBizType"
orderStatus = "orderStatus"
userId = "userId"
openId = "openId"
orderCreateTime = "orderCreateTime"
orderModifyTime = "orderModifyTime"
merchantAccountId = "merchantAccountId"
merchantId = "merchantId"
tinyAppId = "tinyAppId"
tradeNo = "tradeNo"
amount = "amount"
payAmount = "payAmount"
discountAmount = "discountAmount"
actualAmount = "actualAmount"
shopInfo = "shopInfo"
itemOrderList = "itemOrderList"
extInfo = "extInfo"
"#;

/// The mappings of a text, as in the file.
///
/// # Errors
/// [`ConfigError`], one line, naming the key.
pub fn mappings(text: &str) -> Result<Mappings, ConfigError> {
    let table = text.parse().map_err(|error: toml::de::Error| ConfigError::new("mapping", error.message()))?;
    let source = Source { env: super::env::Overrides::default().into(), folder: ".".into(), warnings: Vec::new().into() };
    read(&Section::root(&source, table, &["mapping"])?)
}

/// The mapping of plain JSON when there is none: every field under its own name.
///
/// # Errors
/// None: it is ours.
pub fn plain() -> Result<Mappings, ConfigError> {
    mappings(PLAIN)
}

/// `root` is the whole file.
pub(super) fn read(root: &Section<'_>) -> Result<Mappings, ConfigError> {
    let mappings: Result<Vec<_>, _> = root.sections("mapping", KEYS)?.iter().map(one).collect();
    Ok(Mappings::new(mappings?))
}

/// What can only be said with the rest of the configuration at hand.
pub(super) fn check(
    mappings: &Mappings,
    framing: Framing,
    topics: &Topics,
    rulebook: &Rulebook,
    warn: &mut Vec<String>,
) -> Result<(), ConfigError> {
    let mut before: Vec<&Mapping> = Vec::new();
    for mapping in mappings.iter() {
        let key = &mapping.key;
        if framing == Framing::Json && mapping.record.is_some() {
            return Err(ConfigError::new(
                format!("{key}.record"),
                "is of no use: schema.framing is \"json\", and JSON has no record names",
            ));
        }
        for topic in mapping.topics.iter().flatten().filter(|topic| !topics.contains(topic)) {
            warn.push(format!("{key}.topics: {topic:?} is not read: it is none of {}", topics.key()));
        }
        if let Some(first) = before.iter().find(|first| covers(first, mapping)) {
            warn.push(format!("{key}: is never reached: {} comes first and takes the same records", first.key));
        }
        warn.extend(fields::gaps(mapping));
        warn.extend(strange_statuses(mapping, rulebook));
        before.push(mapping);
    }
    Ok(())
}

fn one(section: &Section<'_>) -> Result<Mapping, ConfigError> {
    let key = section.own_path();
    let topics = section.texts("topics")?;
    if topics.as_ref().is_some_and(Vec::is_empty) {
        return Err(section.error("topics", "names no topic; leave it away to take every topic"));
    }
    let record = section.text("record")?;
    if record.as_deref().is_some_and(|name| !is_full_name(name)) {
        return Err(section.error("record", "is no full name of a record, such as \"com.shop.OrderChanged\""));
    }
    let mut mapping = Mapping {
        key: key.into(),
        topics,
        record,
        paths: Vec::new(),
        when: Vec::new(),
        texts: Vec::new(),
        times: Vec::new(),
        amounts: Vec::new(),
        opaque: Vec::new(),
        demands: Vec::new(),
    };
    let mut paths = Paths::default();
    mapping.when = when::read(section, &mut paths)?;
    fields::read(section, &mut paths, &mut mapping)?;
    (mapping.paths, mapping.demands) = paths.finish();
    Ok(mapping)
}

fn is_full_name(name: &str) -> bool {
    let first = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    name.split('.').all(|part| first(part) && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// Whether nothing is left for `other` behind this one.
fn covers(first: &Mapping, other: &Mapping) -> bool {
    let topics = match (&first.topics, &other.topics) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(first), Some(other)) => other.iter().all(|topic| first.contains(topic)),
    };
    topics && (first.record.is_none() || first.record == other.record)
}

/// Statuses that a mapping makes and its business type does not know: a word that was mistyped, mostly.
fn strange_statuses(mapping: &Mapping, rulebook: &Rulebook) -> Vec<String> {
    let text = |field: Field| mapping.texts.iter().find(|(own, _)| *own == field).map(|(_, text)| text);
    let Some(Text::Constant(biz_type)) = text(Field::MerchantBizType) else { return Vec::new() };
    let Some(rules) = BizType::parse(biz_type).map(|biz_type| rulebook.of(biz_type)) else { return Vec::new() };
    let made: Vec<&str> = match text(Field::OrderStatus) {
        Some(Text::Constant(status)) => vec![status],
        Some(Text::From(lookup)) => lookup.values.iter().flat_map(|values| values.table.values()).map(AsRef::as_ref).collect(),
        None => Vec::new(),
    };
    let mut unknown: Vec<&str> =
        made.into_iter().filter(|status| !OrderStatus::parse(status).is_ok_and(|status| rules.knows(&status))).collect();
    unknown.sort_unstable();
    unknown.dedup();
    let line = |status| format!("{}.fields.orderStatus: {status:?} is no status of {biz_type}", mapping.key);
    unknown.into_iter().map(line).collect()
}
