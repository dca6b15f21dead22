use domain::Cause;
use sandbox::Orders;
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};
use sandbox::model::Kind;
use serde_json::{Value, json};

use crate::harness::{Ends, PATIENCE, accepted, cause, client_config, event, setup};

async fn get(ends: &Ends, path: &str) -> (u16, Value) {
    let answer = ends.http.get(format!("{}{path}", ends.sandbox.base_url())).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

async fn send(ends: &Ends, method: reqwest::Method, path: &str, body: &str) -> (u16, Value) {
    let answer = ends.http.request(method, format!("{}{path}", ends.sandbox.base_url())).body(body.to_owned()).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

#[tokio::test]
async fn the_state_shows_orders_counters_and_history() {
    let ends = Ends::new().await;
    ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
    ends.call(&event("ORD-1", "FINISHED", 1)).await;
    let (status, state) = get(&ends, "/sandbox/state").await;
    assert_eq!((status, state["orders_held"].as_u64(), state["counters"]["applied"].as_u64()), (200, Some(1), Some(2)));
    let order = &state["orders"]["ORD-1"];
    assert_eq!((order["orderStatus"].as_str(), order["merchantBizType"].as_str()), (Some("FINISHED"), Some("LINE_UP")));
    let times: Vec<_> = order["history"].as_array().unwrap().iter().map(|one| one["orderModifyTime"].as_i64().unwrap()).collect();
    assert_eq!(times, [1_716_338_541_000, 1_716_338_541_001]);
    assert_eq!(get(&ends, "/sandbox/state?orders=none").await.1["orders"], json!({}));
    assert_eq!(get(&ends, "/sandbox/state?orders=many").await.0, 400);
}

#[tokio::test]
async fn the_latest_orders_come_first() {
    let ends = Ends::new().await;
    for number in ["A", "B", "C"] {
        ends.call(&event(number, "CALL_NUM", 0)).await;
        // The order of changes is by the millisecond.
        let then = ends.sandbox.order(number).unwrap().history[0].at;
        ends.until("a millisecond later", |sandbox| sandbox.state(Orders::None).now > then).await;
    }
    let listed: Vec<_> = ends.sandbox.state(Orders::Latest(2)).orders.into_keys().collect();
    assert_eq!(listed, ["B", "C"]);
}

#[tokio::test]
async fn an_order_is_shown_with_the_body_as_it_came() {
    let ends = Ends::new().await;
    let event = event("票/1 %", "CALL_NUM", 0);
    ends.call(&event).await;
    let (status, order) = get(&ends, "/sandbox/orders/%E7%A5%A8%2F1%20%25").await;
    assert_eq!((status, order["orderStatus"].as_str()), (200, Some("CALL_NUM")));
    let sent: Value = serde_json::from_slice(&ends.client.body(&event, 0).bytes).unwrap();
    assert_eq!(order["body"], sent);
    assert_eq!(get(&ends, "/sandbox/orders/unknown").await.0, 404);
    assert_eq!(get(&ends, "/sandbox/orders/%zz").await.0, 404);
}

#[tokio::test]
async fn the_fault_script_is_set_added_to_shown_and_ended_over_http() {
    let ends = Ends::new().await;
    let reset = r#"[{"fault": {"kind": "http", "status": 503}, "count": 1}]"#;
    assert_eq!(send(&ends, reqwest::Method::PUT, "/sandbox/faults", reset).await.0, 200);
    let one = r#"{"fault": {"kind": "http", "status": 403}}"#;
    assert_eq!(send(&ends, reqwest::Method::POST, "/sandbox/faults", one).await.0, 200);
    let causes = [cause(&ends.call(&event("A", "CALL_NUM", 0)).await), cause(&ends.call(&event("A", "CALL_NUM", 0)).await)];
    assert_eq!(causes, [Cause::HttpStatus, Cause::Refused]);
    let (_, lines) = get(&ends, "/sandbox/faults").await;
    assert_eq!(
        (lines[0]["hits"].as_u64(), lines[1]["hits"].as_u64(), lines[1]["rule"]["fault"]["status"].as_u64()),
        (Some(1), Some(1), Some(403))
    );
    assert_eq!(send(&ends, reqwest::Method::DELETE, "/sandbox/faults", "").await, (200, json!([])));
    assert!(accepted(&ends.call(&event("A", "CALL_NUM", 0)).await));
}

#[tokio::test]
async fn a_wrong_script_is_refused_whole_and_says_where() {
    let ends = Ends::new().await;
    ends.sandbox.set_faults(vec![Rule::always(Fault::Unsigned)]).unwrap();
    for (script, part) in [
        (r#"[{"fault": {"kind": "reset"}}, {"fault": {"kind": "explode"}}]"#, "rule 1: "),
        (r#"[{"fault": {"kind": "reset"}, "probability": 3}]"#, "rule 0: probability"),
        ("nonsense", "not JSON"),
    ] {
        let (status, answer) = send(&ends, reqwest::Method::PUT, "/sandbox/faults", script).await;
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().contains(part), "{answer}");
    }
    assert_eq!(ends.sandbox.state(Orders::None).faults[0].rule.fault, Fault::Unsigned);
}

#[tokio::test]
async fn the_page_is_self_contained() {
    let ends = Ends::new().await;
    let answer = ends.http.get(ends.sandbox.base_url()).send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("AlipayHK sandbox"));
    for outside in ["http://", "https://", "//", "<style", "style=", " onclick="] {
        assert!(!page.contains(outside), "{outside}");
    }
    // What it loads comes from the sandbox as well, and asks nobody else.
    let loaded: Vec<&str> = ["src=\"", "href=\""].iter().flat_map(|mark| page.split(mark).skip(1)).collect();
    assert!(!loaded.is_empty());
    for rest in loaded {
        let path = rest.split('"').next().unwrap();
        assert!(path.starts_with('/') || path.starts_with('#'), "{path}");
        if path.starts_with('/') {
            let answer = ends.http.get(format!("{}{path}", ends.sandbox.base_url())).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            // A namespace is a name.
            let text = answer.text().await.unwrap().replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
            for outside in ["http://", "https://", "@import", "url("] {
                assert!(!text.contains(outside), "{path}: {outside}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_pages_do_not_do_is_said() {
    let ends = Ends::new().await;
    assert_eq!(send(&ends, reqwest::Method::DELETE, "/sandbox/state", "").await.0, 405);
    assert_eq!(get(&ends, "/sandbox/nothing").await.0, 404);
}

#[tokio::test]
async fn a_bad_signature_is_refused_unsigned_and_recorded() {
    let ends = Ends::new().await;
    let event = event("ORD-1", "CALL_NUM", 0);
    let mut request = ends.request(&ends.client.body(&event, 0));
    request.body = [&request.body[..], b" "].concat().into();
    let received = ends.send(&request, PATIENCE).await.unwrap();
    assert!(!received.headers.iter().any(|(name, _)| name == "signature"));
    let answer = ends.judge(&event, Ok(&received));
    assert_eq!((cause(&answer), answer.notes.code_text.unwrap().as_str()), (Cause::Unverified, "INVALID_SIGNATURE"));
    let state = ends.sandbox.state(Orders::None);
    assert_eq!((state.violations_of(Kind::BadSignature), state.counters.bad_signatures, state.orders_held), (1, 1, 0));
}

#[tokio::test]
async fn a_probe_gets_a_signed_param_illegal() {
    let ends = Ends::new().await;
    let received = ends.send(&ends.request(&ends.client.probe("1")), PATIENCE).await.unwrap();
    let headers: Vec<_> = received.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let raw = alipayhk::RawAnswer { status: received.status, headers: &headers, body: &received.body };
    let answer = ends.client.judge_probe(Ok(raw), crate::harness::now());
    assert_eq!(answer.notes.code, Some(alipayhk::Code::ParamIllegal));
    assert!(matches!(answer.notes.signature, alipayhk::SignatureNote::Verified(_)));
    assert_eq!(answer.notes.message.as_deref(), Some("merchantBizNo is required"));
}

#[tokio::test]
async fn the_journal_tells_of_each_call_what_it_met_and_what_became_of_it() {
    let ends = Ends::with(sandbox::Setup { journal: 3, ..setup() }, client_config()).await;
    ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
    ends.sandbox.set_faults(vec![Rule::always(Fault::Reset { apply: true })]).unwrap();
    ends.call(&event("ORD-1", "FINISHED", 1)).await;
    let refusal =
        Fault::Result { code: "PARAM_ILLEGAL".into(), status: ResultStatus::F, message: String::new(), order_status: None, apply: false };
    ends.sandbox.set_faults(vec![Rule::always(refusal)]).unwrap();
    ends.call(&event("ORD-2", "CALL_NUM", 0)).await;
    ends.call(&event("ORD-3", "CALL_NUM", 0)).await;
    let journal = ends.sandbox.journal();
    let told: Vec<String> = journal
        .iter()
        .map(|one| {
            let (result, applied) = (one.result.as_deref().unwrap_or("-"), one.applied.map_or(0, |(nr, _)| nr));
            format!("{} {:?} {result} {applied} {}", one.merchant_biz_no, one.faults, one.answered_at.is_some())
        })
        .collect();
    let expected = ["ORD-1 [] SUCCESS/S 1 true", "ORD-1 [\"reset\"] SUCCESS/S 2 false", "ORD-2 [\"result\"] PARAM_ILLEGAL/F 0 true"];
    assert_eq!(told, expected);
    assert_eq!(format!("http://{}", journal[0].host), ends.sandbox.base_url());
}
