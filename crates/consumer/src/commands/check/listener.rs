//! What kind of listener answers at a broker's address. librdkafka gives no reason when both sides speak different protocols, so it is found
//! out: a listener shows by its first bytes whether it speaks TLS.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::config::Kafka;

const PATIENCE: Duration = Duration::from_secs(3);

/// ApiVersions, the one question that every listener without TLS answers to everybody; client id absent, correlation id 1.
const API_VERSIONS: &[u8] = &[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff];

/// A TLS 1.2 ClientHello with the cipher suites that brokers have; an alert is an answer too.
const CLIENT_HELLO: &[u8] = &[
    0x16, 0x03, 0x01, 0x00, 0x59, 0x01, 0x00, 0x00, 0x55, 0x03, 0x03, // record, handshake, version
    0x6f, 0x72, 0x64, 0x65, 0x72, 0x2d, 0x73, 0x79, 0x6e, 0x63, 0x6f, 0x72, 0x64, 0x65, 0x72, 0x2d, // random
    0x73, 0x79, 0x6e, 0x63, 0x6f, 0x72, 0x64, 0x65, 0x72, 0x2d, 0x73, 0x79, 0x6e, 0x63, 0x2d, 0x31, // random
    0x00, // no session
    0x00, 0x0a, 0xc0, 0x2f, 0xc0, 0x30, 0xc0, 0x2b, 0xc0, 0x2c, 0x00, 0x9c, // cipher suites
    0x01, 0x00, // no compression
    0x00, 0x22, // extensions
    0x00, 0x0a, 0x00, 0x06, 0x00, 0x04, 0x00, 0x1d, 0x00, 0x17, // groups
    0x00, 0x0b, 0x00, 0x02, 0x01, 0x00, // point formats
    0x00, 0x0d, 0x00, 0x0e, 0x00, 0x0c, 0x04, 0x03, 0x08, 0x04, 0x04, 0x01, 0x05, 0x03, 0x08, 0x05, 0x05,
    0x01, // signature algorithms
];

/// What was found at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listener {
    /// Kafka without TLS.
    Plain,
    Tls,
    /// Connections are taken, and nothing that we know is answered.
    Foreign,
    /// No connection.
    None,
}

/// The weight of a reason that names its cause.
pub(super) const NAMED: u8 = 3;

/// How much a reason tells: what names a cause beats what only says that there is no connection.
pub(super) fn weight(reason: &str) -> u8 {
    if reason.contains("Authentication") || reason.contains("OAUTHBEARER") || reason.contains("Ssl") || reason.contains("SSL") {
        NAMED
    } else if reason.contains("AllBrokersDown") {
        1
    } else {
        u8::from(!reason.is_empty()) * 2
    }
}

/// The way out, for the reason that was given and the listener that is there.
pub(super) fn advice(kafka: &Kafka, reason: &str) -> String {
    let protocol = kafka.properties.get("security.protocol").unwrap_or("plaintext").to_ascii_lowercase();
    let mechanism = kafka.properties.mechanism().unwrap_or("none");
    if reason.contains("certificate verify failed") {
        let what = "does not name the authority that signed the broker's certificate, or that one is over or for another host name";
        return property("ssl.ca.location", what);
    }
    if ["alert bad certificate", "alert certificate required", "alert unknown ca"].iter().any(|alert| reason.contains(alert)) {
        let what = "(with \"ssl.key.location\") has to name a certificate that the broker accepts: it asks for one of ours";
        return property("ssl.certificate.location", what);
    }
    if reason.contains("OAUTHBEARER token") {
        return property("sasl.oauthbearer.token.endpoint.url", "gives no token");
    }
    if reason.contains("Authentication") {
        return format!("the broker does not accept what kafka.properties \"sasl.mechanism\" = {mechanism:?} was given to prove");
    }
    let (tls, sasl) = (protocol.ends_with("ssl"), protocol.starts_with("sasl_"));
    let found = kafka.bootstrap_servers.split(',').map(|server| ask(server.trim())).find(|found| *found != Listener::None);
    let says = |what: &str| property("security.protocol", &format!("is {protocol:?}, and {what}"));
    match (found.unwrap_or(Listener::None), tls, sasl) {
        (Listener::None, ..) => "no connection: the address, a firewall, or a broker that is down".to_owned(),
        (Listener::Foreign, ..) => "something takes connections there that is no Kafka broker".to_owned(),
        (Listener::Tls, false, false) => says("the listener speaks TLS: use \"ssl\", or \"sasl_ssl\" when it asks for a password"),
        (Listener::Tls, false, true) => says("the listener speaks TLS: use \"sasl_ssl\""),
        (Listener::Plain, true, false) => says("the listener speaks no TLS: use \"plaintext\", or another port"),
        (Listener::Plain, true, true) => says("the listener speaks no TLS: use \"sasl_plaintext\", or another port"),
        (Listener::Plain, false, false) => says("the listener closes connections without SASL: use \"sasl_plaintext\" with its mechanism"),
        (Listener::Tls, true, false) => says(
            "the listener speaks TLS and closes the connection after it: it asks for SASL (use \"sasl_ssl\" with its mechanism) or for a \
             certificate of ours (\"ssl.certificate.location\" and \"ssl.key.location\")",
        ),
        (Listener::Plain | Listener::Tls, _, true) => says(&format!(
            "the listener answers: it may know no \"sasl.mechanism\" = {mechanism:?}, or the advertised address leads elsewhere"
        )),
    }
}

fn property(name: &str, problem: &str) -> String {
    format!("kafka.properties.\"{name}\" {problem}")
}

fn ask(server: &str) -> Listener {
    let server = server.split_once("://").map_or(server, |(_, rest)| rest);
    let Some(answer) = exchange(server, API_VERSIONS) else { return Listener::None };
    // The length of the answer, then the correlation id.
    if answer.get(4..8) == Some(&[0, 0, 0, 1]) {
        return Listener::Plain;
    }
    let shakes_hands = |answer: &[u8]| matches!(answer, [0x15 | 0x16, 0x03, ..]);
    if shakes_hands(&answer) || exchange(server, CLIENT_HELLO).is_some_and(|answer| shakes_hands(&answer)) {
        return Listener::Tls;
    }
    Listener::Foreign
}

/// The first bytes that come back; `None` without a connection.
fn exchange(server: &str, question: &[u8]) -> Option<Vec<u8>> {
    let mut stream = server.to_socket_addrs().ok()?.find_map(|address| TcpStream::connect_timeout(&address, PATIENCE).ok())?;
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let mut answer = Vec::new();
    if stream.write_all(question).is_ok() {
        // Whatever ends it, what came until then is the answer.
        let _ = stream.take(8).read_to_end(&mut answer);
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_client_hello_has_the_lengths_it_says() {
        let length = |at: usize| usize::from(u16::from_be_bytes([CLIENT_HELLO[at], CLIENT_HELLO[at + 1]]));
        assert_eq!(length(3), CLIENT_HELLO.len() - 5, "record");
        assert_eq!(length(7), CLIENT_HELLO.len() - 9, "handshake");
        assert_eq!(length(44), 10, "cipher suites");
        assert_eq!(length(58), CLIENT_HELLO.len() - 60, "extensions");
    }

    #[test]
    fn what_is_no_broker_is_not_taken_for_one() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let answering = std::thread::spawn(move || {
            for stream in server.incoming().take(2) {
                let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            }
        });
        assert_eq!(ask(&address), Listener::Foreign);
        answering.join().unwrap();
        assert_eq!(ask(&address), Listener::None);
    }

    #[test]
    fn a_named_cause_beats_a_lost_connection() {
        let reasons = ["", "Global error: AllBrokersDown", "BrokerTransportFailure: refused", "Authentication: wrong password"];
        assert!(reasons.windows(2).all(|pair| weight(pair[0]) < weight(pair[1])));
    }
}
