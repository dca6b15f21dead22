//! What may become of the log under a group: partitions come, topics go, records are gone, transactions stay open, offsets are not ours.

use std::time::Duration;

use order_sync_tests::avro::Order;
use order_sync_tests::kafka::Record;
use order_sync_tests::oracle::{Marker, Oracle};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::proxy::{Damage, api};
use order_sync_tests::wait::{PATIENCE, throughout, until};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use sandbox::model::Kind;

use crate::world::{LONG, World, consuming, disposed, door, until_said};

#[test]
fn partitions_that_are_added_are_found_and_read_from_their_beginning() {
    let mut world = World::new("grows", 2);
    let records = world.records(6);
    let parts = records.parts(2);
    world.write(parts[0].iter().copied());
    let run = OrderSync::start(&world.config().property("topic.metadata.refresh.interval.ms", "500"));
    run.until("two partitions", |state| consuming(state) == 2 && disposed(state, "delivered") > 0);
    world.orders.grow(4);
    // Into the new ones, before anybody has them. Orders of their own: one that moves between partitions is followed in each.
    let fresh = |number: i32| Order::new(&format!("GROWN-{number}")).ext_info("{\"start_time\": 1}");
    world.orders.write_all((0..20).map(|number| Record::new(format!("GROWN-{number}"), fresh(number).bare()).to(2 + number % 2)));
    run.until_within("four partitions", LONG, |state| consuming(state) == 4);
    world.oracle = Oracle::watch(&world.orders, &world.dead_letters, &world.group);
    run.until("the new ones' records", |state| disposed(state, "delivered") >= 20);
    let state = run.state().unwrap();
    assert!(state["quota"]["share_per_second"].as_f64() > Some(149.0), "{state}");
    world.end(vec![run]);
}

#[test]
fn offsets_that_are_not_in_the_log_halt_their_partition_and_no_other_and_the_way_out_works() {
    let world = World::new("out-of-range", 3);
    let records = world.records(6);
    let parts = records.parts(2);
    world.write(parts[0].iter().copied());
    let run = world.start();
    world.until_committed(&[&run]);
    run.stop_well();
    let ends = world.orders.ends();
    // Partition 1: its records were deleted before they were read. Partition 2: the log is shorter than it was.
    let committed = world.group.offsets(&world.orders);
    world.write(parts[1].iter().copied());
    world.orders.cut(1, committed[1] + 3);
    world.group.reset(&world.orders, 2, committed[2] + 1_000_000, "");
    let run = world.start();
    let behind = until_said(&run, "is gone from the log");
    let beyond = until_said(&run, "is beyond the end of the log");
    for (line, out) in [
        (&behind, format!("3 records were never read; move the group's offset to {}", committed[1] + 3)),
        (&beyond, "move the group's offset".to_owned()),
    ] {
        assert!(line.contains("halted") && line.contains(&out) && line.contains(world.orders.name()), "{line}");
    }
    let end = world.orders.ends()[0].1;
    assert!(end > ends[0].1);
    run.until("partition 0 goes on", |state| state["partitions"][0]["committed"] == end);
    assert_eq!(run.metric("ordersync_partitions_halted_total", &[]), 2.0);
    let halted = |number: &str| run.metric("ordersync_partition_halted", &[("topic", world.orders.name()), ("partition", number)]);
    assert_eq!(["0", "1", "2"].map(halted), [0.0, 1.0, 1.0]);
    let state = run.state().unwrap();
    assert!(state["halted"][0]["reason"].as_str().is_some_and(|why| why.contains("3 records were never read")), "{state}");
    assert_eq!(world.group.offsets(&world.orders)[1], committed[1], "nobody moved it");
    run.stop_well();
    world.group.reset(&world.orders, 1, committed[1] + 3, "");
    world.group.reset(&world.orders, 2, committed[2], "");
    let run = world.start();
    world.until_committed(&[&run]);
    assert_eq!(run.metric("ordersync_partition_halted", &[("topic", world.orders.name()), ("partition", "1")]), 0.0);
    run.stop_well();
    // With what retention took went what is known of its orders' past, so an older modification may be taken for a new one. Nothing else.
    let state = world.alipayhk.state();
    assert!(state.violations.iter().all(|violation| violation.kind == Kind::OlderAfterNewer), "{:?}", state.violations);
}

#[test]
fn records_that_retention_takes_while_they_are_being_read_halt_their_partition() {
    let world = World::new("retention", 2);
    let door = door();
    let records = world.records(6);
    let parts = records.parts(2);
    world.write(parts[0].iter().copied());
    let run = OrderSync::start(&world.config_by(door));
    world.until_committed(&[&run]);
    door.cut();
    world.write(parts[1].iter().copied());
    let ends = world.orders.ends();
    world.orders.cut(1, ends[1].1);
    door.heal();
    let line = until_said(&run, "is gone from the log");
    assert!(line.contains("halted") && line.contains(&format!("move the group's offset to {}", ends[1].1)), "{line}");
    run.until_within("the other partition goes on", LONG, |state| state["partitions"][0]["committed"] == ends[0].1);
    run.stop_well();
    assert!(world.alipayhk.state().violations.is_empty());
}

#[test]
fn a_topic_that_is_deleted_is_told_and_the_others_go_on() {
    let world = World::new("deleted", 2);
    let other = world.kafka.topic("deleted-other", 1);
    let records = world.records(6);
    let parts = records.parts(2);
    other.write(Record::new("OTHER-1", Order::new("OTHER-1").ext_info("{\"start_time\": 1}").bare()));
    let config = world.config().set("kafka.topics", vec![world.orders.name(), other.name()]);
    let run = OrderSync::start(&config.property("topic.metadata.refresh.interval.ms", "500"));
    run.until("three partitions", |state| consuming(state) == 3 && disposed(state, "delivered") == 1);
    other.delete();
    let line = until_said(&run, other.name());
    assert!(line.contains(other.name()), "{line}");
    world.write(parts[0].iter().copied());
    run.until_within("its partition is gone", LONG, |state| consuming(state) == 2);
    world.until_committed(&[&run]);
    // Made again under its name it is a new topic: read from its beginning.
    other.remake();
    other.write(Record::new("OTHER-2", Order::new("OTHER-2").ext_info("{\"start_time\": 1}").bare()));
    run.until_within("the new topic's partition", LONG, |state| consuming(state) == 3);
    until("its order", PATIENCE, || world.alipayhk.order("OTHER-2").map(drop).ok_or_else(|| run.log()));
    world.write(parts[1].iter().copied());
    world.until_committed(&[&run]);
    let log = run.log();
    run.stop_well();
    let state = world.alipayhk.state();
    // A commit of the deleted topic that is on its way when its partition is lost costs a new member. What was delivered and not committed by then
    // goes out again, milestones before the newest one: this AlipayHK applies whatever comes.
    let anew = log.contains("joins as a new member");
    let mut wrong = state.violations.iter().filter(|one| !(anew && one.kind == Kind::OlderAfterNewer));
    assert!(wrong.next().is_none(), "{:?}\n{log}", state.violations);
    records.assert_delivered(&state);
}

#[test]
fn at_an_open_transaction_the_group_waits_and_an_aborted_one_it_passes() {
    let world = World::new("transaction", 1);
    let records = world.records(3);
    world.write(records.parts(1).remove(0));
    let config = world.kafka.client().set("transactional.id", world.kafka.name("tx")).clone();
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    let write = |number: &str| {
        producer.begin_transaction().unwrap();
        let value = Order::new(number).ext_info("{\"start_time\": 1}").bare();
        producer.send(BaseRecord::<str, [u8]>::to(world.orders.name()).key(number).payload(&value)).map_err(|(error, _)| error).unwrap();
        producer.flush(PATIENCE).unwrap();
    };
    write("TX-ABORTED");
    let run = world.start();
    world.until_committed(&[&run]);
    let stable = world.orders.stable_ends()[0].1;
    assert!(world.orders.ends()[0].1 > stable, "the transaction is open");
    throughout("nothing of it is read", Duration::from_secs(2), || match world.group.offsets(&world.orders)[0] {
        offset if offset == stable => Ok(()),
        offset => Err(format!("{offset}")),
    });
    producer.abort_transaction(PATIENCE).unwrap();
    world.until_committed(&[&run]);
    write("TX-COMMITTED");
    producer.commit_transaction(PATIENCE).unwrap();
    world.until_committed(&[&run]);
    assert!(world.alipayhk.order("TX-ABORTED").is_none() && world.alipayhk.order("TX-COMMITTED").is_some());
    assert_eq!(world.group.offsets(&world.orders)[0], world.orders.ends()[0].1, "control records are passed, too");
    world.end(vec![run]);
}

/// The metadata of a commit, with the checksum that belongs to it (CRC-32, IEEE 802.3).
fn sealed(text: &str) -> String {
    let crc = text.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    format!("{text} {:08x}", !crc)
}

#[test]
fn offsets_that_were_copied_from_another_cluster_are_foreign_loudly_and_nothing_is_lost() {
    let world = World::new("copied", 2);
    let records = world.records(6);
    world.write(records.parts(1).remove(0));
    for partition in 0..2 {
        // Another cluster's group had everything settled above 0; here nothing is.
        let text = format!("ordersync/1 lkc-other {} {partition} 0 closed 5000 -1 -", world.orders.name());
        world.group.reset(&world.orders, partition, 0, &sealed(&text));
    }
    assert_eq!(Marker::of(&world.group.committed(&world.orders)[0].as_ref().unwrap().metadata), Marker::Closed);
    let run = world.start();
    let line = until_said(&run, "fault=cluster");
    assert!(line.contains(world.orders.name()), "{line}");
    world.until_committed(&[&run]);
    assert!(run.metric("ordersync_notes_total", &[("note", "foreign_metadata")]) >= 2.0);
    world.end(vec![run]);
}

#[test]
fn metadata_that_is_not_utf_8_is_foreign_and_no_panic() {
    let world = World::new("not-utf-8", 2);
    let door = door();
    let records = world.records(6);
    let parts = records.parts(2);
    world.write(parts[0].iter().copied());
    let run = world.start();
    world.until_committed(&[&run]);
    run.stop_well();
    door.corrupt_answers(api::OFFSET_FETCH, Damage::Word(b"ordersync/1"));
    let run = OrderSync::start(&world.config_by(door));
    until_said(&run, "not_ours");
    world.write(parts[1].iter().copied());
    world.end(vec![run]);
}
