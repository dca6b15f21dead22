use std::process::Command;

use reqwest::Method;
use serde_json::json;

use super::*;
use crate::http::send;

const TRACE: &str = "5b8efff798038103d269b633813fc60c";
const SPAN: &str = "eee19b7ec3c1b174";
/// The same two as protobuf's JSON writes bytes.
const TRACE_BASE64: &str = "W47/95gDgQPSabYzgT/GDA==";
const SPAN_BASE64: &str = "7uGbfsPBsXQ=";

/// Sends an export request, given as JSON, as protobuf: over gRPC or HTTP, with OpenTelemetry's own classes.
const SEND: &str = r#"
import importlib, sys, urllib.request, grpc
from google.protobuf.json_format import Parse
endpoint, protocol, signal, text = sys.argv[1:]
package = f"opentelemetry.proto.collector.{signal}.v1.{signal}_service_pb2"
name = signal.capitalize()
request = Parse(text, getattr(importlib.import_module(package), f"Export{name}ServiceRequest")())
if protocol == "grpc":
    channel = grpc.insecure_channel(endpoint.replace("http://", ""))
    getattr(importlib.import_module(package + "_grpc"), f"{name}ServiceStub")(channel).Export(request, timeout=10)
else:
    path = {"trace": "traces", "metrics": "metrics"}[signal]
    headers = {"Content-Type": "application/x-protobuf"}
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/v1/{path}", request.SerializeToString(), headers), timeout=10)
"#;

fn export(endpoint: &str, protocol: &str, signal: &str, request: &Json) {
    let arguments = ["-c", SEND, endpoint, protocol, signal, &request.to_string()];
    let sent = Command::new(install::python()).args(arguments).output().unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
}

#[test]
fn spans_over_grpc_and_over_http_are_told_with_their_links_and_attributes() {
    let receiver = OtlpReceiver::start();
    let link = json!({ "traceId": TRACE_BASE64, "spanId": SPAN_BASE64 });
    let attribute = json!({ "key": "ordersync.absorbed", "value": { "intValue": "3" } });
    let span =
        json!({ "traceId": TRACE_BASE64, "spanId": SPAN_BASE64, "name": "call", "kind": 3, "links": [link], "attributes": [attribute] });
    let request = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] });
    export(&receiver.grpc_endpoint(), "grpc", "trace", &request);
    export(&receiver.http_endpoint(), "http", "trace", &request);
    let spans = receiver.spans();
    assert_eq!(spans.len(), 2);
    for span in spans {
        assert_eq!((span.name.as_str(), span.trace_id.as_str(), span.span_id.as_str()), ("call", TRACE, SPAN));
        assert_eq!((span.kind.as_str(), span.links), ("SPAN_KIND_CLIENT", vec![(TRACE.to_owned(), SPAN.to_owned())]));
        assert_eq!(span.attributes["ordersync.absorbed"], "3");
    }
    assert_eq!(receiver.protocols(), ["grpc", "http"]);
}

#[test]
fn metrics_are_told_with_their_points() {
    let receiver = OtlpReceiver::start();
    let point = json!({ "asInt": "7", "timeUnixNano": "1", "attributes": [{ "key": "outcome", "value": { "stringValue": "accepted" } }] });
    let metric = json!({ "name": "calls", "unit": "{call}", "sum": { "dataPoints": [point], "isMonotonic": true } });
    let resource = json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "order-sync" } }] });
    let request = json!({ "resourceMetrics": [{ "resource": resource, "scopeMetrics": [{ "metrics": [metric] }] }] });
    export(&receiver.http_endpoint(), "http", "metrics", &request);
    let [metric] = receiver.metrics().try_into().unwrap();
    assert_eq!((metric.name.as_str(), metric.unit.as_str(), metric.kind.as_str()), ("calls", "{call}", "sum"));
    assert_eq!(metric.value(&[("outcome", "accepted")]), Some(7.0));
    assert_eq!(metric.value(&[("outcome", "rejected")]), None);
    assert_eq!(metric.resource["service.name"], "order-sync");
}

#[test]
fn what_is_not_otlp_is_refused() {
    let receiver = OtlpReceiver::start();
    let url = format!("{}/v1/traces", receiver.http_endpoint());
    let sent = send(Method::POST, &url, &[("content-type", "application/x-protobuf")], "this is no protobuf");
    assert!(sent.is_err(), "the connection is dropped: {sent:?}");
    assert!(receiver.spans().is_empty());
}
