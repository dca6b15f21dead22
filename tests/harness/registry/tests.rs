use std::time::Instant;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::*;
use crate::http::{get, send};

const SCHEMA: &str = r#"{"type":"string"}"#;

fn ask(registry: &Registry, path: &str) -> (u16, Json) {
    let (status, body) = get(&format!("{}{path}", registry.url())).unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

fn code(answer: (u16, Json)) -> (u16, u64) {
    (answer.0, answer.1["error_code"].as_u64().unwrap())
}

#[test]
fn a_schema_is_found_by_id_and_by_subject() {
    let registry = Registry::start();
    assert_eq!(registry.register("orders-value", SCHEMA), 1);
    assert_eq!(registry.register("orders-value", "\"long\""), 2);
    assert_eq!(registry.register("other-value", SCHEMA), 1);
    assert_eq!(ask(&registry, "/schemas/ids/1"), (200, json!({ "schema": SCHEMA })));
    let latest = json!({ "subject": "orders-value", "version": 2, "id": 2, "schema": "\"long\"" });
    assert_eq!(ask(&registry, "/subjects/orders-value/versions/latest"), (200, latest));
    assert_eq!(ask(&registry, "/subjects/orders-value/versions"), (200, json!([1, 2])));
    assert_eq!(ask(&registry, "/subjects"), (200, json!(["orders-value", "other-value"])));
}

#[test]
fn a_schema_can_be_registered_over_http() {
    let registry = Registry::start();
    let post = |body: &Json| {
        let url = format!("{}/subjects/orders-value/versions", registry.url());
        let (status, body) = send(Method::POST, &url, &[("content-type", "application/json")], &body.to_string()).unwrap();
        (status, serde_json::from_str::<Json>(&body).unwrap())
    };
    assert_eq!(post(&json!({ "schema": SCHEMA })), (200, json!({ "id": 1 })));
    assert_eq!(post(&json!({ "schema": SCHEMA })), (200, json!({ "id": 1 })));
    assert_eq!(code(post(&json!({ "schema": "{" }))), (422, 42201));
}

#[test]
fn what_is_unknown_has_confluents_codes() {
    let registry = Registry::start();
    registry.register("orders-value", SCHEMA);
    for id in ["9", "0", "x"] {
        assert_eq!(code(ask(&registry, &format!("/schemas/ids/{id}"))), (404, 40403));
    }
    assert_eq!(code(ask(&registry, "/subjects/none/versions/latest")), (404, 40401));
    assert_eq!(code(ask(&registry, "/subjects/orders-value/versions/7")), (404, 40402));
}

#[test]
fn it_misbehaves_as_told() {
    let registry = Registry::start();
    registry.register("orders-value", SCHEMA);
    registry.set(Fault::Status(503));
    assert_eq!(code(ask(&registry, "/schemas/ids/1")), (503, 50001));
    registry.set(Fault::Garbage("<html>".to_owned()));
    assert_eq!(get(&format!("{}/schemas/ids/1", registry.url())).unwrap(), (200, "<html>".to_owned()));
    registry.set(Fault::Slow(Duration::from_millis(200)));
    let before = Instant::now();
    assert_eq!(ask(&registry, "/schemas/ids/1").0, 200);
    assert!(before.elapsed() >= Duration::from_millis(200));
    registry.set(Fault::None);
    assert_eq!(ask(&registry, "/schemas/ids/1").0, 200);
    assert_eq!(registry.requests(), ["GET /schemas/ids/1"; 4]);
}

#[test]
fn it_can_go_away_and_come_back() {
    let registry = Registry::start();
    registry.register("orders-value", SCHEMA);
    let url = format!("{}/schemas/ids/1", registry.url());
    assert!(get(&url).is_ok());
    registry.down();
    assert!(get(&url).is_err());
    registry.up();
    assert!(get(&url).is_ok());
}

#[test]
fn it_can_ask_who_is_there() {
    let registry = Registry::start();
    registry.register("orders-value", SCHEMA);
    registry.require("Basic dTpw");
    assert_eq!(code(ask(&registry, "/schemas/ids/1")), (401, 40101));
    let url = format!("{}/schemas/ids/1", registry.url());
    assert_eq!(send(Method::GET, &url, &[("authorization", "Basic dTpw")], "").unwrap().0, 200);
}
