use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::http::Uri;
use opentelemetry::trace::{Span as _, Tracer as _};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::resource::v1::Resource as WireResource;
use prost::Message as _;
use tokio::net::TcpListener;

use super::*;
use crate::admin::state::{Published, State};
use crate::telemetry::metrics::Metrics;

/// The path and the body of a request.
type Request = (String, Vec<u8>);

/// What a collector received.
#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<Request>>>);

impl Received {
    fn add(&self, path: &str, body: Vec<u8>) {
        self.0.lock().unwrap().push((path.to_owned(), body));
    }

    fn at(&self, path: &str) -> Vec<u8> {
        let all = self.0.lock().unwrap();
        all.iter().find(|(at, _)| at == path).unwrap_or_else(|| panic!("nothing at {path}")).1.clone()
    }
}

#[tonic::async_trait]
impl TraceService for Received {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        self.add("grpc", request.into_inner().encode_to_vec());
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

fn resource() -> Resource {
    crate::telemetry::resource(Some("sandbox"), "instance-7")
}

/// Starts the exporters, makes one span and one metric, and ends them.
fn export(endpoint: String, protocol: Protocol) -> Duration {
    let (otlp, push) = Otlp::start(&Settings { endpoint, protocol, sample_ratio: 1.0 }, resource()).unwrap();
    let published = Published::default();
    published.set(State { records_read: 5, ..State::default() });
    let metrics = Metrics::new(resource(), &published, Some(push)).unwrap();
    otlp.tracer().start("process orders").end();
    let begun = Instant::now();
    otlp.shutdown(move || metrics.shutdown());
    begun.elapsed()
}

fn check_resource(resource: &WireResource) {
    let text = |name: &str| resource.attributes.iter().find(|pair| pair.key == name).map(|pair| format!("{:?}", pair.value));
    for (name, value) in [
        ("service.name", "order-sync"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", "instance-7"),
        ("deployment.environment.name", "sandbox"),
    ] {
        assert!(text(name).is_some_and(|text| text.contains(&format!("{value:?}"))), "{name}: {:?}", text(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_and_metrics_reach_a_collector_over_http() {
    let received = Received::default();
    let keep = received.clone();
    let router = Router::new().fallback(move |uri: Uri, body: Bytes| {
        keep.add(uri.path(), body.to_vec());
        async {}
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    tokio::task::spawn_blocking(|| export(endpoint, Protocol::Http)).await.unwrap();

    let traces = ExportTraceServiceRequest::decode(received.at("/v1/traces").as_slice()).unwrap();
    check_resource(traces.resource_spans[0].resource.as_ref().unwrap());
    assert_eq!(traces.resource_spans[0].scope_spans[0].spans[0].name, "process orders");
    let metrics = ExportMetricsServiceRequest::decode(received.at("/v1/metrics").as_slice()).unwrap();
    check_resource(metrics.resource_metrics[0].resource.as_ref().unwrap());
    let names: Vec<&str> = metrics.resource_metrics[0].scope_metrics[0].metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert!(names.contains(&"ordersync.records.read"), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_reach_a_collector_over_grpc() {
    let received = Received::default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let incoming = tonic::transport::server::TcpIncoming::from(TcpListener::from_std(listener).unwrap());
    let server = tonic::transport::Server::builder().add_service(TraceServiceServer::new(received.clone()));
    tokio::spawn(server.serve_with_incoming(incoming));
    tokio::task::spawn_blocking(|| export(endpoint, Protocol::Grpc)).await.unwrap();

    let traces = ExportTraceServiceRequest::decode(received.at("grpc").as_slice()).unwrap();
    check_resource(traces.resource_spans[0].resource.as_ref().unwrap());
}

#[test]
fn a_collector_that_accepts_and_never_answers_costs_three_seconds_at_the_end() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let ends = [Protocol::Http, Protocol::Grpc].map(|protocol| {
        let endpoint = endpoint.clone();
        (protocol, thread::spawn(move || export(endpoint, protocol)))
    });
    for (protocol, end) in ends {
        let took = end.join().unwrap();
        assert!(took < SHUTDOWN + Duration::from_secs(2), "{protocol:?}: {took:?}");
    }
}

#[test]
fn spans_beyond_the_queue_are_dropped_and_cost_no_waiting() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings { endpoint: format!("http://{}", silent.local_addr().unwrap()), protocol: Protocol::Grpc, sample_ratio: 1.0 };
    let (otlp, _push) = Otlp::start(&settings, resource()).unwrap();
    let tracer = otlp.tracer();
    let begun = Instant::now();
    (0..5 * MAX_WAITING_SPANS).for_each(|_| tracer.start("call").end());
    assert!(begun.elapsed() < EXPORT_TIMEOUT, "{:?}", begun.elapsed());
    otlp.shutdown(|| {});
}

#[test]
fn an_endpoint_that_is_no_address_is_refused_by_its_key() {
    let settings = Settings { endpoint: "http://[".into(), protocol: Protocol::Grpc, sample_ratio: 1.0 };
    let error = Otlp::start(&settings, resource()).err().unwrap();
    assert!(error.to_string().starts_with("telemetry.otlp_endpoint cannot be used"), "{error}");
}
