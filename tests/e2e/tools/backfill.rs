//! `backfill`: an AlipayHK that knows nothing is brought up to date, with one call an order.

use std::fs;
use std::time::{Duration, Instant};

use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::process::Signal;
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};

use super::{json, order, refused};
use crate::world::{World, alipayhk};

/// An order that changed `times` times.
fn changed(world: &World, number: &str, times: i64) {
    world.orders.write_all((1..=times).map(|time| order(number).status("USED").modified_after(time * 1_000).record(world.schema)));
}

#[test]
fn a_backfill_sends_the_newest_of_each_order_and_leaves_the_group_where_it_is() {
    let world = World::new("backfilled", 2);
    let outcomes = world.kafka.topic("backfilled-outcomes", 2);
    let config = world.config().set("outcomes.topic", outcomes.name());
    for number in 0..10 {
        changed(&world, &format!("E2E-FILL-{number}"), 3);
    }
    let run = OrderSync::start(&config);
    run.until_settled(30);
    world.stop_at_the_end(run);
    let committed = world.group.committed(&world.orders);
    let done = json(&config, &["backfill", "--from", "1h"]);
    assert_eq!((&done["ended"], &done["left"]["already_accepted"]), (&serde_json::json!({}), &10.into()), "it is up to date: {done}");

    // AlipayHK has lost everything.
    let other = alipayhk();
    let config = config.set("alipayhk.base_url", other.base_url());
    let dry = json(&config, &["backfill", "--from", "1h", "--force", "--dry-run"]);
    assert_eq!((&dry["to_send"], other.state().counters.requests), (&10.into(), 0), "{dry}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders");
    fs::write(&file, "E2E-FILL-3\n").unwrap();
    let one = json(&config, &["backfill", "--from", "1h", "--force", "--orders", file.to_str().unwrap()]);
    assert_eq!(one["ended"]["delivered"], 1, "{one}");
    fs::write(&file, "E2E-FILL-3\nE2E-NOBODY\n").unwrap();
    let one = json(&config, &["backfill", "--from", "1h", "--orders", file.to_str().unwrap(), "--dry-run"]);
    assert_eq!((&one["left"]["no_record"], &one["details"][0]["order"]), (&1.into(), &"E2E-NOBODY".into()), "{one}");
    let done = json(&config, &["backfill", "--from", "1h", "--force", "--as-of-now"]);
    assert_eq!((&done["end"], &done["ended"]["delivered"], &done["calls"]), (&"whole".into(), &10.into(), &10.into()), "{done}");
    let state = other.state();
    assert_eq!((state.orders_held, state.violations.len()), (10, 0), "{:?}", state.violations);
    assert_eq!(world.group.committed(&world.orders), committed);
    assert!(refused(&config, &["backfill", "--from", "yesterday"]).errors.contains("--from"));
    assert!(refused(&config, &["backfill", "--from", "1h", "--as-of-now"]).errors.contains("--force"));
}

#[test]
fn a_stopped_backfill_says_how_to_go_on_and_goes_on_where_it_stopped() {
    let world = World::new("gone-on", 1);
    for number in 0..40 {
        changed(&world, &format!("E2E-GO-{number:02}"), 1);
    }
    let config = world.config();
    let run = OrderSync::begin(&config, &["backfill", "--from", "1h", "--rate", "10"]);
    until("some are sent", PATIENCE, || match world.alipayhk.state().counters.applied {
        8.. => Ok(()),
        few => Err(format!("{few}")),
    });
    // Twice at once, as `timeout` sends it: to the process, and to its group.
    run.signal(Signal::INT);
    run.signal(Signal::INT);
    let stopped = run.finish(PATIENCE);
    assert_eq!(stopped.code, 1, "{}", stopped.errors);
    assert!(stopped.errors.trim_end().ends_with("order-sync.toml"), "the whole command: {}", stopped.errors);
    let line = stopped.errors.lines().last().unwrap().split(" --config ").next().unwrap();
    let flags: Vec<&str> = line.split_once("order-sync backfill ").unwrap_or_else(|| panic!("{line}")).1.split(' ').collect();
    assert!(line.ends_with(" --rate 10"), "{line}");
    let before = world.alipayhk.state().counters.applied;
    assert!(before < 40, "{before}");
    let other = refused(&config, &["backfill", "--from", "2026-01-01", "--run", flags[1]]);
    assert!(other.errors.contains("other flags"), "{}", other.errors);

    let began = Instant::now();
    let rest = json(&config, &[&["backfill"][..], &flags].concat());
    assert_eq!((&rest["end"], rest["ended"]["delivered"].as_u64()), (&"whole".into(), Some(40 - before)), "{rest}");
    assert!(began.elapsed() < Duration::from_secs(60));
    let state = world.assert_well_behaved();
    assert_eq!((state.orders_held, state.counters.applied_again), (40, 0));
    assert!(refused(&config, &[&["backfill"][..], &flags].concat()).errors.contains("nothing left of a run"));
}

#[test]
fn a_backfill_that_is_gone_on_with_sends_no_milestone_behind_the_newest_one_that_it_has_sent_before() {
    let world = World::new("gone-on-behind", 1);
    // The newest modification of an order comes first; one that must reach AlipayHK, and is older, last.
    let order_of = |status: &str, after: i64| order("E2E-BEHIND").status(status).modified_after(after);
    world.orders.write(order_of("USED", 9_000).record(world.schema));
    for number in 0..30 {
        changed(&world, &format!("E2E-BETWEEN-{number:02}"), 1);
    }
    world.orders.write(order_of("TICKETED", 1_000).record(world.schema));
    let config = world.config();
    let run = OrderSync::begin(&config, &["backfill", "--from", "1h", "--rate", "10"]);
    until("some are sent", PATIENCE, || match world.alipayhk.state().counters.applied {
        8.. => Ok(()),
        few => Err(format!("{few}")),
    });
    run.signal(Signal::INT);
    let stopped = run.finish(PATIENCE);
    let line = stopped.errors.lines().last().unwrap().split(" --config ").next().unwrap();
    let flags: Vec<&str> = line.split_once("order-sync backfill ").unwrap_or_else(|| panic!("{line}")).1.split(' ').collect();
    let before = world.alipayhk.state().counters.applied;
    assert!((8..31).contains(&before), "{before}");
    let rest = json(&config, &[&["backfill"][..], &flags].concat());
    assert_eq!((&rest["end"], rest["ended"]["delivered"].as_u64()), (&"whole".into(), Some(31 - before)), "{rest}");
    let state = world.assert_well_behaved();
    assert_eq!((state.orders_held, state.counters.requests), (31, 31));
    assert_eq!(world.alipayhk.order("E2E-BEHIND").unwrap().status.as_str(), "USED");
}

#[test]
fn a_status_that_alipayhk_holds_with_other_content_is_told_as_rejected_and_with_the_same_as_delivered() {
    let world = World::new("held", 1);
    let outcomes = world.kafka.topic("held-outcomes", 1);
    let config = world.config().set("outcomes.topic", outcomes.name());
    let numbers = ["E2E-TOUCHED", "E2E-CHANGED"];
    world.orders.write_all(numbers.map(|number| order(number).status("USED").record(world.schema)));
    let run = OrderSync::start(&config);
    run.until_settled(2);
    world.stop_at_the_end(run);
    // One is only touched, the other costs more: AlipayHK takes neither, since it holds the status.
    world.orders.write(order(numbers[0]).status("USED").modified_after(1_000).record(world.schema));
    world.orders.write(order(numbers[1]).status("USED").modified_after(1_000).amount("9999", "HKD").record(world.schema));
    let (code, status, order_status) = ("ORDER_STATUS_INVALID".into(), ResultStatus::F, Some("USED".into()));
    world.alipayhk.set_faults(vec![Rule::always(Fault::Result { code, status, message: String::new(), order_status, apply: false })]);
    let done = json(&config, &["backfill", "--from", "1h"]);
    let ended = serde_json::json!({ "delivered": 1, "rejected ORDER_STATUS_INVALID": 1 });
    assert_eq!((&done["ended"], &done["details"][0]["order"]), (&ended, &numbers[1].into()), "{done}");
}
