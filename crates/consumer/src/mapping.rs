//! Topics in a shape of their own: which records are orders for AlipayHK, and where each field of such an order stands.
//!
//! A mapping is checked when the configuration is read, compiled once against each writer's schema that it meets, and then costs one walk over
//! a record's bytes. What it finds goes into the same unchecked order that a topic of `order_event.avsc` gives.

mod assemble;
mod avro;
mod build;
mod currency;
mod decimal;
mod fault;
mod json;
mod json_text;
mod path;
pub(crate) mod rule;
mod scalar;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;

pub(crate) use assemble::Mapped;
pub(crate) use avro::Unread;
pub(crate) use currency::minor_digits;
pub(crate) use fault::Fault;
pub(crate) use json::{JsonPlan, JsonRecord, NOT_A_RECORD};
pub(crate) use path::Path;
pub use rule::Mapping;
pub(crate) use writer::{Held, NoPlan, Writer};

/// All of a configuration's mappings, the first first.
#[derive(Debug, Clone)]
pub struct Mappings(Arc<[Mapping]>);

impl Mappings {
    pub(crate) fn new(mappings: Vec<Mapping>) -> Self {
        Self(mappings.into())
    }

    /// No mapping: records are of `order_event.avsc`.
    pub fn none() -> Self {
        Self(Arc::default())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Mapping> {
        self.0.iter()
    }

    /// The first that takes records of this topic and of one of these names; without names, of any.
    pub(crate) fn select(&self, topic: &str, names: Option<&[String]>) -> Option<(usize, &Mapping)> {
        self.0.iter().enumerate().find(|(_, mapping)| mapping.takes(topic, names))
    }
}
