//! Traces and metrics over OTLP. Nothing here may slow or stop the pipeline: queues are bounded and drop, exports run on a thread of their own,
//! a failing collector is mentioned once a minute, and the end waits three seconds at most.

mod exporter;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, Protocol as WireProtocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
    WithTonicConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::PeriodicReader;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider};
use tokio::runtime::{Builder, Runtime};

use super::spans::Sampling;
pub(super) use exporter::Exports;
use exporter::{Bounded, Complaints};

/// How long one export may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last export may keep the process.
const SHUTDOWN: Duration = Duration::from_secs(3);
/// Spans that may wait; further ones are dropped.
const MAX_WAITING_SPANS: usize = 8_192;
/// Between two exports of metrics.
const METRICS_INTERVAL: Duration = Duration::from_secs(15);

/// `telemetry.otlp_protocol`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, port 4317 by custom.
    #[default]
    Grpc,
    /// Protobuf over HTTP, port 4318 by custom; `/v1/traces` and `/v1/metrics` are added to the endpoint.
    Http,
}

/// Where and how to export.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `telemetry.otlp_endpoint`.
    pub endpoint: String,
    /// `telemetry.otlp_protocol`.
    pub protocol: Protocol,
    /// `telemetry.sample_ratio`, 0 to 1.
    pub sample_ratio: f64,
}

/// The exporters could not be built.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// The endpoint is not an address, or its TLS cannot be set up.
    #[error("telemetry.otlp_endpoint cannot be used: {0}")]
    Endpoint(String),
    /// No thread for the exports.
    #[error("no thread for telemetry: {0}")]
    Thread(#[from] std::io::Error),
}

impl From<ExporterBuildError> for OtlpError {
    fn from(error: ExporterBuildError) -> Self {
        Self::Endpoint(error.to_string())
    }
}

/// The running exporters. They work until [`Otlp::shutdown`].
pub(super) struct Otlp {
    runtime: Runtime,
    spans: SdkTracerProvider,
}

/// What pushes metrics to the collector.
pub(super) struct Push {
    /// Reads them now and then.
    pub(super) reader: PeriodicReader<Bounded<MetricExporter>>,
    /// What became of all exports, spans included.
    pub(super) exports: Arc<Exports>,
}

impl Otlp {
    /// Builds the exporters; connects to nothing yet.
    pub(super) fn start(settings: &Settings, resource: Resource) -> Result<(Self, Push), OtlpError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("otlp").enable_all().build()?;
        // channels and clients take the runtime of the moment
        let _inside = runtime.enter();
        let (spans, metrics) = match settings.protocol {
            Protocol::Grpc => over_grpc(&settings.endpoint)?,
            Protocol::Http => over_http(&settings.endpoint)?,
        };
        let complaints = Complaints::default();
        let spans = Bounded::new(spans, runtime.handle().clone(), complaints.clone());
        let exports = Arc::clone(complaints.exports());
        let metrics = Bounded::new(metrics, runtime.handle().clone(), complaints);
        let batches = BatchConfigBuilder::default().with_max_queue_size(MAX_WAITING_SPANS).with_scheduled_delay(Duration::from_secs(2));
        let spans = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(spans).with_batch_config(batches.build()).build())
            .with_sampler(Sampling::of(settings.sample_ratio))
            .with_resource(resource)
            .build();
        let reader = PeriodicReader::builder(metrics).with_interval(METRICS_INTERVAL).build();
        drop(_inside);
        Ok((Self { runtime, spans }, Push { reader, exports }))
    }

    /// What makes the spans.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.spans.tracer("order-sync")
    }

    /// Exports what is left, together with what `also` does, and gives up after three seconds.
    pub(super) fn shutdown(self, also: impl FnOnce() + Send + 'static) {
        let spans = self.spans;
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let metrics_done = done.clone();
        // each on its own thread: the SDK bounds the wait of one of them only
        thread::spawn(move || {
            let _ = spans.shutdown_with_timeout(SHUTDOWN);
            drop(done);
        });
        thread::spawn(move || {
            also();
            drop(metrics_done);
        });
        // ends when both senders are dropped
        let _ = wait.recv_timeout(SHUTDOWN);
        self.runtime.shutdown_background();
    }
}

fn over_grpc(endpoint: &str) -> Result<(SpanExporter, MetricExporter), OtlpError> {
    let tls = || ClientTlsConfig::new().with_enabled_roots();
    let spans = SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(EXPORT_TIMEOUT);
    let metrics = MetricExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(EXPORT_TIMEOUT);
    if endpoint.starts_with("https:") {
        return Ok((spans.with_tls_config(tls()).build()?, metrics.with_tls_config(tls()).build()?));
    }
    Ok((spans.build()?, metrics.build()?))
}

fn over_http(endpoint: &str) -> Result<(SpanExporter, MetricExporter), OtlpError> {
    // as everywhere here: what is configured is spoken to, and nobody else
    let client = reqwest::Client::builder().timeout(EXPORT_TIMEOUT).no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.build().map_err(|error| OtlpError::Endpoint(error.to_string()))?;
    let at = |signal: &str| format!("{}/v1/{signal}", endpoint.trim_end_matches('/'));
    let spans = SpanExporter::builder().with_http().with_protocol(WireProtocol::HttpBinary).with_endpoint(at("traces"));
    let metrics = MetricExporter::builder().with_http().with_protocol(WireProtocol::HttpBinary).with_endpoint(at("metrics"));
    let retry = RetryPolicy::recommended();
    Ok((
        spans.with_timeout(EXPORT_TIMEOUT).with_http_client(client.clone()).with_retry_policy(retry.clone()).build()?,
        metrics.with_timeout(EXPORT_TIMEOUT).with_http_client(client).with_retry_policy(retry).build()?,
    ))
}

#[cfg(test)]
mod tests;
