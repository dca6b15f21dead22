//! Which traces are kept: a part of the calls and commits, and every rebalance and drain, of which there are few.

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};

/// `telemetry.sample_ratio`. What continues somebody else's trace follows that one's decision.
#[derive(Debug, Clone)]
pub(in crate::telemetry) struct Sampling {
    part: Sampler,
    rare: Sampler,
}

impl Sampling {
    /// 0 keeps nothing at all.
    pub(in crate::telemetry) fn of(ratio: f64) -> Self {
        let rare = if ratio > 0.0 { Sampler::AlwaysOn } else { Sampler::AlwaysOff };
        Self { part: Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))), rare: Sampler::ParentBased(Box::new(rare)) }
    }
}

impl ShouldSample for Sampling {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        // Calls and commits speak to somebody else; the others happen in here.
        let sampler = if *kind == SpanKind::Internal { &self.rare } else { &self.part };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}
