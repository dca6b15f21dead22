//! Which schema has which id, and which subject has which versions.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// Ids and versions count from 1.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    schemas: Vec<Schema>,
    subjects: BTreeMap<String, Vec<u32>>,
}

/// A text, and what it refers to.
#[derive(Debug, PartialEq)]
struct Schema {
    text: String,
    references: Vec<Json>,
}

impl Schema {
    fn told(&self) -> Json {
        let mut told = json!({ "schema": self.text });
        // What refers to nothing says nothing of it.
        if !self.references.is_empty() {
            told["references"] = json!(self.references);
        }
        told
    }
}

/// An answer: HTTP status and body.
pub(super) type Answer = (u16, Json);

impl Catalogue {
    pub(super) fn register(&mut self, subject: &str, text: &str, references: Vec<Json>) -> u32 {
        let schema = Schema { text: text.to_owned(), references };
        let known = self.schemas.iter().position(|known| *known == schema);
        let index = known.unwrap_or_else(|| {
            self.schemas.push(schema);
            self.schemas.len() - 1
        });
        let id = index as u32 + 1;
        let versions = self.subjects.entry(subject.to_owned()).or_default();
        if !versions.contains(&id) {
            versions.push(id);
        }
        id
    }

    pub(super) fn by_id(&self, id: &str) -> Answer {
        let schema = id.parse().ok().and_then(|id: usize| self.schemas.get(id.checked_sub(1)?));
        schema.map_or_else(|| error(404, 40403, "Schema not found"), |schema| (200, schema.told()))
    }

    pub(super) fn subjects(&self) -> Answer {
        (200, json!(self.subjects.keys().collect::<Vec<_>>()))
    }

    pub(super) fn versions(&self, subject: &str) -> Answer {
        let Some(ids) = self.subjects.get(subject) else { return no_subject(subject) };
        (200, json!((1..=ids.len()).collect::<Vec<_>>()))
    }

    pub(super) fn version(&self, subject: &str, version: &str) -> Answer {
        let Some(ids) = self.subjects.get(subject) else { return no_subject(subject) };
        let number = if version == "latest" { Some(ids.len()) } else { version.parse().ok() };
        let found = number.and_then(|number| Some((number, *ids.get(number.checked_sub(1)?)?)));
        let Some((number, id)) = found else { return error(404, 40402, "Version not found.") };
        (200, self.of_subject(subject, number, id))
    }

    pub(super) fn look_up(&self, subject: &str, body: &[u8]) -> Answer {
        let Some(ids) = self.subjects.get(subject) else { return no_subject(subject) };
        let known = |id: &u32| schema_in(body) == self.schemas.get(*id as usize - 1).map(|schema| schema.text.clone());
        match ids.iter().position(known) {
            Some(at) => (200, self.of_subject(subject, at + 1, ids[at])),
            None => error(404, 40403, "Schema not found"),
        }
    }

    pub(super) fn post(&mut self, subject: &str, body: &[u8]) -> Answer {
        match schema_in(body) {
            Some(schema) if apache_avro::Schema::parse_str(&schema).is_ok() => {
                (200, json!({ "id": self.register(subject, &schema, Vec::new()) }))
            }
            _ => error(422, 42201, "Invalid schema"),
        }
    }

    fn of_subject(&self, subject: &str, version: usize, id: u32) -> Json {
        let mut told = self.schemas[id as usize - 1].told();
        (told["subject"], told["version"], told["id"]) = (json!(subject), json!(version), json!(id));
        told
    }
}

fn schema_in(body: &[u8]) -> Option<String> {
    Some(serde_json::from_slice::<Json>(body).ok()?.get("schema")?.as_str()?.to_owned())
}

pub(super) fn error(status: u16, code: u32, message: &str) -> Answer {
    (status, json!({ "error_code": code, "message": message }))
}

fn no_subject(subject: &str) -> Answer {
    error(404, 40401, &format!("Subject '{subject}' not found."))
}
