//! What may stand before the datum.

use order_sync_tests::avro::{ORDER_EVENT, Order, datum, single_object};
use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::OrderSync;
use serde_json::json;

use crate::world::{World, disposed};

fn order(number: &str) -> Order {
    Order::new(number).ext_info("{\"start_time\": 1760003600000}")
}

/// An older writer: fewer fields, and one that nobody needs.
const OLDER: &str = r#"{"type":"record","name":"OrderEvent","namespace":"ordersync.v1","fields":[
    {"name":"merchantBizNo","type":"string"},{"name":"merchantBizType","type":"string"},{"name":"orderStatus","type":"string"},
    {"name":"channel","type":{"type":"enum","name":"Channel","symbols":["APP","WEB"]}},
    {"name":"openId","type":"string"},{"name":"orderCreateTime","type":"long"},{"name":"orderModifyTime","type":"long"}]}"#;

fn older(number: &str) -> Vec<u8> {
    let value = json!({ "merchantBizNo": number, "merchantBizType": "PASS_TICKET", "orderStatus": "TICKETED", "channel": "WEB",
        "openId": "o-1", "orderCreateTime": 1_760_000_000_000_i64, "orderModifyTime": 1_760_000_000_000_i64 });
    datum(OLDER, &value)
}

#[test]
fn single_object_encoding_is_read_by_our_schema_and_by_the_configured_one() {
    let world = World::new("single-object", 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("older.avsc");
    std::fs::write(&file, OLDER).unwrap();
    let config = world.config().without("schema.registry_url").set("schema.framing", "single_object");
    let run = OrderSync::start(&config.set("schema.writer_schema_file", file.to_str().unwrap()));
    let stranger = single_object("\"string\"", b"\x02a");
    world.orders.write_all([
        Record::new("E2E-OURS", order("E2E-OURS").single_object()),
        Record::new("E2E-THEIRS", single_object(OLDER, &older("E2E-THEIRS"))),
        Record::new("E2E-STRANGER", stranger),
        Record::new("E2E-CONFLUENT", order("E2E-CONFLUENT").confluent(1)),
    ]);
    let state = run.until_settled(4);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (2, 2), "{state}");
    assert_eq!(world.alipayhk.order("E2E-THEIRS").unwrap().status.as_str(), "TICKETED");
    assert!(world.alipayhk.order("E2E-OURS").is_some());
    world.stop_at_the_end(run);
}

#[test]
fn bare_avro_is_read_by_the_configured_schema() {
    for (name, schema, value) in [("bare-ours", ORDER_EVENT, order("E2E-BARE").bare()), ("bare-older", OLDER, older("E2E-BARE"))] {
        let world = World::new(name, 1);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("writer.avsc");
        std::fs::write(&file, schema).unwrap();
        let config = world.config().without("schema.registry_url").set("schema.framing", "bare");
        let run = OrderSync::start(&config.set("schema.writer_schema_file", file.to_str().unwrap()));
        world.orders.write_all([Record::new("E2E-BARE", value), Record::new("E2E-BROKEN", b"\x02".to_vec())]);
        let state = run.until_settled(2);
        assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (1, 1), "{name}: {state}");
        assert!(world.alipayhk.order("E2E-BARE").is_some(), "{name}");
        world.stop_at_the_end(run);
    }
}

#[test]
fn in_confluent_framing_each_record_is_read_by_its_own_writer_s_schema() {
    let world = World::new("writers", 1);
    let registry = order_sync_tests::registry::Registry::start();
    let (ours, theirs) = (registry.register("orders-value", ORDER_EVENT), registry.register("orders-value", OLDER));
    world.orders.write_all([
        order("E2E-OURS").record(ours),
        Record::new("E2E-OLDER", order_sync_tests::avro::confluent(theirs, &older("E2E-OLDER"))),
    ]);
    let run = OrderSync::start(&world.config().registry(&registry));
    let state = run.until_settled(2);
    assert_eq!(disposed(&state, "delivered"), 2, "{state}");
    assert!(world.alipayhk.order("E2E-OLDER").unwrap().json.contains("\"openId\":\"o-1\""));
    world.stop_at_the_end(run);
}
