//! A schema that refers to others, made whole: each type that it names stands in its text, where it is named first.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// What defines a name.
const NAMED: [&str; 4] = ["record", "error", "enum", "fixed"];
/// Deeper than this no text of JSON is read, ours no more than one that came whole.
const DEEPEST: usize = 120;

pub(super) const NOT_JSON: &str = "it, or one that it refers to, is not JSON";
pub(super) const TOO_DEEP: &str = "with what it refers to it is nested too deeply";

/// The text of `schema` with the types of the others in it. No type stands in it twice, so that it is not longer than all of them.
pub(super) fn whole(schema: &str, others: &[String]) -> Result<String, &'static str> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| NOT_JSON);
    let schema = parse(schema)?;
    let others = others.iter().map(|other| parse(other)).collect::<Result<Vec<_>, _>>()?;
    let mut types = BTreeMap::new();
    for json in others.iter().chain([&schema]) {
        collect(json, "", &mut types);
    }
    let mut whole = Whole { types, written: BTreeSet::new() };
    Ok(whole.schema(&schema, "", 0)?.to_string())
}

/// Notes every definition by its full name.
fn collect<'s>(json: &'s Value, namespace: &str, types: &mut BTreeMap<String, &'s Map<String, Value>>) {
    match json {
        Value::Array(branches) => branches.iter().for_each(|branch| collect(branch, namespace, types)),
        Value::Object(schema) => {
            let name = full_name(schema, namespace);
            if let Some(name) = &name {
                types.entry(name.clone()).or_insert(schema);
            }
            let namespace = name.as_deref().map_or(namespace, namespace_of);
            for inner in ["type", "items", "values"].iter().filter_map(|member| schema.get(*member)) {
                collect(inner, namespace, types);
            }
            let fields = schema.get("fields").and_then(Value::as_array);
            for field in fields.into_iter().flatten().filter_map(|field| field.get("type")) {
                collect(field, namespace, types);
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

struct Whole<'s> {
    types: BTreeMap<String, &'s Map<String, Value>>,
    written: BTreeSet<String>,
}

impl Whole<'_> {
    fn schema(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<Value, &'static str> {
        if depth > DEEPEST {
            return Err(TOO_DEEP);
        }
        match json {
            Value::String(name) => match self.known(name, namespace) {
                Some(name) => self.named(name, namespace, depth),
                None => Ok(json.clone()),
            },
            Value::Array(branches) => branches.iter().map(|branch| self.schema(branch, namespace, depth + 1)).collect(),
            Value::Object(schema) => match full_name(schema, namespace) {
                Some(name) => self.named(name, namespace, depth),
                None => Ok(Value::Object(self.members(schema, namespace, depth)?)),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(json.clone()),
        }
    }

    /// The definition, where it is the first time; its name from then on.
    fn named(&mut self, name: String, namespace: &str, depth: usize) -> Result<Value, &'static str> {
        let own = namespace_of(&name).to_owned();
        match self.types.get(&name).copied() {
            Some(schema) if self.written.insert(name.clone()) => {
                let mut members = self.members(schema, &own, depth)?;
                members.insert("name".to_owned(), name.rsplit('.').next().unwrap_or_default().into());
                members.insert("namespace".to_owned(), own.into());
                Ok(Value::Object(members))
            }
            // The dot says that it is in no namespace.
            Some(_) | None if own.is_empty() && !namespace.is_empty() => Ok(Value::String(format!(".{name}"))),
            Some(_) | None => Ok(Value::String(name)),
        }
    }

    fn members(&mut self, schema: &Map<String, Value>, namespace: &str, depth: usize) -> Result<Map<String, Value>, &'static str> {
        let mut members = Map::new();
        for (member, value) in schema {
            let value = match (member.as_str(), value) {
                ("type", Value::String(kind)) if NAMED.contains(&kind.as_str()) => value.clone(),
                ("type" | "items" | "values", _) => self.schema(value, namespace, depth + 1)?,
                ("fields", Value::Array(fields)) => {
                    fields.iter().map(|field| self.field(field, namespace, depth + 2)).collect::<Result<_, _>>()?
                }
                _ => value.clone(),
            };
            members.insert(member.clone(), value);
        }
        Ok(members)
    }

    fn field(&mut self, field: &Value, namespace: &str, depth: usize) -> Result<Value, &'static str> {
        let mut field = field.clone();
        if let Some(of) = field.get_mut("type") {
            *of = self.schema(of, namespace, depth + 1)?;
        }
        Ok(field)
    }

    /// The full name of a type that is defined somewhere: in the namespace around it, or in none, as Avro for Java reads it.
    fn known(&self, name: &str, namespace: &str) -> Option<String> {
        [qualified(name, namespace), name.to_owned()].into_iter().find(|name| self.types.contains_key(name))
    }
}

/// The full name of what a schema defines, if it defines one.
fn full_name(schema: &Map<String, Value>, namespace: &str) -> Option<String> {
    let text = |member: &str| schema.get(member).and_then(Value::as_str);
    text("type").filter(|kind| NAMED.contains(kind))?;
    Some(qualified(text("name")?, text("namespace").unwrap_or(namespace)))
}

fn qualified(name: &str, namespace: &str) -> String {
    match name.strip_prefix('.') {
        Some(name) => name.to_owned(),
        None if name.contains('.') || namespace.is_empty() => name.to_owned(),
        None => format!("{namespace}.{name}"),
    }
}

fn namespace_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(namespace, _)| namespace)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, prop_assert, proptest};
    use serde_json::json;

    use super::*;
    use crate::schema::avro;

    fn made(schema: &Value, others: &[Value]) -> Result<Value, &'static str> {
        let others: Vec<String> = others.iter().map(Value::to_string).collect();
        whole(&schema.to_string(), &others).map(|text| {
            avro::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            serde_json::from_str(&text).unwrap()
        })
    }

    fn record(name: &str, fields: &Value) -> Value {
        json!({ "type": "record", "name": name, "fields": fields })
    }

    #[test]
    fn a_type_stands_where_it_is_named_first_and_by_its_name_from_then_on() {
        let money = record("com.shop.Money", &json!([{ "name": "cents", "type": "long" }]));
        let fields = json!([{ "name": "total", "type": "Money" }, { "name": "paid", "type": ["null", "com.shop.Money"], "default": null }]);
        let order = made(&record("com.shop.Order", &fields), &[money]).unwrap();
        let first = json!({ "type": "record", "name": "Money", "namespace": "com.shop", "fields": [{ "name": "cents", "type": "long" }] });
        assert_eq!(order["fields"][0]["type"], first);
        assert_eq!(order["fields"][1], json!({ "name": "paid", "type": ["null", "com.shop.Money"], "default": null }));
    }

    #[test]
    fn a_topic_of_several_events_is_a_union_of_what_it_refers_to() {
        let events = ["com.shop.Paid", "com.shop.Used"];
        let others = events.map(|event| record(event, &json!([{ "name": "no", "type": "string" }])));
        let union = made(&json!(events), &others).unwrap();
        assert_eq!((union[0]["name"].as_str(), union[1]["name"].as_str()), (Some("Paid"), Some("Used")), "{union}");
        assert_eq!(made(&json!("com.shop.Used"), &others).unwrap()["name"], "Used");
    }

    #[test]
    fn what_stands_inside_of_another_type_is_known_too_and_a_type_may_name_itself() {
        let state = json!({ "type": "enum", "name": "State", "symbols": ["PAID"] });
        let other = record("a.Other", &json!([{ "name": "state", "type": state }, { "name": "next", "type": ["null", "Other"] }]));
        let fields = json!([{ "name": "states", "type": { "type": "map", "values": { "type": "array", "items": "a.State" } } },
            { "name": "other", "type": "a.Other" }]);
        let made = made(&record("b.Order", &fields), &[other]).unwrap();
        assert_eq!(made["fields"][0]["type"]["values"]["items"]["symbols"], json!(["PAID"]));
        assert_eq!(
            made["fields"][1]["type"]["fields"],
            json!([{ "name": "state", "type": "a.State" }, { "name": "next", "type": ["null", "a.Other"] }])
        );
    }

    #[test]
    fn a_type_without_a_namespace_keeps_none() {
        let bare = record("Bare", &json!([{ "name": "no", "type": "string" }]));
        let order = record("com.shop.Order", &json!([{ "name": "a", "type": "Bare" }, { "name": "b", "type": "Bare" }]));
        let made = made(&order, &[bare]).unwrap();
        assert_eq!((&made["fields"][0]["type"]["namespace"], &made["fields"][1]["type"]), (&json!(""), &json!(".Bare")));
    }

    proptest! {
        /// Whatever the texts are: a text or a refusal, and no more than went in but for names and what is put between them.
        #[test]
        fn no_texts_are_a_reason_to_panic(texts in prop::collection::vec("[\\[\\]{}\":,.a-c]{0,40}|(\"a\\.[BC]\")|(\\{\"type\":\"(record|enum)\",\"name\":\"(a\\.)?[BC]\",\"fields\":\\[\\{\"type\":\"(a\\.)?[BC]\"\\}\\]\\})", 0..5)) {
            let (schema, others) = texts.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
            if let Ok(text) = whole(schema, others) {
                let read: usize = texts.iter().map(String::len).sum();
                prop_assert!(text.len() <= 4 * read + 64, "{text}");
            }
        }
    }

    #[test]
    fn a_chain_without_end_is_refused_and_what_is_no_json_too() {
        let links: Vec<Value> =
            (0..10_000).map(|link| record(&format!("L{link}"), &json!([{ "name": "next", "type": format!("L{}", link + 1) }]))).collect();
        assert_eq!(made(&json!("L0"), &links), Err(TOO_DEEP));
        assert_eq!(whole("{", &[]), Err(NOT_JSON));
        assert_eq!(whole("\"a.B\"", &["<html>".to_owned()]), Err(NOT_JSON));
    }
}
