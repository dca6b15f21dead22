//! Spans and metrics, at a receiver that is not ours.

use order_sync_tests::avro::Order;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::otlp::OtlpReceiver;
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::faults::{Fault, Rule};

use crate::world::World;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

#[test]
fn calls_arrive_as_spans_linked_to_their_producers_and_counters_as_metrics_by_grpc() {
    exported("grpc", |receiver| receiver.grpc_endpoint());
}

#[test]
fn calls_arrive_as_spans_linked_to_their_producers_and_counters_as_metrics_by_http() {
    exported("http", |receiver| receiver.http_endpoint());
}

fn exported(protocol: &str, endpoint: impl Fn(&OtlpReceiver) -> String) {
    let receiver = OtlpReceiver::start();
    let world = World::new(&format!("otlp-{protocol}"), 1);
    world.alipayhk.set_faults(vec![Rule::times(Fault::Http { status: 503, retry_after: None, apply: false }, 1)]);
    let record = Order::new("E2E-TRACED").ext_info("{\"start_time\": 1}").record(world.schema);
    world.orders.write(record.header("traceparent", format!("00-{TRACE}-{SPAN}-01")));
    let config = world.config().set("telemetry.otlp_endpoint", endpoint(&receiver)).set("telemetry.otlp_protocol", protocol);
    let run = OrderSync::start(&config);
    run.until_settled(1);
    world.stop_at_the_end(run);

    let spans = until("both attempts", PATIENCE, || {
        let spans = receiver.spans();
        if spans.len() == 2 { Ok(spans) } else { Err(format!("{spans:?}")) }
    });
    for (attempt, span) in (1..).zip(&spans) {
        assert_eq!(span.links, [(TRACE.to_owned(), SPAN.to_owned())]);
        assert_eq!(span.attributes["ordersync.merchant_biz_no"], "E2E-TRACED");
        assert_eq!(span.attributes["ordersync.attempt"], attempt.to_string());
        assert_eq!(span.attributes["messaging.destination.name"], world.orders.name());
        assert_eq!(span.resource["service.name"], "order-sync");
        assert!(!format!("{span:?}").contains("2088102000000001"), "a user id in a span: {span:?}");
    }
    assert_eq!(
        (&spans[0].attributes["ordersync.outcome"], &spans[1].attributes["ordersync.outcome"]),
        (&"indefinite".into(), &"accepted".into())
    );
    assert!(spans[1].attributes["ordersync.tracer_id"].is_string(), "{spans:?}");

    until("the last metrics", PATIENCE, || {
        let metrics = receiver.metrics();
        let value = |name: &str, labels: &[(&str, &str)]| metrics.iter().rev().find(|metric| metric.name == name)?.value(labels);
        let seen = (value("ordersync.records.read", &[]), value("ordersync.records.disposed", &[("disposition", "delivered")]));
        if seen == (Some(1.0), Some(1.0)) { Ok(()) } else { Err(format!("{seen:?}")) }
    });
    assert!(receiver.protocols().iter().all(|one| one == protocol));
}
