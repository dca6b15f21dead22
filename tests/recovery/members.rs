//! Processes that come, go, die and freeze.

use std::time::Duration;

use order_sync_tests::avro::Order;
use order_sync_tests::config::Config;
use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::process::Signal;
use order_sync_tests::proxy::api;
use order_sync_tests::wait::{PATIENCE, throughout, until};

use crate::world::{LONG, World, consuming, disposed, door, until_in_the_middle};

#[test]
fn a_rolling_restart_of_three_sends_nothing_twice() {
    let world = World::new("rolling", 6);
    let records = world.records(12);
    let mut parts = records.parts(4).into_iter();
    let mut runs: Vec<OrderSync> = (0..3).map(|_| world.start()).collect();
    for run in &runs {
        run.until("a third", |state| consuming(state) == 2);
    }
    world.write(parts.next().unwrap());
    for (turn, part) in parts.enumerate() {
        let old = runs.remove(0);
        until_in_the_middle(&old);
        old.stop_well();
        let new = world.start();
        // The newcomer is a member before the next one goes; how the partitions lie then is the group's affair.
        new.until_within(&format!("partitions in turn {turn}"), LONG, |state| consuming(state) > 0);
        runs.push(new);
        world.write(part);
    }
    let seen = world.end(runs);
    assert_eq!((seen.repeats, seen.milestones_again), (0, 0), "orderly hand-overs leave nothing to repeat");
}

#[test]
fn two_of_three_die_or_freeze_and_the_one_left_inherits_every_partition() {
    let world = World::new("inherits", 12);
    let records = world.records(14);
    let parts = records.parts(4);
    let runs: Vec<OrderSync> = (0..3).map(|_| world.start()).collect();
    for run in &runs {
        run.until("a third", |state| consuming(state) == 4);
    }
    world.write(parts[0].iter().copied());
    let [heir, killed, frozen] = <[OrderSync; 3]>::try_from(runs).unwrap_or_else(|_| unreachable!("three"));
    for run in [&killed, &frozen] {
        until_in_the_middle(run);
    }
    frozen.signal(Signal::STOP);
    killed.kill();
    world.write(parts[1].iter().copied());
    heir.until_within("every partition", LONG, |state| consuming(state) == 12);
    world.write(parts[2].iter().copied());
    world.until_committed(&[&heir]);
    // It slept longer than its session. What it had in its hands is somebody else's, and it must not speak of it.
    frozen.signal(Signal::CONT);
    world.write(parts[3].iter().copied());
    for run in [&heir, &frozen] {
        run.until_within("half of the partitions", LONG, |state| consuming(state) == 6);
    }
    world.end(vec![heir, frozen]);
}

#[test]
fn members_come_and_go_all_the_time_and_progress_is_made() {
    let world = World::new("churn", 6);
    let records = world.records(14);
    let parts = records.parts(6);
    let steady = world.start();
    steady.until("every partition", |state| consuming(state) == 6);
    for (turn, part) in parts.iter().enumerate() {
        let before = disposed(&steady.state().unwrap(), "delivered");
        let guest = world.start();
        world.write(part.iter().copied());
        guest.until_within("it is a member", LONG, |state| consuming(state) > 0);
        if turn % 2 == 0 {
            guest.stop_well()
        } else {
            guest.kill()
        }
        steady.until_within("it goes on", LONG, |state| disposed(state, "delivered") > before);
    }
    world.end(vec![steady]);
}

#[test]
fn what_a_frozen_owner_could_not_write_yet_never_lies_behind_its_successor_s_outcomes() {
    let (world, line) = (World::new("former", 1), door());
    let outcomes = world.kafka.topic("former-outcomes", 1);
    let modified = |status: &str, after: i64| {
        let order = Order::new("FORMER-1").ext_info("{\"start_time\": 1}").status(status).modified_after(after);
        world.orders.write(Record::new("FORMER-1", order.bare()));
    };
    let former = OrderSync::start(&world.config_by(line).set("outcomes.topic", outcomes.name()));
    former.until("its partition", |state| consuming(state) == 1);
    line.swallow(api::PRODUCE);
    modified("PAID", 1_000);
    until("its outcome is on the way", PATIENCE, || match line.seen(api::PRODUCE) {
        0 => Err(former.log()),
        _ => Ok(()),
    });
    former.signal(Signal::STOP);
    modified("USED", 9_000);
    let heir = OrderSync::start(&world.config().set("outcomes.topic", outcomes.name()));
    heir.until_within("all of it", LONG, |state| state["partitions"][0]["committed"] == 2);
    let written = outcomes.ends()[0].1;

    line.heal();
    former.signal(Signal::CONT);
    until("it is given up, or written", LONG, || match outcomes.ends()[0].1 {
        more if more > written => Ok(()),
        _ if former.log().contains("an outcome was not taken") => Ok(()),
        _ => Err(former.log()),
    });
    throughout("nothing is written", Duration::from_secs(3), || match outcomes.ends()[0].1 {
        same if same == written => Ok(()),
        more => Err(format!("{more} outcomes, not {written}: {}", former.log())),
    });
    // A compacted topic keeps this one only. Its last field is the status that was accepted last.
    let newest = outcomes.records().pop().unwrap();
    assert!(newest.value.unwrap().ends_with(b"USED"));
    world.end(vec![heir, former]);
}

#[test]
fn what_an_owner_could_not_write_before_it_gave_its_partition_back_never_lies_behind_its_successor_s_outcomes() {
    let (world, line) = (World::new("given-back", 2).with_lost_answers(), door());
    let outcomes = world.kafka.topic("given-back-outcomes", 2);
    // Longer than a drain: what is on its way then may still arrive.
    let with = |config: Config| config.set("outcomes.topic", outcomes.name()).property("session.timeout.ms", "40000");
    let modified = |partition: usize, status: &str, after: i64| {
        let number = format!("GIVEN-BACK-{partition}");
        let order = Order::new(&number).ext_info("{\"start_time\": 1}").status(status).modified_after(after);
        world.orders.write(Record::new(number, order.bare()).to(partition as i32));
    };
    let former = OrderSync::start(&with(world.config_by(line)));
    former.until("its partitions", |state| consuming(state) == 2);
    line.swallow(api::PRODUCE);
    (0..2).for_each(|partition| modified(partition, "PAID", 1_000));
    former.until("both are sent", |state| disposed(state, "delivered") == 2);
    let heir = OrderSync::start(&with(world.config()));
    let state = heir.until_within("one of them", LONG, |state| consuming(state) == 1);
    let moved = state["partitions"][0]["partition"].as_u64().unwrap() as usize;
    modified(moved, "USED", 9_000);
    heir.until_within("all of it", LONG, |state| state["partitions"][0]["committed"] == 2);
    let written = outcomes.ends()[moved].1;
    // The line breaks, and what was not confirmed is sent again by the new one.
    line.heal();
    line.reset();
    former.until_within("its own", LONG, |state| state["partitions"][0]["committed"] == 1);
    throughout("nothing is written", Duration::from_secs(3), || match outcomes.ends()[moved].1 {
        same if same == written => Ok(()),
        more => Err(format!("{more} outcomes, not {written}: {}", former.log())),
    });
    world.end(vec![heir, former]);
}
