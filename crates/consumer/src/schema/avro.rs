//! Avro, as far as an order needs it: a writer's schema is resolved against ours once, into a plan that every record then follows.
//!
//! The bytes are read here and not by a library, because none does all that is needed. Apache's crate resolves schemas record by
//! record, without the reader's aliases, takes a truncated value for one whose last fields are null, recurses as deep as the bytes ask
//! for, and quotes values in its errors; the fast one does not resolve schemas at all. Both are the tests' independent opinions, and
//! Apache's parses every schema.

mod compile;
mod cursor;
mod fingerprint;
mod plan;
mod read;
mod reader;
mod skip;
mod skipping;
mod write;
mod writer;

pub(crate) use compile::{Mismatch, compile};
pub(crate) use cursor::{Broken, Cursor};
pub(crate) use fingerprint::{Fingerprint, fingerprint, fingerprints};
pub(crate) use plan::Plan;
pub(crate) use reader::{Kind, NotAReader, ORDER_EVENT, Reader, kind};
pub(crate) use skip::{Records as SkippedRecords, Skip, blocks};
pub(crate) use skipping::Skipping;
pub(crate) use write::Writer;
pub(crate) use writer::{parse, parse_with_aliases, type_name};

#[cfg(test)]
mod tests;
