//! What the operator can see and touch.

use std::fs;

use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};
use serde_json::Value as Json;

use crate::orders::order;
use crate::world::{World, disposed};

#[test]
fn the_hold_file_closes_the_gate_for_as_long_as_it_is_there() {
    let world = World::new("hold", 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hold");
    fs::write(&file, "").unwrap();
    let run = OrderSync::start(&world.config().set("alipayhk.hold_file", file.to_str().unwrap()));
    run.until("the gate is closed", |state| state["gate"]["reason"] == "operator");
    world.orders.write_all((0..10).map(|number| order(&format!("E2E-HOLD-{number}")).record(world.schema)));
    let state = run.until("all of them are read", |state| state["records_read"] == 10);
    assert_eq!((&state["calls"]["attempted"], &state["gate"]["reason"]), (&0.into(), &"operator".into()), "{state}");
    fs::remove_file(&file).unwrap();
    let state = run.until_settled(10);
    assert_eq!((disposed(&state, "delivered"), &state["gate"]["state"]), (10, &"open".into()), "{state}");
    world.stop_at_the_end(run);
}

#[test]
fn the_pages_answer_and_an_order_tells_why_it_waits() {
    let world = World::new("pages", 1);
    world.alipayhk.set_faults(vec![Rule {
        orders: vec!["E2E-STUCK".into()],
        ..Rule::always(Fault::Http { status: 500, retry_after: None, apply: false })
    }]);
    world.orders.write_all([order("E2E-STUCK").record(world.schema), order("E2E-FINE").record(world.schema)]);
    let run = world.start();
    run.until("one is delivered", |state| disposed(state, "delivered") == 1);
    assert_eq!(run.get("/livez").unwrap().0, 200);
    until("ready", PATIENCE, || match run.get("/readyz")? {
        (200, _) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let (status, page) = run.get("/").unwrap();
    assert!(status == 200 && page.contains("<html"), "{status}");

    let lane = |number: &str| -> Json {
        let (status, body) = run.get(&format!("/api/orders/{number}")).unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    };
    until("it was tried three times", PATIENCE, || {
        let stuck = lane("E2E-STUCK");
        let text = stuck.to_string();
        assert!(!text.contains("2088102000000001"), "a user id on a page: {text}");
        let first = &stuck.as_array().or_else(|| stuck["lanes"].as_array()).and_then(|lanes| lanes.first()).cloned().unwrap_or_default();
        if first["attempts"].as_u64() >= Some(3) && first["waits_for"].is_string() { Ok(()) } else { Err(text) }
    });
    assert!(lane("E2E-FINE").to_string().contains("\"idle\""), "{}", lane("E2E-FINE"));
    assert!(run.metric("ordersync_freshness_seconds", &[]) > 0.0);
    assert!(run.metric("ordersync_partition_open", &[("topic", world.orders.name()), ("partition", "0")]) >= 1.0);

    world.alipayhk.set_faults(Vec::new());
    run.until_settled(2);
    until("nothing waits any more", PATIENCE, || {
        let lag = run.metric("ordersync_partition_lag", &[("partition", "0")]);
        if lag == 0.0 { Ok(()) } else { Err(format!("lag {lag}")) }
    });
    world.stop_at_the_end(run);
}

#[test]
fn one_order_that_stays_undecided_holds_up_the_commit_but_no_other_order() {
    let world = World::new("undecided", 1);
    world.alipayhk.set_faults(vec![Rule {
        orders: vec!["E2E-STUCK".into()],
        ..Rule::always(Fault::Http { status: 500, retry_after: None, apply: false })
    }]);
    world.orders.write(order("E2E-STUCK").record(world.schema));
    world.orders.write_all((0..30).map(|number| order(&format!("E2E-FREE-{number}")).record(world.schema)));
    let run = world.start();
    let state = run.until("all others are delivered", |state| disposed(state, "delivered") == 30);
    assert_eq!(state["partitions"][0]["committable"], 0, "{state}");
    let finished = run.stop();
    assert_eq!(finished.code, 0, "{}", finished.errors);
    assert_eq!(world.group.offsets(&world.orders), [0], "nothing is committed past a record without a disposition");

    // The completion map in the commit keeps the next start from sending the thirty again.
    world.alipayhk.set_faults(Vec::new());
    let before = world.alipayhk.state().counters.applied;
    let run = world.start();
    run.until("the end is committed", |state| state["partitions"][0]["committed"] == 31);
    let seen = world.assert_well_behaved();
    assert_eq!((seen.counters.applied - before, seen.counters.applied_again), (1, 0));
    world.stop_at_the_end(run);
}

#[test]
fn park_after_gives_an_undecided_order_up_and_says_so_in_the_letter() {
    let world = World::new("park-after", 1);
    let fault =
        Fault::Result { code: "SYSTEM_ERROR".into(), status: ResultStatus::U, message: String::new(), order_status: None, apply: false };
    world.alipayhk.set_faults(vec![Rule { orders: vec!["E2E-STUCK".into()], ..Rule::always(fault) }]);
    let mut after = toml::Table::new();
    after.insert("park_after".to_owned(), "1s".into());
    after.insert("attempts".to_owned(), 3.into());
    let run = OrderSync::start(&world.config().set("delivery.on_undecided", after));
    world.orders.write_all([order("E2E-STUCK").record(world.schema), order("E2E-FINE").record(world.schema)]);
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "parked"), disposed(&state, "delivered")), (1, 1), "{state}");
    let letters = crate::letters::letters(&world);
    crate::letters::assert_of(&world, &letters[&0], &world.orders.records()[0], "undecided");
    assert!(crate::letters::number(&letters[&0], "ordersync.attempts") >= 3);
    assert!(
        crate::letters::number(&letters[&0], "ordersync.first_failure") < crate::letters::number(&letters[&0], "ordersync.last_failure")
    );
    world.stop_at_the_end(run);
}
