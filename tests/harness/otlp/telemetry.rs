//! Spans and metrics out of OTLP/JSON.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Attributes by name; the value without OTLP's type around it, numbers as text (as OTLP/JSON has 64-bit ones).
pub type Attributes = BTreeMap<String, Json>;

/// One finished span.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits; empty for a root.
    pub parent_span_id: String,
    /// Its name.
    pub name: String,
    /// As OTLP has it, for example `SPAN_KIND_CLIENT`.
    pub kind: String,
    /// Its attributes.
    pub attributes: Attributes,
    /// Trace id and span id of each link.
    pub links: Vec<(String, String)>,
    /// Names of its events.
    pub events: Vec<String>,
    /// Attributes of whoever sent it.
    pub resource: Attributes,
}

/// One metric as it was sent once.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// `sum`, `gauge`, `histogram`, as OTLP/JSON has it.
    pub kind: String,
    /// Its points, as OTLP/JSON has them.
    pub points: Vec<Json>,
    /// Attributes of whoever sent it.
    pub resource: Attributes,
}

impl Metric {
    /// The value of the point with these attributes, of a sum or a gauge.
    pub fn value(&self, wanted: &[(&str, &str)]) -> Option<f64> {
        let point = self.points.iter().find(|point| {
            let attributes = attributes(&point["attributes"]);
            wanted.iter().all(|(name, value)| attributes.get(*name).and_then(Json::as_str) == Some(*value))
        })?;
        point["asDouble"].as_f64().or_else(|| point["asInt"].as_str()?.parse().ok())
    }
}

pub(super) fn spans(request: &Json) -> Vec<Span> {
    let mut spans = Vec::new();
    for sender in list(&request["resourceSpans"]) {
        let resource = attributes(&sender["resource"]["attributes"]);
        for span in list(&sender["scopeSpans"]).iter().flat_map(|scope| list(&scope["spans"])) {
            spans.push(Span {
                trace_id: text(&span["traceId"]),
                span_id: text(&span["spanId"]),
                parent_span_id: text(&span["parentSpanId"]),
                name: text(&span["name"]),
                kind: text(&span["kind"]),
                attributes: attributes(&span["attributes"]),
                links: list(&span["links"]).iter().map(|link| (text(&link["traceId"]), text(&link["spanId"]))).collect(),
                events: list(&span["events"]).iter().map(|event| text(&event["name"])).collect(),
                resource: resource.clone(),
            });
        }
    }
    spans
}

pub(super) fn metrics(request: &Json) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for sender in list(&request["resourceMetrics"]) {
        let resource = attributes(&sender["resource"]["attributes"]);
        for metric in list(&sender["scopeMetrics"]).iter().flat_map(|scope| list(&scope["metrics"])) {
            let kinds = ["sum", "gauge", "histogram", "exponentialHistogram", "summary"];
            let kind = kinds.into_iter().find(|kind| metric.get(kind).is_some()).unwrap_or_default();
            metrics.push(Metric {
                name: text(&metric["name"]),
                unit: text(&metric["unit"]),
                kind: kind.to_owned(),
                points: list(&metric[kind]["dataPoints"]).to_vec(),
                resource: resource.clone(),
            });
        }
    }
    metrics
}

fn attributes(list_of: &Json) -> Attributes {
    let value = |attribute: &Json| attribute["value"].as_object().and_then(|value| value.values().next()).cloned().unwrap_or_default();
    list(list_of).iter().map(|attribute| (text(&attribute["key"]), value(attribute))).collect()
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
