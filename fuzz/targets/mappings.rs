//! Mappings and what they make of a record of plain JSON: paths, conditions, units, value maps. Nothing panics, and an order keeps its rules.
//!
//! The mapping stands first, as TOML; behind a line of three dashes follows the record.
#![no_main]

use consumer::config::{Framing, Schema, mappings};
use consumer::schema::{Decoded, Decoder};
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_793_671_200_000;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (mapping, record) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let mappings = match mappings(mapping) {
        Ok(mappings) => mappings,
        Err(error) => return assert!(!error.to_string().contains('\n')),
    };
    let Ok(decoder) = Decoder::new(&Schema { framing: Framing::Json, registry: None, writer_schema: None }, mappings) else { return };
    match decoder.decode("orders", None, Some(record.as_bytes()), NOW).0 {
        Decoded::Event(event) => assert!((1_000_000_000_000..100_000_000_000_000).contains(&event.modified_at.millis())),
        Decoded::Unfit { message, .. } => assert!(!message.is_empty() && !message.contains('\n')),
        Decoded::Tombstone | Decoded::NotOurs | Decoded::NeedsSchema(_) => {}
    }
});
