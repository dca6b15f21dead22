//! Records that are plain JSON: read strictly, and picked along the paths of a mapping.

mod pick;
mod strict;

use std::borrow::Cow;

use super::assemble::{Assembly, Found, Mapped};
use super::fault::{Fault, Trouble};
use super::json_text::JsonText;
use super::rule::Mapping;
use super::scalar::Scalar;
use pick::Pick;

/// Why a value is no record.
pub(crate) const NOT_A_RECORD: &str = "the value is not one JSON object in UTF-8, without a member twice and at most 64 levels deep";

/// A mapping for records that are JSON.
#[derive(Debug)]
pub(crate) struct JsonPlan {
    pick: Pick,
}

/// A JSON object that was held to the rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonRecord<'r>(&'r str);

/// What stands along the paths: JSON text each.
struct Picked<'r>(Vec<Option<&'r str>>);

impl<'r> JsonRecord<'r> {
    /// Takes a value; `None` is [`NOT_A_RECORD`].
    pub(crate) fn parse(value: &'r [u8]) -> Option<Self> {
        strict::object(value).map(Self)
    }
}

impl JsonPlan {
    pub(crate) fn new(mapping: &Mapping) -> Self {
        let mut pick = Pick::default();
        for (slot, path) in mapping.paths.iter().enumerate() {
            pick.add(path.parts(), slot);
        }
        Self { pick }
    }

    /// The order in a record.
    pub(crate) fn read<'r>(&self, mapping: &'r Mapping, record: JsonRecord<'r>) -> Result<Mapped<'r>, Fault<'r>> {
        let mut slots = vec![None; mapping.paths.len()];
        self.pick.fill(record.0, &mut slots);
        Assembly { mapping, found: Picked(slots) }.order()
    }
}

impl<'r> Picked<'r> {
    /// Null is nothing.
    fn at(&self, slot: usize) -> Option<&'r str> {
        self.0.get(slot).copied().flatten().filter(|json| *json != "null")
    }
}

impl<'r> Found<'r> for Picked<'r> {
    fn scalar(&self, slot: usize) -> Result<Option<Scalar<'r>>, Trouble> {
        let Some(json) = self.at(slot) else { return Ok(None) };
        Ok(Some(match json.as_bytes().first() {
            Some(b'"') => Scalar::Text(unquoted(json)?),
            Some(b't') => Scalar::Boolean(true),
            Some(b'f') => Scalar::Boolean(false),
            Some(b'{') => Scalar::Other("an object"),
            Some(b'[') => Scalar::Other("an array"),
            Some(_) | None => Scalar::Number(json),
        }))
    }

    fn whole(&self, slot: usize) -> Result<Option<Cow<'r, str>>, Trouble> {
        let Some(json) = self.at(slot) else { return Ok(None) };
        match json.as_bytes().first() {
            Some(b'"') => unquoted(json).map(Some),
            Some(b'{' | b'[') => Ok(Some(Cow::Borrowed(json))),
            Some(_) | None => Err(Trouble::Unfit("is neither a JSON object or array nor text that holds one")),
        }
    }

    fn json(&self, slot: usize, out: &mut JsonText) -> Result<bool, Trouble> {
        let Some(json) = self.at(slot) else { return Ok(false) };
        out.raw(json);
        out.room()?;
        Ok(true)
    }

    fn exists(&self, slot: usize) -> Result<bool, Trouble> {
        Ok(self.at(slot).is_some())
    }
}

/// What is in the quotes.
fn unquoted(json: &str) -> Result<Cow<'_, str>, Trouble> {
    let inner = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains('\\') {
        return Ok(Cow::Borrowed(inner));
    }
    serde_json::from_str(json).map(Cow::Owned).map_err(|_| Trouble::Unfit("is no text"))
}
