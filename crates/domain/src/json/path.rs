//! Looks for one member without building the rest of the text.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Whether the dotted `path` leads to something other than null.
pub(super) fn present(text: &str, path: &str) -> bool {
    match text.trim_start().as_bytes().first() {
        Some(b'{') => {
            let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
            last_member(text, name).is_some_and(|value| rest.map_or(value != "null", |rest| present(value, rest)))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            !items.is_empty() && items.iter().all(|item| present(item.get(), path))
        }
        _ => false,
    }
}

/// The text of an object's last member of that name.
fn last_member<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Members { name }).ok().flatten().map(RawValue::get)
}

struct Members<'n> {
    name: &'n str,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut last = None;
        while let Some(same) = members.next_key_seed(Same { name: self.name })? {
            let value = members.next_value()?;
            if same {
                last = Some(value);
            }
        }
        Ok(last)
    }
}

/// Whether a member's name is this one. Asked of bytes, since a name may hold half of a surrogate pair, which is no text.
struct Same<'n> {
    name: &'n str,
}

impl<'de> DeserializeSeed<'de> for Same<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<bool, D::Error> {
        name.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Same<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.name)
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<bool, E> {
        Ok(name == self.name.as_bytes())
    }
}
