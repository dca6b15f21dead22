//! Dead letters that are not taken, and a disk that is full.

use std::time::Duration;

use order_sync_tests::avro::Order;
use order_sync_tests::kafka::{Kafka, Record};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::wait::{PATIENCE, throughout, until};

use crate::world::{LONG, World, disposed, until_in_the_middle, until_said};

fn good(number: &str) -> Record {
    Record::new(number, Order::new(number).ext_info("{\"start_time\": 1}").bare())
}

fn poison(number: &str) -> Record {
    Record::new(number, "no order event")
}

/// A record waits for its letter, all others are delivered and nothing is committed past it.
fn waits(world: &World, run: &OrderSync, delivered: u64) {
    let state = run.until_within("the others", LONG, |state| disposed(state, "delivered") == delivered);
    assert_eq!(disposed(&state, "parked"), 0, "{state}");
    let line = until_said(run, "a dead letter was not taken");
    until("what lies before it is committed", LONG, || match world.group.offsets(&world.orders)[0] {
        1 => Ok(()),
        offset => Err(offset.to_string()),
    });
    throughout("nothing is committed past a record that waits for its letter", Duration::from_secs(1), || {
        match world.group.offsets(&world.orders)[0] {
            1 => Ok(()),
            offset => Err(offset.to_string()),
        }
    });
    assert!(line.contains("written again"), "{line}");
}

#[test]
fn a_dead_letter_topic_that_refuses_is_written_to_again_until_it_takes_them() {
    let world = World::with(crate::world::shared(), "refuses", 1, &[("max.message.bytes", "100")]);
    world.orders.write_all([good("BEFORE"), poison("POISON-1"), good("AFTER-1"), poison("POISON-2"), good("AFTER-2")]);
    let run = world.start();
    waits(&world, &run, 3);
    world.dead_letters.alter("max.message.bytes", "1048588");
    run.until_settled(5);
    let seen = world.end_with_letters(vec![run]);
    assert_eq!(seen.letters, 2);
}

#[test]
fn a_dead_letter_topic_that_was_deleted_is_waited_for() {
    let world = World::new("letters-gone", 1);
    world.orders.write(good("BEFORE"));
    let run = OrderSync::start(
        &world.config().property("topic.metadata.refresh.interval.ms", "500").property("topic.metadata.propagation.max.ms", "1000"),
    );
    run.until_settled(1);
    world.dead_letters.delete();
    world.orders.write_all([poison("POISON-1"), good("AFTER-1")]);
    waits(&world, &run, 2);
    world.dead_letters.remake();
    run.until_within("its letter", LONG, |state| disposed(state, "parked") == 1);
    let seen = world.end_with_letters(vec![run]);
    assert_eq!(seen.letters, 1);
}

#[test]
fn a_full_disk_ends_the_broker_and_with_room_again_everything_goes_on() {
    // A file system of its own, small enough to be filled. That takes the right to mount one, which a container may not have.
    let Some(kafka) = Kafka::start_on_a_disk_of(96 << 20) else {
        println!("not shown here: no file system may be mounted, so none can be filled");
        return;
    };
    let kafka: &'static Kafka = Box::leak(Box::new(kafka));
    let world = World::on(kafka, "full-disk", 2);
    let records = world.records(8);
    let parts = records.parts(2);
    world.write(parts[0].iter().copied());
    let run = world.start();
    until_in_the_middle(&run);
    kafka.fill_the_disk();
    // It tells nobody but its log: the next write, a commit, ends it.
    until("the broker has ended", LONG, || kafka.has_ended().then_some(()).ok_or_else(|| "it runs".to_owned()));
    until("alive", PATIENCE, || match run.get("/livez")? {
        (200, _) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    kafka.empty_the_disk();
    kafka.restart();
    world.write(parts[1].iter().copied());
    world.end(vec![run]);
    kafka.kill();
}
