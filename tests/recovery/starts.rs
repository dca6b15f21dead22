//! What a start makes of what it finds: nothing committed and a great deal to read, or more than fits into memory.

use std::time::Duration;

use order_sync_tests::avro::Order;
use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::OrderSync;

use crate::world::{LONG, World, consuming, disposed};

/// More than is read without having been asked for, and one.
const MANY: usize = 1_000_001;

#[test]
fn a_first_start_on_more_than_a_million_records_wants_to_be_told_where_to_begin() {
    let world = World::new("backlog", 1);
    // Two bytes each: nobody will read them.
    for _ in 0..11 {
        world.orders.write_all((0..MANY.div_ceil(11)).map(|_| Record::keyless("?")));
    }
    let refused = OrderSync::start(&world.config()).finish(LONG);
    assert_eq!(refused.code, 2, "{}", refused.errors);
    let line = refused.errors.lines().last().unwrap();
    let count = world.orders.ends()[0].1;
    assert!(line.contains("kafka.start") && line.contains(&count.to_string()), "{line}");
    assert!(count > 1_000_000 && world.group.committed(&world.orders) == [None], "{count}");

    let run = OrderSync::start(&world.config().set("kafka.start", "latest"));
    run.until("it begins at the end", |state| state["partitions"][0]["committed"] == count);
    world.orders.write(Record::new("NEW-1", Order::new("NEW-1").ext_info("{\"start_time\": 1}").bare()));
    run.until_settled(1);
    run.stop_well();
    // Once there is an offset, nobody has to be told any more.
    let run = world.start();
    run.until("it goes on where it was", |state| consuming(state) == 1 && state["partitions"][0]["position"] == count + 1);
    run.stop_well();
    assert_eq!(world.group.offsets(&world.orders), [count + 1]);
}

#[test]
fn a_fresh_group_comes_through_a_backlog_that_is_larger_than_its_memory() {
    let world = World::new("memory", 3);
    // 600 orders, ten modifications each, turn by turn: within the bound of 200 waiting orders a partition nearly nothing collapses.
    let modification = |turn: i64, number: i64| {
        let order = Order::new(&format!("MEMORY-{number}")).ext_info("{\"start_time\": 1}").modified_after(turn);
        let status = if turn == 9 { "TICKETED" } else { "PAID" };
        Record::new(format!("MEMORY-{number}"), order.status(status).bare())
    };
    let written = world.orders.write_all((0..10).flat_map(|turn| (0..600).map(move |number| modification(turn, number)))).len() as u64;
    world.alipayhk.set_faults(Vec::new());
    let config = world.config().set("quota.requests_per_second", 2_000).set("delivery.max_open_records", 300);
    let run = OrderSync::start(&config.set("delivery.max_open_bytes", "256KiB"));
    let mut paused = false;
    let state = run.until_within("all of it", LONG + Duration::from_secs(60), |state| {
        let partitions = state["partitions"].as_array().unwrap();
        paused |= partitions.iter().any(|one| one["paused"] == true);
        let waiting: u64 = partitions.iter().filter_map(|one| one["waiting"].as_u64()).sum();
        assert!(waiting < 3_000, "{state}");
        disposed(state, "delivered") + disposed(state, "superseded") == written
    });
    assert!(paused, "reading stopped and went on: {state}");
    world.end(vec![run]);
}
