//! Finds what stands at the ends of several paths at once, without building the rest.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A tree of names; paths end at its nodes.
#[derive(Debug, Default)]
pub(super) struct Pick {
    /// The places whose paths end here.
    slots: Vec<usize>,
    parts: Vec<(Box<str>, Pick)>,
}

impl Pick {
    pub(super) fn add(&mut self, path: &[Box<str>], slot: usize) {
        let Some((first, rest)) = path.split_first() else { return self.slots.push(slot) };
        let at = self.parts.iter().position(|(name, _)| name == first).unwrap_or_else(|| {
            self.parts.push((first.clone(), Self::default()));
            self.parts.len() - 1
        });
        if let Some((_, next)) = self.parts.get_mut(at) {
            next.add(rest, slot);
        }
    }

    /// Fills the places from JSON that is known to be well formed.
    pub(super) fn fill<'r>(&self, json: &'r str, slots: &mut [Option<&'r str>]) {
        for slot in &self.slots {
            if let Some(slot) = slots.get_mut(*slot) {
                *slot = Some(json);
            }
        }
        if self.parts.is_empty() {
            return;
        }
        let mut inner = serde_json::Deserializer::from_str(json);
        let found = Parts { pick: self, slots };
        // Other kinds have no parts.
        let _ = match json.trim_start().as_bytes().first() {
            Some(b'{') => inner.deserialize_map(found),
            Some(b'[') => inner.deserialize_seq(found),
            Some(_) | None => Ok(()),
        };
    }

    fn part(&self, name: &str) -> Option<&Self> {
        self.parts.iter().find(|(own, _)| **own == *name).map(|(_, pick)| pick)
    }
}

struct Parts<'p, 's, 'r> {
    pick: &'p Pick,
    slots: &'s mut [Option<&'r str>],
}

impl<'r> Visitor<'r> for Parts<'_, '_, 'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or array")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(part) = members.next_key_seed(Name(self.pick))? {
            match part {
                Some(part) => part.fill(members.next_value::<&RawValue>()?.get(), self.slots),
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'r>>(self, mut items: A) -> Result<(), A::Error> {
        let mut number = 0_usize;
        while let Some(item) = items.next_element::<&RawValue>()? {
            if let Some(part) = self.pick.part(&number.to_string()) {
                part.fill(item.get(), self.slots);
            }
            number += 1;
        }
        Ok(())
    }
}

/// Which part a member's name is.
struct Name<'p>(&'p Pick);

impl<'r, 'p> DeserializeSeed<'r> for Name<'p> {
    type Value = Option<&'p Pick>;

    fn deserialize<D: Deserializer<'r>>(self, name: D) -> Result<Self::Value, D::Error> {
        name.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Name<'p> {
    type Value = Option<&'p Pick>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.part(name))
    }
}
