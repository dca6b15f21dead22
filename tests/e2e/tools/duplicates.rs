//! Duplicates: the same at the same time, written twice. The pipeline leaves the second one, and so do the tools.

use order_sync_tests::order_sync::OrderSync;

use super::{json, order, refuse};
use crate::world::{World, alipayhk};

#[test]
fn a_backfill_sends_what_was_written_twice_once_and_not_at_all_when_it_was_accepted() {
    let world = World::new("twice", 1);
    let outcomes = world.kafka.topic("twice-outcomes", 1);
    let config = world.config().set("outcomes.topic", outcomes.name());
    // A milestone, which goes out before newer ones too, and another status.
    let both = || [order("E2E-MILESTONE").record(world.schema), order("E2E-OTHER").status("USED").record(world.schema)];
    world.orders.write_all(both());
    world.orders.write_all(both());
    let run = OrderSync::start(&config);
    run.until_settled(4);
    world.stop_at_the_end(run);
    assert_eq!(world.alipayhk.state().counters.requests, 2);
    let done = json(&config, &["backfill", "--from", "1h"]);
    assert_eq!((&done["ended"], &done["left"]["already_accepted"]), (&serde_json::json!({}), &2.into()), "{done}");
    assert_eq!(world.alipayhk.state().counters.requests, 2, "AlipayHK hears of nothing twice");

    let other = alipayhk();
    let config = config.set("alipayhk.base_url", other.base_url());
    let forced = json(&config, &["backfill", "--from", "1h", "--force"]);
    assert_eq!((&forced["ended"]["delivered"], other.state().counters.requests), (&2.into(), 2), "{forced}");
}

#[test]
fn a_duplicate_in_the_source_holds_no_letter_back() {
    let world = World::new("twin", 1);
    refuse(&world, &["E2E-TWIN"]);
    world.orders.write_all([order("E2E-TWIN").record(world.schema), order("E2E-TWIN").record(world.schema)]);
    let run = world.start();
    run.until_settled(2);
    world.stop_at_the_end(run);
    world.alipayhk.set_faults(Vec::new());
    let done = json(&world.config(), &["dlq", "replay"]);
    assert_eq!((&done["ended"]["delivered"], &done["left"]), (&1.into(), &serde_json::json!({})), "{done}");
    assert!(world.alipayhk.order("E2E-TWIN").is_some());
    world.assert_well_behaved();
}
