//! JSON that every reader reads alike: UTF-8, no member twice, nothing behind the end, bounded depth.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// As deep as Avro's records may be.
const DEPTH: u8 = 64;

/// The text of one object.
pub(super) fn object(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let mut json = serde_json::Deserializer::from_str(text);
    let strict = Strict { depth: 0 };
    json.deserialize_map(strict).ok()?;
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
        format!("{{\"a\":{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
    }

    #[test]
    fn ordinary_json_passes_unchanged() {
        let json = r#" {"a":[1,-2,3.5e2,"x\u00e9",null,true],"b":{"a":{}}} "#;
        assert_eq!(object(json.as_bytes()), Some(json));
    }

    #[test]
    fn a_member_that_comes_twice_is_refused_at_any_depth() {
        for json in [r#"{"a":1,"a":1}"#, r#"{"y":[{"x":{"a":1,"b":2,"a":3}}]}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(object(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for json in ["", "null", "7", "\"a\"", "[]", "[{}]", "{} {}", "{}x", "{}\0", "{", "{\"a\":}", "{\"a\":\"\\ud800\"}"] {
            assert_eq!(object(json.as_bytes()), None, "{json}");
        }
        for bytes in [&b"{\"a\":\"\xff\"}"[..], b"\xef\xbb\xbf{}", b"\0\0\0\0\x01{}"] {
            assert_eq!(object(bytes), None);
        }
    }

    #[test]
    fn sixty_four_levels_pass_and_one_more_does_not() {
        assert!(object(nested(64).as_bytes()).is_some());
        assert!(object(nested(65).as_bytes()).is_none());
        assert!(object("{\"a\":".repeat(500_000).as_bytes()).is_none());
    }
}
