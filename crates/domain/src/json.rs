//! Opaque JSON: AlipayHK's pages leave most of these objects' members unnamed, so they are carried byte for byte, and only asked
//! whether something is there.

use std::fmt;
use std::sync::Arc;

use crate::invalid::Fault;

mod path;
mod shape;

/// The text of one JSON object: valid, at most 32 levels deep, nothing after it. Duplicate members, member order, number text
/// and white space are as they came.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JsonObject(Arc<str>);

/// The text of one JSON array of objects, held to the same rules as [`JsonObject`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JsonArray(Arc<str>);

impl JsonObject {
    /// Takes the text of an object.
    ///
    /// # Errors
    /// [`Fault::NotJson`], [`Fault::NotObject`] or [`Fault::TooDeep`]; which field it is, the caller knows.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        shape::object(text)?;
        Ok(Self(Arc::from(text)))
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `path`, member names joined by dots, leads to something other than null. An array on the way is looked into:
    /// every item must have the rest, and there must be one. Of duplicate members the last counts, as it does for most readers.
    pub fn has_path(&self, path: &str) -> bool {
        path::present(&self.0, path)
    }
}

impl JsonArray {
    /// Takes the text of an array of objects; it may be empty.
    ///
    /// # Errors
    /// [`Fault::NotJson`], [`Fault::NotArray`], [`Fault::ItemNotObject`] or [`Fault::TooDeep`]; which field it is, the caller knows.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        shape::array_of_objects(text)?;
        Ok(Self(Arc::from(text)))
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is an item and every item has `path`, as in [`JsonObject::has_path`].
    pub fn has_path(&self, path: &str) -> bool {
        path::present(&self.0, path)
    }
}

/// Only the size: the text may hold personal values.
impl fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonObject({} bytes)", self.0.len())
    }
}

/// Only the size: the text may hold personal values.
impl fmt::Debug for JsonArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonArray({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests;
