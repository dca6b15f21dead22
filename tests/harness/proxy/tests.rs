use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Instant;

use super::*;
use crate::wait::{PATIENCE, throughout, until};

/// Sends back whatever comes, on every connection.
fn echo() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let (mut from, mut to) = (stream.try_clone().unwrap(), stream);
                let _ = std::io::copy(&mut from, &mut to);
            });
        }
    });
    port
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn say(stream: &mut TcpStream, text: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(text)?;
    let mut heard = vec![0; text.len()];
    stream.read_exact(&mut heard)?;
    Ok(heard)
}

fn is_silent(stream: &mut TcpStream) {
    stream.set_nonblocking(true).unwrap();
    throughout("silence", Duration::from_millis(200), || match stream.read(&mut [0; 8]) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        other => Err(format!("{other:?}")),
    });
    stream.set_nonblocking(false).unwrap();
}

#[test]
fn in_fine_weather_bytes_pass_and_an_end_is_passed_on() {
    let proxy = Proxy::before(echo());
    let mut stream = connect(&proxy);
    assert_eq!(say(&mut stream, b"hello").unwrap(), b"hello");
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    assert_eq!(proxy.accepted(), 1);
}

#[test]
fn a_delay_holds_each_way_back() {
    let proxy = Proxy::before(echo());
    proxy.delay(Duration::from_millis(50));
    let before = Instant::now();
    say(&mut connect(&proxy), b"hello").unwrap();
    assert!(before.elapsed() >= Duration::from_millis(100), "{:?}", before.elapsed());
}

#[test]
fn what_is_sent_into_a_cut_arrives_when_it_heals() {
    let proxy = Proxy::before(echo());
    let mut stream = connect(&proxy);
    say(&mut stream, b"before").unwrap();
    proxy.cut();
    stream.write_all(b"during").unwrap();
    is_silent(&mut stream);
    proxy.heal();
    let mut heard = [0; 6];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"during");
}

#[test]
fn a_half_open_connection_is_dead_for_good_and_a_new_one_works() {
    let proxy = Proxy::before(echo());
    let mut dead = connect(&proxy);
    say(&mut dead, b"before").unwrap();
    proxy.half_open();
    dead.write_all(b"during").unwrap();
    proxy.heal();
    is_silent(&mut dead);
    assert_eq!(say(&mut connect(&proxy), b"hello").unwrap(), b"hello");
}

#[test]
fn a_reset_is_a_reset_and_a_refusal_too() {
    let proxy = Proxy::before(echo());
    let mut stream = connect(&proxy);
    say(&mut stream, b"before").unwrap();
    proxy.reset();
    let end = until("the end", PATIENCE, || stream.read(&mut [0; 8]).err().ok_or_else(String::new));
    assert_eq!(end.kind(), ErrorKind::ConnectionReset);
    proxy.refuse();
    assert!(say(&mut connect(&proxy), b"hello").is_err());
    proxy.heal();
    assert_eq!(say(&mut connect(&proxy), b"hello").unwrap(), b"hello");
}

#[test]
fn damage_is_done_to_what_is_answered() {
    let proxy = Proxy::before(echo());
    proxy.corrupt(Damage::Flipped);
    assert_ne!(say(&mut connect(&proxy), b"hello").unwrap(), b"hello");
    proxy.corrupt(Damage::Truncated);
    assert!(say(&mut connect(&proxy), b"hello").is_err());
}

/// A request of Kafka's with an empty body.
fn request(api: u8, number: u8) -> Vec<u8> {
    vec![0, 0, 0, 10, 0, api, 0, 3, 0, 0, 0, number, 0xFF, 0xFF]
}

#[test]
fn of_kafka_s_requests_only_those_that_are_meant_are_swallowed_or_answered() {
    // The echo answers a request with itself; as an answer its number is the request's kind and version.
    let proxy = Proxy::before_kafka(ports::free(), echo());
    proxy.swallow(api::FETCH);
    proxy.answer_heartbeats();
    let mut stream = connect(&proxy);
    stream.write_all(&request(1, 5)).unwrap();
    stream.write_all(&request(12, 6)).unwrap();
    let mut answered = [0; 14];
    stream.read_exact(&mut answered).unwrap();
    assert_eq!(answered, [0, 0, 0, 10, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0]);
    assert_eq!(say(&mut stream, &request(3, 7)).unwrap(), request(3, 7));
    assert_eq!((proxy.seen(api::FETCH), proxy.seen(api::HEARTBEAT), proxy.seen(api::METADATA)), (1, 1, 1));
}
