//! Modifications that AlipayHK refuses for good.

use order_sync_tests::avro::Order;
use order_sync_tests::order_sync::OrderSync;
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};

use crate::letters::{assert_of, letters, number};
use crate::world::{World, disposed};

const TICKET: &str = "{\"start_time\": 1760003600000}";

fn refusing(order: &str, status: &str, code: &str) -> Rule {
    let fault = Fault::Result { code: code.into(), status: ResultStatus::F, message: "No".into(), order_status: None, apply: false };
    Rule { orders: vec![order.into()], statuses: vec![status.into()], ..Rule::always(fault) }
}

#[test]
fn a_rejected_modification_is_dead_lettered_byte_for_byte_and_the_next_one_is_sent() {
    let world = World::new("rejected", 1);
    world.alipayhk.set_faults(vec![refusing("E2E-REJECTED", "TICKETED", "PARAM_ILLEGAL")]);
    let source = Order::new("E2E-REJECTED").ext_info(TICKET).record(world.schema);
    let source = source
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .header("twice", "first")
        .header("between", vec![0xff, 0x00, 0xfe])
        .header("twice", "second")
        .header("ordersync.reason", "the record's own")
        .header("empty", "")
        .at(1_760_000_000_123);
    world.orders.write(source);
    world.orders.write(Order::new("E2E-NEIGHBOUR").ext_info(TICKET).record(world.schema));
    let run = world.start();
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "rejected"), disposed(&state, "parked"), disposed(&state, "delivered")), (1, 0, 1), "{state}");
    assert!(world.alipayhk.order("E2E-REJECTED").is_none());

    let before = world.orders.write(Order::new("E2E-REJECTED").ext_info(TICKET).status("USED").modified_after(1_000).record(world.schema));
    assert_eq!(before, (0, 2));
    let state = run.until_settled(3);
    assert_eq!(disposed(&state, "delivered"), 2, "{state}");
    assert_eq!(world.alipayhk.order("E2E-REJECTED").unwrap().status.as_str(), "USED");

    let letters = letters(&world);
    let (letter, source) = (&letters[&0], &world.orders.records()[0]);
    assert_of(&world, letter, source, "rejected");
    assert_eq!(source.headers.len(), 6);
    assert_eq!(letter.header("ordersync.code"), Some("PARAM_ILLEGAL"));
    assert_eq!(letter.header("ordersync.merchant_biz_no"), Some("E2E-REJECTED"));
    assert_eq!(number(letter, "ordersync.order_modify_time"), 1_760_000_000_000);
    assert_eq!(number(letter, "ordersync.attempts"), 1);
    assert_eq!(number(letter, "ordersync.schema_id"), i64::from(world.schema));
    assert!(number(letter, "ordersync.first_failure") <= number(letter, "ordersync.last_failure"));
    assert_eq!(run.metric("ordersync_records_disposed_total", &[("disposition", "rejected")]), 1.0);
    assert_eq!(run.metric("ordersync_dead_letters_total", &[("reason", "rejected")]), 1.0);
    world.stop_at_the_end(run);
}

#[test]
fn every_refusal_of_record_class_ends_its_record_only() {
    let world = World::new("refusals", 1);
    let codes = ["PARAM_ILLEGAL", "ORDER_STATUS_INVALID", "PROCESS_FAIL", "A_CODE_OF_TOMORROW"];
    world.alipayhk.set_faults(codes.iter().map(|code| refusing(&format!("E2E-{code}"), "TICKETED", code)).collect());
    let orders = codes.iter().map(|code| Order::new(&format!("E2E-{code}")).ext_info(TICKET).record(world.schema));
    let written = world.orders.write_all(orders).len() as u64;
    let run = world.start();
    let state = run.until_settled(written);
    assert_eq!(disposed(&state, "rejected"), written, "{state}");
    assert_eq!(state["gate"]["state"], "open", "{state}");
    let letters = letters(&world);
    for (offset, code) in (0..).zip(codes) {
        assert_eq!(letters[&offset].header("ordersync.code"), Some(code));
    }
    world.stop_at_the_end(run);
}

#[test]
fn an_older_modification_that_alipayhk_is_ahead_of_is_stale_and_no_dead_letter() {
    let world = World::with("ahead", 1, sandbox::model::Stands::default());
    // Another writer was faster: AlipayHK holds USED already.
    let used = Order::new("E2E-AHEAD").ext_info(TICKET).status("USED").modified_after(9_000);
    world.orders.write(used.record(world.schema));
    let run = world.start();
    run.until_settled(1);
    world.stop_at_the_end(run);

    let second = world.kafka.topic("ahead-elsewhere", 1);
    second.write(Order::new("E2E-AHEAD").ext_info(TICKET).modified_after(1_000).record(world.schema));
    let config = world.config().set("kafka.topics", vec![second.name()]);
    let run = OrderSync::start(&config);
    let state = run.until_settled(1);
    assert_eq!(disposed(&state, "stale"), 1, "{state}");
    assert_eq!(run.metric("ordersync_records_disposed_total", &[("reason", "peer_ahead")]), 1.0);
    assert_eq!(world.dead_letters.ends(), [(0, 0)]);
    run.stop_well();
}

#[test]
fn order_status_invalid_is_read_in_three_ways() {
    let world = World::new("three-readings", 1);
    let holds = |order: &str, held: Option<&str>| {
        let (code, order_status) = ("ORDER_STATUS_INVALID".into(), held.map(str::to_owned));
        let fault = Fault::Result { code, status: ResultStatus::F, message: "No".into(), order_status, apply: false };
        Rule { orders: vec![order.into()], ..Rule::always(fault) }
    };
    world.alipayhk.set_faults(vec![holds("E2E-SAME", Some("TICKETED")), holds("E2E-LATER", Some("USED")), holds("E2E-NONE", None)]);
    let orders = ["E2E-SAME", "E2E-LATER", "E2E-NONE"];
    world.orders.write_all(orders.map(|order| Order::new(order).ext_info(TICKET).record(world.schema)));
    let run = world.start();
    let state = run.until_settled(3);
    let counts = ["delivered", "stale", "rejected"].map(|name| disposed(&state, name));
    assert_eq!(counts, [1, 1, 1], "{state}");
    assert_eq!(run.metric("ordersync_records_disposed_total", &[("reason", "peer_ahead")]), 1.0);
    let letters = letters(&world);
    assert_eq!(letters.keys().copied().collect::<Vec<_>>(), [2], "only the last one is a dead letter");
    assert_eq!(letters[&2].header("ordersync.code"), Some("ORDER_STATUS_INVALID"));

    // The same status with other content: what AlipayHK holds is the older content, so this one is refused.
    world.alipayhk.set_faults(vec![holds("E2E-SAME", Some("TICKETED"))]);
    let other = Order::new("E2E-SAME").ext_info("{\"start_time\": 1760003600001}").modified_after(1_000);
    world.orders.write(other.record(world.schema));
    let state = run.until_settled(4);
    assert_eq!(disposed(&state, "rejected"), 2, "{state}");
    world.stop_at_the_end(run);
}

#[test]
fn the_fuse_closes_the_gate_before_the_dead_letter_topic_is_flooded() {
    let world = World::new("fuse", 1);
    let fault =
        Fault::Result { code: "PARAM_ILLEGAL".into(), status: ResultStatus::F, message: String::new(), order_status: None, apply: false };
    world.alipayhk.set_faults(vec![Rule::always(fault)]);
    let orders = (0..400).map(|number| Order::new(&format!("E2E-FUSE-{number:03}")).ext_info(TICKET).record(world.schema));
    let written = world.orders.write_all(orders).len() as u64;
    let run = OrderSync::start(&world.config().set("quota.max_in_flight", 8));
    let state = run.until("the gate is closed by the fuse", |state| state["gate"]["reason"] == "dead_letter_fuse");
    assert!(disposed(&state, "rejected") < 200, "{state}");
    // What was a mistake of somebody's configuration ends; the rest is delivered.
    world.alipayhk.set_faults(Vec::new());
    let state = run.until_settled(written);
    assert!(disposed(&state, "delivered") > 200, "{state}");
    assert_eq!(world.dead_letters.ends()[0].1 as u64, disposed(&state, "rejected"));
    world.stop_at_the_end(run);
}

#[test]
fn header_names_that_are_not_utf_8_survive_into_the_dead_letter() {
    let world = World::new("raw-names", 1);
    let headers: [(&[u8], &[u8]); 4] = [(b"\xff\xfename", b"\x00\xff"), (b"twice", b"1"), (b"twice", b"2"), (b"", b"no name")];
    let broker = world.kafka.bootstrap();
    crate::wire::produce(broker, world.orders.name(), b"\xc3\x28", b"no order \xff\x00", &headers);
    let run = world.start();
    let state = run.until_settled(1);
    assert_eq!(disposed(&state, "parked"), 1, "{state}");
    world.stop_at_the_end(run);

    // Key, value and all four headers stand there as they came, one behind the other.
    let letter = crate::wire::fetch(broker, world.dead_letters.name());
    let headers: Vec<u8> = headers.iter().flat_map(|(name, value)| crate::wire::header(name, value)).collect();
    let holds = |wanted: &[u8]| letter.windows(wanted.len()).any(|window| window == wanted);
    assert!(holds(&headers), "the headers");
    assert!(holds(&crate::wire::header(b"\xc3\x28", b"no order \xff\x00")), "key and value");
    assert!(holds(&crate::wire::header(b"ordersync.reason", b"undecodable")), "ours");
}
