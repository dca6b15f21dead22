//! Spans and metrics, at a receiver that is not ours; and what becomes of the pipeline when there is none.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use consumer::telemetry::metrics::catalogue;
use order_sync_tests::avro::Order;
use order_sync_tests::config::Config;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::otlp::{OtlpReceiver, Span};
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};
use serde_json::Value as Json;

use crate::letters::letters;
use crate::world::{World, disposed};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn traced(config: Config, receiver: &OtlpReceiver) -> Config {
    config.set("telemetry.otlp_endpoint", receiver.grpc_endpoint()).set("telemetry.otlp_protocol", "grpc")
}

/// The spans whose names begin like this, once there are so many.
#[track_caller]
fn spans(receiver: &OtlpReceiver, name: &str, count: usize) -> Vec<Span> {
    until(&format!("{count} spans {name:?}"), PATIENCE, || {
        let spans: Vec<Span> = receiver.spans().into_iter().filter(|span| span.name.starts_with(name)).collect();
        if spans.len() == count { Ok(spans) } else { Err(format!("{spans:?}")) }
    })
}

#[test]
fn calls_arrive_as_spans_linked_to_their_producers_and_counters_as_metrics_by_grpc() {
    exported("grpc", |receiver| receiver.grpc_endpoint(), "link");
}

#[test]
fn calls_arrive_as_spans_in_their_producers_traces_and_counters_as_metrics_by_http() {
    exported("http", |receiver| receiver.http_endpoint(), "parent");
}

fn exported(protocol: &str, endpoint: impl Fn(&OtlpReceiver) -> String, context: &str) {
    let receiver = OtlpReceiver::start();
    let world = World::new(&format!("otlp-{protocol}"), 1);
    world.alipayhk.set_faults(vec![Rule::times(Fault::Http { status: 503, retry_after: None, apply: false }, 1)]);
    let record = Order::new("E2E-TRACED").ext_info("{\"start_time\": 1}").record(world.schema);
    world.orders.write(record.header("traceparent", format!("00-{TRACE}-{SPAN}-01")));
    let config = world.config().set("telemetry.otlp_endpoint", endpoint(&receiver)).set("telemetry.otlp_protocol", protocol);
    let run = OrderSync::start(&config.set("telemetry.record_context", context));
    run.until_settled(1);
    world.stop_at_the_end(run);

    let spans = spans(&receiver, "process ", 2);
    for (attempt, span) in (1..).zip(&spans) {
        assert_eq!((span.name.clone(), span.kind.as_str()), (format!("process {}", world.orders.name()), "SPAN_KIND_CONSUMER"));
        assert_eq!(span.links, [(TRACE.to_owned(), SPAN.to_owned())]);
        assert_eq!((span.trace_id == TRACE, span.parent_span_id == SPAN), (context == "parent", context == "parent"));
        assert_eq!(span.attributes["ordersync.merchant_biz_no"], "E2E-TRACED");
        assert_eq!(span.attributes["ordersync.attempt"], attempt.to_string());
        assert_eq!(span.attributes["messaging.system"], "kafka");
        assert_eq!(span.attributes["messaging.operation.type"], "process");
        assert_eq!(span.attributes["messaging.destination.name"], world.orders.name());
        assert_eq!(span.attributes["messaging.consumer.group.name"], world.group.id());
        assert!(span.attributes["ordersync.serial"].is_string() && span.attributes["ordersync.epoch"].is_string(), "the ticket: {span:?}");
        assert_eq!(span.resource["service.name"], "order-sync");
        assert!(!format!("{span:?}").contains("2088102000000001"), "a user id in a span: {span:?}");
    }
    assert_eq!(
        (&spans[0].attributes["ordersync.outcome"], &spans[1].attributes["ordersync.outcome"]),
        (&"indefinite".into(), &"accepted".into())
    );
    assert_eq!((&spans[0].attributes["error.type"], &spans[1].attributes["ordersync.code"]), (&"http_status".into(), &"SUCCESS".into()));
    assert!(spans[1].attributes["ordersync.tracer_id"].is_string(), "{spans:?}");

    until("the last metrics", PATIENCE, || {
        let metrics = receiver.metrics();
        let value = |name: &str, labels: &[(&str, &str)]| metrics.iter().rev().find(|metric| metric.name == name)?.value(labels);
        let seen = (value("ordersync.records.read", &[]), value("ordersync.records.disposed", &[("disposition", "delivered")]));
        if seen == (Some(1.0), Some(1.0)) { Ok(()) } else { Err(format!("{seen:?}")) }
    });
    // Those of partitions end with their partitions, and the last reading was made after that.
    let wanted = catalogue::ALL.iter().map(|entry| entry.name).filter(|name| !name.starts_with("ordersync.partition."));
    let names: BTreeSet<String> = receiver.metrics().into_iter().map(|metric| metric.name).collect();
    let missing: Vec<&str> = wanted.filter(|name| !names.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?} of the catalogue did not come");
    assert!(receiver.protocols().iter().all(|one| one == protocol));
}

#[test]
fn a_call_is_linked_to_the_newest_128_of_the_records_it_answers_for_and_tells_how_many_there_are() {
    let receiver = OtlpReceiver::start();
    let world = World::new("otlp-links", 1);
    let folder = tempfile::tempdir().unwrap();
    let hold = folder.path().join("hold");
    std::fs::write(&hold, "").unwrap();
    let trace = |number: i64| format!("{:032x}", 0xabc0_0000 + number);
    world.orders.write_all((0..200).map(|number| {
        let order = Order::new("E2E-HOT").ext_info("{\"start_time\": 1}").modified_after(number);
        order.record(world.schema).header("traceparent", format!("00-{}-{SPAN}-01", trace(number)))
    }));
    let run = OrderSync::start(&traced(world.config(), &receiver).set("alipayhk.hold_file", hold.to_str().unwrap()));
    run.until("all of them are read", |state| state["records_read"] == 200);
    assert!(run.metric("ordersync_freshness_behind_gate_seconds", &[]) > 0.0);
    std::fs::remove_file(&hold).unwrap();
    run.until_settled(200);
    world.stop_at_the_end(run);

    let [span] = spans(&receiver, "process ", 1).try_into().unwrap();
    assert_eq!(span.attributes["ordersync.absorbed"], "199");
    let expected: Vec<_> = (72..200).rev().map(|number| (trace(number), SPAN.to_owned())).collect();
    assert_eq!(span.links, expected);
}

#[test]
fn rebalance_drain_and_commit_have_spans_and_a_dead_letter_and_its_log_line_name_their_call() {
    let receiver = OtlpReceiver::start();
    let world = World::new("otlp-moves", 2);
    let refused =
        Fault::Result { code: "PROCESS_FAIL".into(), status: ResultStatus::F, message: String::new(), order_status: None, apply: false };
    world.alipayhk.set_faults(vec![Rule { orders: vec!["E2E-REFUSED".into()], ..Rule::always(refused) }]);
    world.orders.write(Order::new("E2E-REFUSED").ext_info("{\"start_time\": 1}").record(world.schema).to(0));
    let run = OrderSync::start(&traced(world.config(), &receiver).set("telemetry.log_format", "json"));
    run.until_settled(1);
    let finished = run.stop();
    assert_eq!(finished.code, 0, "{}", finished.errors);
    let log = finished.errors;
    assert!(!log.contains("telemetry could not be exported"), "{log}");

    let [call] = spans(&receiver, "process ", 1).try_into().unwrap();
    assert_eq!(call.attributes["ordersync.code"], "PROCESS_FAIL");
    let letter = &letters(&world)[&0];
    assert_eq!(letter.header("ordersync.traceparent"), Some(format!("00-{}-{}-01", call.trace_id, call.span_id).as_str()));
    for message in ["AlipayHK refused a modification for good", "a record goes to the dead-letter topic"] {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        let line = lines.into_iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{message} is not in {log}"));
        assert_eq!(line["fields"]["trace_id"], call.trace_id.as_str(), "{line}");
    }

    let drains = spans(&receiver, "drain ", 2);
    assert!(drains.iter().all(|span| span.attributes["ordersync.drain.end"] == "released"), "{drains:?}");
    let commits: Vec<Span> = receiver.spans().into_iter().filter(|span| span.name.starts_with("commit ")).collect();
    let accepted = commits.iter().filter(|span| span.attributes["ordersync.commit.result"] == "accepted").count();
    assert!(accepted >= 2, "each partition announced its window: {commits:?}");
    assert!(commits.iter().all(|span| span.attributes["messaging.operation.type"] == "settle"));
    let rebalances = spans(&receiver, "rebalance", 1);
    assert_eq!(rebalances[0].attributes["ordersync.partitions.assigned"], "2", "{rebalances:?}");
}

#[test]
fn a_request_carries_its_span_to_alipayhk_and_nothing_else_of_the_trace() {
    let receiver = OtlpReceiver::start();
    let world = World::new("otlp-carried", 1);
    let heads: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, kept) = (format!("http://{}", listener.local_addr().unwrap()), Arc::clone(&heads));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            kept.lock().unwrap().push(lines.collect());
            let _ = stream.write_all(b"HTTP/1.1 503 Away\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    let order = Order::new("E2E-CARRIED").ext_info("{\"start_time\": 1}").record(world.schema);
    world.orders.write(
        order.header("traceparent", format!("00-{TRACE}-{SPAN}-01")).header("tracestate", "vendor=secret").header("baggage", "who=me"),
    );
    let run = OrderSync::start(&traced(world.config(), &receiver).set("alipayhk.base_url", url));
    let carried = until("a request", PATIENCE, || {
        let heads = heads.lock().unwrap();
        heads.first().cloned().ok_or_else(|| "none yet".to_owned())
    });
    assert_eq!(run.stop().code, 0);
    let value = |name: &str| carried.iter().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
    assert_eq!((value("tracestate:"), value("baggage:")), (None, None), "{carried:?}");
    let traceparent = value("traceparent:").unwrap_or_else(|| panic!("no traceparent: {carried:?}"));
    until("its span", PATIENCE, || {
        let spans = receiver.spans();
        let found = spans.iter().any(|span| traceparent == format!("00-{}-{}-01", span.trace_id, span.span_id));
        if found { Ok(()) } else { Err(format!("{traceparent}: {spans:?}")) }
    });
}

/// Runs 500 orders with this endpoint: how long they and the end took.
fn with_endpoint(world: &World, endpoint: &str, protocol: &str) -> (Duration, Duration) {
    let config = world.config().set("telemetry.otlp_endpoint", endpoint).set("telemetry.otlp_protocol", protocol);
    let run = OrderSync::start(&config);
    run.until("it is a member", |state| state["group"]["state"] == "member");
    let begun = Instant::now();
    let order = |number: i32| Order::new(&format!("E2E-{number}")).ext_info("{\"start_time\": 1}").record(world.schema);
    world.orders.write_all((0..500).map(order));
    let state = run.until_settled(500);
    let took = begun.elapsed();
    until("an export has failed, and says so", PATIENCE, || {
        match run.metric("ordersync_telemetry_exports_total", &[("result", "failed")]) {
            0.0 => Err("none yet".to_owned()),
            _ => Ok(()),
        }
    });
    assert_eq!((disposed(&state, "delivered"), state["gate"]["state"].as_str()), (500, Some("open")), "{state}");
    let begun = Instant::now();
    let finished = run.stop();
    assert_eq!(finished.code, 0, "{}", finished.errors);
    let complaints = finished.errors.matches("telemetry could not be exported").count();
    assert!(complaints <= 2, "once a minute is enough: {complaints}");
    (took, begun.elapsed())
}

#[test]
fn a_collector_that_hangs_or_refuses_costs_no_order_no_time_and_no_orderly_end() {
    // It takes connections into its queue and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let refusing = format!("http://127.0.0.1:{}", order_sync_tests::ports::free());
    let one = |name: &str, endpoint: &str, protocol: &str| {
        let world = World::new(&format!("otlp-{name}-{protocol}"), 1);
        let (took, end) = with_endpoint(&world, endpoint, protocol);
        assert!(took < Duration::from_secs(20), "{name} {protocol}: 500 orders at 1,000 a second took {took:?}");
        assert!(end < Duration::from_secs(10), "{name} {protocol}: the end took {end:?}");
    };
    let one = &one;
    std::thread::scope(|all| {
        for protocol in ["grpc", "http"] {
            for (name, endpoint) in [("silent", &silent), ("refusing", &refusing)] {
                all.spawn(move || one(name, endpoint, protocol));
            }
        }
    });
}
