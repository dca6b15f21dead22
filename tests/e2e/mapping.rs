//! Topics that were there before us: other shapes, other forms, most of it not ours.

use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Decimal, Schema};
use order_sync_tests::avro::{confluent, datum};
use order_sync_tests::config::Config;
use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::registry::Registry;
use serde_json::{Value as Json, json};
use toml::Table;

use crate::letters::{assert_of, letters};
use crate::world::{World, disposed};

const AT: i64 = 1_760_000_000_000;

/// The mappings of a text beside what is configured.
pub(crate) fn mapped(config: Config, mappings: &str) -> Config {
    let mut table: Table = mappings.parse().unwrap();
    config.set("mapping", table.remove("mapping").unwrap())
}

const BOOKING: &str = r#"{"type":"record","name":"Booking","namespace":"cinema","fields":[
    {"name":"number","type":"string"},{"name":"state","type":{"type":"enum","name":"State","symbols":["PAID","ENTERED","DRAFT","LOST"]}},
    {"name":"channel","type":["null","string"]},{"name":"changed","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":4}},
    {"name":"show","type":["null",{"type":"record","name":"Show","fields":[{"name":"starts","type":{"type":"long","logicalType":"timestamp-millis"}}]}]}]}"#;

const REFUND: &str = r#"{"type":"record","name":"Refund","namespace":"cinema","fields":[
    {"name":"booking","type":{"type":"record","name":"Ref","fields":[{"name":"number","type":"string"}]}},{"name":"at","type":"string"}]}"#;

const CINEMA: &str = r#"
[[mapping]]
record = "cinema.Booking"
when = [{ path = "channel", in = ["ALIPAYHK"] }]
[mapping.fields]
merchantBizNo = "number"
merchantBizType = { constant = "MOVIE_TICKET" }
orderStatus = { path = "state", values = { PAID = "TICKETED", ENTERED = "USED", DRAFT = "TICKETED" } }
userId = { constant = "2088102000000001" }
orderCreateTime = { constant = 1760000000000 }
orderModifyTime = "changed"
"amount.value" = { path = "total", unit = "major" }
"amount.currency" = { constant = "HKD" }
"extInfo.start_time" = "show.starts"
[[mapping]]
record = "cinema.Refund"
[mapping.fields]
merchantBizNo = "booking.number"
merchantBizType = { constant = "MOVIE_TICKET" }
orderStatus = { constant = "REFUNDED" }
userId = { constant = "2088102000000001" }
orderCreateTime = { constant = 1760000000000 }
orderModifyTime = { path = "at", unit = "iso8601" }
"extInfo.refunded" = { constant = true }
"#;

/// A booking of so many ten-thousandths of a dollar.
fn booking(number: &str, state: &str, channel: Option<&str>, after: i64, total: i64) -> Vec<u8> {
    let schema = Schema::parse_str(BOOKING).unwrap();
    let symbols = ["PAID", "ENTERED", "DRAFT", "LOST"];
    let some = |value| Value::Union(1, Box::new(value));
    let show = Value::Record(vec![("starts".to_owned(), Value::TimestampMillis(AT + 3_600_000))]);
    let fields = vec![
        ("number".to_owned(), Value::String(number.to_owned())),
        ("state".to_owned(), Value::Enum(symbols.iter().position(|symbol| *symbol == state).unwrap() as u32, state.to_owned())),
        ("channel".to_owned(), channel.map_or(Value::Union(0, Box::new(Value::Null)), |channel| some(Value::String(channel.to_owned())))),
        ("changed".to_owned(), Value::TimestampMicros((AT + after) * 1_000 + 999)),
        ("total".to_owned(), Value::Decimal(Decimal::from(total.to_be_bytes()))),
        ("show".to_owned(), some(show)),
    ];
    GenericDatumWriter::builder(&schema).build().unwrap().write_value_to_vec(Value::Record(fields)).unwrap()
}

#[test]
fn a_foreign_topic_of_two_records_reaches_alipayhk_filtered_and_exact() {
    let world = World::new("cinema", 1);
    let registry = Registry::start();
    let (bookings, refunds) = (registry.register("cinema-booking", BOOKING), registry.register("cinema-refund", REFUND));
    let stranger =
        registry.register("cinema-hall", r#"{"type":"record","name":"Hall","namespace":"cinema","fields":[{"name":"no","type":"int"}]}"#);
    let book = |number: &str, state: &str, channel, after, total| {
        Record::new(number, confluent(bookings, &booking(number, state, channel, after, total)))
    };
    let ours = Some("ALIPAYHK");
    world.orders.write_all([
        book("E2E-CINEMA-1", "PAID", ours, 1, 1_960_000),
        book("E2E-CINEMA-2", "PAID", Some("POS"), 2, 100_000),
        book("E2E-CINEMA-3", "PAID", None, 3, 100_000),
        book("E2E-CINEMA-4", "LOST", ours, 4, 100_000),
        book("E2E-CINEMA-5", "PAID", ours, 5, 100_050),
        Record::new("HALL", confluent(stranger, &[2])),
        Record::new(
            "E2E-CINEMA-1",
            confluent(refunds, &datum(REFUND, &json!({"booking": {"number": "E2E-CINEMA-1"}, "at": "2025-10-09T16:53:25+08:00"}))),
        ),
        Record::new("E2E-CINEMA-6", confluent(bookings, &booking("E2E-CINEMA-6", "PAID", ours, 6, 1)[..20])),
        book("E2E-CINEMA-7", "PAID", ours, 7, 0),
    ]);
    let run = OrderSync::start(&mapped(world.config().registry(&registry), CINEMA));
    let state = run.until_settled(9);
    assert_eq!((disposed(&state, "skipped"), disposed(&state, "parked")), (2, 4), "{state}");
    assert_eq!(disposed(&state, "delivered") + disposed(&state, "superseded"), 3, "{state}");
    assert_eq!(run.metric("ordersync_records_disposed_total", &[("disposition", "skipped"), ("reason", "not_ours")]), 2.0);
    let one = world.alipayhk.order("E2E-CINEMA-1").unwrap();
    assert_eq!((one.status.as_str(), one.modify_time), ("REFUNDED", AT + 5_000));
    let seven: Json = serde_json::from_str(&world.alipayhk.order("E2E-CINEMA-7").unwrap().json).unwrap();
    assert_eq!(seven["amount"], json!({"value": "0", "currency": "HKD"}));
    assert_eq!(seven["extInfo"], json!({"start_time": AT + 3_600_000}));
    assert_eq!(seven["orderModifyTime"], AT + 7);
    let (letters, sources) = (letters(&world), world.orders.records());
    for (offset, reason, says) in [
        (3, "unmapped", "orderStatus (from state): "),
        (4, "invalid", "amount.value (from total): is finer than the currency's minor unit"),
        (5, "unmapped", "no mapping takes records cinema.Hall"),
        (7, "undecodable", "ends too early"),
    ] {
        assert_of(&world, &letters[&offset], &sources[offset as usize], reason);
        let message = letters[&offset].header("ordersync.message").unwrap();
        assert!(message.contains(says), "{message}");
    }
    world.stop_at_the_end(run);
    world.assert_well_behaved();
}

const TEA: &str = r#"
[[mapping]]
when = [{ path = "source", not_in = ["POS"] }]
[mapping.fields]
merchantBizNo = "no"
merchantBizType = { constant = "SELF_PICK" }
orderStatus = { path = "status", values = { placed = "PENDING", ready = "TO_PICK_UP" } }
userId = "user.id"
orderCreateTime = "created"
orderModifyTime = { path = "updated", unit = "s", plus = "rev" }
"amount.value" = { path = "price", unit = "major" }
"amount.currency" = { constant = "HKD" }
shopInfo = "shop"
itemOrderList = "items"
extInfo = "extra"
"#;

#[test]
fn a_json_topic_is_read_strictly_through_the_same_mapping() {
    let world = World::new("tea", 1);
    let value = |number: &str, rest: &str| {
        format!(
            r#"{{"no":"{number}","user":{{"id":"2088102000000001"}},"created":{AT},"updated":1760000001,"shop":{{"z":1.50,"a":[]}},"items":[{{}}],"extra":"{{}}",{rest}}}"#
        )
    };
    let good = |number: &str, rev: u32| Record::new(number, value(number, &format!(r#""status":"ready","rev":{rev},"price":12.5"#)));
    let bad = |rest: &str| Record::new("E2E-TEA-BAD", value("E2E-TEA-BAD", rest));
    world.orders.write_all([
        good("E2E-TEA-1", 1),
        good("E2E-TEA-1", 2),
        bad(r#""status":"ready","price":1,"price":2"#),
        bad(r#""status":"lost","price":1"#),
        bad(r#""status":"ready","price":0.001"#),
        bad(r#""status":"ready","source":"POS","price":{}"#),
        Record::new("E2E-TEA-BAD", "{\"no\":\"E2E-TEA-BAD\""),
        Record::new("E2E-TEA-BAD", "[".repeat(1_000_000)),
        Record::tombstone("E2E-TEA-BAD"),
        good("E2E-TEA-2", 3),
    ]);
    let config = mapped(world.config().without("schema.registry_url").set("schema.framing", "json"), TEA);
    let run = OrderSync::start(&config);
    let state = run.until_settled(10);
    assert_eq!((disposed(&state, "skipped"), disposed(&state, "parked")), (2, 5), "{state}");
    let held = world.alipayhk.order("E2E-TEA-1").unwrap();
    assert_eq!((held.status.as_str(), held.modify_time), ("TO_PICK_UP", 1_760_000_001_002));
    assert!(held.json.contains(r#""shopInfo":{"z":1.50,"a":[]}"#) && held.json.contains(r#""value":"1250""#), "{}", held.json);
    assert!(world.alipayhk.order("E2E-TEA-2").is_some() && world.alipayhk.order("E2E-TEA-BAD").is_none());
    let (letters, sources) = (letters(&world), world.orders.records());
    for (offset, reason) in [(2, "undecodable"), (3, "unmapped"), (4, "invalid"), (6, "undecodable"), (7, "undecodable")] {
        assert_of(&world, &letters[&offset], &sources[offset as usize], reason);
    }
    world.stop_at_the_end(run);
}

#[test]
fn plain_json_needs_no_mapping() {
    let world = World::new("plain-json", 1);
    let order = order_sync_tests::avro::Order::new("E2E-PLAIN").amount("100", "HKD").set("extInfo", json!({"start_time": AT}));
    world
        .orders
        .write_all([Record::new("E2E-PLAIN", order.json().to_string()), Record::new("E2E-NONE", "{\"merchantBizNo\":\"E2E-NONE\"}")]);
    let run = OrderSync::start(&world.config().without("schema.registry_url").set("schema.framing", "json"));
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (1, 1), "{state}");
    assert_eq!(letters(&world)[&1].header("ordersync.reason"), Some("invalid"));
    world.stop_at_the_end(run);
}

/// One version of a record: `no`, `state`, `at`, and what else is in it.
fn version(fields: &str) -> String {
    format!(
        r#"{{"type":"record","name":"Order","namespace":"shop","fields":[{{"name":"no","type":"string"}},{{"name":"at","type":"long"}}{fields}]}}"#
    )
}

const SHOP: &str = r#"
[[mapping]]
[mapping.fields]
merchantBizNo = "no"
merchantBizType = { constant = "PASS_TICKET" }
orderStatus = "state"
openId = { constant = "o-1" }
tradeNo = "trade"
orderCreateTime = "at"
orderModifyTime = "at"
"#;

#[test]
fn a_schema_that_changes_in_the_middle_of_a_topic_changes_nothing_for_its_neighbours() {
    let world = World::new("changes", 1);
    let registry = Registry::start();
    let subject = format!("{}-value", world.orders.name());
    let versions = [
        (version(r#",{"name":"state","type":"string"}"#), json!({"state": "TICKETED"})),
        (
            version(
                r#",{"name":"trade","type":["null","string"],"default":null},{"name":"state","type":{"type":"enum","name":"S","symbols":["TICKETED"]}}"#,
            ),
            json!({"state": "TICKETED", "trade": "T-2"}),
        ),
        (
            version(r#",{"name":"status","aliases":["state"],"type":"string"},{"name":"tradeNo","aliases":["trade"],"type":"long"}"#),
            json!({"status": "TICKETED", "tradeNo": 3}),
        ),
        (version(r#",{"name":"trade","type":"string"}"#), json!({"trade": "T-4"})),
        (
            version(r#",{"name":"state","type":"string"},{"name":"gift","type":{"type":"map","values":"double"},"default":{}}"#),
            json!({"state": "TICKETED", "gift": {"a": 1.5}}),
        ),
    ];
    for (number, (schema, value)) in versions.iter().enumerate() {
        let id = registry.register(&subject, schema);
        let key = format!("E2E-CHANGES-{number}");
        let mut value = value.clone();
        value["no"] = key.as_str().into();
        value["at"] = AT.into();
        world.orders.write(Record::new(key, confluent(id, &datum(schema, &value))));
    }
    let run = OrderSync::start(&mapped(world.config().registry(&registry), SHOP));
    let state = run.until_settled(5);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (4, 1), "{state}");
    let trade = |number: u32| {
        let held = world.alipayhk.order(&format!("E2E-CHANGES-{number}")).unwrap();
        serde_json::from_str::<Json>(&held.json).unwrap()["tradeNo"].as_str().map(str::to_owned)
    };
    assert_eq!([0, 1, 2, 4].map(trade), [None, Some("T-2".to_owned()), Some("3".to_owned()), None]);
    let letters = letters(&world);
    assert_of(&world, &letters[&3], &world.orders.records()[3], "unmapped");
    let message = letters[&3].header("ordersync.message").unwrap();
    assert!(message.starts_with("mapping[0].fields.orderStatus: shop.Order has no \"state\""), "{message}");
    world.stop_at_the_end(run);
}

#[test]
fn a_topic_pattern_reads_topics_of_several_shapes_each_by_its_own_mapping() {
    let world = World::new("pattern-a", 2);
    let other = world.kafka.topic("pattern-b", 1);
    let registry = Registry::start();
    let (one, two) = (version(r#",{"name":"state","type":"string"}"#), version(r#",{"name":"code","type":"int"}"#));
    let (one_id, two_id) = (registry.register("a-value", &one), registry.register("b-value", &two));
    world.orders.write(Record::new(
        "E2E-PATTERN-1",
        confluent(one_id, &datum(&one, &json!({"no": "E2E-PATTERN-1", "at": AT, "state": "TICKETED"}))),
    ));
    other.write(Record::new("E2E-PATTERN-2", confluent(two_id, &datum(&two, &json!({"no": "E2E-PATTERN-2", "at": AT, "code": 7})))));
    let by_code = SHOP
        .replace("orderStatus = \"state\"", "orderStatus = { path = \"code\", values = { 7 = \"USED\" } }")
        .replace("tradeNo = \"trade\"\n", "");
    let selected = |text: &str, topic: &str| text.replace("[[mapping]]", &format!("[[mapping]]\ntopics = [\"{topic}\"]"));
    let mappings = selected(&SHOP.replace("tradeNo = \"trade\"\n", ""), world.orders.name()) + &selected(&by_code, other.name());
    let pattern = format!("^({}|{})$", world.orders.name(), other.name());
    let config = mapped(world.config().registry(&registry), &mappings).without("kafka.topics").set("kafka.topic_pattern", pattern);
    let run = OrderSync::start(&config);
    let state = run.until_settled(2);
    assert_eq!(disposed(&state, "delivered"), 2, "{state}");
    assert_eq!(world.alipayhk.order("E2E-PATTERN-1").unwrap().status.as_str(), "TICKETED");
    assert_eq!(world.alipayhk.order("E2E-PATTERN-2").unwrap().status.as_str(), "USED");
    world.stop_at_the_end(run);
}

#[test]
fn check_holds_the_newest_schemas_and_samples_against_the_mapping() {
    let world = World::new("check-mapping", 1);
    let registry = Registry::start();
    let subject = format!("{}-value", world.orders.name());
    registry.register(&subject, &version(r#",{"name":"state","type":"string"},{"name":"trade","type":"string"}"#));
    let config = mapped(world.config().registry(&registry), SHOP);
    let fits = OrderSync::command(&config, &["check"]);
    assert_eq!(fits.code, 0, "{fits:?}");
    assert!(
        fits.output.contains(&format!("{subject}, version 1")) && fits.output.contains("shop.Order fits mapping[0]"),
        "{}",
        fits.output
    );

    registry.register(&subject, &version(r#",{"name":"status","type":"string"},{"name":"trade","type":"string"}"#));
    let wrong = OrderSync::command(&config, &["check"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let says = "mapping[0].fields.orderStatus: shop.Order has no \"state\": Order has no field \"state\", only no, at, status, trade";
    assert!(wrong.errors.contains(says), "{}", wrong.errors);

    let direct = OrderSync::command(&world.config().registry(&registry), &["check"]);
    assert_eq!(direct.code, 2, "{direct:?}");
    assert!(direct.errors.contains("does it need a [[mapping]]?"), "{}", direct.errors);

    let folder = tempfile::tempdir().unwrap();
    let sample = folder.path().join("lines.jsonl");
    let line = |state: &str| json!({"no": "E2E-CHECK", "at": AT, "state": state, "trade": null}).to_string();
    std::fs::write(&sample, format!("{}\n{{\"no\":1,\"no\":2}}\n{{}}\n", line("TICKETED"))).unwrap();
    let sampled = OrderSync::command(&config, &["check", "--json", "--sample", sample.to_str().unwrap()]);
    assert_eq!(sampled.code, 0, "{sampled:?}");
    let report: Json = serde_json::from_str(&sampled.output).unwrap();
    let becomes = |at: usize| (report["orders"][at]["becomes"].as_str().unwrap(), report["orders"][at]["reason"].as_str());
    assert_eq!([becomes(0), becomes(1), becomes(2)], [("call", None), ("parked", Some("undecodable")), ("parked", Some("invalid"))]);
}

#[test]
fn a_mistake_in_a_mapping_is_one_line_and_exit_code_2_before_anything_is_connected() {
    let world = World::new("mapping-mistakes", 1);
    let base = world.config().set("kafka.bootstrap_servers", "127.0.0.1:1");
    let cases = [
        (SHOP.replace("\"state\"", "{ path = \"state\", unit = \"s\" }"), "mapping[0].fields.orderStatus.unit"),
        (
            SHOP.replace("tradeNo = \"trade\"", "\"amount.value\" = { path = \"x\", unit = \"cents\" }"),
            "mapping[0].fields.\"amount.value\".unit",
        ),
        (SHOP.replace("orderModifyTime", "orderCreateTimes"), "mapping[0].fields.orderCreateTimes"),
    ];
    for (mappings, key) in cases {
        let finished = OrderSync::command(&mapped(base.clone(), &mappings), &["run"]);
        assert_eq!(finished.code, 2, "{finished:?}");
        assert!(finished.errors.trim_end().lines().count() == 1 && finished.errors.contains(key), "{}", finished.errors);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("writer.avsc");
    std::fs::write(&file, version(r#",{"name":"status","type":"string"}"#)).unwrap();
    let bare = base.without("schema.registry_url").set("schema.framing", "bare").set("schema.writer_schema_file", file.to_str().unwrap());
    let finished = OrderSync::command(&mapped(bare, SHOP), &["run"]);
    assert_eq!(finished.code, 2, "{finished:?}");
    assert!(finished.errors.contains("mapping[0].fields.orderStatus: shop.Order has no \"state\""), "{}", finished.errors);
}
