//! What can happen on the way to AlipayHK and back, against a server that does exactly what it is told.

use std::process::Command;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::*;
use crate::clock::asleep;

const BODY: &[u8] = br#"{"request":{}}"#;
const OK: &str = "HTTP/1.1 200 OK\r\nresponse-time: 7\r\ncontent-length: 2\r\n\r\n{}";
const PROXY_CHILD: &str = "ORDER_SYNC_TEST_PROXY_CHILD";

fn settings(base_url: &str) -> HttpSettings {
    let connect_timeout = Duration::from_secs(2);
    HttpSettings { base_url: base_url.parse().unwrap(), connect_timeout, ca_file: None, proxy: None, max_in_flight: 4 }
}

fn http(base_url: &str) -> Http {
    Http::new(&settings(base_url)).unwrap()
}

fn request() -> Request {
    let headers = vec![("client-id", "4Q5Y8W0WSG45P907917".to_owned())];
    Request { method: "POST", path: alipayhk::PATH, headers, body: BODY.into() }
}

fn within(deadline: Duration) -> Limits {
    let now = Moment::now();
    Limits { write_by: now + deadline, deadline: now + deadline }
}

fn patient() -> Limits {
    within(Duration::from_secs(20))
}

/// Reads one request, writes what it is told, and closes. Ends with what it read.
async fn server(answer: impl Into<Vec<u8>>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, answer) = (format!("http://{}", listener.local_addr().unwrap()), answer.into());
    let served = tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap().0;
        let read = read(&mut stream).await;
        stream.write_all(&answer).await.unwrap();
        read
    });
    (url, served)
}

/// Everything up to the end of the request, or of the stream.
async fn read(stream: &mut TcpStream) -> String {
    let (mut read, mut chunk) = (Vec::new(), [0; 4_096]);
    while !read.ends_with(BODY) {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(length) => read.extend_from_slice(&chunk[..length]),
        }
    }
    String::from_utf8(read).unwrap()
}

async fn exchanged(answer: impl Into<Vec<u8>>) -> Result<Received, Transport> {
    let (url, _served) = server(answer).await;
    http(&url).exchange(&request(), patient(), Vec::new()).await
}

#[tokio::test]
async fn the_request_goes_out_as_it_was_signed_and_the_answer_comes_back_as_it_is() {
    let (url, served) = server(OK).await;
    let trace = vec![("traceparent".to_owned(), "00-1-2-01".to_owned())];
    let received = http(&url).exchange(&request(), patient(), trace).await.unwrap();
    assert_eq!((received.status, &received.body[..]), (200, b"{}".as_slice()));
    assert!(received.headers.iter().any(|(name, value)| name == "response-time" && value == "7"));
    let sent = served.await.unwrap().to_lowercase();
    assert!(sent.starts_with(&format!("post {} http/1.1\r\n", alipayhk::PATH)), "{sent}");
    for header in ["client-id: 4q5y8w0wsg45p907917\r\n", "traceparent: 00-1-2-01\r\n", "content-length: 14\r\n"] {
        assert!(sent.contains(header), "{sent}");
    }
    for header in ["accept-encoding", "transfer-encoding", "user-agent", "referer"] {
        assert!(!sent.contains(header), "{sent}");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(http(&url).exchange(&request(), patient(), Vec::new()).await.unwrap_err(), Transport::Unreachable);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_checked_means_that_nothing_is_sent() {
    let (url, _served) = server("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let url = url.replace("http://", "https://");
    let limits = within(Duration::from_secs(5));
    let refused = http(&url).exchange(&request(), limits, Vec::new()).await.unwrap_err();
    assert!(matches!(refused, Transport::Unreachable | Transport::Timeout), "{refused:?}");
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_does_is_broken() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"result\"";
    for answer in ["", "HTTP/1.1 200", half, "no http at all\r\n\r\n"] {
        assert_eq!(exchanged(answer).await.unwrap_err(), Transport::Broken, "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_that_drips_is_over_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap().0;
        read(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await.unwrap();
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let began = Instant::now();
    let limits = within(Duration::from_millis(400));
    assert_eq!(http(&url).exchange(&request(), limits, Vec::new()).await.unwrap_err(), Transport::Timeout);
    assert!(began.elapsed() >= Duration::from_millis(400) && began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_may_be_as_large_as_the_bound_and_no_larger() {
    let answer = |length: usize| [format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").into_bytes(), vec![b'x'; length]].concat();
    assert_eq!(exchanged(answer(MAX_ANSWER)).await.unwrap().body.len(), MAX_ANSWER);
    assert_eq!(exchanged(answer(MAX_ANSWER + 1)).await.unwrap_err(), Transport::TooLarge);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let chunk = format!("{:x}\r\n{}\r\n", 65_536, "x".repeat(65_536));
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = [head, &chunk.repeat(MAX_ANSWER / 65_536 + 1)].concat();
    assert_eq!(exchanged(answer).await.unwrap_err(), Transport::TooLarge);
}

#[tokio::test]
async fn headers_without_end_are_a_broken_answer() {
    let many: String = (0..5_000).map(|number| format!("x-{number}: {number}\r\n")).collect();
    let large = format!("x: {}\r\n", "x".repeat(8 << 20));
    for headers in [many, large] {
        let received = exchanged(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\n{{}}")).await;
        assert_eq!(received.unwrap_err(), Transport::Broken);
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let (elsewhere, mut untouched) = server(OK).await;
    let received = exchanged(format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}/\r\ncontent-length: 0\r\n\r\n")).await;
    assert_eq!(received.unwrap().status, 307);
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut untouched).await.is_err(), "nobody went there");
}

#[tokio::test]
async fn a_packed_answer_is_not_unpacked() {
    let received = exchanged("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc").await.unwrap();
    assert_eq!(&received.body[..], b"abc");
}

#[tokio::test]
async fn a_call_that_comes_too_late_does_not_even_connect() {
    let (url, mut untouched) = server(OK).await;
    let now = Moment::now();
    let late = Limits { write_by: Moment::ago(Duration::from_millis(1)), deadline: now + Duration::from_secs(5) };
    assert_eq!(http(&url).exchange(&request(), late, Vec::new()).await.unwrap_err(), Transport::NotSent);
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut untouched).await.is_err());
}

#[tokio::test]
async fn a_call_that_became_late_while_it_connected_writes_nothing_and_says_so() {
    let (url, served) = server(OK).await;
    let write_by = Moment::ago(Duration::from_millis(1));
    assert_eq!(http(&url).send(&request(), write_by, Vec::new()).await.unwrap_err(), Transport::NotSent);
    assert_eq!(served.await.unwrap(), "", "not even the head");
}

#[tokio::test]
async fn a_machine_that_slept_past_the_lease_writes_nothing_though_its_timers_stood_still() {
    let (url, served) = server(OK).await;
    let Some(write_by) = asleep::kept() else {
        let write_by = Moment::now() + Duration::from_secs(300);
        assert!(http(&url).send(&request(), write_by, Vec::new()).await.is_ok(), "awake there is time left");
        let this = "call::http::tests::a_machine_that_slept_past_the_lease_writes_nothing_though_its_timers_stood_still";
        return asleep::wake(this, write_by, 600);
    };
    let limits = Limits { write_by, deadline: write_by };
    assert_eq!(http(&url).exchange(&request(), limits, Vec::new()).await.unwrap_err(), Transport::NotSent);
    assert_eq!(http(&url).send(&request(), write_by, Vec::new()).await.unwrap_err(), Transport::NotSent);
    assert_eq!(served.await.unwrap(), "", "not even the head");
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_used() {
    if std::env::var_os(PROXY_CHILD).is_some() {
        assert_eq!(exchanged(OK).await.unwrap().status, 200);
        return;
    }
    let nobody = "http://127.0.0.1:1";
    let again = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "call::http::tests::a_proxy_of_the_environment_is_not_used"])
        .env(PROXY_CHILD, "1")
        .envs(["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"].map(|name| (name, nobody)))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn a_configured_proxy_is_used() {
    let (proxy, served) = server(OK).await;
    let over = HttpSettings { proxy: Some(proxy.parse().unwrap()), ..settings("http://alipayhk.invalid") };
    let received = Http::new(&over).unwrap().exchange(&request(), patient(), Vec::new()).await.unwrap();
    assert_eq!(received.status, 200);
    assert!(served.await.unwrap().starts_with("POST http://alipayhk.invalid/"));
}

#[test]
fn a_ca_file_without_a_certificate_is_refused_by_the_name_of_its_key() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = |path: &std::path::Path| {
        let with = HttpSettings { ca_file: Some(path.to_owned()), ..settings("https://127.0.0.1:1") };
        Http::new(&with).unwrap_err().to_string()
    };
    assert!(refused(file.path()).starts_with("alipayhk.ca_file: "));
    assert!(refused(std::path::Path::new("/nowhere")).starts_with("alipayhk.ca_file: cannot read "));
}
