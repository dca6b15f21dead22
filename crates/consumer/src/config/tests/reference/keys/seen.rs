//! `[admin]` and `[telemetry]`: how the process is seen.

use super::super::Default::{Absent, Value};
use super::super::Section;
use super::key;

pub(super) fn admin() -> Section {
    Section {
        heading: "`[admin]`",
        about: "The page, the probes, the metrics. GET only; nothing can be changed there.",
        keys: vec![
            key(
                "admin.listen",
                "host and port",
                Value(|config| config.admin.listen.to_string()),
                "Where to listen. Beyond loopback only with a token, or with client certificates.",
            ),
            key("admin.hosts", "list of texts", Absent("loopback names"), "Further names by which it may be asked for."),
            key(
                "admin.token, admin.token_file",
                "text",
                Absent("none is asked for"),
                "Has to be shown for everything but `/livez`, `/readyz` and `/metrics`: `Authorization: Bearer …`, or in a browser as the password of any user. \
                 `status` and `explain` show it. Below 16 characters it can be guessed: that is warned of.",
            ),
            key(
                "admin.tls_cert_file, admin.tls_key_file",
                "paths",
                Absent("plain HTTP"),
                "Certificate (with its chain) and private key, PEM. Exchanged files are served by themselves a moment later.",
            ),
            key(
                "admin.tls_client_ca_file",
                "path",
                Absent("no certificate is asked for"),
                "Mutual TLS: a certificate of one of these authorities has to be shown, beside the token where there is one. `/livez`, `/readyz` and `/metrics` \
                 need none.",
            ),
            key(
                "admin.ca_file",
                "path",
                Absent("the authorities of the system"),
                "For `status` and `explain`: by which authority they know the processes that they ask; with it they ask by https.",
            ),
            key(
                "admin.client_cert_file, admin.client_key_file",
                "paths",
                Absent("none is shown"),
                "For `status` and `explain`: the certificate that they show.",
            ),
        ],
    }
}

pub(super) fn telemetry() -> Section {
    Section {
        heading: "`[telemetry]`",
        about: "Logs, traces, metrics. `/metrics` is always there ([metrics.md](metrics.md)).",
        keys: vec![
            key("telemetry.otlp_endpoint", "address", Absent("nothing is exported"), "An OpenTelemetry collector."),
            key("telemetry.otlp_protocol", "`grpc` or `http`", Value(|_| "grpc".to_owned()), "How to speak to it."),
            key(
                "telemetry.sample_ratio",
                "number from 0 to 1",
                Value(|config| format!("{:.1}", config.telemetry.sample_ratio)),
                "The part of traces that is kept, of calls and commits; rebalances and drains are always kept, unless it is 0.",
            ),
            key(
                "telemetry.record_context",
                "`link` or `parent`",
                Value(|_| "link".to_owned()),
                "`link`: a call begins a trace of its own, linked to those of its records. `parent`: it is also a part of the trace of the record \
                 that is sent, which then decides whether it is kept.",
            ),
            key("telemetry.log_format", "`text` or `json`", Value(|_| "text".to_owned()), "How a log line looks."),
            key("telemetry.log_level", "level, or levels by target", Value(|_| "info".to_owned()), "`info`, or `info,librdkafka=debug`."),
        ],
    }
}
