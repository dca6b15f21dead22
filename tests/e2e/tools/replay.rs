//! `dlq replay`: what was parked is sent again, and never over newer state.

use std::fs;

use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::OrderSync;

use super::{json, order, refuse, refused};
use crate::world::World;

#[test]
fn a_replay_sends_what_was_parked_and_never_over_newer_state() {
    let world = World::new("replayed", 1);
    let outcomes = world.kafka.topic("replayed-outcomes", 1);
    let config = world.config().set("outcomes.topic", outcomes.name());
    refuse(&world, &["E2E-REFUSED", "E2E-OVERTAKEN"]);
    world.orders.write_all([
        order("E2E-REFUSED").record(world.schema),
        order("E2E-OVERTAKEN").record(world.schema),
        Record::new("E2E-BROKEN", "?"),
    ]);
    let run = OrderSync::start(&config);
    run.until_settled(3);
    let alive = refused(&config, &["dlq", "replay"]);
    assert!(alive.errors.contains("--online") && alive.errors.contains("1 member,"), "{}", alive.errors);
    assert!(refused(&config, &["dlq", "replay", "--online"]).errors.contains("quota.reserve_per_second"));
    world.alipayhk.set_faults(Vec::new());
    world.orders.write(order("E2E-OVERTAKEN").status("USED").modified_after(5_000).record(world.schema));
    run.until_settled(4);
    world.stop_at_the_end(run);

    let dry = json(&config, &["dlq", "replay", "--dry-run"]);
    assert_eq!((&dry["to_send"], &dry["left"]["older"], &dry["left"]["still_unfit"]), (&1.into(), &1.into(), &1.into()), "{dry}");
    let before = world.alipayhk.state().counters.requests;
    let done = json(&config, &["dlq", "replay"]);
    assert_eq!((&done["end"], &done["ended"]["delivered"], &done["left"]["older"]), (&"whole".into(), &1.into(), &1.into()), "{done}");
    assert_eq!(world.assert_well_behaved().counters.requests - before, 1);
    assert_eq!(world.alipayhk.order("E2E-OVERTAKEN").unwrap().status.as_str(), "USED");
    assert_eq!(world.alipayhk.order("E2E-REFUSED").unwrap().status.as_str(), "TICKETED");
    // What was replayed is known from then on: to another replay, and to the pipeline.
    let again = json(&config, &["dlq", "replay"]);
    assert_eq!((&again["ended"], &again["left"]["already_accepted"]), (&serde_json::json!({}), &1.into()), "{again}");
}

#[test]
fn without_outcomes_a_newer_modification_in_the_source_holds_a_letter_back_and_a_mended_value_is_sent() {
    let world = World::new("mended", 1);
    refuse(&world, &["E2E-MENDED", "E2E-OVERTAKEN"]);
    world.orders.write_all([
        // The newer one was read first: by its offset the parked one looks later.
        order("E2E-OVERTAKEN").status("USED").modified_after(5_000).record(world.schema),
        order("E2E-MENDED").record(world.schema),
        order("E2E-HOTEL").biz_type("HOTEL").record(world.schema),
    ]);
    let run = world.start();
    run.until_settled(3);
    world.stop_at_the_end(run);
    world.alipayhk.set_faults(Vec::new());
    world.orders.write(order("E2E-OVERTAKEN").status("USED").modified_after(6_000).record(world.schema));
    let config = world.config();
    let dry = json(&config, &["dlq", "replay", "--dry-run"]);
    assert_eq!((&dry["to_send"], &dry["left"]["newer_in_source"], &dry["left"]["still_unfit"]), (&1.into(), &1.into(), &1.into()), "{dry}");

    let gone = refused(&config, &["dlq", "replay", "--letter", "9:9"]);
    assert!(gone.errors.contains("--letter: there is no letter 9:9 in"), "{}", gone.errors);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("order.json");
    let mended = order("E2E-HOTEL").json().to_string();
    fs::write(&file, &mended).unwrap();
    let letter = json(&config, &["dlq", "list", "--reason", "invalid"])["letters"][0]["letter"].as_str().unwrap().to_owned();
    let done = json(&config, &["dlq", "replay", "--letter", &letter, "--value", file.to_str().unwrap()]);
    assert_eq!(done["ended"]["delivered"], 1, "{done}");
    assert!(world.alipayhk.order("E2E-HOTEL").is_some());
    fs::write(&file, mended.replace("MOVIE_TICKET", "HOTEL")).unwrap();
    let wrong = refused(&config, &["dlq", "replay", "--letter", &letter, "--value", file.to_str().unwrap()]);
    assert!(wrong.errors.contains("--value") && !wrong.errors.contains("2088102000000001"), "{}", wrong.errors);
    world.assert_well_behaved();
}
