//! Rules of the business types, and what configuration makes of them.

use order_sync_tests::avro::Order;
use order_sync_tests::order_sync::OrderSync;
use sandbox::model::Stands;

use crate::letters::{assert_of, letters};
use crate::orders::order;
use crate::world::{World, disposed, unordered};

/// AlipayHK that lets everything pass, so that what does not arrive was kept back by us.
fn lenient() -> Stands {
    Stands { transitions: false, required_extras: false, ..unordered() }
}

#[test]
fn strict_mode_parks_what_breaks_a_rule_before_any_call() {
    let world = World::with("strict", 1, lenient());
    let run = OrderSync::start(&world.config().set("business_types.MOVIE_TICKET.mode", "strict"));
    world.orders.write(order("E2E-BACK").status("USED").modified_after(1_000).record(world.schema));
    run.until_settled(1);
    let cases = [
        ("an unknown status", order("E2E-STATUS").status("TELEPORTED"), "orderStatus"),
        ("a required field is missing", Order::new("E2E-FIELD"), "extInfo"),
        ("a required member is missing", Order::new("E2E-PATH").ext_info("{}"), "extInfo.start_time"),
        ("a step the table forbids", order("E2E-BACK").modified_after(2_000), "orderStatus"),
    ];
    world.orders.write_all(cases.iter().map(|(_, order, _)| order.record(world.schema)));
    let state = run.until("all of them are decided", |state| order_sync_tests::order_sync::settled(state) == 5);
    let letters = letters(&world);
    let parked: Vec<&str> = (1..).zip(&cases).filter(|(offset, _)| letters.contains_key(offset)).map(|(_, (name, ..))| *name).collect();
    assert_eq!(parked, cases.iter().map(|(name, ..)| *name).collect::<Vec<_>>(), "parked; {state}");
    let sources = world.orders.records();
    for (offset, (name, _, names)) in (1..).zip(&cases) {
        assert_of(&world, &letters[&offset], &sources[offset as usize], "invalid");
        let message = letters[&offset].header("ordersync.message").unwrap();
        assert!(message.contains(names), "{name}: {message}");
    }
    assert_eq!((disposed(&state, "parked"), &state["calls"]["attempted"]), (4, &1.into()), "{state}");
    world.stop_at_the_end(run);
}

#[test]
fn observe_mode_sends_the_same_and_lets_alipayhk_decide() {
    let world = World::with("observe", 1, lenient());
    let run = world.start();
    world.orders.write(order("E2E-BACK").status("USED").modified_after(1_000).record(world.schema));
    run.until_settled(1);
    world.orders.write_all([
        order("E2E-STATUS").status("TELEPORTED").record(world.schema),
        Order::new("E2E-PATH").ext_info("{}").record(world.schema),
        order("E2E-BACK").modified_after(2_000).record(world.schema),
    ]);
    let state = run.until_settled(4);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (4, 0), "{state}");
    assert_eq!(run.metric("ordersync_notes_total", &[("note", "transition_violated")]), 1.0);
    world.stop_at_the_end(run);
}

#[test]
fn unsupported_business_can_park_instead_of_waiting() {
    let world = World::with("unsupported", 1, Stands { unsupported_types: vec!["MOVIE_TICKET".into()], ..unordered() });
    let run = OrderSync::start(&world.config().set("delivery.unsupported_business", "park"));
    world.orders.write_all([order("E2E-MOVIE").record(world.schema), Order::new("E2E-PASS").biz_type("PASS_TICKET").record(world.schema)]);
    let state = run.until_settled(2);
    assert_eq!(disposed(&state, "delivered"), 1, "{state}");
    assert_eq!((disposed(&state, "rejected"), disposed(&state, "parked")), (1, 0), "{state}");
    let letters = letters(&world);
    assert_of(&world, &letters[&0], &world.orders.records()[0], "rejected");
    assert_eq!(letters[&0].header("ordersync.code"), Some("UN_SUPPORT_BUSINESS"));
    assert_eq!(state["gate"]["types"], serde_json::json!({}), "{state}");
    world.stop_at_the_end(run);
}

#[test]
fn without_milestones_a_status_may_collapse_and_with_them_it_may_not() {
    for (name, milestones, expected) in [("milestones", vec!["TICKETED"], 2), ("no-milestones", Vec::new(), 1)] {
        let world = World::with(name, 1, lenient());
        world.orders.write_all([
            order("E2E-STONE").record(world.schema),
            order("E2E-STONE").status("USED").modified_after(1_000).record(world.schema),
        ]);
        let run = OrderSync::start(&world.config().set("business_types.MOVIE_TICKET.never_collapse", milestones));
        let state = run.until_settled(2);
        assert_eq!(state["calls"]["attempted"], expected, "{name}: {state}");
        assert_eq!(disposed(&state, "superseded"), 2 - expected, "{name}: {state}");
        assert_eq!(world.alipayhk.order("E2E-STONE").unwrap().status.as_str(), "USED", "{name}");
        world.stop_at_the_end(run);
    }
}
