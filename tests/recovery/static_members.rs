//! Static membership: a name in the group that outlives the process, and what that takes.

use std::time::{Duration, Instant};

use order_sync_tests::config::Config;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::wait::{PATIENCE, until};

use crate::world::{LONG, World, consuming, disposed, door, until_in_the_middle, until_said};

/// Session 6 s less a heartbeat of 0.5 s.
const LINGERS: Duration = Duration::from_millis(5_500);

fn named(config: Config, name: &str) -> Config {
    config.property("group.instance.id", name)
}

fn two(world: &World) -> (OrderSync, OrderSync) {
    let (stays, goes) = (OrderSync::start(&named(world.config(), "stays")), OrderSync::start(&named(world.config(), "goes")));
    for run in [&stays, &goes] {
        run.until("half of the partitions", |state| consuming(state) == 2);
    }
    (stays, goes)
}

fn epochs(run: &OrderSync) -> Vec<(u64, u64)> {
    let state = run.state().unwrap();
    let number = |one: &serde_json::Value, field: &str| one[field].as_u64().unwrap();
    state["partitions"].as_array().unwrap().iter().map(|one| (number(one, "partition"), number(one, "epoch"))).collect()
}

#[test]
fn one_that_left_in_order_is_back_at_once_and_nobody_else_notices() {
    let world = World::new("static-orderly", 4);
    let records = world.records(8);
    let parts = records.parts(2);
    let (stays, goes) = two(&world);
    let before = epochs(&stays);
    world.write(parts[0].iter().copied());
    until_in_the_middle(&goes);
    goes.stop_well();
    let began = Instant::now();
    let back = OrderSync::start(&named(world.config(), "goes"));
    back.until("its partitions", |state| consuming(state) == 2);
    println!("static member back after an orderly end: {:.2} s", began.elapsed().as_secs_f64());
    assert!(!back.log().contains("may still be heard"), "{}", back.log());
    world.write(parts[1].iter().copied());
    world.until_committed(&[&stays, &back]);
    assert_eq!(epochs(&stays), before, "no rebalance for the other one");
    let seen = world.end(vec![stays, back]);
    assert_eq!(seen.repeats, 0);
}

#[test]
fn one_that_was_killed_is_waited_for_by_its_successor_and_nobody_else_notices() {
    let world = World::new("static-killed", 4);
    let records = world.records(8);
    let parts = records.parts(2);
    let (stays, goes) = two(&world);
    let before = epochs(&stays);
    world.write(parts[0].iter().copied());
    until_in_the_middle(&goes);
    goes.kill();
    let back = OrderSync::start(&named(world.config(), "goes"));
    until_said(&back, "may still be heard");
    let waits = Instant::now();
    assert_eq!(consuming(&back.state().unwrap()), 0);
    world.write(parts[1].iter().copied());
    back.until_within("its partitions", LONG, |state| consuming(state) == 2);
    println!("static member back after a kill: {:.2} s", waits.elapsed().as_secs_f64());
    assert!(waits.elapsed() + Duration::from_secs(1) > LINGERS, "{:?}", waits.elapsed());
    world.until_committed(&[&stays, &back]);
    assert_eq!(epochs(&stays), before, "no rebalance for the other one");
    world.end(vec![stays, back]);
}

#[test]
fn of_two_with_one_name_the_first_ends_at_once_and_says_why() {
    let world = World::new("twins", 2);
    let records = world.records(6);
    let parts = records.parts(2);
    let config = named(world.config(), "twin");
    let first = OrderSync::start(&config);
    world.write(parts[0].iter().copied());
    until_in_the_middle(&first);
    let second = OrderSync::start(&config);
    let ended = first.finish(PATIENCE);
    assert_eq!(ended.code, 1, "{}", ended.errors);
    assert!(ended.errors.lines().any(|line| line.contains("group.instance.id") && line.contains("twin")), "{}", ended.errors);
    world.write(parts[1].iter().copied());
    second.until_within("every partition", LONG, |state| consuming(state) == 2);
    world.end(vec![second]);
}

#[test]
fn one_that_is_cut_off_from_its_group_speaks_no_longer_than_its_twin_waits() {
    let world = World::new("twin-cut-off", 1);
    let door = door();
    let records = world.records(20);
    let parts = records.parts(2);
    let slowly = |config: Config| named(config, "twin").set("quota.requests_per_second", 25);
    let first = OrderSync::start(&slowly(world.config_by(door)));
    world.write(parts[0].iter().copied());
    until_in_the_middle(&first);
    // Its line to the broker is cut, the one to AlipayHK is not: it speaks on, of what it has read, until its lease is over.
    door.cut();
    let before = disposed(&first.state().unwrap(), "delivered");
    let second = OrderSync::start(&slowly(world.config()));
    until_said(&second, "may still be heard");
    world.write(parts[1].iter().copied());
    first.until("it speaks on", |state| disposed(state, "delivered") > before);
    second.until_within("it takes over", LONG, |state| disposed(state, "delivered") > 0);
    let silent = first.state().unwrap();
    world.until_committed(&[&second]);
    assert_eq!(first.state().unwrap()["calls"], silent["calls"], "it fell silent before its twin spoke");
    door.heal();
    // Nobody can tell which of them is meant: who joins last takes the name, and the other one ends.
    until("one of them ends", LONG, || match (first.get("/livez"), second.get("/livez")) {
        (Ok(_), Ok(_)) => Err(format!("{}\n----\n{}", first.log(), second.log())),
        _ => Ok(()),
    });
    let (ends, stays) = if first.get("/livez").is_err() { (first, second) } else { (second, first) };
    let ended = ends.finish(PATIENCE);
    assert_eq!(ended.code, 1, "{}", ended.errors);
    assert!(ended.errors.lines().any(|line| line.contains("group.instance.id") && line.contains("twin")), "{}", ended.errors);
    world.end(vec![stays]);
}
