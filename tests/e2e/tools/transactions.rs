//! Sources that a transactional producer writes: their logs end in control records, which nobody is ever handed.

use order_sync_tests::kafka::Topic;
use order_sync_tests::wait::PATIENCE;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::{json, order};
use crate::world::World;

/// Writes an order in a transaction of its own, and ends it.
fn write(world: &World, topic: &Topic<'_>, number: &str, committed: bool) {
    let config = world.kafka.client().set("transactional.id", world.kafka.name("tool")).clone();
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    let value = order(number).confluent(world.schema);
    producer.send(BaseRecord::<str, [u8]>::to(topic.name()).key(number).payload(&value).partition(0)).map_err(|(error, _)| error).unwrap();
    producer.flush(PATIENCE).unwrap();
    if committed { producer.commit_transaction(PATIENCE) } else { producer.abort_transaction(PATIENCE) }.unwrap();
}

#[test]
fn logs_that_end_in_control_records_or_hold_nothing_else_are_read_to_their_ends_by_every_tool() {
    let world = World::new("transacted", 1);
    let other = world.kafka.topic("transacted-other", 1);
    let nothing = world.kafka.topic("transacted-nothing", 1);
    // The same partition number three times: committed at the end, aborted at the end, and nothing but aborted.
    world.orders.write(order("E2E-PLAIN").record(world.schema));
    write(&world, &world.orders, "E2E-COMMITTED", true);
    write(&world, &other, "E2E-OTHER", true);
    write(&world, &other, "E2E-ABORTED", false);
    write(&world, &nothing, "E2E-NOTHING", false);
    write(&world, &nothing, "E2E-NOTHING", false);
    // Of the first two offsets retention took one: the log begins and ends with a control record.
    nothing.cut(0, 1);
    write(&world, &world.dead_letters, "E2E-NO-LETTER", false);
    let config = world.config().set("kafka.topics", vec![world.orders.name(), other.name(), nothing.name()]);

    let filled = json(&config, &["backfill", "--from", "1h", "--dry-run"]);
    assert_eq!(filled["to_send"], 3, "{filled}");
    let checked = json(&config, &["check", "--from-topic", "100"]);
    assert_eq!(checked["orders"].as_array().map(Vec::len), Some(3), "{checked}");
    let replayed = json(&config, &["dlq", "replay", "--dry-run"]);
    assert_eq!(replayed["to_send"], 0, "{replayed}");
}
