//! Fields that are JSON: taken as a whole, or built from dotted targets.

use std::collections::BTreeMap;

use domain::Field;
use toml::Value;

use super::{Given, amount_unit, text};
use crate::config::error::ConfigError;
use crate::config::mapping::paths::Paths;
use crate::config::mapping::source::{Origin, Source, Unit};
use crate::mapping::rule::{Node, Object, Opaque, Text, Want};

/// AlipayHK's JSON ends at 32 levels.
const DEPTH: usize = 30;

/// Dotted targets below one field.
#[derive(Debug, Default)]
pub(in crate::config::mapping) struct Tree(BTreeMap<String, Branch>);

#[derive(Debug)]
enum Branch {
    Leaf(Box<Source>),
    Tree(Tree),
}

impl Tree {
    pub(super) fn add(&mut self, rest: &str, source: Source) -> Result<(), ConfigError> {
        let key = source.key.clone();
        let parts: Vec<&str> = rest.split('.').collect();
        if parts.len() > DEPTH || parts.iter().any(|part| part.trim().is_empty()) {
            return Err(ConfigError::new(key, "has an empty part, or more than 30 of them"));
        }
        self.insert(&parts, source).map_err(|()| ConfigError::new(key, "is also given as a whole, or member by member; keep one way"))
    }

    fn insert(&mut self, parts: &[&str], source: Source) -> Result<(), ()> {
        let Some((first, rest)) = parts.split_first() else { return Err(()) };
        if rest.is_empty() {
            return match self.0.contains_key(*first) {
                true => Err(()),
                false => {
                    self.0.insert((*first).to_owned(), Branch::Leaf(Box::new(source)));
                    Ok(())
                }
            };
        }
        match self.0.entry((*first).to_owned()).or_insert_with(|| Branch::Tree(Self::default())) {
            Branch::Tree(tree) => tree.insert(rest, source),
            Branch::Leaf(_) => Err(()),
        }
    }

    /// Takes a direct member out.
    pub(super) fn take(&mut self, name: &str) -> Option<Source> {
        match self.0.remove(name)? {
            Branch::Leaf(source) => Some(*source),
            branch @ Branch::Tree(_) => {
                self.0.insert(name.to_owned(), branch);
                None
            }
        }
    }

    /// The key of some target below.
    pub(super) fn any_key(&self) -> Option<String> {
        self.0.values().find_map(|branch| match branch {
            Branch::Leaf(source) => Some(source.key.clone()),
            Branch::Tree(tree) => tree.any_key(),
        })
    }

    pub(super) fn first_key(&self) -> String {
        self.any_key().unwrap_or_default()
    }
}

pub(super) fn read(field: Field, given: Given, paths: &mut Paths) -> Result<Opaque, ConfigError> {
    let source = match given {
        Given::Members(tree) if field == Field::ItemOrderList => {
            return Err(ConfigError::new(
                tree.first_key(),
                "itemOrderList is an array, which is taken as a whole: itemOrderList = \"items\"",
            ));
        }
        Given::Members(tree) => return object(tree, paths).map(Opaque::Object),
        Given::Whole(source) => source,
    };
    match &source.from {
        Origin::Constant(Value::String(json)) if serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok() => {
            Ok(Opaque::Constant(json.as_str().into()))
        }
        Origin::Constant(Value::String(_)) => Err(ConfigError::new(source.key_of("constant"), "is no JSON")),
        Origin::Constant(constant) => Ok(Opaque::Constant(json(&source, constant)?)),
        Origin::Path(path) => {
            source.nothing_but(&[], "JSON")?;
            paths.take(&source.key, &source.target, path, Want::Whole, true).map(Opaque::Whole)
        }
    }
}

fn object(tree: Tree, paths: &mut Paths) -> Result<Object, ConfigError> {
    // The value of an amount needs the currency beside it.
    let currency = match tree.0.get("currency") {
        Some(Branch::Leaf(source)) => Some(source.key.clone()),
        Some(Branch::Tree(_)) | None => None,
    };
    let mut beside = None;
    let mut members = Vec::with_capacity(tree.0.len());
    for (name, branch) in tree.0 {
        let node = match branch {
            Branch::Tree(tree) => Node::Object(object(tree, paths)?),
            // In the order of names a currency comes before its value.
            Branch::Leaf(source) if name == "currency" && matches!(source.from, Origin::Constant(Value::String(_))) => {
                let constant = text(Field::ExtInfo, *source, paths, true)?;
                let node = match &constant {
                    Text::Constant(code) => Node::Constant(serde_json::Value::from(&**code).to_string().into()),
                    Text::From(lookup) => Node::Text(lookup.clone()),
                };
                beside = Some(constant);
                node
            }
            Branch::Leaf(source) => leaf(*source, beside.as_ref(), currency.as_deref(), paths)?,
        };
        if let (Node::Plain(from), "currency") = (&node, name.as_str()) {
            beside = Some(Text::From(crate::mapping::rule::Lookup { from: from.clone(), values: None, uuid_simple: false }));
        } else if let (Node::Text(lookup), "currency") = (&node, name.as_str()) {
            beside = Some(Text::From(lookup.clone()));
        }
        members.push((name.into(), node));
    }
    Ok(Object { members })
}

fn leaf(source: Source, beside: Option<&Text>, currency: Option<&str>, paths: &mut Paths) -> Result<Node, ConfigError> {
    let path = match &source.from {
        Origin::Constant(constant) => return Ok(Node::Constant(json(&source, constant)?)),
        Origin::Path(path) => path.clone(),
    };
    if let Some(Unit::Amount(_)) = source.unit() {
        source.nothing_but(&["amount"], "an amount")?;
        let front = source.target.rsplit_once('.').map_or("", |(front, _)| front);
        let (Some(text), Some(_), true) = (beside, currency, source.target.ends_with(".value")) else {
            return Err(ConfigError::new(
                source.key_of("unit"),
                format!("is a unit of amounts, which are two targets: \"{front}.value\" and \"{front}.currency\""),
            ));
        };
        let unit = amount_unit(&source, text)?;
        let from = paths.take(&source.key, &source.target, &path, Want::Amount, true)?;
        return Ok(Node::Amount(from, unit, text.clone()));
    }
    if source.is_time() {
        return source.moment(&path, paths, true).map(Node::Time);
    }
    if source.is_text() {
        return source.lookup(&path, paths, true).map(Node::Text);
    }
    paths.take(&source.key, &source.target, &path, Want::Any, true).map(Node::Plain)
}

/// A constant as JSON.
fn json(source: &Source, constant: &Value) -> Result<Box<str>, ConfigError> {
    let wrong = || ConfigError::new(source.key_of("constant"), "holds a date or a number that JSON does not have");
    of(constant).map(|json| json.to_string().into()).ok_or_else(wrong)
}

fn of(value: &Value) -> Option<serde_json::Value> {
    Some(match value {
        Value::String(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => serde_json::Number::from_f64(*number)?.into(),
        Value::Boolean(yes) => (*yes).into(),
        Value::Array(items) => items.iter().map(of).collect::<Option<Vec<_>>>()?.into(),
        Value::Table(table) => {
            let member = |(name, value): (&String, &Value)| Some((name.clone(), of(value)?));
            serde_json::Value::Object(table.iter().map(member).collect::<Option<serde_json::Map<_, _>>>()?)
        }
        Value::Datetime(_) => return None,
    })
}
