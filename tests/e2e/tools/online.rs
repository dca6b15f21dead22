//! A second writer and a living group: beside it when that is wanted, and never by chance.

use std::time::Instant;

use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::wait::{PATIENCE, until};

use super::{json, order, refuse, refused};
use crate::world::{World, journaled};

/// So many orders, all of them refused, and the process that met them.
fn parked(world: &World, config: &order_sync_tests::config::Config, count: usize) -> (Vec<String>, OrderSync) {
    let numbers: Vec<String> = (0..count).map(|number| format!("E2E-PARKED-{number:02}")).collect();
    refuse(world, &numbers.iter().map(String::as_str).collect::<Vec<_>>());
    world.orders.write_all(numbers.iter().map(|number| order(number).record(world.schema)));
    let run = OrderSync::start(config);
    run.until_settled(count as u64);
    (numbers, run)
}

#[test]
fn beside_a_living_group_a_replay_keeps_to_the_reserve_and_writes_no_letters_of_its_own() {
    let world = World::of("online", 1, &[], &[], journaled());
    let config = world.config().set("quota.reserve_per_second", 10);
    let (numbers, run) = parked(&world, &config, 40);
    refuse(&world, &[&numbers[7]]);
    let too_fast = refused(&config, &["dlq", "replay", "--online", "--rate", "11"]);
    assert!(too_fast.errors.contains("--rate") && too_fast.errors.contains("quota.reserve_per_second = 10"), "{}", too_fast.errors);

    let began = Instant::now();
    let done = json(&config, &["dlq", "replay", "--online"]);
    let (calls, seconds) = (done["calls"].as_f64().unwrap(), done["seconds"].as_f64().unwrap());
    assert_eq!((&done["rate"], &done["relies_on_order_control"], calls), (&10.0.into(), &true.into(), 40.0), "{done}");
    assert!(calls / seconds <= 10.5 && began.elapsed().as_secs_f64() >= seconds, "{done}");
    assert_eq!((&done["ended"]["delivered"], &done["ended"]["rejected PARAM_ILLEGAL"]), (&39.into(), &1.into()), "{done}");
    assert_eq!(world.dead_letters.ends(), [(0, 40)], "what is refused again is no new letter");
    let ids: Vec<String> =
        world.alipayhk.journal().into_iter().filter(|one| one.merchant_biz_no == numbers[0]).map(|one| one.request_id).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "a replay by hand asks anew: {ids:?}");
    assert_eq!(run.state().unwrap()["quota"]["share_per_second"], 990.0);
    world.stop_at_the_end(run);
    world.assert_well_behaved();
}

#[test]
fn a_replay_stops_when_the_group_comes_alive_and_is_gone_on_with_when_it_rests() {
    let world = World::new("came-alive", 1);
    let config = world.config();
    let (_, run) = parked(&world, &config, 60);
    world.stop_at_the_end(run);
    world.alipayhk.set_faults(Vec::new());

    let replay = OrderSync::begin(&config, &["dlq", "replay", "--rate", "5"]);
    until("some are sent", PATIENCE, || match world.alipayhk.state().counters.applied {
        3.. => Ok(()),
        few => Err(format!("{few}")),
    });
    let run = OrderSync::start(&config);
    let stopped = replay.finish(PATIENCE);
    assert!(stopped.code == 1 && stopped.errors.contains("the group came alive meanwhile"), "{}", stopped.errors);
    world.stop_at_the_end(run);
    let line = stopped.errors.lines().last().unwrap().split(" --config ").next().unwrap();
    let flags: Vec<&str> = line.split_once("order-sync dlq replay ").unwrap_or_else(|| panic!("{line}")).1.split(' ').collect();
    let before = world.alipayhk.state().counters.applied;
    assert!(before < 60, "{before}");

    let rest = json(&config, &[&["dlq", "replay"][..], &flags].concat());
    assert_eq!((&rest["end"], rest["ended"]["delivered"].as_u64()), (&"whole".into(), Some(60 - before)), "{rest}");
    let state = world.assert_well_behaved();
    assert_eq!((state.orders_held, state.counters.applied_again), (60, 0));
}
