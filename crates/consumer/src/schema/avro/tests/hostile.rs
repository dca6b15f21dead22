//! Bytes that are not what they should be: refused, quickly, without a panic.

use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::schema::avro::cursor::Broken;
use crate::schema::avro::read::Unreadable;

/// Our schema with one more field at its end, and a full record but for that field.
fn with_extra(schema: Json) -> (Plan, Vec<u8>) {
    let plan = plan(&edited(|fields| fields.push(json!({"name": "extra", "type": schema})))).unwrap();
    (plan, written(ORDER_EVENT, &[]))
}

fn broken(schema: Json, tail: &[u8]) -> Result<(), Broken> {
    let (plan, mut bytes) = with_extra(schema);
    bytes.extend_from_slice(tail);
    match plan.read(&bytes) {
        Ok(_) => Ok(()),
        Err(Unreadable::Field("extra", broken)) => Err(broken),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = written(ORDER_EVENT, &[]);
    let plan = plan(ORDER_EVENT).unwrap();
    for end in 0..bytes.len() {
        assert!(plan.read(&bytes[..end]).is_err(), "{end} of {} bytes", bytes.len());
    }
    assert!(plan.read(&bytes).is_ok());
}

#[test]
fn nothing_may_follow_the_order() {
    let plan = plan(ORDER_EVENT).unwrap();
    let bytes = [written(ORDER_EVENT, &[]), vec![0, 0]].concat();
    assert_eq!(plan.read(&bytes).unwrap_err(), Unreadable::Trailing(2));
    assert_eq!(plan.read(&bytes).unwrap_err().to_string(), "2 bytes follow the order");
}

#[test]
fn a_length_bomb_ends_at_once() {
    let huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let began = Instant::now();
    assert_eq!(broken(json!("string"), &huge), Err(Broken::Ends));
    assert_eq!(broken(json!({"type": "array", "items": "null"}), &huge), Err(Broken::TooMany));
    assert_eq!(broken(json!({"type": "array", "items": {"type": "array", "items": "null"}}), &huge), Err(Broken::Ends));
    let nothing = json!({"type": "record", "name": "Nothing", "fields": []});
    assert_eq!(broken(json!({"type": "array", "items": nothing}), &huge), Err(Broken::TooMany));
    assert_eq!(broken(json!({"type": "map", "values": "null"}), &huge), Err(Broken::Ends));
    assert!(began.elapsed().as_millis() < 1_000, "{:?}", began.elapsed());
}

#[test]
fn records_that_multiply_without_taking_a_byte_end_too() {
    let mut schema = json!({"type": "record", "name": "R0", "fields": []});
    for level in 1..12 {
        let name = format!("R{}", level - 1);
        let mut fields: Vec<Json> = (1..30).map(|at| json!({"name": format!("f{at}"), "type": name})).collect();
        fields.insert(0, json!({"name": "f0", "type": schema}));
        schema = json!({"type": "record", "name": format!("R{level}"), "fields": fields});
    }
    assert_eq!(broken(schema, &[]), Err(Broken::TooMany));
}

#[test]
fn nesting_has_an_end() {
    let list = json!(["null", {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}]);
    assert_eq!(broken(list.clone(), &[2, 2, 2, 0]), Ok(()));
    assert_eq!(broken(list, &[2; 1_000_000]), Err(Broken::TooDeep));
    let itself = json!({"type": "record", "name": "Own", "fields": [{"name": "own", "type": "Own"}]});
    assert_eq!(broken(itself, &[]), Err(Broken::TooDeep));
}

#[test]
fn a_chain_of_types_in_the_schema_has_an_end() {
    let mut types = vec![json!({"type": "record", "name": "T0", "fields": []})];
    types.extend((1..2_000).map(|at| {
        let before = format!("T{}", at - 1);
        json!({"type": "record", "name": format!("T{at}"), "fields": [{"name": "f", "type": {"type": "array", "items": before}}]})
    }));
    // The last one is met first, so that every type is reached through the one after it.
    let holder = json!({"type": "record", "name": "Holder", "fields": [
        {"name": "types", "type": {"type": "array", "items": Json::Array(types)}},
        {"name": "first", "type": "T1999"},
    ]});
    let writer = edited(|fields| fields.push(json!({"name": "extra", "type": holder})));
    let plan = plan(&writer).unwrap();
    let bytes = [written(ORDER_EVENT, &[]), vec![0, 0]].concat();
    assert!(plan.read(&bytes).is_ok(), "met in the order of their definition they cost no depth");
}

#[test]
fn blocks_with_a_size_are_held_against_it() {
    let array = json!({"type": "array", "items": "long"});
    assert_eq!(broken(array.clone(), &[3, 4, 2, 4, 0]), Ok(()), "two items in two bytes");
    assert_eq!(broken(array.clone(), &[3, 6, 2, 4, 0, 0]), Err(Broken::BlockSize));
    assert_eq!(broken(array.clone(), &[3, 1, 2, 4, 0]), Err(Broken::NegativeLength));
    assert_eq!(broken(array, &[3, 90, 2, 4, 0]), Err(Broken::Ends));
}

#[test]
fn what_is_passed_over_must_be_sound_as_well() {
    assert_eq!(broken(json!("boolean"), &[2]), Err(Broken::NotBoolean));
    assert_eq!(broken(json!("int"), &[0x80, 0x80, 0x80, 0x80, 0x10]), Err(Broken::Number));
    assert_eq!(broken(json!({"type": "enum", "name": "E", "symbols": ["A"]}), &[2]), Err(Broken::NoSuchBranch));
    assert_eq!(broken(json!(["null", "int"]), &[4]), Err(Broken::NoSuchBranch));
    assert_eq!(broken(json!(["null", "int"]), &[1]), Err(Broken::NoSuchBranch));
    assert_eq!(broken(json!({"type": "fixed", "name": "F", "size": 3}), &[1, 2]), Err(Broken::Ends));
}

proptest! {
    #[test]
    fn no_bytes_are_a_reason_to_panic(bytes: Vec<u8>, cut in 0_usize..200) {
        let (plan, order) = with_extra(json!({"type": "map", "values": ["null", "double", {"type": "array", "items": "string"}]}));
        let _ = plan.read(&bytes);
        let _ = plan.read(&[&order[..cut.min(order.len())], &bytes].concat());
    }

    /// Whatever is accepted says exactly what stands there: written again it is the same, unless a number was longer than need be.
    #[test]
    fn what_is_accepted_is_what_was_written(at in 0_usize..220, byte: u8) {
        let mut bytes = written(ORDER_EVENT, &[]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let plan = plan(ORDER_EVENT).unwrap();
        if let Ok(raw) = plan.read(&bytes) {
            let again = crate::schema::Encoder::confluent(0).encode(&raw);
            prop_assert!(again[5..] == bytes[..] || again.len() - 5 < bytes.len());
        }
    }
}
