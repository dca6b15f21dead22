use std::io::ErrorKind;
use std::time::Duration;

use domain::Cause;
use sandbox::faults::{Fault, Rule};
use sandbox::model::Kind;
use sandbox::{Orders, Sandbox, Span};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Ends, PATIENCE, accepted, cause, client_config, event, setup};

/// The request as raw bytes on a connection of its own.
async fn raw(ends: &Ends) -> TcpStream {
    let request = ends.request(&ends.client.body(&event("ORD-1", "CALL_NUM", 0), 0));
    let mut text = format!("{} {} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: {}\r\n", request.method, request.path, request.body.len());
    for (name, value) in &request.headers {
        text += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(ends.sandbox.addr()).await.unwrap();
    stream.write_all(format!("{text}\r\n").as_bytes()).await.unwrap();
    stream.write_all(&request.body).await.unwrap();
    stream
}

async fn read_to_end(stream: &mut TcpStream) -> (Vec<u8>, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap();
    (bytes, end.err().map(|fault| fault.kind()))
}

#[tokio::test]
async fn a_reset_is_a_real_one() {
    let ends = Ends::faulty(Fault::Reset { apply: false }).await;
    assert_eq!(read_to_end(&mut raw(&ends).await).await, (vec![], Some(ErrorKind::ConnectionReset)));
    assert_eq!(cause(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await), Cause::Broken);
    let state = ends.sandbox.state(Orders::None);
    assert_eq!((state.orders_held, state.counters.unanswered), (0, 2));
}

#[tokio::test]
async fn an_answer_can_be_dropped_after_the_modification_was_applied() {
    let ends = Ends::faulty(Fault::Reset { apply: true }).await;
    assert_eq!(cause(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await), Cause::Broken);
    assert_eq!(ends.sandbox.order("ORD-1").unwrap().applied, 1);
    ends.sandbox.set_faults(vec![]).unwrap();
    assert!(accepted(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await));
    assert_eq!(ends.sandbox.order("ORD-1").unwrap().applied, 1);
}

#[tokio::test]
async fn a_close_is_a_clean_end_without_an_answer() {
    let ends = Ends::faulty(Fault::Close { apply: false }).await;
    assert_eq!(read_to_end(&mut raw(&ends).await).await, (vec![], None));
    assert_eq!(cause(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await), Cause::Broken);
}

#[tokio::test]
async fn a_hanging_call_is_open_until_the_client_goes() {
    let ends = Ends::faulty(Fault::Hang { apply: false }).await;
    let stream = raw(&ends).await;
    ends.until("the call is open", |sandbox| sandbox.state(Orders::None).open_calls == 1).await;
    drop(stream);
    ends.until("the call is over", |sandbox| sandbox.state(Orders::None).open_calls == 0).await;
    let timed_out = ends.call_within(&event("ORD-2", "CALL_NUM", 0), Duration::from_millis(50)).await;
    assert_eq!(cause(&timed_out), Cause::Timeout);
}

#[tokio::test]
async fn two_calls_of_one_order_at_once_are_seen() {
    let ends = Ends::faulty(Fault::Hang { apply: false }).await;
    let _first = raw(&ends).await;
    ends.until("the first call is open", |sandbox| sandbox.state(Orders::None).open_calls == 1).await;
    ends.sandbox.set_faults(vec![]).unwrap();
    ends.call(&event("ORD-2", "CALL_NUM", 0)).await;
    assert_eq!(ends.sandbox.state(Orders::None).violations_of(Kind::ConcurrentCalls), 0);
    ends.call(&event("ORD-1", "CALL_NUM", 1)).await;
    assert_eq!(ends.sandbox.state(Orders::None).violations_of(Kind::ConcurrentCalls), 1);
}

#[tokio::test]
async fn a_truncated_answer_has_a_front_and_a_reset() {
    let ends = Ends::faulty(Fault::Truncate).await;
    let (bytes, end) = read_to_end(&mut raw(&ends).await).await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("resultCode") && !text.ends_with('}'), "{text}");
    assert_eq!(end, Some(ErrorKind::ConnectionReset));
    assert_eq!(cause(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await), Cause::Broken);
}

#[tokio::test]
async fn a_dripping_answer_arrives_whole_for_whoever_waits() {
    let drip = |every| Fault::Drip { every: Span::millis(every) };
    let ends = Ends::faulty(drip(1)).await;
    assert!(accepted(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await));
    ends.sandbox.set_faults(vec![Rule::always(drip(3_600_000))]).unwrap();
    assert_eq!(cause(&ends.call_within(&event("ORD-2", "CALL_NUM", 0), Duration::from_millis(100)).await), Cause::Timeout);
}

#[tokio::test]
async fn connections_are_kept_for_the_next_request() {
    let ends = Ends::new().await;
    let mut stream = raw(&ends).await;
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
    stream.write_all(b"GET /sandbox/state?orders=none HTTP/1.1\r\nHost: sandbox\r\n\r\n").await.unwrap();
    let read = stream.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_shutdown_breaks_off_what_hangs_and_frees_the_address() {
    let ends = Ends::faulty(Fault::Hang { apply: false }).await;
    let addr = ends.sandbox.addr();
    let mut stream = raw(&ends).await;
    ends.until("the call is open", |sandbox| sandbox.state(Orders::None).open_calls == 1).await;
    ends.sandbox.shutdown().await;
    assert!(read_to_end(&mut stream).await.0.is_empty());
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_taken_address_is_told_by_its_key() {
    let first = Ends::new().await;
    let mut second = setup();
    second.listen = first.sandbox.addr();
    let fault = Sandbox::run(second).await.err().unwrap().to_string();
    assert!(fault.starts_with(&format!("listen: cannot listen on {}", first.sandbox.addr())), "{fault}");
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let ends = Ends::with(setup(), client_config()).await;
    let request = ends.request(&ends.client.body(&event("ORD-1", "CALL_NUM", 0), 0));
    let address = ends.sandbox.base_url();
    ends.sandbox.shutdown().await;
    let refused = ends.http.post(format!("{address}{}", request.path)).body(request.body).send().await.unwrap_err();
    assert!(refused.is_connect());
}
