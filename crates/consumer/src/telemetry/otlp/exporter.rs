//! An exporter that works on the telemetry runtime, ends in time, and complains once a minute.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::EXPORT_TIMEOUT;

/// An exporter of the SDK, which calls it on plain threads of its own; the clients inside need a tokio runtime.
pub(in crate::telemetry) struct Bounded<E> {
    inner: E,
    runtime: Handle,
    complaints: Complaints,
}

impl<E> Bounded<E> {
    pub(super) fn new(inner: E, runtime: Handle, complaints: Complaints) -> Self {
        Self { inner, runtime, complaints }
    }

    async fn bounded(&self, export: impl Future<Output = OTelSdkResult> + Send) -> OTelSdkResult {
        // the timer, too, is made inside the runtime
        let result = inside(&self.runtime, async { timeout(EXPORT_TIMEOUT, export).await }).await;
        let result = result.unwrap_or(Err(OTelSdkError::Timeout(EXPORT_TIMEOUT)));
        match &result {
            Ok(()) => self.complaints.exports().done.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                self.complaints.complain(error);
                self.complaints.exports().failed.fetch_add(1, Ordering::Relaxed)
            }
        };
        result
    }
}

impl SpanExporter for Bounded<opentelemetry_otlp::SpanExporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.bounded(self.inner.export(batch)).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl PushMetricExporter for Bounded<opentelemetry_otlp::MetricExporter> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.bounded(self.inner.export(metrics)).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}

impl<E> fmt::Debug for Bounded<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the client inside knows the collector's address and headers
        f.write_str("Bounded")
    }
}

/// Polls a future with the runtime entered, on whatever thread it is polled.
async fn inside<F: Future>(runtime: &Handle, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _inside = runtime.enter();
        future.as_mut().poll(context)
    })
    .await
}

/// Says that exports fail: at once, then at most every minute, with how many were not mentioned.
#[derive(Clone, Default)]
pub(super) struct Complaints(Arc<Said>);

#[derive(Default)]
struct Said {
    last: Mutex<Option<Instant>>,
    kept_back: AtomicU64,
    exports: Arc<Exports>,
}

/// How exports ended.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct Exports {
    /// Taken by the collector.
    pub(in crate::telemetry) done: AtomicU64,
    /// Lost.
    pub(in crate::telemetry) failed: AtomicU64,
}

impl Complaints {
    const PAUSE: Duration = Duration::from_secs(60);

    /// What became of the exports so far.
    pub(super) fn exports(&self) -> &Arc<Exports> {
        &self.0.exports
    }

    fn complain(&self, error: &OTelSdkError) {
        if !self.is_due(Instant::now()) {
            self.0.kept_back.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let not_mentioned = self.0.kept_back.swap(0, Ordering::Relaxed);
        tracing::warn!(%error, not_mentioned, "telemetry could not be exported; the pipeline is not concerned");
    }

    fn is_due(&self, now: Instant) -> bool {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.saturating_duration_since(last) >= Self::PAUSE);
        if due {
            *last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_collector_is_mentioned_once_a_minute() {
        let complaints = Complaints::default();
        let start = Instant::now();
        let due: Vec<bool> = [0, 1, 59, 60, 61, 119, 120].map(|s| complaints.is_due(start + Duration::from_secs(s))).into();
        assert_eq!(due, [true, false, false, true, false, false, true]);
    }
}
