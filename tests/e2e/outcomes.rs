//! The outcomes topic, and what may be committed before what.

use std::collections::BTreeMap;
use std::time::Duration;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use order_sync_tests::kafka::{Found, Record, Topic};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::wait::throughout;
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};
use serde_json::Value as Json;

use crate::orders::{assert_delivered, lives, order, untidy, write};
use crate::world::{World, disposed};

const SCHEMA: &str = include_str!("../../schemas/order_outcome.avsc");

/// By source partition and offset.
fn outcomes(topic: &Topic<'_>) -> BTreeMap<(i32, i64), (Found, Json)> {
    let schema = Schema::parse_str(SCHEMA).unwrap();
    let reader = GenericDatumReader::builder(&schema).build().unwrap();
    let mut all = BTreeMap::new();
    for record in topic.records() {
        let value = record.value.as_deref().unwrap();
        let datum = if value[0] == 0 { &value[5..] } else { value };
        let outcome = Json::try_from(reader.read_value(&mut &*datum).unwrap()).unwrap();
        let place = (outcome["partition"].as_i64().unwrap() as i32, outcome["offset"].as_i64().unwrap());
        assert!(all.insert(place, (record, outcome)).is_none(), "two outcomes of {place:?}");
    }
    all
}

#[test]
fn every_record_has_one_outcome_in_the_partition_of_its_number() {
    let world = World::new("outcomes", 3);
    let topic = world.kafka.topic("outcomes-of", 4);
    let lives = lives("OUT", 4);
    let mut written = write(&world.orders, world.schema, untidy(&lives, 21));
    let (code, order_status) = ("PARAM_ILLEGAL".into(), Some("USED".into()));
    let fault = Fault::Result { code, status: ResultStatus::F, message: String::new(), order_status, apply: false };
    world.alipayhk.set_faults(vec![Rule { orders: vec!["E2E-REJECTED".into()], ..Rule::always(fault) }]);
    let odd = [
        order("E2E-REJECTED").record(world.schema),
        Record::new("E2E-BROKEN", "?"),
        Record::tombstone("E2E-GONE"),
        order("E2E-HOTEL").biz_type("HOTEL").record(world.schema),
    ];
    let places = world.orders.write_all(odd);
    written += places.len() as u64;
    let run = OrderSync::start(&world.config().set("outcomes.topic", topic.name()));
    let state = run.until_settled(written);
    world.stop_at_the_end(run);

    let outcomes = outcomes(&topic);
    let sources: BTreeMap<_, _> = world.orders.records().into_iter().map(|record| ((record.partition, record.offset), record)).collect();
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), sources.keys().collect::<Vec<_>>());
    for (place, (record, outcome)) in &outcomes {
        assert_eq!(record.partition, place.0, "{outcome}");
        assert_eq!(outcome["topic"], world.orders.name());
        if let Some(number) = outcome["merchantBizNo"].as_str() {
            assert_eq!((record.key.as_deref(), sources[place].key.as_deref()), (Some(number.as_bytes()), Some(number.as_bytes())));
        }
        match outcome["disposition"].as_str().unwrap() {
            "delivered" => {
                assert!(outcome["orderId"].is_string() && outcome["tracer_id"].is_string() && outcome["requestId"].is_string(), "{outcome}")
            }
            "rejected" => {
                assert!(outcome["tracer_id"].is_string() && outcome["requestId"].is_string(), "what AlipayHK said: {outcome}");
                assert_eq!((&outcome["orderStatus"], &outcome["held_status"]), (&"TICKETED".into(), &"USED".into()), "{outcome}");
            }
            "superseded" => assert!(outcome["superseded_by"].as_i64() > Some(place.1) || outcome["superseded_by"].is_number(), "{outcome}"),
            _ => {}
        }
    }
    for name in ["delivered", "superseded", "stale", "rejected", "parked", "skipped"] {
        let told = outcomes.values().filter(|(_, outcome)| outcome["disposition"] == name).count() as u64;
        assert_eq!(told, disposed(&state, name), "{name}");
    }
    for (place, disposition, code) in [
        (places[0], "rejected", "PARAM_ILLEGAL"),
        (places[1], "parked", "undecodable"),
        (places[2], "skipped", "tombstone"),
        (places[3], "parked", "invalid"),
    ] {
        let outcome = &outcomes[&place].1;
        assert_eq!((&outcome["disposition"], &outcome["code"]), (&disposition.into(), &code.into()), "{outcome}");
    }
    assert_delivered(&world.assert_well_behaved(), &lives);
}

#[test]
fn nothing_is_committed_before_its_outcome_is_written() {
    let world = World::new("outcome-first", 1);
    // No record is that small: the broker refuses every write into it.
    let stubborn = world.kafka.topic_with("outcomes-refused", 1, &[("max.message.bytes", "10")]);
    world.orders.write_all((0..5).map(|number| order(&format!("E2E-OUTCOME-{number}")).record(world.schema)));
    let run = OrderSync::start(&world.config().set("outcomes.topic", stubborn.name()));
    run.until("all of them are sent", |_| world.alipayhk.state().counters.applied == 5);
    throughout("nothing is committed", Duration::from_secs(2), || {
        let offsets = world.group.offsets(&world.orders);
        if offsets == [0] { Ok(()) } else { Err(format!("{offsets:?}")) }
    });
    let finished = run.stop();
    assert_eq!(finished.code, 0, "{}", finished.errors);
    assert_eq!(world.group.offsets(&world.orders), [0]);

    let willing = world.kafka.topic("outcomes-taken", 1);
    let run = OrderSync::start(&world.config().set("outcomes.topic", willing.name()));
    run.until("the end is committed", |state| state["partitions"][0]["committed"] == 5);
    world.stop_at_the_end(run);
    assert_eq!(outcomes(&willing).len(), 5);
    world.assert_well_behaved();
}

#[test]
fn nothing_is_committed_before_its_dead_letter_is_confirmed() {
    let world = World::of("letter-first", 1, &[], &[("max.message.bytes", "10")], crate::world::alipayhk());
    world.orders.write(Record::new("E2E-BROKEN", "?"));
    world.orders.write(order("E2E-FINE").record(world.schema));
    let run = world.start();
    run.until("the good one is sent", |state| disposed(state, "delivered") == 1);
    throughout("nothing is committed", Duration::from_secs(2), || {
        let offsets = world.group.offsets(&world.orders);
        if offsets == [0] { Ok(()) } else { Err(format!("{offsets:?}")) }
    });
    assert_eq!(disposed(&run.state().unwrap(), "parked"), 0);
    let finished = run.stop();
    assert_eq!(finished.code, 0, "{}", finished.errors);
    assert_eq!(world.group.offsets(&world.orders), [0]);

    let willing = world.kafka.topic("letters-taken", 1);
    let run = OrderSync::start(&world.config().set("dead_letter.topic", willing.name()));
    run.until("the end is committed", |state| state["partitions"][0]["committed"] == 2);
    world.stop_at_the_end(run);
    assert_eq!(willing.ends(), [(0, 1)]);
    assert_eq!(world.assert_well_behaved().counters.applied, 1);
}

#[test]
fn an_outcomes_topic_with_too_few_partitions_ends_the_start_with_2() {
    let world = World::new("few", 3);
    let topic = world.kafka.topic("outcomes-few", 2);
    let run = OrderSync::start(&world.config().set("outcomes.topic", topic.name()));
    let finished = run.finish(Duration::from_secs(15));
    assert_eq!(finished.code, 2, "{}", finished.errors);
    assert!(finished.errors.lines().last().unwrap().contains("outcomes.topic"), "{}", finished.errors);
}
