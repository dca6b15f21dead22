//! The schema registry away, slow, or without the schema.

use std::time::Duration;

use order_sync_tests::avro::{ORDER_EVENT, confluent, datum};
use order_sync_tests::config::Config;
use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::registry::{Apicurio, Fault, Registry, Secure};
use order_sync_tests::wait::{PATIENCE, until};
use serde_json::json;

use crate::letters::{assert_of, letters};
use crate::orders::order;
use crate::world::{World, disposed};

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

#[test]
fn a_registry_that_wants_to_know_who_asks_is_told_and_a_wrong_password_is_waited_for() {
    // RFC 7617, section 2: "Aladdin" and "open sesame".
    let basic = |config: Config, password: &str| config.set("schema.username", "Aladdin").set("schema.password", password);
    let token = |config: Config, token: &str| config.set("schema.token", token);
    type Introduce<'i> = &'i dyn Fn(Config, &str) -> Config;
    let cases: [(&str, &str, Introduce<'_>, &str); 2] = [
        ("basic", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", &basic, "open sesame"),
        ("bearer", "Bearer mF_9.B5f-4.1JqM", &token, "mF_9.B5f-4.1JqM"),
    ];
    for (name, header, introduce, secret) in cases {
        let world = World::new(&format!("registry-{name}"), 1);
        let registry = Registry::start();
        let schema = registry.register("orders-value", ORDER_EVENT);
        registry.require(header);
        world.orders.write(order("E2E-WHO").record(schema));
        let wrong = OrderSync::start(&introduce(world.config().registry(&registry), "wrong"));
        wrong.until("the partition", |state| state["partitions"].as_array().is_some_and(|all| all.len() == 1));
        until("it asks", PATIENCE, || {
            let asked = wrong.metric("ordersync_registry_fetches_total", &[("result", "unreachable")]);
            if asked >= 1.0 { Ok(()) } else { Err(wrong.log()) }
        });
        assert_eq!(disposed(&wrong.state().unwrap(), "parked"), 0, "{name}");
        assert!(wrong.log().contains("schema.username and password_file, or token_file"), "{}", wrong.log());
        wrong.stop_well();
        let run = OrderSync::start(&introduce(world.config().registry(&registry), secret));
        assert_eq!(disposed(&run.until_settled(1), "delivered"), 1, "{name}");
        assert!(!run.log().contains(secret), "a secret in the log");
        world.stop_at_the_end(run);
    }
}

#[test]
fn outcomes_are_framed_by_the_id_of_their_schema_where_the_registry_has_it() {
    const OUTCOME: &str = include_str!("../../schemas/order_outcome.avsc");
    for (name, read_only, known) in [("registered", false, false), ("looked-up", true, true), ("bare", true, false)] {
        let world = World::new(&format!("outcome-schema-{name}"), 1);
        let topic = world.kafka.topic(&format!("outcomes-{name}"), 1);
        let registry = Registry::start();
        let schema = registry.register("orders-value", ORDER_EVENT);
        let subject = format!("{}-value", topic.name());
        let id = known.then(|| registry.register(&subject, OUTCOME));
        registry.set(if read_only { Fault::ReadOnly } else { Fault::None });
        world.orders.write(order("E2E-FRAMED").record(schema));
        let run = OrderSync::start(&world.config().registry(&registry).set("outcomes.topic", topic.name()));
        run.until_settled(1);
        world.stop_at_the_end(run);
        let value = topic.records().remove(0).value.unwrap();
        if name == "bare" {
            assert_ne!(value[0], 0, "the length of the topic's name");
            continue;
        }
        // The same text has the same id.
        let id = id.unwrap_or_else(|| registry.register(&subject, OUTCOME));
        assert_eq!(value[..5], [&[0], id.to_be_bytes().as_slice()].concat());
    }
}

#[test]
fn a_registry_with_an_authority_of_its_own_is_asked_once_that_is_named_and_waited_for_until_then() {
    let world = World::new("registry-tls", 1);
    let registry = Secure::start(1, ORDER_EVENT);
    world.orders.write(order("E2E-TLS").record(1));
    let config = world.config().set("schema.registry_url", registry.url());
    let stranger = OrderSync::start(&config);
    stranger.until("the partition", |state| state["partitions"].as_array().is_some_and(|all| all.len() == 1));
    until("it asks", PATIENCE, || {
        let asked = stranger.metric("ordersync_registry_fetches_total", &[("result", "unreachable")]);
        if asked >= 1.0 { Ok(()) } else { Err(stranger.log()) }
    });
    assert_eq!(disposed(&stranger.state().unwrap(), "parked"), 0);
    stranger.stop_well();
    let run = OrderSync::start(&config.set("schema.ca_file", registry.ca_file().to_str().unwrap()));
    assert_eq!(disposed(&run.until_settled(1), "delivered"), 1);
    world.stop_at_the_end(run);
}

/// An order whose amounts are a type of another subject, which refers to a third one.
const SHOP_ORDER: &str = r#"{"type":"record","name":"OrderEvent","namespace":"ordersync.v1","fields":[
    {"name":"merchantBizNo","type":"string"},{"name":"merchantBizType","type":"string"},{"name":"orderStatus","type":"string"},
    {"name":"userId","type":"string"},{"name":"orderCreateTime","type":"long"},{"name":"orderModifyTime","type":"long"},
    {"name":"extInfo","type":"string"},{"name":"amount","type":"com.shop.Price"},{"name":"payAmount","type":["null","com.shop.Price"]}]}"#;
const PRICE: &str = r#"{"type":"record","name":"Price","namespace":"com.shop","fields":[{"name":"value","type":"string"},{"name":"currency","type":"Currency"}]}"#;
const CURRENCY: &str = r#"{"type":"enum","name":"Currency","namespace":"com.shop","symbols":["HKD","CNY"]}"#;

/// Registers all three by subject, schema and references; the id is that of the order.
fn register_shop(register: impl Fn(&str, &str, &[(&str, &str)]) -> u32) -> u32 {
    register("shop-currency", CURRENCY, &[]);
    register("shop-price", PRICE, &[("com.shop.Currency", "shop-currency")]);
    register("shop-order", SHOP_ORDER, &[("com.shop.Price", "shop-price")])
}

fn shop_order(number: &str) -> Vec<u8> {
    // As the producer has it: one text.
    let whole = PRICE.replace("\"Currency\"}", &format!("{CURRENCY}}}"));
    let schema = SHOP_ORDER.replacen("\"com.shop.Price\"", &whole, 1);
    let mut value = order(number).json();
    value["amount"] = json!({ "value": "9900", "currency": "HKD" });
    value["payAmount"] = json!({ "value": "9900", "currency": "HKD" });
    datum(&schema, &value)
}

#[test]
fn a_schema_that_refers_to_others_is_read_and_what_it_refers_to_is_asked_for_once() {
    let world = World::new("references", 2);
    let registry = Registry::start();
    let schema = register_shop(|subject, schema, to| registry.register_referring(subject, schema, to));
    let lost = registry.register_referring("lost-order", &SHOP_ORDER.replace("Price", "Cost"), &[("com.shop.Cost", "nobody")]);
    let record = |number: &str, id| Record::new(number, confluent(id, &shop_order(number)));
    world.orders.write_all((0..20).map(|number| record(&format!("E2E-REFERS-{number}"), schema)).chain([record("E2E-LOST", lost)]));
    let run = OrderSync::start(&world.config().registry(&registry));
    let state = run.until_settled(21);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (20, 1), "{state}");
    let held = world.alipayhk.order("E2E-REFERS-7").unwrap().json;
    assert!(held.contains(r#""amount":{"value":"9900","currency":"HKD"}"#), "{held}");
    let asked = registry.requests();
    let once = [
        format!("GET /schemas/ids/{schema}"),
        "GET /subjects/shop-price/versions/1".into(),
        "GET /subjects/shop-currency/versions/1".into(),
    ];
    assert!(once.iter().all(|path| asked.iter().filter(|one| *one == path).count() == 1), "{asked:?}");
    let letters = letters(&world);
    let message = letters.values().next().unwrap().header("ordersync.message").unwrap();
    assert!(message.contains("refers to a schema that the registry does not have"), "{message}");
    world.stop_at_the_end(run);
}

#[test]
fn a_real_registry_gives_schemas_takes_ours_and_tells_what_it_does_not_have() {
    let world = World::new("apicurio", 1);
    let topic = world.kafka.topic("apicurio-outcomes", 1);
    let registry = Apicurio::start();
    let schema = registry.register(&format!("{}-value", world.orders.name()), ORDER_EVENT);
    let referring = register_shop(|subject, schema, to| registry.register_referring(subject, schema, to));
    world.orders.write_all([order("E2E-REAL").record(schema), order("E2E-UNKNOWN").record(987_654)]);
    world.orders.write(Record::new("E2E-REFERS", confluent(referring, &shop_order("E2E-REFERS"))));
    let config = world.config().set("schema.registry_url", registry.url()).set("outcomes.topic", topic.name());
    let check = OrderSync::command(&config, &["check"]);
    assert!(check.output.contains("fits ordersync.v1.OrderEvent"), "{check:?}");
    let run = OrderSync::start(&config);
    let state = run.until_settled(3);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (2, 1), "{state}");
    assert!(world.alipayhk.order("E2E-REFERS").unwrap().json.contains("9900"));
    let message = letters(&world)[&1].header("ordersync.message").unwrap().to_owned();
    assert!(message.contains("knows no schema 987654"), "{message}");
    world.stop_at_the_end(run);
    assert!(topic.records().iter().all(|record| record.value.as_ref().is_some_and(|value| value[0] == 0)), "framed");
}
