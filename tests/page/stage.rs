//! What the pages show: a running demo, and a process that reaches nobody.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use order_sync_tests::config::{Config, verify_key};
use order_sync_tests::http;
use order_sync_tests::order_sync::{Demo, OrderSync};
use order_sync_tests::wait::{PATIENCE, until};
use serde_json::json;

/// The demo that all tests look at: 300 records a second of all nine types, more than its quota lets through.
pub(crate) fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(Demo::start)
}

/// A pipeline that waits for a broker that is not there: nothing is known yet.
pub(crate) fn lonely() -> OrderSync {
    answering(&waiting())
}

/// The same behind a token.
pub(crate) fn guarded(token: &str) -> OrderSync {
    answering(&waiting().set("admin.token", token))
}

fn waiting() -> Config {
    Config::empty()
        .set("kafka.bootstrap_servers", "127.0.0.1:1")
        .set("kafka.topics", vec!["orders"])
        .set("kafka.group_id", "lonely")
        .set("schema.framing", "bare")
        .set("schema.writer_schema_file", concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/order_event.avsc"))
        .set("alipayhk.base_url", "http://127.0.0.1:1")
        .set("alipayhk.client_id", "4Q5Y8W0WSG45P907917")
        .set("alipayhk.environment", "staging")
        .set("alipayhk.signing.algorithm", "RSA256")
        .set("alipayhk.signing.private_key_file", "merchant.pem")
        .set("alipayhk.signing.key_version", 1)
        .set("alipayhk.verify_keys", vec![verify_key("alipayhk.pub.pem", 1)])
        .set("quota.requests_per_second", 20)
        .set("dead_letter.topic", "orders.dlq")
}

fn answering(config: &Config) -> OrderSync {
    let run = OrderSync::start(config);
    until("the admin address answers", PATIENCE, || run.get("/livez"));
    run
}

/// The right to an outage, with an open gate to begin with. All tests share the demo, and the end of one outage would be the end of all.
pub(crate) struct Turn(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

/// AlipayHK is away until this is dropped.
pub(crate) struct Outage {
    _turn: Turn,
}

static TURN: Mutex<()> = Mutex::new(());

/// What the state says while the gate is closed by an outage.
const CLOSED: &str = "\"reason\":\"http_status\"";

impl Turn {
    pub(crate) fn take() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self::until("the gate is open", |state| !state.contains(CLOSED));
        Self(turn)
    }

    pub(crate) fn begin(self) -> Outage {
        let rule = json!([{ "fault": { "kind": "http", "status": 503 } }]);
        faults(reqwest::Method::PUT, &rule.to_string());
        Self::until("the gate is closed", |state| state.contains(CLOSED));
        Outage { _turn: self }
    }

    fn until(what: &str, wanted: impl Fn(&str) -> bool) {
        until(what, Duration::from_secs(60), || {
            let (_, state) = http::get(&demo().admin("/api/state"))?;
            if wanted(&state) { Ok(()) } else { Err(state) }
        });
    }
}

impl Outage {
    pub(crate) fn begin() -> Self {
        Turn::take().begin()
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        faults(reqwest::Method::DELETE, "");
    }
}

fn faults(method: reqwest::Method, script: &str) {
    let answer = http::send(method, &demo().sandbox("/sandbox/faults"), &[], script);
    assert!(matches!(answer, Ok((200, _))), "{answer:?}");
}
