//! Partitions move from one process to another, in an orderly way and not.

use std::time::Duration;

use order_sync_tests::kafka::Kafka;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::process::Signal;
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::Span;
use sandbox::faults::{Fault, Rule};
use serde_json::Value as Json;

use crate::orders::{assert_delivered, lives, untidy, write};
use crate::world::{World, disposed};

/// Calls take so long that some are always on their way.
fn slow() -> Vec<Rule> {
    vec![Rule::always(Fault::Latency { delay: Span(Duration::from_millis(20)), jitter: Span(Duration::from_millis(80)) })]
}

/// Calls take so long that whoever looks sees them on their way.
fn slower() -> Vec<Rule> {
    vec![Rule::always(Fault::Latency { delay: Span(Duration::from_secs(1)), jitter: Span(Duration::ZERO) })]
}

/// Slow enough that there is a middle.
fn paced(world: &World) -> order_sync_tests::config::Config {
    world.config().set("quota.requests_per_second", 100)
}

fn partitions(state: &Json) -> usize {
    state["partitions"].as_array().map_or(0, |all| all.iter().filter(|one| one["phase"] == "consuming").count())
}

#[track_caller]
fn until_all_is_committed(world: &World, runs: &[&OrderSync]) {
    let ends: Vec<i64> = world.orders.ends().into_iter().map(|(_, end)| end).collect();
    until("everything is committed", PATIENCE + PATIENCE, || {
        let offsets = world.group.offsets(&world.orders);
        if offsets == ends {
            return Ok(());
        }
        let states: Vec<_> = runs.iter().map(|run| run.state()).collect();
        let logs: Vec<_> = runs.iter().map(|run| run.log()).collect();
        Err(format!("{offsets:?} of {ends:?}\n{states:?}\n{}", logs.join("\n----\n")))
    });
}

#[test]
fn one_of_two_is_killed_in_the_middle_and_the_other_takes_over() {
    let world = World::new("killed", 6);
    world.alipayhk.set_faults(slow());
    let lives = lives("KILLED", 10);
    let records = untidy(&lives, 31);
    let (before, rest) = records.split_at(records.len() / 2);
    let (meanwhile, after) = rest.split_at(rest.len() / 2);
    let (survivor, victim) = (OrderSync::start(&paced(&world)), OrderSync::start(&paced(&world)));
    for run in [&survivor, &victim] {
        run.until("half of the partitions", |state| partitions(state) == 3);
    }
    write(&world.orders, world.schema, before.iter().copied());
    victim.until("some are delivered", |state| disposed(state, "delivered") >= 10);
    world.alipayhk.set_faults(slower());
    write(&world.orders, world.schema, meanwhile.iter().copied());
    victim.until("some are on their way", |state| state["calls"]["in_flight"].as_u64() > Some(0));
    victim.kill();
    world.alipayhk.set_faults(slow());
    write(&world.orders, world.schema, after.iter().copied());
    survivor.until("all partitions", |state| partitions(state) == 6);
    until_all_is_committed(&world, &[&survivor]);
    let seen = world.assert_well_behaved();
    assert_delivered(&seen, &lives);
    assert_eq!(world.dead_letters.ends(), [(0, 0)]);
    world.stop_at_the_end(survivor);
}

#[test]
fn one_comes_and_one_goes_and_nothing_is_sent_twice() {
    let world = World::new("orderly", 6);
    world.alipayhk.set_faults(slow());
    let lives = lives("ORDERLY", 10);
    let records = untidy(&lives, 32);
    let (before, after) = records.split_at(records.len() / 2);
    write(&world.orders, world.schema, before.iter().copied());
    let first = OrderSync::start(&paced(&world));
    first.until("the middle", |state| disposed(state, "delivered") >= 10);
    let second = OrderSync::start(&paced(&world));
    second.until("half of the partitions", |state| partitions(state) == 3);
    first.until("the other half", |state| partitions(state) == 3);
    write(&world.orders, world.schema, after.iter().copied());
    second.until("the middle", |state| disposed(state, "delivered") >= 10);
    first.stop_well();
    second.until("all partitions", |state| partitions(state) == 6);
    until_all_is_committed(&world, &[&second]);
    let seen = world.assert_well_behaved();
    assert_delivered(&seen, &lives);
    assert_eq!(seen.counters.applied_again, 0, "orderly hand-overs leave nothing to repeat");
    world.stop_at_the_end(second);
}

#[test]
fn each_of_two_has_its_half_of_the_quota() {
    let world = World::new("share", 6);
    let config = world.config().set("quota.requests_per_second", 100).set("quota.reserve_per_second", 10);
    let (one, other) = (OrderSync::start(&config), OrderSync::start(&config));
    for run in [&one, &other] {
        run.until("half of the quota", |state| partitions(state) == 3 && state["quota"]["share_per_second"] == 45.0);
    }
    other.stop_well();
    one.until("all of it", |state| partitions(state) == 6 && state["quota"]["share_per_second"] == 90.0);
    world.stop_at_the_end(one);
}

#[test]
fn a_frozen_process_loses_its_partitions_and_is_harmless_when_it_wakes() {
    let world = World::new("frozen", 4);
    world.alipayhk.set_faults(slow());
    let lives = lives("FROZEN", 8);
    let records = untidy(&lives, 33);
    let (before, after) = records.split_at(records.len() / 2);
    let (awake, sleeper) = (OrderSync::start(&paced(&world)), OrderSync::start(&paced(&world)));
    for run in [&awake, &sleeper] {
        run.until("half of the partitions", |state| partitions(state) == 2);
    }
    write(&world.orders, world.schema, before.iter().copied());
    sleeper.until("the middle", |state| disposed(state, "delivered") >= 5);
    sleeper.signal(Signal::STOP);
    awake.until("all partitions", |state| partitions(state) == 4);
    write(&world.orders, world.schema, after.iter().copied());
    until_all_is_committed(&world, &[&awake]);
    sleeper.signal(Signal::CONT);
    for run in [&awake, &sleeper] {
        run.until("a member again", |state| partitions(state) == 2);
    }
    assert_delivered(&world.assert_well_behaved(), &lives);
    sleeper.stop_well();
    world.stop_at_the_end(awake);
}

#[test]
fn a_broker_that_goes_and_comes_back_is_waited_for() {
    let kafka: &'static Kafka = Box::leak(Box::new(Kafka::start()));
    let world = World::on(kafka, "broker", 3, crate::world::alipayhk());
    let lives = lives("BROKER", 6);
    let records = untidy(&lives, 34);
    let (before, after) = records.split_at(records.len() / 2);
    let run = OrderSync::start(&paced(&world));
    write(&world.orders, world.schema, before.iter().copied());
    run.until("the middle", |state| disposed(state, "delivered") >= 10);
    kafka.kill();
    run.until("what was read is sent or held", |state| state["calls"]["in_flight"] == 0);
    assert_eq!(run.get("/livez").unwrap().0, 200);
    kafka.restart();
    write(&world.orders, world.schema, after.iter().copied());
    until_all_is_committed(&world, &[&run]);
    assert_delivered(&world.assert_well_behaved(), &lives);
    world.stop_at_the_end(run);
    kafka.kill();
}
