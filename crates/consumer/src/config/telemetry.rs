//! `[telemetry]`.

use reqwest::Url;

use super::address;
use super::error::ConfigError;
use super::section::Section;
use crate::telemetry::logs::{Filter, Format};

/// Where logs, traces and metrics go.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// The OpenTelemetry collector; `None`: no export.
    pub otlp_endpoint: Option<Url>,
    /// How to speak to it.
    pub otlp_protocol: OtlpProtocol,
    /// The part of traces that is kept, 0 to 1.
    pub sample_ratio: f64,
    /// What a call's span is to the trace of its record.
    pub record_context: RecordContext,
    /// How a log line looks.
    pub log_format: Format,
    /// Which log lines are written.
    pub log_level: Filter,
}

/// OTLP's transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// gRPC.
    Grpc,
    /// Protobuf over HTTP.
    Http,
}

/// What a call's span is to the traces of the records that it answers for. It is linked to each of them in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordContext {
    /// The beginning of a trace of its own: one call answers for many records.
    Link,
    /// A part of the trace of the record that is sent; whether it is kept was decided there.
    Parent,
}

pub(super) const KEYS: &[&str] = &["otlp_endpoint", "otlp_protocol", "sample_ratio", "record_context", "log_format", "log_level"];

impl Telemetry {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let otlp_endpoint = match section.text("otlp_endpoint")? {
            None => None,
            Some(text) => Some(address::http(&text).map_err(|problem| section.error("otlp_endpoint", problem))?),
        };
        let sample_ratio = section.number("sample_ratio")?.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&sample_ratio) {
            return Err(section.error("sample_ratio", format!("is {sample_ratio}; expected a number from 0 to 1")));
        }
        let log_level = section.text("log_level")?.unwrap_or_else(|| "info".to_owned());
        Ok(Self {
            otlp_endpoint,
            otlp_protocol: section
                .choice("otlp_protocol", &[("grpc", OtlpProtocol::Grpc), ("http", OtlpProtocol::Http)])?
                .unwrap_or(OtlpProtocol::Grpc),
            sample_ratio,
            record_context: section
                .choice("record_context", &[("link", RecordContext::Link), ("parent", RecordContext::Parent)])?
                .unwrap_or(RecordContext::Link),
            log_format: section.choice("log_format", &[("text", Format::Text), ("json", Format::Json)])?.unwrap_or(Format::Text),
            log_level: log_level.parse().map_err(|error| section.error("log_level", error))?,
        })
    }
}
