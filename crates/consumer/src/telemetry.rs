//! What the operator sees: log lines, metrics, traces.

pub mod causes;
pub mod logs;
pub mod metrics;
pub mod otlp;
pub mod spans;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::admin::state::{Published, State};
use crate::config::{self, Config};
use metrics::Metrics;
use otlp::{Otlp, OtlpError};

/// Telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// See [`OtlpError`].
    #[error(transparent)]
    Otlp(#[from] OtlpError),
    /// An instrument was refused.
    #[error("metrics cannot be set up: {0}")]
    Metrics(#[from] OTelSdkError),
    /// It was set up already.
    #[error("logs cannot be set up: {0}")]
    Logs(#[from] TryInitError),
}

/// Sets up log lines, the panic hook, metrics and, with an endpoint, exports; publishes the state of a process that starts. Once a process.
pub fn init(config: &Config, published: &Published) -> Result<(Guard, Metrics), TelemetryError> {
    published.set(State::starting(config.alipayhk.environment.clone()));
    let telemetry = &config.telemetry;
    let resource = resource(config.alipayhk.environment.as_deref(), &instance());
    let (otlp, push) = match otlp_settings(telemetry) {
        None => (None, None),
        Some(settings) => Otlp::start(&settings, resource.clone()).map(|(otlp, push)| (Some(otlp), Some(push)))?,
    };
    let metrics = Metrics::new(resource, published, push)?;
    let spans = otlp.as_ref().map(|otlp| spans::layer(otlp.tracer()));
    let chosen = telemetry.log_level.clone().globally(spans.is_some().then_some(spans::TARGET));
    tracing_subscriber::registry().with(logs::layer(telemetry.log_format)).with(spans).with(chosen).try_init()?;
    logs::install_panic_hook();
    Ok((Guard { otlp, metrics: metrics.clone() }, metrics))
}

/// Log lines and the panic hook only, for commands that run no pipeline.
pub fn init_logs(format: logs::Format, filter: logs::Filter) -> Result<(), TelemetryError> {
    tracing_subscriber::registry().with(logs::layer(format)).with(filter.globally(None)).try_init()?;
    logs::install_panic_hook();
    Ok(())
}

/// Exports what is left when it is dropped, and waits for that at most three seconds. Drop it outside of async code.
#[must_use]
pub struct Guard {
    otlp: Option<Otlp>,
    metrics: Metrics,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(otlp) = self.otlp.take() {
            let metrics = self.metrics.clone();
            otlp.shutdown(move || metrics.shutdown());
        }
    }
}

fn otlp_settings(telemetry: &config::Telemetry) -> Option<otlp::Settings> {
    let endpoint = telemetry.otlp_endpoint.as_ref()?.to_string();
    let protocol = match telemetry.otlp_protocol {
        config::OtlpProtocol::Grpc => otlp::Protocol::Grpc,
        config::OtlpProtocol::Http => otlp::Protocol::Http,
    };
    Some(otlp::Settings { endpoint, protocol, sample_ratio: telemetry.sample_ratio })
}

/// Who we are, for the collector.
fn resource(environment: Option<&str>, instance: &str) -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let instance = KeyValue::new("service.instance.id", instance.to_owned());
    let environment = environment.map(|name| KeyValue::new("deployment.environment.name", name.to_owned()));
    Resource::builder().with_service_name("order-sync").with_attributes([version, instance]).with_attributes(environment).build()
}

/// Tells instances apart: the host where it is known (in Kubernetes the pod), and the process.
fn instance() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}-{}", host.trim(), std::process::id())
}
