//! An OTLP receiver that is not ours: oteltest's sinks for gRPC and HTTP, which decode with OpenTelemetry's own classes.
//!
//! It lives in a Python environment in `ORDER_SYNC_OTLP`, else in `.dev/otlp` at the root of the workspace, and is installed there from PyPI
//! when it is missing (five packages, 48 MB, about eight seconds).

mod install;
mod telemetry;

use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::process::{Process, Start};
use crate::wait::{PATIENCE, until};
pub use telemetry::{Attributes, Metric, Span};

/// A running receiver. It ends when it is dropped.
pub struct OtlpReceiver {
    folder: PathBuf,
    grpc: u64,
    http: u64,
    _process: Process,
}

impl OtlpReceiver {
    /// Starts one on two free ports.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("otlp-").tempdir().expect("a temporary folder").keep();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/otlp/receiver.py");
        let process = Start::new(install::python(), &folder).args(["-u", script]).apart("out", "log").spawn();
        let ports = until("the OTLP receiver", PATIENCE, || {
            let ports = lines(&folder).into_iter().next();
            ports.ok_or_else(|| format!("exit {:?}: {}", process.exit_code(), fs::read_to_string(folder.join("log")).unwrap_or_default()))
        });
        let port = |name: &str| ports[name].as_u64().expect("a port");
        Self { grpc: port("grpc"), http: port("http"), folder, _process: process }
    }

    /// The endpoint for `otlp_protocol = "grpc"`.
    pub fn grpc_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.grpc)
    }

    /// The endpoint for `otlp_protocol = "http"`; the paths `/v1/traces` and `/v1/metrics` come behind it.
    pub fn http_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    /// All spans received so far.
    pub fn spans(&self) -> Vec<Span> {
        self.requests("traces").iter().flat_map(telemetry::spans).collect()
    }

    /// All metrics received so far, each time they were sent.
    pub fn metrics(&self) -> Vec<Metric> {
        self.requests("metrics").iter().flat_map(telemetry::metrics).collect()
    }

    /// The export requests of one signal (`traces`, `metrics`, `logs`) as OTLP/JSON.
    pub fn requests(&self, signal: &str) -> Vec<Json> {
        self.all().into_iter().filter(|line| line["signal"] == signal).map(|mut line| line["request"].take()).collect()
    }

    /// By which protocol (`grpc`, `http`) requests came.
    pub fn protocols(&self) -> Vec<String> {
        self.all().iter().filter_map(|line| Some(line["protocol"].as_str()?.to_owned())).collect()
    }

    fn all(&self) -> Vec<Json> {
        lines(&self.folder).into_iter().skip(1).collect()
    }
}

/// Whole lines only: the last one may still be on its way.
fn lines(folder: &std::path::Path) -> Vec<Json> {
    let text = fs::read_to_string(folder.join("out")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[cfg(test)]
mod tests;
