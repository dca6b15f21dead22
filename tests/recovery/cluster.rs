//! Three brokers: the one that coordinates the group dies or freezes, or one that leads a partition.

use std::sync::OnceLock;
use std::time::Instant;

use order_sync_tests::avro::Order;
use order_sync_tests::config::Config;
use order_sync_tests::kafka::{Cluster, Record};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::process::Signal;
use order_sync_tests::wait::{PATIENCE, until};

use crate::world::{LONG, World, consuming, disposed, until_in_the_middle, until_said};

/// These tests take brokers away, so they take turns.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

/// A session that outlasts the election of a new coordinator, and a bound on one that is frozen.
fn patient(config: Config) -> Config {
    config.property("session.timeout.ms", "20000").property("socket.timeout.ms", "4000")
}

/// Waits until so many records are committed. Where the log ends is not asked: a broker of three may be frozen.
#[track_caller]
fn committed(world: &World, run: &OrderSync, written: u64) {
    let all = |state: &serde_json::Value| -> u64 {
        state["partitions"].as_array().map_or(0, |all| all.iter().filter_map(|one| one["committed"].as_u64()).sum())
    };
    run.until_within(&format!("{written} are committed in {}", world.orders.name()), LONG, |state| all(state) == written);
}

#[test]
fn the_coordinator_is_killed_and_another_one_frozen_while_commits_are_on_their_way() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let cluster = cluster();
    let world = World::on(&cluster.nodes()[0], "coordinator", 3).with_lost_answers();
    let records = world.records(16);
    let parts = records.parts(3);
    let run = OrderSync::start(&patient(world.config()));
    let mut written = world.write(parts[0].iter().copied());
    until_in_the_middle(&run);

    let first = cluster.coordinator(&world.group);
    let (epoch, gone) = (run.state().unwrap()["partitions"][0]["epoch"].clone(), Instant::now());
    cluster.node(first).kill();
    committed(&world, &run, written);
    println!("coordinator killed: everything committed within {:.1} s", gone.elapsed().as_secs_f64());
    cluster.node(first).restart();

    written += world.write(parts[1].iter().copied());
    let second = until("another coordinator", PATIENCE, || Ok::<_, String>(cluster.coordinator(&world.group)));
    let frozen = Instant::now();
    cluster.node(second).pause();
    written += world.write(parts[2].iter().copied());
    committed(&world, &run, written);
    println!("coordinator frozen: everything committed within {:.1} s", frozen.elapsed().as_secs_f64());
    cluster.node(second).resume();
    assert_eq!(run.state().unwrap()["partitions"][0]["epoch"], epoch, "a member all the time");
    world.end(vec![run]);
}

#[test]
fn a_partition_without_a_leader_holds_no_other_one_up() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let cluster = cluster();
    // One copy each: when its broker is gone, so is the partition.
    let world = World::with_one_copy(&cluster.nodes()[0], "leaderless", 3);
    let leaders = world.orders.leaders();
    let coordinator = cluster.coordinator(&world.group);
    let without = leaders.iter().position(|leader| leader.is_some_and(|leader| leader as usize != coordinator)).unwrap();
    let gone = leaders[without].unwrap() as usize;
    let records = world.records(6);
    world.write(records.parts(1).remove(0));
    cluster.node(gone).kill();
    until("it has no leader", PATIENCE, || match world.orders.leaders()[without] {
        None => Ok(()),
        leader => Err(format!("{leader:?}")),
    });
    let run = OrderSync::start(&patient(world.config()));
    let line = until_said(&run, "partition not taken over yet");
    assert!(line.contains("no leader") && line.contains(world.orders.name()), "{line}");
    run.until_within("the others", LONG, |state| consuming(state) == 2 && disposed(state, "delivered") > 0);
    cluster.node(gone).restart();
    run.until_within("all of them", LONG, |state| consuming(state) == 3);
    world.end(vec![run]);
}

#[test]
fn a_partition_without_a_leader_keeps_no_other_one_that_is_out_of_range_from_being_halted() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let cluster = cluster();
    let world = World::with_one_copy(&cluster.nodes()[0], "leaderless-gone", 3);
    let leaders: Vec<usize> = world.orders.leaders().into_iter().map(|leader| leader.unwrap() as usize).collect();
    let coordinator = cluster.coordinator(&world.group);
    // It is asked about before the one whose records go.
    let without = leaders.iter().position(|leader| *leader != coordinator).unwrap();
    let lost = (without + 1..3).find(|other| leaders[*other] != leaders[without]).unwrap();
    let run = OrderSync::start(&patient(world.config()));
    run.until_within("every partition", LONG, |state| consuming(state) == 3);
    cluster.node(leaders[without]).kill();
    until("it has no leader", PATIENCE, || match world.orders.leaders()[without] {
        None => Ok(()),
        leader => Err(format!("{leader:?}")),
    });
    // Written and deleted while nobody reads. A fetch that was on its way still gets the first of them, and no second one.
    run.signal(Signal::STOP);
    let order = |number: i32| Order::new(&format!("LOST-{number}")).ext_info("{\"start_time\": 1}").bare();
    let record = |number: i32| Record::new(format!("LOST-{number}"), order(number)).to(lost as i32);
    world.orders.write_all((0..5).map(record));
    world.orders.write_all((5..10).map(record));
    world.orders.cut(lost as i32, 10);
    run.signal(Signal::CONT);
    let line = until_said(&run, "is gone from the log");
    assert!(line.contains("halted") && line.contains(&format!("{}/{lost}", world.orders.name())), "{line}");
    cluster.node(leaders[without]).restart();
    run.stop_well();
}

#[test]
fn a_partition_of_the_outcomes_topic_that_cannot_be_read_holds_its_own_partition_up_and_no_other() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let cluster = cluster();
    let world = World::on(&cluster.nodes()[0], "outcomes-leaderless", 3);
    let outcomes = world.kafka.topic_copied("outcomes-of-leaderless", 3, 1, &[("min.insync.replicas", "1")]);
    let leaders: Vec<usize> = outcomes.leaders().into_iter().map(|leader| leader.unwrap() as usize).collect();
    // Among the first two, so that another one is restored behind it.
    let coordinator = cluster.coordinator(&world.group);
    let without = leaders.iter().take(2).position(|leader| *leader != coordinator).unwrap();
    cluster.node(leaders[without]).kill();
    until("it has no leader", PATIENCE, || match outcomes.leaders()[without] {
        None => Ok(()),
        leader => Err(format!("{leader:?}")),
    });
    let written = world.write(world.records(6).parts(1).remove(0));
    let run = OrderSync::start(&patient(world.config()).set("outcomes.topic", outcomes.name()));
    let settles =
        |state: &serde_json::Value, number: usize| state["partitions"][number]["committed"] == state["partitions"][number]["log_end"];
    run.until_within("the others", LONG, |state| consuming(state) == 3 && (0..3).all(|number| number == without || settles(state, number)));
    let state = run.state().unwrap();
    let restoring = [0, 1, 2].map(|number| state["partitions"][number]["restoring"] == true);
    assert_eq!(restoring, [0, 1, 2].map(|number| number == without), "{state}");
    let (name, number) = (world.orders.name(), without.to_string());
    assert_eq!(run.metric("ordersync_partition_restoring", &[("topic", name), ("partition", &number)]), 1.0);
    let line = until_said(&run, "the outcomes topic cannot be read");
    assert!(line.contains(&format!("{name}/{number}")) && line.contains(&format!("{}/{number} has no leader", outcomes.name())), "{line}");
    assert!(disposed(&state, "delivered") > 0 && !settles(&state, without), "{state}");
    cluster.node(leaders[without]).restart();
    committed(&world, &run, written);
    assert_eq!(run.metric("ordersync_partition_restoring", &[("topic", name), ("partition", &number)]), 0.0);
    world.end(vec![run]);
}
