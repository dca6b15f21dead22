//! Records: key, framing and Avro of every kind. Nothing panics, and what is read is an order that keeps its own rules.
//!
//! The first byte chooses the framing, the second one the length of the key.
#![no_main]

use std::sync::{Arc, OnceLock};

use consumer::config::{Framing, Mappings, Schema, plain_json};
use consumer::schema::{Decoded, Decoder};
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_793_671_200_000;
const SCHEMA: &str = include_str!("../../schemas/order_event.avsc");

fn decoders() -> &'static [Decoder; 4] {
    static DECODERS: OnceLock<[Decoder; 4]> = OnceLock::new();
    DECODERS.get_or_init(|| {
        [Framing::Confluent, Framing::SingleObject, Framing::Bare, Framing::Json].map(|framing| {
            let writer_schema = (framing == Framing::Bare).then(|| Arc::from(SCHEMA));
            let mappings = if framing == Framing::Json { plain_json().expect("our own mapping") } else { Mappings::none() };
            let mut decoder = Decoder::new(&Schema { framing, registry: None, writer_schema }, mappings).expect("our own schema");
            decoder.insert(7, SCHEMA);
            decoder
        })
    })
}

fuzz_target!(|data: &[u8]| {
    let [framing, length, rest @ ..] = data else { return };
    let Some(decoder) = decoders().get(usize::from(framing % 4)) else { return };
    let (key, value) = rest.split_at(usize::from(*length).min(rest.len()));
    let (decoded, _) = decoder.decode("orders", Some(key), Some(value), NOW);
    let _ = decoder.schema_id(Some(value));
    match decoded {
        Decoded::Event(event) => assert!((1_000_000_000_000..100_000_000_000_000).contains(&event.modified_at.millis())),
        Decoded::Tombstone => panic!("a value is no tombstone"),
        Decoded::Unfit { message, .. } => assert!(!message.is_empty() && !message.contains('\n')),
        Decoded::NotOurs => panic!("nothing is skipped without a condition"),
        Decoded::NeedsSchema(id) => assert_ne!(id, 7),
    }
});
