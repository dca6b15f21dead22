//! One order from end to end, and what a start makes of what it finds.

use std::time::Duration;

use order_sync_tests::avro::Order;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::process::Signal;
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::faults::{Fault, Rule};
use serde_json::{Value as Json, json};

use crate::world::{World, disposed};

#[test]
fn one_order_is_delivered_and_committed_and_not_sent_again_by_the_next_start() {
    let world = World::new("one", 1);
    let order =
        Order::new("E2E-ONE").amount("12000", "HKD").ext_info("{\"start_time\": 1760003600000, \"seat\": \"香 7\"}").modified_after(60_000);
    world.orders.write(order.record(world.schema));

    let run = world.start();
    let state = run.until_settled(1);
    assert_eq!((disposed(&state, "delivered"), &state["calls"]["attempted"]), (1, &json!(1)));
    let held = world.alipayhk.order("E2E-ONE").expect("AlipayHK knows the order");
    let mut body: Json = serde_json::from_str(&held.json).unwrap();
    let request_id = body.as_object_mut().unwrap().remove("requestId").unwrap();
    assert_eq!(request_id.as_str().map(str::len), Some(32));
    let expected = json!({
        "merchantBizNo": "E2E-ONE", "merchantBizType": "MOVIE_TICKET", "orderStatus": "TICKETED", "userId": "2088102000000001",
        "orderCreateTime": 1_760_000_000_000_i64, "orderModifyTime": 1_760_000_060_000_i64,
        "amount": { "value": "12000", "currency": "HKD" }, "extInfo": { "start_time": 1_760_003_600_000_i64, "seat": "香 7" },
    });
    assert_eq!(body, expected);
    world.stop_at_the_end(run);

    let run = world.start();
    world.orders.write(Order::new("E2E-TWO").ext_info("{\"start_time\": 1760003600000}").record(world.schema));
    let state = run.until_settled(1);
    assert_eq!((disposed(&state, "delivered"), &state["calls"]["attempted"]), (1, &json!(1)));
    assert_eq!(world.assert_well_behaved().counters.requests, 2);
    world.stop_at_the_end(run);
}

#[test]
fn an_idle_process_ends_at_once_with_0_and_commits_nothing_that_is_not_there() {
    let world = World::new("idle", 3);
    let run = world.start();
    run.until("three partitions", |state| state["partitions"].as_array().is_some_and(|all| all.len() == 3));
    world.stop_at_the_end(run);
    assert_eq!(world.alipayhk.state().counters.requests, 0);
}

#[test]
fn who_is_told_to_stop_again_leaves_with_1_what_is_open_and_the_next_start_sends_it() {
    let world = World::new("impatient", 1);
    world.alipayhk.set_faults(vec![Rule::always(Fault::Hang { apply: false })]);
    world.orders.write(Order::new("E2E-OPEN").ext_info("{\"start_time\": 1}").record(world.schema));
    let run = world.start();
    run.until("a call is on its way", |state| state["calls"]["in_flight"] == 1);
    until("a signal is taken for another one", PATIENCE, || {
        run.signal(Signal::TERM);
        if run.log().contains("told to stop again") { Ok(()) } else { Err(run.log()) }
    });
    let ended = run.finish(Duration::from_secs(15));
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.errors.trim_end().ends_with("what is open will be sent again"), "{ended:?}");

    world.alipayhk.set_faults(Vec::new());
    let run = world.start();
    run.until_settled(1);
    world.stop_at_the_end(run);
    assert!(world.alipayhk.order("E2E-OPEN").is_some());
}

#[test]
fn sigint_stops_like_sigterm() {
    let world = World::new("interrupt", 1);
    world.orders.write(Order::new("E2E-INT").ext_info("{\"start_time\": 1}").record(world.schema));
    let run = world.start();
    run.until_settled(1);
    run.signal(Signal::INT);
    assert_eq!(run.finish(Duration::from_secs(10)).code, 0);
    assert_eq!(world.group.offsets(&world.orders), [1]);
}

#[test]
fn a_source_topic_that_does_not_exist_ends_the_start_with_2_within_15_s_and_names_the_key() {
    let world = World::new("no-source", 1);
    let run = OrderSync::start(&world.config().set("kafka.topics", vec!["no-such-topic"]));
    let finished = run.finish(Duration::from_secs(15));
    assert_eq!(finished.code, 2, "{}", finished.errors);
    assert!(finished.errors.lines().last().unwrap().contains("kafka.topics"), "{}", finished.errors);
    assert!(!finished.errors.contains("waiting for Kafka"), "Kafka is there: {}", finished.errors);
}

#[test]
fn a_pattern_that_no_topic_matches_ends_the_start_with_2_within_15_s_and_names_the_key() {
    let world = World::new("no-match", 1);
    let run = OrderSync::start(&world.config().without("kafka.topics").set("kafka.topic_pattern", "^no-such-topic-.*"));
    let finished = run.finish(Duration::from_secs(15));
    assert_eq!(finished.code, 2, "{}", finished.errors);
    assert!(finished.errors.lines().last().unwrap().contains("kafka.topic_pattern"), "{}", finished.errors);
}

#[test]
fn sample_orders_for_a_topic_that_does_not_exist_name_the_key_or_the_flag_that_named_it() {
    let world = World::new("no-sample-topic", 1);
    let config = world.config().set("kafka.topics", vec!["no-such-topic"]);
    for (arguments, key) in [(&["produce", "--sample"][..], "kafka.topics"), (&["produce", "--sample", "--topic", "no-other"], "--topic")] {
        let finished = OrderSync::command(&config, arguments);
        assert_eq!((finished.code, finished.errors.lines().count()), (2, 1), "{}", finished.errors);
        assert!(finished.errors.contains(&format!("{key}: topic \"no-")), "{}", finished.errors);
    }
}

#[test]
fn a_dead_letter_topic_that_does_not_exist_ends_the_start_with_2_within_15_s_and_names_the_key() {
    let world = World::new("no-dlq", 1);
    let run = OrderSync::start(&world.config().set("dead_letter.topic", "no-such-dlq"));
    let finished = run.finish(Duration::from_secs(15));
    assert_eq!(finished.code, 2, "{}", finished.errors);
    assert!(finished.errors.lines().last().unwrap().contains("dead_letter.topic"), "{}", finished.errors);
    assert!(!finished.errors.contains("waiting for Kafka"), "Kafka is there: {}", finished.errors);
}

#[test]
fn a_broker_that_cannot_be_reached_is_waited_for_and_sigterm_still_ends_with_0() {
    let world = World::new("no-broker", 1);
    let nobody = format!("127.0.0.1:{}", order_sync_tests::ports::free());
    let run = OrderSync::start(&world.config().set("kafka.bootstrap_servers", nobody));
    order_sync_tests::wait::until("it says what it waits for", Duration::from_secs(15), || {
        let log = run.log();
        if log.contains("kafka.bootstrap_servers") { Ok(()) } else { Err(log) }
    });
    assert_eq!(run.get("/livez").unwrap().0, 200, "waiting is being alive");
    assert_eq!(run.get("/readyz").unwrap().0, 503, "but not ready");
    assert_eq!(run.stop().code, 0);
}

#[test]
fn start_latest_leaves_out_what_was_there_before() {
    let world = World::new("latest", 1);
    world.orders.write(Order::new("E2E-OLD").ext_info("{\"start_time\": 1}").record(world.schema));
    let run = OrderSync::start(&world.config().set("kafka.start", "latest"));
    run.until("the partition", |state| state["partitions"][0]["position"] == 1);
    world.orders.write(Order::new("E2E-NEW").ext_info("{\"start_time\": 1}").record(world.schema));
    let state = run.until_settled(1);
    assert_eq!(disposed(&state, "delivered"), 1);
    assert!(world.alipayhk.order("E2E-OLD").is_none() && world.alipayhk.order("E2E-NEW").is_some());
    world.stop_at_the_end(run);
}
