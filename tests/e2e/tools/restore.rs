//! What orders have had decided comes back from the outcomes topic.

use order_sync_tests::order_sync::OrderSync;

use super::order;
use crate::world::{World, disposed};

/// With the outcomes topic and without history, a late old modification is stale after a restart; without both it is sent.
#[test]
fn a_restart_forgets_nothing_that_the_outcomes_topic_tells() {
    let world = World::new("restored", 2);
    let outcomes = world.kafka.topic_with("restored-outcomes", 2, &[("cleanup.policy", "compact")]);
    let config = world.config().set("outcomes.topic", outcomes.name()).set("delivery.history", 0);
    let numbers: Vec<String> = (0..20).map(|number| format!("E2E-RESTORED-{number}")).collect();
    world.orders.write_all(numbers.iter().map(|number| order(number).status("USED").modified_after(9_000).record(world.schema)));
    let run = OrderSync::start(&config);
    run.until_settled(20);
    world.stop_at_the_end(run);
    let before = world.alipayhk.state().counters.requests;

    world.orders.write_all(numbers.iter().map(|number| order(number).modified_after(1_000).record(world.schema)));
    // Its very copy at a later offset, and something new.
    world.orders.write(order(&numbers[0]).status("USED").modified_after(9_000).record(world.schema));
    world.orders.write(order("E2E-RESTORED-NEW").record(world.schema));
    let run = OrderSync::start(&config);
    let state = run.until_settled(22);
    assert_eq!((disposed(&state, "stale"), disposed(&state, "delivered")), (21, 1), "{state}");
    assert_eq!(run.metric("ordersync_outcomes_restored_total", &[("result", "whole")]), 2.0);
    world.stop_at_the_end(run);
    assert_eq!(world.assert_well_behaved().counters.requests - before, 1);
    assert!(numbers.iter().all(|number| world.alipayhk.order(number).unwrap().status.as_str() == "USED"));
}

/// A topic that was just switched on tells nothing of the past; history has to do, and that is said.
#[test]
fn a_topic_without_a_past_is_counted_and_history_has_to_do() {
    let world = World::new("no-past", 1);
    world.orders.write(order("E2E-OLD").status("USED").modified_after(9_000).record(world.schema));
    let run = world.start();
    run.until_settled(1);
    world.stop_at_the_end(run);
    let outcomes = world.kafka.topic("no-past-outcomes", 1);
    world.orders.write(order("E2E-OLD").modified_after(1_000).record(world.schema));
    let run = OrderSync::start(&world.config().set("outcomes.topic", outcomes.name()));
    let state = run.until_settled(1);
    assert_eq!(disposed(&state, "stale"), 1, "{state}");
    assert_eq!(run.metric("ordersync_outcomes_restored_total", &[("result", "short")]), 1.0);
    world.stop_at_the_end(run);
    world.assert_well_behaved();
}
