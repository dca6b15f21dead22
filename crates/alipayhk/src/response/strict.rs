//! JSON that every parser reads alike: no member twice, nothing after the end, no deeper than [`DEPTH`], UTF-8.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How deep arrays and objects may nest.
pub(super) const DEPTH: u8 = 32;

/// The text, when it is such JSON.
pub(super) fn text(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let mut json = serde_json::Deserializer::from_str(text);
    Strict { depth: 0 }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(text)
}

#[derive(Clone, Copy)]
struct Strict {
    depth: u8,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH { Err(E::custom("too deep")) } else { Ok(Self { depth: self.depth + 1 }) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name) {
                return Err(A::Error::custom("a member came twice"));
            }
            map.next_value_seed(inner)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn ordinary_json_passes_unchanged() {
        let json = r#" {"a":[1,-2,3.5e2,"x\u00e9",null,true],"b":{"a":{}}} "#;
        assert_eq!(text(json.as_bytes()), Some(json));
    }

    #[test]
    fn a_member_that_comes_twice_is_refused_at_any_depth() {
        for json in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":1,"b":2,"a":3}}]"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(text(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn anything_after_the_end_is_refused() {
        for json in ["{} {}", "{}x", "1 2", "{}\0"] {
            assert_eq!(text(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn thirty_two_levels_pass_and_one_more_does_not() {
        assert!(text(nested(32).as_bytes()).is_some());
        assert!(text(nested(33).as_bytes()).is_none());
        assert!(text(nested(100_000).as_bytes()).is_none());
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused() {
        assert_eq!(text(b"\"\xff\""), None);
        assert_eq!(text(b"\xef\xbb\xbf{}"), None);
    }
}
