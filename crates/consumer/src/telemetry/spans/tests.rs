use std::sync::{Arc, Mutex};
use std::time::Duration;

use alipayhk::Notes;
use domain::{Cause, Indefinite, ResultCode, Verdict};
use engine::{Epoch, PartitionId};
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Keeps what ends.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

fn facts() -> CallFacts<'static> {
    let ticket = Ticket { partition: PartitionId(0), epoch: Epoch(4), serial: 99 };
    CallFacts {
        group: "order-sync",
        topic: "orders",
        partition: 3,
        offset: 41,
        ticket,
        attempt: 2,
        biz_type: BizType::MovieTicket,
        order: "M1",
        answers_for: 3,
    }
}

/// The spans that `work` ended.
fn recorded(ratio: f64, work: impl FnOnce()) -> Vec<SpanData> {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).with_sampler(Sampling::of(ratio)).build();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer(provider.tracer("test"))), || {
        tracing::callsite::rebuild_interest_cache();
        work();
    });
    drop(provider);
    std::mem::take(&mut *kept.0.lock().unwrap())
}

fn attribute(span: &SpanData, name: &str) -> Option<Value> {
    span.attributes.iter().find(|pair| pair.key.as_str() == name).map(|pair| pair.value.clone())
}

#[test]
fn an_attempt_is_one_consumer_span_with_its_place_and_its_end() {
    let spans = recorded(1.0, || {
        let span = call(&facts(), None, Origin::parse(PARENT.as_bytes()));
        let code = ResultCode::lenient("PARAM_ILLEGAL");
        let notes = Notes { http_status: Some(200), tracer_id: Some("t-1".into()), code_text: Some(code.clone()), ..Notes::default() };
        finish(&span, &Answer { outcome: Outcome::Definitive(Verdict::Rejected(code)), notes });
    });
    let [span] = spans.as_slice() else { panic!("{} spans", spans.len()) };
    assert_eq!(span.name, "process orders");
    assert_eq!(span.span_kind, SpanKind::Consumer);
    assert_eq!(span.status, Status::Unset, "a verdict is no error of ours");
    let expected: [(&str, Value); 13] = [
        ("messaging.system", "kafka".into()),
        ("messaging.destination.name", "orders".into()),
        ("messaging.destination.partition.id", "3".into()),
        ("messaging.kafka.offset", 41.into()),
        ("ordersync.epoch", 4.into()),
        ("ordersync.serial", 99.into()),
        ("ordersync.attempt", 2.into()),
        ("ordersync.biz_type", "MOVIE_TICKET".into()),
        ("ordersync.absorbed", 2.into()),
        ("ordersync.outcome", "rejected".into()),
        ("ordersync.code", "PARAM_ILLEGAL".into()),
        ("ordersync.tracer_id", "t-1".into()),
        ("http.response.status_code", 200.into()),
    ];
    for (name, value) in expected {
        assert_eq!(attribute(span, name), Some(value), "{name}");
    }
    assert_eq!(span.links.len(), 1);
    assert_eq!(span.links[0].span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
}

#[test]
fn an_indefinite_call_is_an_error_with_its_cause() {
    let spans = recorded(1.0, || {
        let timeout = Indefinite { cause: Cause::Timeout, ambiguous: true, renew_request_id: false, retry_after: Some(Duration::ZERO) };
        finish(&call(&facts(), None, None), &Answer { outcome: Outcome::Indefinite(timeout), notes: Notes::default() });
    });
    assert_eq!(spans[0].status, Status::error(""));
    assert_eq!(attribute(&spans[0], "ordersync.cause"), Some("timeout".into()));
    assert_eq!(attribute(&spans[0], "http.response.status_code"), None);
}

#[test]
fn the_request_carries_the_span_that_is_recorded() {
    let mut headers = Vec::new();
    let spans = recorded(1.0, || headers = inject(&call(&facts(), None, None)));
    let of = &spans[0].span_context;
    assert_eq!(headers, [("traceparent".to_owned(), format!("00-{}-{}-01", of.trace_id(), of.span_id()))]);
}

#[test]
fn a_span_that_is_not_sampled_says_so_to_the_receiver_and_is_not_exported() {
    let mut headers = Vec::new();
    let spans = recorded(0.0, || headers = inject(&call(&facts(), None, None)));
    assert!(spans.is_empty());
    assert!(headers[0].1.ends_with("-00"), "{headers:?}");
}

#[test]
fn without_an_exporter_nothing_is_recorded_and_nothing_is_injected() {
    let span = call(&facts(), None, Origin::parse(PARENT.as_bytes()));
    assert_eq!(inject(&span), []);
}

#[test]
fn only_the_newest_origins_are_linked() {
    let origin = Origin::parse(PARENT.as_bytes()).unwrap();
    let spans = recorded(1.0, || drop(call(&facts(), None, std::iter::repeat_n(origin, 1_000))));
    assert_eq!(spans[0].links.len(), MAX_LINKS);
}

#[test]
fn lines_and_foreign_spans_stay_out_of_the_traces() {
    let spans = recorded(1.0, || {
        let span = call(&facts(), None, None);
        span.in_scope(|| tracing::warn!(user = "2088001234567890", "a line"));
        drop(tracing::info_span!(target: "hyper", "connection"));
    });
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].events.len(), 0);
}

#[test]
fn a_damaged_traceparent_is_no_origin() {
    assert_eq!(Origin::parse(PARENT.as_bytes()).map(|origin| origin.header()).as_deref(), Some(PARENT));
    for damaged in
        ["", "00-zz", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
    {
        assert_eq!(Origin::parse(damaged.as_bytes()), None, "{damaged}");
    }
    assert_eq!(Origin::parse(b"\xff\xfe"), None);
}

#[test]
fn a_call_continues_the_trace_of_its_record_where_that_is_wanted_and_is_kept_when_that_is() {
    let not_kept = format!("{}00", &PARENT[..PARENT.len() - 2]);
    let spans = recorded(0.0, || {
        for parent in [PARENT, &not_kept] {
            let origin = Origin::parse(parent.as_bytes());
            drop(call(&facts(), origin.as_ref(), origin.clone()));
        }
    });
    let [span] = spans.as_slice() else { panic!("{} spans", spans.len()) };
    assert_eq!(span.span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
    assert_eq!(span.links.len(), 1, "it is linked all the same");
}

#[test]
fn a_rebalance_with_its_drains_is_kept_where_a_part_of_the_calls_is() {
    let move_partitions = || {
        let rebalance = moves::rebalance("order-sync");
        let drain = moves::drain(Some(&rebalance), "orders", 3, 7);
        drain.record("ordersync.drain.end", "released");
        drop(drain);
        drop(moves::commit("order-sync", "orders", 3, 41));
        drop(rebalance);
    };
    let spans = recorded(1e-12, move_partitions);
    let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["drain orders", "rebalance"], "a commit is kept as seldom as a call");
    assert_eq!(spans[0].parent_span_id, spans[1].span_context.span_id());
    assert_eq!(attribute(&spans[0], "ordersync.drain.end"), Some("released".into()));
    assert_eq!(recorded(0.0, move_partitions).len(), 0);
    assert_eq!(recorded(1.0, move_partitions).len(), 3);
}

#[test]
fn a_question_of_the_log_crate_that_no_line_follows_loses_no_span() {
    // may already be there from another test of this process
    let _ = tracing_log::LogTracer::init();
    let spans = recorded(1.0, || {
        for _ in 0..3 {
            drop(call(&facts(), None, None));
            let _ = log::log_enabled!(target: "librdkafka", log::Level::Error);
            drop(call(&facts(), None, None));
        }
    });
    assert_eq!(spans.len(), 6);
}

#[test]
fn a_line_within_the_context_of_a_call_carries_its_trace() {
    let origin = Origin::parse(PARENT.as_bytes()).unwrap();
    let _attached = origin.attach();
    let trace = Context::map_current(|context| context.span().span_context().trace_id().to_string());
    assert_eq!(trace, "0af7651916cd43dd8448eb211c80319c");
}
