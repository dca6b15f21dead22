//! The schema registry away, slow, or without the schema.

use std::time::Duration;

use order_sync_tests::avro::{ORDER_EVENT, Order};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::registry::{Fault, Registry};
use order_sync_tests::wait::{PATIENCE, until};

use crate::letters::{assert_of, letters};
use crate::world::{World, disposed};

fn order(number: &str) -> Order {
    Order::new(number).ext_info("{\"start_time\": 1760003600000}")
}

#[test]
fn records_wait_for_a_registry_that_cannot_be_reached_and_then_flow() {
    let world = World::new("registry-away", 2);
    let registry = Registry::start();
    let schema = registry.register("orders-value", ORDER_EVENT);
    registry.down();
    let run = OrderSync::start(&world.config().registry(&registry));
    world.orders.write_all((0..20).map(|number| order(&format!("E2E-AWAY-{number}")).record(schema)));
    run.until("both partitions", |state| state["partitions"].as_array().is_some_and(|all| all.len() == 2));
    until("it says why it waits", PATIENCE, || {
        let asked = run.metric("ordersync_registry_fetches_total", &[("result", "unreachable")]);
        if asked >= 2.0 { Ok(()) } else { Err(format!("asked {asked} times; {}", run.log())) }
    });
    let state = run.state().unwrap();
    assert_eq!((disposed(&state, "parked"), &state["calls"]["attempted"]), (0, &0.into()), "{state}");
    registry.up();
    let state = run.until_settled(20);
    assert_eq!(disposed(&state, "delivered"), 20, "{state}");
    world.stop_at_the_end(run);
}

#[test]
fn a_registry_that_fails_or_talks_nonsense_is_waited_for_too() {
    for (name, fault) in [("500", Fault::Status(500)), ("slow", Fault::Slow(Duration::from_secs(2)))] {
        let world = World::new(&format!("registry-{name}"), 1);
        let registry = Registry::start();
        let schema = registry.register("orders-value", ORDER_EVENT);
        registry.set(fault);
        let run = OrderSync::start(&world.config().registry(&registry));
        world.orders.write(order("E2E-FAULT").record(schema));
        run.until("the partition", |state| state["partitions"].as_array().is_some_and(|all| all.len() == 1));
        until("it asks", PATIENCE, || if registry.requests().is_empty() { Err(run.log()) } else { Ok(()) });
        assert_eq!(disposed(&run.state().unwrap(), "parked"), 0, "{name}");
        registry.set(Fault::None);
        let state = run.until_settled(1);
        assert_eq!(disposed(&state, "delivered"), 1, "{name}: {state}");
        world.stop_at_the_end(run);
    }
}

#[test]
fn an_id_the_registry_does_not_know_parks_its_records_and_only_its() {
    let world = World::new("unknown-id", 1);
    let registry = Registry::start();
    let schema = registry.register("orders-value", ORDER_EVENT);
    let no_order = registry.register("other-value", r#"{"type":"record","name":"Shipment","fields":[{"name":"id","type":"string"}]}"#);
    world.orders.write_all([
        order("E2E-A").record(schema),
        order("E2E-B").record(4_000_000_000),
        order("E2E-C").record(no_order),
        order("E2E-D").record(schema),
    ]);
    let run = OrderSync::start(&world.config().registry(&registry));
    let state = run.until_settled(4);
    assert_eq!((disposed(&state, "parked"), disposed(&state, "delivered")), (2, 2), "{state}");
    let (letters, sources) = (letters(&world), world.orders.records());
    for (offset, id) in [(1, "4000000000".to_owned()), (2, no_order.to_string())] {
        assert_of(&world, &letters[&offset], &sources[offset as usize], "undecodable");
        assert_eq!(letters[&offset].header("ordersync.schema_id"), Some(id.as_str()));
    }
    assert_eq!(run.metric("ordersync_registry_fetches_total", &[("result", "unknown")]), 1.0);
    world.stop_at_the_end(run);
}

#[test]
fn a_schema_is_asked_for_once() {
    let world = World::new("asked-once", 3);
    let registry = Registry::start();
    let schema = registry.register("orders-value", ORDER_EVENT);
    world.orders.write_all((0..60).map(|number| order(&format!("E2E-ONCE-{number}")).record(schema)));
    let run = OrderSync::start(&world.config().registry(&registry));
    run.until_settled(60);
    assert_eq!(registry.requests().len(), 1, "{:?}", registry.requests());
    world.stop_at_the_end(run);
}
