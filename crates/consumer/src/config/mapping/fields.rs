//! `[mapping.fields]`: the targets, and what each of them takes.

mod opaque;

use std::collections::BTreeMap;

use domain::{BizType, Field, MinorUnits, OrderStatus};
use toml::Value;

use super::paths::Paths;
use super::source::{Origin, Source, Unit};
use crate::config::error::ConfigError;
use crate::config::section::{Section, unknown_key};
use crate::mapping::minor_digits;
use crate::mapping::rule::{Amount, AmountUnit, Digits, Mapping, Text, Time, Want};
use crate::schema::avro::{Kind, kind};

pub(super) use opaque::Tree;

/// Reads every target into the mapping.
pub(super) fn read(section: &Section<'_>, paths: &mut Paths, mapping: &mut Mapping) -> Result<(), ConfigError> {
    let given = section.open_ended("fields")?;
    let base = section.path_of("fields");
    let mut targets = Targets::default();
    for (target, value) in &given {
        let key = key_of(&base, target);
        let (name, rest) = target.split_once('.').map_or((target.as_str(), None), |(name, rest)| (name, Some(rest)));
        let Some(field) = Field::parse(name) else {
            return Err(ConfigError::new(key, unknown_key(name, &Field::ALL.map(Field::name))));
        };
        targets.add(field, rest, Source::read(key, target, value)?)?;
    }
    for field in Field::ALL {
        match targets.0.remove(&field) {
            Some(given) => one(field, given, &base, paths, mapping)?,
            None if is_identity(field) => return Err(missing(&base, field.name(), "no order is without it")),
            None => {}
        }
    }
    Ok(())
}

/// What AlipayHK wants of every order and the mapping takes from nowhere. It is a warning and no error: the mapping may be under way, and a
/// record that is parked is not lost.
pub(super) fn gaps(mapping: &Mapping) -> Vec<String> {
    let texts = |fields: &[Field]| mapping.texts.iter().any(|(own, _)| fields.contains(own));
    let created = mapping.times.iter().any(|(own, _)| *own == Field::OrderCreateTime);
    let gap = |target: &str, why: &str| {
        format!("{}.fields.{target}: is missing: {why}, so every record it takes is parked as invalid", mapping.key)
    };
    let mut gaps = Vec::new();
    if !texts(&[Field::UserId, Field::OpenId]) {
        gaps.push(gap("userId", "an order needs it or openId"));
    }
    if !created {
        gaps.push(gap("orderCreateTime", "no order is without it"));
    }
    gaps
}

/// Whether a text names a target.
pub(super) fn is_target(text: &str) -> bool {
    match text.split_once('.') {
        None => Field::parse(text).is_some(),
        Some((name, rest)) => match Field::parse(name).map(kind) {
            Some(Kind::Money) => matches!(rest, "value" | "currency"),
            Some(Kind::Text) => matches!(Field::parse(name), Some(Field::ShopInfo | Field::ExtInfo)),
            Some(Kind::Time) | None => false,
        },
    }
}

/// `mapping[0].fields."amount.value"`.
fn key_of(base: &str, target: &str) -> String {
    let bare = target.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if bare && !target.is_empty() { format!("{base}.{target}") } else { format!("{base}.{target:?}") }
}

/// The sources of each field: all of it, or its members.
#[derive(Debug, Default)]
struct Targets(BTreeMap<Field, Given>);

#[derive(Debug)]
enum Given {
    Whole(Source),
    Members(Tree),
}

impl Targets {
    fn add(&mut self, field: Field, rest: Option<&str>, source: Source) -> Result<(), ConfigError> {
        let key = source.key.clone();
        match (self.0.get_mut(&field), rest) {
            (None, None) => drop(self.0.insert(field, Given::Whole(source))),
            (None, Some(rest)) => {
                let mut tree = Tree::default();
                tree.add(rest, source)?;
                self.0.insert(field, Given::Members(tree));
            }
            (Some(Given::Members(tree)), Some(rest)) => tree.add(rest, source)?,
            (Some(Given::Members(_) | Given::Whole(_)), _) => {
                return Err(ConfigError::new(key, format!("{0} is given as a whole and member by member; keep one way", field.name())));
            }
        }
        Ok(())
    }
}

fn one(field: Field, given: Given, base: &str, paths: &mut Paths, mapping: &mut Mapping) -> Result<(), ConfigError> {
    let is_opaque = matches!(field, Field::ShopInfo | Field::ItemOrderList | Field::ExtInfo);
    match (kind(field), given) {
        (Kind::Text, given) if is_opaque => mapping.opaque.push((field, opaque::read(field, given, paths)?)),
        (Kind::Text, Given::Whole(source)) => mapping.texts.push((field, text(field, source, paths, !is_required(field))?)),
        (Kind::Time, Given::Whole(source)) => mapping.times.push((field, time(source, paths)?)),
        (Kind::Money, Given::Whole(source)) => mapping.amounts.push((field, whole_amount(source, paths)?)),
        (Kind::Money, Given::Members(tree)) => mapping.amounts.push((field, amount(field, tree, base, paths)?)),
        (Kind::Text | Kind::Time, Given::Members(tree)) => {
            return Err(ConfigError::new(tree.first_key(), format!("{} has no members", field.name())));
        }
    }
    Ok(())
}

fn text(field: Field, source: Source, paths: &mut Paths, optional: bool) -> Result<Text, ConfigError> {
    let check = |key: &str, text: &str| match field {
        Field::MerchantBizType if BizType::parse(text).is_none() => {
            Err(ConfigError::new(key, format!("{text:?} is none of {}", BizType::ALL.map(BizType::name).join(", "))))
        }
        Field::OrderStatus if OrderStatus::parse(text).is_err() => {
            Err(ConfigError::new(key, format!("{text:?} is no order status: 1 to 32 characters")))
        }
        _ if text.is_empty() => Err(ConfigError::new(key, "is empty")),
        _ => Ok(()),
    };
    match &source.from {
        Origin::Constant(Value::String(constant)) => {
            check(&source.key_of("constant"), constant)?;
            Ok(Text::Constant(constant.as_str().into()))
        }
        Origin::Constant(Value::Integer(number)) => Ok(Text::Constant(number.to_string().into())),
        Origin::Constant(_) => Err(ConfigError::new(source.key_of("constant"), "is no text in quotes")),
        Origin::Path(path) => {
            for output in source.outputs() {
                check(&source.key_of("values"), output)?;
            }
            let path = path.clone();
            source.lookup(&path, paths, optional).map(Text::From)
        }
    }
}

fn time(source: Source, paths: &mut Paths) -> Result<Time, ConfigError> {
    match &source.from {
        Origin::Constant(Value::Integer(millis)) => Ok(Time::Constant(*millis)),
        Origin::Constant(_) => Err(ConfigError::new(source.key_of("constant"), "is no number of epoch milliseconds")),
        Origin::Path(path) => {
            let path = path.clone();
            source.moment(&path, paths, false).map(Time::From)
        }
    }
}

/// `amount = "price"`: a record with a value in minor units and a currency.
fn whole_amount(source: Source, paths: &mut Paths) -> Result<Amount, ConfigError> {
    let Origin::Path(path) = &source.from else {
        return Err(ConfigError::new(
            source.key_of("constant"),
            format!("{0} is two targets: \"{0}.value\" and \"{0}.currency\"", source.target),
        ));
    };
    if source.unit().is_some() {
        return Err(ConfigError::new(source.key_of("unit"), format!("stands with \"{}.value\"", source.target)));
    }
    source.nothing_but(&[], "an amount")?;
    let member = |name: &str| format!("{path}.{name}");
    let target = |name: &str| format!("{}.{name}", source.target);
    let value = paths.take(&source.key, &target("value"), &member("value"), Want::Amount, true)?;
    let from = paths.take(&source.key, &target("currency"), &member("currency"), Want::Text, true)?;
    let currency = Text::From(crate::mapping::rule::Lookup { from, values: None, uuid_simple: false });
    Ok(Amount { value: Digits::From(value, AmountUnit::Minor), currency })
}

fn amount(field: Field, mut tree: Tree, base: &str, paths: &mut Paths) -> Result<Amount, ConfigError> {
    let value = tree.take("value");
    let currency = tree.take("currency");
    if let Some(key) = tree.any_key() {
        return Err(ConfigError::new(key, format!("an amount has \"{0}.value\" and \"{0}.currency\"", field.name())));
    }
    let value = value.ok_or_else(|| missing(base, &format!("{}.value", field.name()), "the currency needs it"))?;
    let source = currency.ok_or_else(|| missing(base, &format!("{}.currency", field.name()), "the value needs it"))?;
    let key = source.key_of(if matches!(source.from, Origin::Constant(_)) { "constant" } else { "" });
    let currency = text(field, source, paths, true)?;
    if let Text::Constant(code) = &currency
        && !(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        return Err(ConfigError::new(key, format!("{code:?} is no currency; expected three capital letters, such as \"HKD\"")));
    }
    let value = match &value.from {
        Origin::Constant(constant) => {
            let digits = match constant {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            MinorUnits::parse(&digits).map_err(|fault| ConfigError::new(value.key_of("constant"), fault))?;
            Digits::Constant(digits.into())
        }
        Origin::Path(path) => {
            value.nothing_but(&["amount"], "an amount")?;
            let unit = amount_unit(&value, &currency)?;
            Digits::From(paths.take(&value.key, &value.target, path, Want::Amount, true)?, unit)
        }
    };
    Ok(Amount { value, currency })
}

/// The unit of an amount; major ones need a currency that has a minor unit.
fn amount_unit(source: &Source, currency: &Text) -> Result<AmountUnit, ConfigError> {
    let unit = match source.unit() {
        Some(Unit::Amount(unit)) => unit,
        Some(Unit::Time(_)) | None => AmountUnit::Minor,
    };
    match currency {
        Text::Constant(code) if unit == AmountUnit::Major && minor_digits(code).is_none() => {
            Err(ConfigError::new(source.key_of("unit"), format!("ISO 4217 gives {code:?} no minor unit; use \"minor\"")))
        }
        Text::Constant(_) | Text::From(_) => Ok(unit),
    }
}

fn missing(base: &str, target: &str, why: &str) -> ConfigError {
    ConfigError::new(key_of(base, target), format!("is missing: {why}"))
}

/// Without these it is not even said which order changed, and how: nothing could be made of a record.
fn is_identity(field: Field) -> bool {
    matches!(field, Field::MerchantBizNo | Field::MerchantBizType | Field::OrderStatus | Field::OrderModifyTime)
}

fn is_required(field: Field) -> bool {
    is_identity(field) || field == Field::OrderCreateTime
}
