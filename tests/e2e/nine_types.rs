//! All nine business types at once.

use order_sync_tests::order_sync::settled;

use crate::orders::{assert_delivered, lives, untidy, write};
use crate::world::{World, disposed};

#[test]
fn of_all_nine_types_the_newest_modification_of_every_order_and_every_milestone_arrives() {
    let world = World::new("nine", 6);
    let lives = lives("NINE", 12);
    let records = untidy(&lives, 11);
    assert!(records.len() > 500, "{}", records.len());
    let (before, after) = records.split_at(records.len() / 2);

    // Half of it is there at the start and collapses; the other half comes while it runs.
    let mut written = write(&world.orders, world.schema, before.iter().copied());
    let run = world.start();
    run.until("it reads", |state| state["records_read"].as_u64() > Some(0));
    written += write(&world.orders, world.schema, after.iter().copied());
    let state = run.until_settled(written);

    assert_eq!(settled(&state), written);
    assert_eq!((disposed(&state, "rejected"), disposed(&state, "parked"), disposed(&state, "skipped")), (0, 0, 0), "{state}");
    let seen = world.assert_well_behaved();
    assert_eq!(seen.violation_counts.len(), 0, "not even a repetition: {:#?}", seen.violations);
    assert_delivered(&seen, &lives);
    // Delivered are the records whose own modification AlipayHK took; nothing was sent twice, so each was one call.
    assert_eq!((seen.counters.applied, seen.counters.applied_again), (disposed(&state, "delivered"), 0), "{state}");
    assert_eq!(world.dead_letters.ends(), [(0, 0)]);
    world.stop_at_the_end(run);
}

#[test]
fn a_restart_in_the_middle_changes_nothing_of_it() {
    let world = World::new("restart", 6);
    let lives = lives("RESTART", 12);
    let records = untidy(&lives, 12);
    let written = write(&world.orders, world.schema, records);
    // Slow enough that the stop comes in the middle.
    let config = world.config().set("quota.requests_per_second", 12);
    let mut delivered = 0;
    for _ in 0..2 {
        let run = order_sync_tests::order_sync::OrderSync::start(&config);
        run.until("some more delivered", |state| disposed(state, "delivered") >= 15);
        delivered += 15;
        run.stop_well();
    }
    assert!(world.alipayhk.state().counters.applied >= delivered);
    let run = world.start();
    run.until("the end of the log is committed", |state| {
        let partitions = state["partitions"].as_array().unwrap();
        let committed: i64 = partitions.iter().filter_map(|partition| partition["committed"].as_i64()).sum();
        partitions.len() == 6 && committed == written as i64
    });
    let seen = world.assert_well_behaved();
    assert_delivered(&seen, &lives);
    assert_eq!(seen.counters.applied_again, 0, "an orderly stop leaves nothing to repeat");
    world.stop_at_the_end(run);
}
