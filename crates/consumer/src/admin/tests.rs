use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, channel};

use super::state::{Group, Partition, State};
use super::*;
use crate::clock::Moment;
use crate::config::Asking;

/// A served page and what is behind it.
struct Served {
    address: SocketAddr,
    published: Published,
    heartbeats: Heartbeats,
    questions: Receiver<Question>,
    client: Client,
}

fn admin(hosts: &[&str]) -> Admin {
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    Admin { listen: "127.0.0.1:0".parse().unwrap(), hosts, token: None, tls: None, asking: Asking::default() }
}

impl Served {
    async fn start() -> Self {
        let published = Published::default();
        let metrics = Metrics::local(&published).unwrap();
        let heartbeats = Heartbeats::default();
        let (orders, questions) = channel(4);
        let config = admin(&["orders.internal"]);
        let address = serve(&config, published.clone(), metrics, heartbeats.clone(), orders).await.unwrap();
        Self { address, published, heartbeats, questions, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    async fn json(&self, path: &str) -> (StatusCode, Value) {
        let (status, body) = self.get(path).await;
        (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
    }
}

#[tokio::test]
async fn the_state_is_served_as_it_was_published() {
    let served = Served::start().await;
    let partition = Partition { topic: "orders".into(), partition: 2, position: 9, ..Partition::default() };
    served.published.set(State { records_read: 41, partitions: vec![partition], ..State::default() });
    let (status, state) = served.json("/api/state").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(state["records_read"], 41);
    assert_eq!(state["partitions"][0]["topic"], "orders");
    assert_eq!(state["partitions"][0]["position"], 9);
}

#[tokio::test]
async fn a_loop_that_stands_still_ends_liveness() {
    let served = Served::start().await;
    assert_eq!(served.json("/livez").await, (StatusCode::OK, json!({ "alive": true })));
    let long_ago = Heartbeats { origin: Moment::ago(Duration::from_secs(200)), ..served.heartbeats.clone() };
    let (orders, _questions) = channel(1);
    let metrics = Metrics::local(&served.published).unwrap();
    let address = serve(&admin(&[]), Published::default(), metrics, long_ago.clone(), orders).await.unwrap();
    let stuck = Served { address, ..served };
    long_ago.poll.store(200_000, Ordering::Relaxed);
    let (status, body) = stuck.json("/livez").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body["reason"].as_str().unwrap().starts_with("the driver loop stands still"), "{body}");
}

#[tokio::test]
async fn readiness_follows_the_group_and_not_the_gate() {
    let served = Served::start().await;
    let ready = async |group: Group, reason: Option<&'static str>| {
        let mut state = State { group, ..State::default() };
        if let Some(reason) = reason {
            state.gate = state::Gate { state: state::GateState::Closed, reason: Some(reason), ..Default::default() };
        }
        served.published.set(state);
        served.json("/readyz").await
    };
    assert_eq!(ready(Group::Joining, None).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready(Group::Member, Some("systemic")).await.0, StatusCode::OK);
    assert_eq!(ready(Group::Idle, None).await.0, StatusCode::OK);
    let (status, body) = ready(Group::Failed("broker: fatal".into()), None).await;
    assert_eq!((status, body), (StatusCode::SERVICE_UNAVAILABLE, json!({ "ready": false, "reason": "broker: fatal" })));
}

#[tokio::test]
async fn metrics_are_served_in_prometheus_text() {
    let served = Served::start().await;
    served.published.set(State { records_read: 7, ..State::default() });
    let response = served.client.get(format!("http://{}/metrics", served.address)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let body = response.text().await.unwrap();
    assert!(body.lines().any(|line| line == "ordersync_records_read_total 7"), "{body}");
    assert!(body.contains("ordersync_loop_age_seconds{loop=\"poll\"}"), "the served heartbeats are watched");
}

#[tokio::test]
async fn an_order_is_asked_of_the_driver() {
    let mut served = Served::start().await;
    let lane = OrderLane {
        order: "M/1 ü".into(),
        topic: "orders".into(),
        partition: 1,
        state: LaneState::Waiting,
        status: Some("TICKETED".into()),
        modified_at: Some(1_764_000_000_000),
        offsets: vec![4, 9],
        attempts: 3,
        waits_for: Some("timeout".into()),
        waits_millis: Some(800),
        ..OrderLane::default()
    };
    let mut questions = std::mem::replace(&mut served.questions, channel(1).1);
    let driver = tokio::spawn(async move {
        while let Some(Question::Order(order, reply)) = questions.recv().await {
            reply.send(if order == lane.order { vec![lane.clone()] } else { Vec::new() }).unwrap();
        }
    });
    let (status, body) = served.json("/api/orders/M%2F1%20%C3%BC").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["order"], "M/1 ü");
    assert_eq!(body["lanes"][0]["state"], "waiting");
    assert_eq!(body["lanes"][0]["offsets"], json!([4, 9]));
    assert_eq!(served.json("/api/orders/M2").await, (StatusCode::NOT_FOUND, json!({ "error": "unknown order" })));
    driver.abort();
}

#[tokio::test]
async fn an_order_number_that_cannot_exist_does_not_reach_the_driver() {
    let mut served = Served::start().await;
    assert_eq!(served.get(&format!("/api/orders/{}", "x".repeat(33))).await.0, StatusCode::NOT_FOUND);
    assert!(served.questions.try_recv().is_err());
}

#[tokio::test]
async fn a_driver_that_does_not_answer_is_not_waited_for_for_ever() {
    let mut served = Served::start().await;
    drop(std::mem::replace(&mut served.questions, channel(1).1));
    assert_eq!(served.get("/api/orders/M1").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_frame_says_nothing_and_loads_nothing_from_elsewhere() {
    let served = Served::start().await;
    served.published.set(State { environment: Some("production".into()), ..State::default() });
    let response = served.client.get(format!("http://{}/", served.address)).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let body = response.text().await.unwrap();
    assert!(body.contains("order-sync</h1>") && !body.contains("production") && !body.contains("style="), "{body}");
    for (path, kind) in
        [("/page.css", "text/css; charset=utf-8"), ("/page.js", "text/javascript; charset=utf-8"), ("/page.svg", "image/svg+xml")]
    {
        let response = served.client.get(format!("http://{}{path}", served.address)).send().await.unwrap();
        assert_eq!((response.status(), response.headers()["content-type"].to_str().unwrap()), (StatusCode::OK, kind));
    }
}

#[tokio::test]
async fn the_figures_show_the_state_and_who_waits() {
    let mut served = Served::start().await;
    let partition = Partition { topic: "orders".into(), partition: 2, lanes: 1, ..Partition::default() };
    served.published.set(State { group: Group::Member, partitions: vec![partition], ..State::default() });
    let mut questions = std::mem::replace(&mut served.questions, channel(1).1);
    let driver = tokio::spawn(async move {
        while let Some(question) = questions.recv().await {
            let lane = OrderLane {
                order: "M1".into(),
                state: LaneState::Waiting,
                waits_for: Some("a token".into()),
                since_millis: Some(2_500),
                ..OrderLane::default()
            };
            match question {
                Question::Oldest(reply) => reply.send(Arc::new(vec![lane])).unwrap(),
                Question::Order(order, reply) => reply.send(if order == "M1" { vec![lane] } else { Vec::new() }).unwrap(),
            }
        }
    });
    let (status, page) = served.get("/api/page").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("orders/2") && page.contains("href=\"#order=M1\"") && page.contains("2.5 s"), "{page}");
    assert!(!page.contains("id=\"story\""), "{page}");
    assert!(served.get("/api/page?order=M1").await.1.contains("Waits for a token"));
    assert!(served.get("/api/page?order=M2").await.1.contains("Nothing is known of this order"));
    driver.abort();
}

#[tokio::test]
async fn the_figures_are_shown_also_when_the_driver_does_not_answer() {
    let mut served = Served::start().await;
    served.published.set(State { group: Group::Member, partitions: vec![Partition::default()], ..State::default() });
    drop(std::mem::replace(&mut served.questions, channel(1).1));
    let (status, page) = served.get("/api/page").await;
    assert!(status == StatusCode::OK && page.contains("did not answer in time"), "{page}");
}

#[tokio::test]
async fn only_get_is_allowed_on_every_path() {
    let served = Served::start().await;
    for path in ["/", "/livez", "/metrics", "/api/state", "/api/page", "/api/orders/M1", "/nothing"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS] {
            let response = served.client.request(method.clone(), format!("http://{}{path}", served.address)).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(response.headers()["allow"], "GET");
        }
    }
    assert_eq!(served.get("/nothing").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_foreign_name_sees_only_probes_and_metrics() {
    let served = Served::start().await;
    let by = async |host: &str, path: &str| {
        let request = served.client.get(format!("http://{}{path}", served.address)).header("host", host);
        request.send().await.unwrap().status()
    };
    for path in ["/", "/api/state", "/api/page", "/api/orders/M1", "/page.css", "/page.js", "/nothing"] {
        assert_eq!(by("rebound.example", path).await, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
    served.published.set(State { group: Group::Member, ..State::default() });
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(by("10.1.2.3:8080", path).await, StatusCode::OK, "{path}");
    }
    assert_eq!(by("orders.internal:443", "/api/state").await, StatusCode::OK);
}

#[tokio::test]
async fn a_head_that_is_too_large_or_without_a_host_is_refused() {
    let served = Served::start().await;
    let mut large = TcpStream::connect(served.address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(64 * 1024));
    // the server may close before everything is written
    let _ = large.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = large.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
    let mut nameless = TcpStream::connect(served.address).await.unwrap();
    nameless.write_all(b"GET /api/state HTTP/1.1\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    nameless.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
}

#[tokio::test]
async fn clients_that_send_nothing_leave_room_for_others() {
    let served = Served::start().await;
    let mut slow = Vec::new();
    for _ in 0..32 {
        slow.push(TcpStream::connect(served.address).await.unwrap());
    }
    assert_eq!(served.get("/livez").await.0, StatusCode::OK);
}
