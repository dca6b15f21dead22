//! Records that are not what they should be: each has its disposition, its counter and, where it is parked, its dead letter. None holds up
//! its neighbours or supersedes a valid one.

use order_sync_tests::avro::{Order, confluent};
use order_sync_tests::kafka::{Found, Record};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::wait::{PATIENCE, until};
use serde_json::Value as Json;

use crate::letters::{assert_of, letters};
use crate::orders::order;
use crate::world::{World, disposed, now};

/// What a bad record is and what has to become of it.
struct Bad {
    name: &'static str,
    record: Record,
    disposition: &'static str,
    reason: &'static str,
    /// The field that the dead letter's message names.
    names: &'static str,
}

/// `number` is the order they all claim to be of: its valid modifications must not suffer.
fn bad(number: &str, schema: u32) -> Vec<Bad> {
    let created = 1_760_000_000_000_i64;
    let undecodable =
        |name, value: Vec<u8>| Bad { name, record: Record::new(number, value), disposition: "parked", reason: "undecodable", names: "" };
    let newer = || order(number).modified_after(3_600_000);
    let invalid = |name, order: Order, names| Bad { name, record: order.record(schema), disposition: "parked", reason: "invalid", names };
    let bare = newer().bare();
    vec![
        undecodable("bytes without framing", b"hello, this is no Avro".to_vec()),
        undecodable("a zero-length value", Vec::new()),
        undecodable("a framing without a datum", confluent(schema, b"")),
        undecodable("a datum that breaks off", confluent(schema, &bare[..bare.len() / 2])),
        undecodable("a length beyond the datum", confluent(schema, &[0xfe, 0xff, 0xff, 0xff, 0x0f])),
        undecodable("bytes behind the datum", confluent(schema, &[bare.as_slice(), b"more"].concat())),
        undecodable("an unknown schema id", newer().confluent(987_654)),
        undecodable("a value of 5 MB", confluent(schema, &vec![b'x'; 5_000_000])),
        undecodable("a valid order of 5 MB", newer().ext_info(&format!("{{\"text\":\"{}\"}}", "x".repeat(5_000_000))).confluent(schema)),
        invalid("an unknown business type", newer().biz_type("HOTEL"), "merchantBizType"),
        invalid("no user", newer().set("userId", Json::Null), "userId"),
        invalid("an empty status", newer().status(""), "orderStatus"),
        invalid("a status of 33 characters", newer().status(&"S".repeat(33)), "orderStatus"),
        invalid("a modify time in seconds", newer().set("orderModifyTime", created / 1_000), "orderModifyTime"),
        invalid("a modify time in microseconds", newer().set("orderModifyTime", created * 1_000), "orderModifyTime"),
        invalid("a modify time in the far future", newer().set("orderModifyTime", now() + 3 * 86_400_000), "orderModifyTime"),
        invalid("an amount that is no whole number", newer().amount("12.50", "HKD"), "amount"),
        invalid("a currency that is none", newer().amount("1250", "hkd"), "amount"),
        invalid("extra information that is no JSON", newer().ext_info("{start_time}"), "extInfo"),
        invalid("extra information that is no object", newer().ext_info("[1]"), "extInfo"),
        Bad { name: "a tombstone", record: Record::tombstone(number), disposition: "skipped", reason: "tombstone", names: "" },
    ]
}

#[test]
fn each_kind_of_bad_record_is_told_apart_and_touches_nobody() {
    let large = [("max.message.bytes", "8000000")];
    let world = World::of("bad", 1, &large, &large, crate::world::alipayhk());
    let bad = bad("E2E-BAD", world.schema);
    // Each bad one between a valid modification of its own order and one of a neighbour.
    let mut records = vec![order("E2E-BAD").record(world.schema)];
    for (number, one) in bad.iter().enumerate() {
        records.push(one.record.clone().header("trace", one.name));
        records.push(order(&format!("E2E-NEXT-{number:02}")).record(world.schema));
    }
    records.push(order("E2E-BAD").status("USED").modified_after(1_000).record(world.schema));
    let written = world.orders.write_all(records).len() as u64;
    let run = world.start();
    let state = run.until_settled(written);

    let count = |disposition: &str| bad.iter().filter(|one| one.disposition == disposition).count() as u64;
    assert_eq!((disposed(&state, "parked"), disposed(&state, "skipped")), (count("parked"), count("skipped")), "{state}");
    for reason in ["undecodable", "invalid", "tombstone"] {
        let expected = bad.iter().filter(|one| one.reason == reason).count() as f64;
        assert_eq!(run.metric("ordersync_records_disposed_total", &[("reason", reason)]), expected, "{reason}");
        if reason != "tombstone" {
            assert_eq!(run.metric("ordersync_dead_letters_total", &[("reason", reason)]), expected, "{reason}");
        }
    }
    until("so many of them raise an alarm", PATIENCE, || match run.metric("ordersync_records_unfit_alarm", &[]) {
        1.0 => Ok(()),
        other => Err(other.to_string()),
    });
    assert_eq!(run.log().matches("records of the last minute can never be sent").count(), 1, "it is told once");
    let sources = world.orders.records();
    let letters = letters(&world);
    assert_eq!(letters.len() as u64, count("parked"));
    for one in &bad {
        let source = found(&sources, one.name);
        let letter = letters.get(&source.offset);
        assert_eq!(letter.is_some(), one.disposition == "parked", "{}", one.name);
        let Some(letter) = letter else { continue };
        assert_of(&world, letter, source, one.reason);
        let message = letter.header("ordersync.message").unwrap();
        assert!(message.contains(one.names), "{}: {message}", one.name);
        assert_eq!(letter.header("ordersync.truncated"), Some("false"), "{}", one.name);
        if one.reason == "invalid" {
            assert_eq!(letter.header("ordersync.merchant_biz_no"), Some("E2E-BAD"), "{}", one.name);
            assert_eq!(letter.header("ordersync.order_modify_time").is_some(), !one.name.contains("conds"), "{}", one.name);
            assert_eq!(letter.header("ordersync.schema_id"), Some(world.schema.to_string().as_str()), "{}", one.name);
        }
    }
    // The order itself ended as its last valid modification says, and no neighbour waited.
    let held = world.alipayhk.order("E2E-BAD").unwrap();
    assert_eq!((held.status.as_str(), held.modify_time), ("USED", 1_760_000_001_000));
    for (number, one) in bad.iter().enumerate() {
        assert!(world.alipayhk.order(&format!("E2E-NEXT-{number:02}")).is_some(), "the neighbour of {}", one.name);
    }
    assert!(!run.log().contains("2088102000000001"), "a user id in the log");
    world.stop_at_the_end(run);
}

fn found<'f>(sources: &'f [Found], name: &str) -> &'f Found {
    sources.iter().find(|source| source.header("trace") == Some(name)).unwrap_or_else(|| panic!("no record {name}"))
}

#[test]
fn a_null_key_and_a_differing_key_are_counted_and_the_value_rules() {
    let world = World::new("keys", 1);
    let value = |number: &str| order(number).confluent(world.schema);
    let avro_key = [&[0, 0, 0, 0, 9, 16], b"E2E-AVRO".as_slice()].concat();
    let records = [
        Record::keyless(value("E2E-NULL")),
        Record::new("SOMEBODY-ELSE", value("E2E-DIFFERS")),
        Record::new("E2E-MATCHES", value("E2E-MATCHES")),
        Record::new(avro_key, value("E2E-AVRO")),
    ];
    let written = world.orders.write_all(records).len() as u64;
    let run = world.start();
    let state = run.until_settled(written);
    assert_eq!(disposed(&state, "delivered"), 4, "{state}");
    for (key, expected) in [("null", 1.0), ("differs", 1.0), ("matches", 2.0)] {
        assert_eq!(run.metric("ordersync_records_keys_total", &[("key", key)]), expected, "{key}");
    }
    for number in ["E2E-NULL", "E2E-DIFFERS", "E2E-MATCHES", "E2E-AVRO"] {
        assert!(world.alipayhk.order(number).is_some(), "{number}");
    }
    world.stop_at_the_end(run);
}

#[test]
fn an_order_in_two_partitions_is_counted_even_after_it_was_done_in_the_first() {
    let world = World::new("two-places", 2);
    world.orders.write(order("E2E-TWICE").record(world.schema).to(0));
    let run = world.start();
    run.until_settled(1);
    world.orders.write(order("E2E-TWICE").status("USED").modified_after(5).record(world.schema).to(1));
    let state = run.until_settled(2);
    assert_eq!(state["notes"]["order_in_several_partitions"], 1, "{state}");
    assert_eq!(run.metric("ordersync_notes_total", &[("note", "order_in_several_partitions")]), 1.0);
    world.stop_at_the_end(run);
}

#[test]
fn a_letter_too_large_for_its_topic_goes_without_its_value() {
    let world =
        World::of("truncated", 1, &[("max.message.bytes", "8000000")], &[("max.message.bytes", "1048588")], crate::world::alipayhk());
    let value = confluent(world.schema, &vec![b'x'; 5_000_000]);
    world.orders.write(Record::new("E2E-LARGE", value).header("trace", "large"));
    world.orders.write(order("E2E-SMALL").record(world.schema));
    let run = world.start();
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "parked"), disposed(&state, "delivered")), (1, 1), "{state}");
    let (letters, sources) = (letters(&world), world.orders.records());
    let letter = &letters[&0];
    assert_of(&world, letter, found(&sources, "large"), "undecodable");
    assert_eq!((letter.header("ordersync.truncated"), &letter.value), (Some("true"), &None));
    world.stop_at_the_end(run);
}

#[test]
fn records_older_than_max_age_are_skipped() {
    let world = World::new("max-age", 1);
    let run = OrderSync::start(&world.config().set("delivery.max_age", "1d"));
    world.orders.write(order("E2E-AGED").record(world.schema));
    world.orders.write(order("E2E-FRESH").set("orderModifyTime", now() - 60_000).record(world.schema));
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "skipped"), disposed(&state, "delivered")), (1, 1), "{state}");
    assert_eq!(run.metric("ordersync_records_disposed_total", &[("disposition", "skipped"), ("reason", "too_old")]), 1.0);
    assert!(world.alipayhk.order("E2E-AGED").is_none());
    world.stop_at_the_end(run);
}
