//! What is counted. One catalogue; `/metrics` and OTLP read the same instruments.

pub mod catalogue;
mod counted;
mod gauges;
mod mapped;
mod series;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alipayhk::Answer;
use domain::BizType;
use engine::{CommitResult, Disposition, Note, ParkReason, RebuildReason};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter, MeterProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

pub(crate) use words::{CommitEnd, OutcomeName, Rebuild};

use catalogue::{Entry, Kind};
use counted::Counted;
use mapped::{CallEnd, Ended};
use words::{AnswerNote, DeadLetter, KeyKind, NoteKind, RegistryFetch, Reloaded, Restored};

use crate::admin::health::{Heartbeats, Watched};
use crate::admin::state::Published;
use crate::kafka::restore::Found;
use crate::schema::{KeyNote, RegistryError};
use crate::telemetry::otlp::Push;

/// The handles that the driver feeds. Cheap to clone and to use: a count is one atomic addition.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    counted: Arc<Counted>,
    call_duration: Histogram<f64>,
    signing_duration: Histogram<f64>,
    watched: Watched,
    registry: Registry,
    provider: SdkMeterProvider,
}

impl Metrics {
    /// Registers every instrument of the catalogue. `push`: the reader for OTLP, beside the one for `/metrics`.
    pub(super) fn new(resource: Resource, published: &Published, push: Option<Push>) -> Result<Self, OTelSdkError> {
        let registry = Registry::new();
        let pull = opentelemetry_prometheus::exporter().with_registry(registry.clone()).scope_info_enabled(false).build()?;
        let mut provider = SdkMeterProvider::builder().with_reader(pull).with_resource(resource);
        let mut exports = Arc::default();
        if let Some(push) = push {
            provider = provider.with_reader(push.reader);
            exports = push.exports;
        }
        let provider = provider.build();
        let meter = provider.meter("order-sync");
        let watched = Watched::default();
        gauges::register(&meter, published, &watched, env!("CARGO_PKG_VERSION"));
        gauges::exports(&meter, exports);
        let counted = Arc::new(Counted::new());
        counted.register(&meter);
        let call_duration = histogram(&meter, &catalogue::CALL_DURATION);
        let signing_duration = histogram(&meter, &catalogue::SIGNING_DURATION);
        Ok(Self(Arc::new(Inner { counted, call_duration, signing_duration, watched, registry, provider })))
    }

    /// Instruments that only `/metrics` reads.
    pub fn local(published: &Published) -> Result<Self, OTelSdkError> {
        Self::new(Resource::builder_empty().build(), published, None)
    }

    /// The loops whose age is shown.
    pub fn watch(&self, heartbeats: Heartbeats) {
        self.0.watched.set(heartbeats);
    }

    /// A record has its disposition.
    pub fn disposed(&self, disposition: &Disposition) {
        self.0.counted.disposed.add(Ended::of(disposition), 1);
    }

    /// A call ended `took` after it was handed out; `signing`: how long its signature took, where a new one was made.
    pub fn call(&self, answer: &Answer, took: Duration, signing: Option<Duration>) {
        let counted = &self.0.counted;
        counted.calls.add(CallEnd::of(&answer.outcome), 1);
        if let Some(code) = answer.notes.code {
            counted.codes.add(code, 1);
        }
        AnswerNote::of(&answer.notes).for_each(|note| counted.answers_noted.add(note, 1));
        self.0.call_duration.record(took.as_secs_f64(), &[KeyValue::new("outcome", OutcomeName::of(&answer.outcome).name())]);
        if let Some(signing) = signing {
            self.0.signing_duration.record(signing.as_secs_f64(), &[]);
        }
    }

    /// A dead letter is written.
    pub fn dead_letter(&self, reason: &ParkReason) {
        self.0.counted.dead_letters.add(DeadLetter::of(reason), 1);
    }

    /// A commit was answered.
    pub fn commit(&self, result: CommitResult) {
        self.0.counted.commits.add(CommitEnd::of(result), 1);
    }

    /// The group has settled after a change.
    pub fn rebalance(&self) {
        self.0.counted.rebalances.add((), 1);
    }

    /// A partition was not taken because its offsets cannot be trusted.
    pub fn halted(&self) {
        self.0.counted.halted.add((), 1);
    }

    /// The consumer was destroyed to join anew.
    pub fn rebuilt(&self, reason: RebuildReason) {
        self.0.counted.rebuilds.add(Rebuild::of(reason), 1);
    }

    /// The registry was asked.
    pub fn registry(&self, result: &Result<String, RegistryError>) {
        self.0.counted.registry_fetches.add(RegistryFetch::of(result), 1);
    }

    /// The configuration was read again.
    pub fn reloaded(&self, taken: bool) {
        self.0.counted.reloads.add(if taken { Reloaded::Taken } else { Reloaded::Refused }, 1);
    }

    /// The outcomes topic told of a partition's past.
    pub(crate) fn restored(&self, found: Found) {
        self.0.counted.restored.add(Restored::of(found), 1);
    }

    /// A record's key was looked at.
    pub fn key(&self, note: KeyNote) {
        self.0.counted.keys.add(KeyKind::of(note), 1);
    }

    /// A record breaks a rule of its business type's table by itself.
    pub fn violated(&self, biz_type: BizType) {
        self.0.counted.violations.add(biz_type, 1);
    }

    /// The engine remarked something.
    pub fn note(&self, note: &Note) {
        let (kind, count) = NoteKind::of(note);
        self.0.counted.notes.add(kind, count);
        if matches!(note, Note::CommitFailed { result: None, .. }) {
            self.0.counted.commits.add(CommitEnd::Unanswered, 1);
        }
    }

    /// The counts of notes, for [`crate::admin::state::State::notes`].
    pub fn notes(&self) -> BTreeMap<&'static str, u64> {
        self.0.counted.notes.each().map(|(kind, _, count)| (kind.name(), count)).collect()
    }

    /// The body of `/metrics`, in Prometheus' text format 0.0.4.
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.0.registry.gather()).unwrap_or_default()
    }

    /// What pushes the last numbers out. Waits.
    pub(super) fn shutdown(&self) {
        // a failed export was told by the exporter
        let _ = self.0.provider.shutdown();
    }
}

/// The word for a coordinator's answer, in metrics and spans alike.
pub(crate) fn commit_result(result: CommitResult) -> &'static str {
    CommitEnd::of(result).name()
}

fn histogram(meter: &Meter, entry: &Entry) -> Histogram<f64> {
    let bounds = match entry.kind {
        Kind::Histogram(bounds) => bounds.to_vec(),
        Kind::Counter | Kind::Gauge => Vec::new(),
    };
    meter.f64_histogram(entry.name).with_unit(entry.unit).with_description(entry.help).with_boundaries(bounds).build()
}

#[cfg(test)]
mod tests;
