//! Spans: one for each call, what was sent for which records and what came of it; and those of what happens to partitions.

pub mod moves;
mod sampling;

use alipayhk::Answer;
use domain::{BizType, Outcome};
use engine::Ticket;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Span, Subscriber, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::registry::LookupSpan;

pub(super) use sampling::Sampling;

use super::metrics::OutcomeName;

/// The target of every span; the layer that exports takes nothing else.
pub(super) const TARGET: &str = "order_sync::trace";
/// The W3C header, in Kafka records and in HTTP requests alike.
const TRACEPARENT: &str = "traceparent";
/// Links kept of one call: the newest records it answers for.
pub(crate) const MAX_LINKS: usize = 128;

/// What a span says about its call. No user, no body.
#[derive(Debug, Clone, Copy)]
pub struct CallFacts<'a> {
    /// Our consumer group.
    pub group: &'a str,
    /// The source topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// The offset of the modification that is sent.
    pub offset: i64,
    /// Identity of the call.
    pub ticket: Ticket,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The business type.
    pub biz_type: BizType,
    /// The merchant's order number.
    pub order: &'a str,
    /// How many records the call answers for.
    pub answers_for: u32,
}

/// A span elsewhere: that of a record's producer, out of its `traceparent` header, or that of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin(SpanContext);

impl Origin {
    /// Reads a `traceparent`; none when it is damaged.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let header = TraceParent(std::str::from_utf8(value).ok()?);
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &header);
        let origin = context.span().span_context().clone();
        origin.is_valid().then_some(Self(origin))
    }

    /// That of a span of ours; none when nothing is exported.
    pub fn of(span: &Span) -> Option<Self> {
        let context = span.context();
        let of = context.span().span_context().clone();
        of.is_valid().then_some(Self(of))
    }

    /// As the value of a `traceparent`.
    pub fn header(&self) -> String {
        let of = &self.0;
        format!("00-{}-{}-{:02x}", of.trace_id(), of.span_id(), of.trace_flags().to_u8() & 1)
    }

    /// What is logged until the guard goes carries this trace's id.
    pub fn attach(&self) -> ContextGuard {
        Context::new().with_remote_span_context(self.0.clone()).attach()
    }
}

// Numbers go in as i64: the bridge to OpenTelemetry makes text of unsigned ones.

/// Opens the span of one attempt; it ends when it is dropped. `origins`: of the records the call answers for, newest first; `parent`: the one
/// whose trace it continues, else it begins its own.
pub fn call(facts: &CallFacts<'_>, parent: Option<&Origin>, origins: impl IntoIterator<Item = Origin>) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        parent: None,
        "call",
        otel.name = %format_args!("process {}", facts.topic),
        otel.kind = "consumer",
        otel.status_code = field::Empty,
        messaging.system = "kafka",
        messaging.operation.type = "process",
        messaging.operation.name = "process",
        messaging.consumer.group.name = facts.group,
        messaging.destination.name = facts.topic,
        messaging.destination.partition.id = %facts.partition,
        messaging.kafka.offset = facts.offset,
        ordersync.epoch = i64::from(facts.ticket.epoch.0),
        ordersync.serial = i64::try_from(facts.ticket.serial).unwrap_or(i64::MAX),
        ordersync.attempt = i64::from(facts.attempt),
        ordersync.biz_type = facts.biz_type.name(),
        ordersync.merchant_biz_no = facts.order,
        ordersync.absorbed = i64::from(facts.answers_for.saturating_sub(1)),
        ordersync.outcome = field::Empty,
        ordersync.cause = field::Empty,
        ordersync.code = field::Empty,
        ordersync.tracer_id = field::Empty,
        error.type = field::Empty,
        http.response.status_code = field::Empty,
    );
    if !span.is_disabled() {
        if let Some(parent) = parent {
            // fails only without an exporter
            let _ = span.set_parent(Context::new().with_remote_span_context(parent.0.clone()));
        }
        origins.into_iter().take(MAX_LINKS).for_each(|origin| span.add_link(origin.0));
    }
    span
}

/// Writes the end of a call into its span.
pub fn finish(span: &Span, answer: &Answer) {
    let notes = &answer.notes;
    span.record("ordersync.outcome", OutcomeName::of(&answer.outcome).name());
    match &answer.outcome {
        Outcome::Definitive(_) => {}
        Outcome::Indefinite(indefinite) => {
            span.record("ordersync.cause", indefinite.cause.name());
            span.record("error.type", indefinite.cause.name());
            span.record("otel.status_code", "ERROR");
        }
    }
    if let Some(code) = &notes.code_text {
        span.record("ordersync.code", code.as_str());
    }
    if let Some(tracer_id) = &notes.tracer_id {
        span.record("ordersync.tracer_id", &**tracer_id);
    }
    if let Some(status) = notes.http_status {
        span.record("http.response.status_code", i64::from(status));
    }
}

/// The headers that let the receiver continue this span's trace; none when it is not recorded. Only `traceparent`: what producers put into
/// `tracestate` or `baggage` is not AlipayHK's business.
pub fn inject(span: &Span) -> Vec<(String, String)> {
    Origin::of(span).map(|of| (TRACEPARENT.to_owned(), of.header())).into_iter().collect()
}

/// The layer that hands our spans to the exporter, and nothing else.
pub(super) fn layer<S>(tracer: SdkTracer) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    let plain = layer.with_location(false).with_threads(false).with_target(false).with_level(false).with_tracked_inactivity(false);
    // Asked anew for every span: a question of the `log` crate that no line follows leaves its answer behind on the thread, and a span that is
    // let through without a question would take it for its own and be lost.
    plain.with_filter(dynamic_filter_fn(|metadata, _| metadata.is_span() && metadata.target() == TARGET))
}

/// One header as the propagator wants to read it.
struct TraceParent<'a>(&'a str);

impl Extractor for TraceParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        key.eq_ignore_ascii_case(TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

#[cfg(test)]
mod tests;
