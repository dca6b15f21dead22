//! Tools that only look: `dlq list`, `dlq show`, `status`, `explain`, `check --from-topic`, `run --shadow`.

use std::fs;

use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::OrderSync;

use super::{json, order, refuse, refused};
use crate::world::{World, disposed};

#[test]
fn dead_letters_are_listed_by_what_they_are_and_shown_without_who_ordered() {
    let world = World::new("letters", 1);
    refuse(&world, &["E2E-REFUSED"]);
    world.orders.write_all([
        order("E2E-REFUSED").record(world.schema),
        Record::new("E2E-BROKEN", "?"),
        order("E2E-FINE").record(world.schema),
    ]);
    let run = world.start();
    run.until_settled(3);
    world.stop_at_the_end(run);

    let config = world.config();
    let all = json(&config, &["dlq", "list"]);
    assert_eq!(
        (&all["found"], &all["by_reason"]["rejected PARAM_ILLEGAL"], &all["by_reason"]["undecodable"]),
        (&2.into(), &1.into(), &1.into()),
        "{all}"
    );
    let one = json(&config, &["dlq", "list", "--reason", "rejected", "--type", "MOVIE_TICKET", "--from", "1h"]);
    assert_eq!((&one["found"], &one["letters"][0]["merchant_biz_no"]), (&1.into(), &"E2E-REFUSED".into()), "{one}");
    assert_eq!(json(&config, &["dlq", "list", "--order", "E2E-OTHER"])["found"], 0);
    assert_eq!(json(&config, &["dlq", "list", "--to", "1h"])["found"], 0);
    let table = OrderSync::command(&config, &["dlq", "list"]);
    assert!(table.output.contains("E2E-REFUSED") && table.output.contains("2 dead letters"), "{}", table.output);

    let letter = one["letters"][0]["letter"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("order.json");
    let shown = json(&config, &["dlq", "show", letter, "--value-to", file.to_str().unwrap()]);
    assert_eq!(
        (&shown["reason"], &shown["today"], &shown["body"]["userId"]),
        (&"rejected".into(), &"call".into(), &"[masked]".into()),
        "{shown}"
    );
    assert!(fs::read_to_string(&file).unwrap().contains("2088102000000001"), "what is to be mended is whole");
    let again = refused(&config, &["dlq", "show", letter, "--value-to", file.to_str().unwrap()]);
    assert!(again.errors.contains("--value-to"), "nothing is overwritten: {}", again.errors);
    assert!(refused(&config, &["dlq", "show", "0:999"]).errors.contains("0:999"));
    assert!(refused(&config, &["dlq", "list", "--type", "HOTEL"]).errors.contains("--type"));
}

#[test]
fn the_status_names_what_holds_the_group_up_and_the_story_of_an_order_is_told() {
    let world = World::new("story", 2);
    let outcomes = world.kafka.topic("story-outcomes", 2);
    let folder = tempfile::tempdir().unwrap();
    let hold = folder.path().join("hold");
    let config = world.config().set("outcomes.topic", outcomes.name()).set("alipayhk.hold_file", hold.to_str().unwrap());
    refuse(&world, &["E2E-REFUSED"]);
    let told = [
        order("E2E-TOLD").status("TICKETED"),
        order("E2E-TOLD").status("USED").modified_after(5_000),
        order("E2E-TOLD").modified_after(1_000),
    ];
    world.orders.write_all(told.iter().map(|order| order.record(world.schema)).chain([order("E2E-REFUSED").record(world.schema)]));
    let run = OrderSync::start(&config);
    run.until_settled(4);
    fs::write(&hold, "").unwrap();
    run.until("the gate is closed", |state| state["gate"]["reason"] == "operator");
    world.orders.write(order("E2E-WAITS").record(world.schema));
    run.until("it is read", |state| state["records_read"] == 5);

    let instance = run.admin();
    let status = json(&config, &["status", "--instance", &instance]);
    assert_eq!((&status["group"]["state"], &status["group"]["members"].as_array().map(Vec::len)), (&"Stable".into(), &Some(1)), "{status}");
    let blockers = status["blockers"].to_string();
    assert!(blockers.contains("operator") && blockers.contains("hold file") && blockers.contains("E2E-WAITS"), "{status}");
    assert!(OrderSync::command(&config, &["status", "--instance", &instance]).output.contains("! "));

    let story = json(&config, &["explain", "E2E-TOLD", "--instance", &instance]);
    let ends: Vec<_> = story["outcomes"].as_array().unwrap().iter().map(|outcome| outcome["disposition"].as_str().unwrap()).collect();
    assert_eq!((story["records"].as_array().map(Vec::len), ends.len()), (Some(3), 3), "{story}");
    assert!(ends.contains(&"delivered") && story["records"][0]["end"]["by_commit"] == "settled", "{story}");
    assert_eq!(story["instances"][0]["answer"]["lanes"][0]["state"], "idle", "{story}");
    let refused = OrderSync::command(&config, &["explain", "E2E-REFUSED", "--instance", &instance]);
    assert!(refused.output.contains("dead letter 0:0: rejected PARAM_ILLEGAL"), "{}", refused.output);
    assert!(!refused.output.contains("2088102000000001"));
    let unknown = OrderSync::command(&config, &["explain", "E2E-NOBODY", "--instance", &instance]);
    assert!(unknown.output.contains("nothing is known of it (5 records looked at)"), "{}", unknown.output);

    fs::remove_file(&hold).unwrap();
    run.until_settled(5);
    world.stop_at_the_end(run);
    let status = json(&config, &["status"]);
    assert_eq!((&status["lag"], &status["group"]["members"]), (&0.into(), &serde_json::json!([])), "{status}");
}

#[test]
fn a_check_of_the_topic_shows_what_records_become_and_what_they_have_between_them() {
    let world = World::new("checked", 2);
    let records = [
        order("E2E-TWICE").record(world.schema).to(0),
        order("E2E-TWICE").modified_after(1_000).record(world.schema).to(1),
        order("E2E-EQUAL").record(world.schema).to(0),
        order("E2E-EQUAL").status("USED").record(world.schema).to(0),
        Record::new("E2E-BROKEN", "?").to(0),
        order("E2E-HOTEL").biz_type("HOTEL").record(world.schema).to(1),
    ];
    world.orders.write_all(records);
    let checked = json(&world.config(), &["check", "--from-topic", "100"]);
    let becomes: Vec<_> = checked["orders"].as_array().unwrap().iter().map(|order| order["becomes"].as_str().unwrap()).collect();
    assert_eq!((becomes.len(), becomes.iter().filter(|becomes| **becomes == "parked").count()), (6, 2), "{checked}");
    assert!(
        checked["topic"]["several_partitions"]["E2E-TWICE"].is_array() && checked["topic"]["equal_times"]["E2E-EQUAL"].is_array(),
        "{checked}"
    );
    assert!(!checked.to_string().contains("2088102000000001"));
    let newest = json(&world.config(), &["check", "--from-topic", "2"]);
    assert_eq!(newest["orders"].as_array().map(Vec::len), Some(2), "one of each partition: {newest}");
    assert!(newest["connections"].as_array().is_some_and(|all| all.iter().all(|one| one["failed"] == false)), "{newest}");
    assert_eq!(world.group.committed(&world.orders), [None, None]);
    assert_eq!(world.alipayhk.state().counters.requests, 0);
}

#[test]
fn a_shadow_signs_everything_and_sends_and_writes_nothing() {
    let world = World::new("shadow", 1);
    let outcomes = world.kafka.topic("shadow-outcomes", 1);
    world.orders.write_all([order("E2E-ONE").record(world.schema), Record::new("E2E-BROKEN", "?"), order("E2E-TWO").record(world.schema)]);
    let run = OrderSync::begin(&world.config().set("outcomes.topic", outcomes.name()), &["run", "--shadow"]);
    let state = run.until_settled(3);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (2, 1), "{state}");
    assert!(run.metric("ordersync_signing_duration_seconds_count", &[]) >= 2.0);
    run.stop_well();
    assert_eq!(world.alipayhk.state().counters.requests, 0);
    assert_eq!((world.dead_letters.ends(), outcomes.ends()), (vec![(0, 0)], vec![(0, 0)]));
    assert_eq!(world.group.committed(&world.orders), [None], "the group itself has not moved");
    let shadow = world.kafka.group_named(&format!("{}.shadow", world.group.id()));
    assert_eq!(shadow.offsets(&world.orders), [3]);
}
