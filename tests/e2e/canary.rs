//! Secrets, people and what they order, planted wherever they can come from: they are found in no log line, metric, span, page, answer of a
//! command or header of a dead letter.

use order_sync_tests::avro::{Order, confluent};
use order_sync_tests::kafka::Record;
use order_sync_tests::keys::Keys;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::otlp::OtlpReceiver;
use order_sync_tests::registry::Registry;
use order_sync_tests::wait::{PATIENCE, until};
use reqwest::Method;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};
use serde_json::Value as Json;

use crate::world::World;

const ADMIN_TOKEN: &str = "canary-admin-token-5f1c7e";
const REGISTRY_TOKEN: &str = "canary-registry-token-77aa01";
const USER: &str = "2088777000000042";
const OPEN_ID: &str = "20887770000000425550001234567890";
const AMOUNT: &str = "98765432109876";

/// What must be found nowhere: everything above, and what the records, their headers and AlipayHK's texts say.
fn canaries() -> Vec<String> {
    let planted =
        ["canary-ext", "canary-shop", "canary-item", "canary-bytes", "canary-header", "canary-message", "CANARY_STATUS", "CANARY_TYPE"];
    let secrets = [ADMIN_TOKEN, REGISTRY_TOKEN, USER, OPEN_ID, AMOUNT];
    let mut all: Vec<String> = planted.iter().chain(&secrets).map(|text| (*text).to_owned()).collect();
    // every line of the private key, its frame left away
    all.extend(Keys::rsa().merchant.private.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned));
    all
}

fn order(number: &str) -> Order {
    Order::new(number)
        .ext_info("{\"start_time\": 1760003600000, \"note\": \"canary-ext\"}")
        .set("shopInfo", "{\"shopName\": \"canary-shop\"}")
        .set("itemOrderList", "[{\"itemName\": \"canary-item\"}]")
        .set("userId", USER)
        .set("openId", OPEN_ID)
        .amount(AMOUNT, "HKD")
}

/// Every way in which a record can end, and one that waits.
fn records(schema: u32) -> Vec<Record> {
    let mut all: Vec<Record> = ["E2E-FINE", "E2E-REFUSED", "E2E-STUCK"].map(|number| order(number).record(schema)).into();
    all.push(order("E2E-FINE").modified_after(-1_000).record(schema));
    all.push(order("E2E-INVALID").status(&format!("CANARY_STATUS{}", "S".repeat(33))).record(schema));
    all.push(order("E2E-TYPE").biz_type("CANARY_TYPE").record(schema));
    all.push(order("E2E-JSON").ext_info("{canary-ext}").record(schema));
    all.push(Record::new("E2E-BYTES", confluent(schema, b"canary-bytes canary-bytes canary-bytes")));
    all.push(Record::new("E2E-PLAIN", "canary-bytes without any framing"));
    all.into_iter().map(|record| record.header("customer", "canary-header")).collect()
}

#[test]
fn a_running_process_dumps_no_core() {
    // What we may ourselves is what it would have otherwise.
    let hard = getrlimit(Resource::Core).maximum;
    let _ = setrlimit(Resource::Core, Rlimit { current: hard, maximum: hard });
    let world = World::new("no-core", 1);
    let run = world.start();
    until("it runs", PATIENCE, || run.get("/livez"));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", run.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    run.stop_well();
}

#[test]
fn a_canary_is_found_where_it_is() {
    look("a text", "nothing of the kind");
    for planted in canaries() {
        let found = std::panic::catch_unwind(|| look("a text", &format!("before {planted} after")));
        assert!(found.is_err(), "{planted}");
    }
}

/// Names the first canary that is in a text, and shows where.
fn look(place: &str, text: &str) {
    for canary in canaries() {
        if let Some(at) = text.find(&canary) {
            let around: String = text[..at + canary.len()].chars().rev().take(200).collect::<String>().chars().rev().collect();
            panic!("{canary} is in {place}: …{around}");
        }
    }
}

#[test]
fn nothing_secret_or_personal_is_found_in_logs_metrics_spans_pages_or_headers() {
    let receiver = OtlpReceiver::start();
    let registry = Registry::start();
    let schema = registry.register("orders-value", order_sync_tests::avro::ORDER_EVENT);
    registry.require(&format!("Bearer {REGISTRY_TOKEN}"));
    let world = World::new("canary", 1);
    let answer = |code: &str, status| Fault::Result {
        code: code.into(),
        status,
        message: format!("canary-message for {USER}"),
        order_status: None,
        apply: false,
    };
    let of = |order: &str, fault| Rule { orders: vec![order.into()], ..Rule::always(fault) };
    let faults =
        vec![of("E2E-REFUSED", answer("PARAM_ILLEGAL", ResultStatus::F)), of("E2E-STUCK", answer("UNKNOWN_EXCEPTION", ResultStatus::U))];
    world.alipayhk.set_faults(faults);
    let written = world.orders.write_all(records(schema)).len();
    let config = world
        .config()
        .registry(&registry)
        .set("schema.token", REGISTRY_TOKEN)
        .set("admin.token", ADMIN_TOKEN)
        .set("telemetry.otlp_endpoint", receiver.grpc_endpoint())
        .set("telemetry.log_level", "trace");
    let run = OrderSync::start(&config);
    let bearer = format!("Bearer {ADMIN_TOKEN}");
    let page = |path: &str| {
        let url = format!("http://{}{path}", run.admin());
        order_sync_tests::http::send(Method::GET, &url, &[("authorization", &bearer)], "").map(|(_, body)| body)
    };
    until("all but the stuck one have ended", PATIENCE, || {
        let state: Json = serde_json::from_str(&page("/api/state")?).map_err(|error| error.to_string())?;
        let settled = order_sync_tests::order_sync::settled(&state);
        if settled == written as u64 - 1 && state["calls"]["attempted"].as_u64() >= Some(5) { Ok(()) } else { Err(state.to_string()) }
    });
    for path in ["/", "/page.css", "/metrics", "/api/state", "/api/orders/E2E-STUCK", "/api/orders/E2E-FINE", "/api/orders/E2E-REFUSED"] {
        look(path, &page(path).unwrap());
    }
    let instance = ["--instance".to_owned(), run.admin()];
    let instance = instance.each_ref().map(String::as_str);
    for command in [&["status", "--json"][..], &["explain", "E2E-STUCK", "--json"], &["explain", "E2E-REFUSED"]] {
        let said = OrderSync::command(&config, &[command, &instance].concat());
        look(&command.join(" "), &(said.output + &said.errors));
    }
    for command in [&["dlq", "list", "--json"][..], &["check", "--json"], &["keys", "show"]] {
        let said = OrderSync::command(&config, command);
        look(&command.join(" "), &(said.output + &said.errors));
    }
    let finished = run.stop();
    assert_eq!(finished.code, 0, "{}", finished.errors);
    assert!(finished.errors.contains("DEBUG"), "the lines of the lower levels were written too");
    look("the log", &finished.errors);
    let letters = world.dead_letters.records();
    let whole =
        format!("{:?}", letters.iter().filter_map(|letter| letter.value.as_deref()).map(String::from_utf8_lossy).collect::<Vec<_>>());
    assert!(whole.contains("canary-ext") && whole.contains("canary-bytes") && whole.contains(USER), "they were planted: {whole}");
    for letter in letters {
        let ours = letter.headers.iter().filter(|(name, _)| name.starts_with("ordersync."));
        look(
            "a dead letter's headers",
            &format!(
                "{:?}",
                ours.map(|(_, value)| String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned()).collect::<Vec<_>>()
            ),
        );
    }
    let exported = format!("{:?} {:?}", receiver.requests("traces"), receiver.requests("metrics"));
    assert!(exported.contains("E2E-STUCK") && exported.contains("ordersync.records.read"), "spans and metrics came");
    look("what is exported", &exported);
}
