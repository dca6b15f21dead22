//! What every request has to pass: the method, the name by which we are called (a web page elsewhere must not read us through a
//! name of its own that points here), and what its sender has to show.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::access::{Access, CHALLENGE, Caller, Refusal};
use crate::config::Admin;

/// Probes and scrapers come by address, and what they see is no secret.
const OPEN_PATHS: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// The page without its figures: it asks for the token, which a browser cannot show before it has a page to ask on. So the refusal brings it.
const FRAME: &str = "/";

/// What the frame is made of.
const FRAME_PATHS: [&str; 3] = ["/page.css", "/page.js", "/page.svg"];

/// What the page's script asks for. A browser that were told of `Basic` here, or at the frame, would put a question of its own over the page's.
const FIGURES: &str = "/api/page";

/// No browser has a question of its own for this.
const BEARER: &str = "Bearer";

/// What stands before every path.
pub(super) struct Door {
    hosts: Hosts,
    access: Access,
}

impl Door {
    pub(super) fn of(config: &Admin) -> Self {
        Self { hosts: Hosts::new(&config.hosts), access: Access::of(config) }
    }

    /// How a request comes in.
    fn entry(&self, request: &Request) -> Entry {
        let refused = |response: Response| Entry::Refused(Box::new(response));
        if request.method() != Method::GET {
            return refused((StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")], "only GET\n").into_response());
        }
        let path = request.uri().path();
        if OPEN_PATHS.contains(&path) {
            return Entry::Free;
        }
        if !is_for_us(&self.hosts, request.uri(), request.headers()) {
            return refused((StatusCode::MISDIRECTED_REQUEST, "this name is not in admin.hosts\n").into_response());
        }
        match self.access.check(request.extensions().get::<Caller>(), request.headers()) {
            Ok(()) => Entry::Free,
            Err(Refusal::Token) if FRAME_PATHS.contains(&path) => Entry::Free,
            Err(Refusal::Token) if path == FRAME => Entry::Frame,
            Err(Refusal::Token) => {
                let challenge = if path == FIGURES { BEARER } else { CHALLENGE };
                refused((StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)], "admin.token has to be shown\n").into_response())
            }
            Err(Refusal::Certificate) => {
                refused((StatusCode::FORBIDDEN, "a certificate of admin.tls_client_ca_file has to be shown\n").into_response())
            }
        }
    }
}

/// How a request comes in.
enum Entry {
    Free,
    /// Refused, with the page that asks for the token.
    Frame,
    Refused(Box<Response>),
}

/// The names we answer to.
struct Hosts(Vec<String>);

impl Hosts {
    /// Those of loopback, and `admin.hosts`: with a port only that port, without one any.
    fn new(configured: &[String]) -> Self {
        Self(configured.iter().map(|host| host.to_ascii_lowercase()).collect())
    }

    fn know(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let name = without_port(&host);
        let loopback = matches!(name, "localhost" | "localhost." | "[::1]") || is_loopback_v4(name);
        loopback || self.0.iter().any(|known| *known == host || *known == name)
    }
}

/// Refuses what may not come in, and adds the headers that every answer has.
pub(super) async fn check(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let mut response = match door.entry(&request) {
        Entry::Refused(refusal) => *refusal,
        Entry::Free => next.run(request).await,
        Entry::Frame => {
            let mut frame = next.run(request).await;
            *frame.status_mut() = StatusCode::UNAUTHORIZED;
            frame.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(BEARER));
            frame
        }
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(page::POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn is_for_us(hosts: &Hosts, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else { return false };
    // a request line with a whole address must not contradict the header
    let address = uri.authority().is_none_or(|authority| hosts.know(authority.as_str()));
    address && host.to_str().is_ok_and(|host| hosts.know(host))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && (name.ends_with(']') || !name.contains(':')) =>
        {
            name
        }
        _ => host,
    }
}

fn is_loopback_v4(name: &str) -> bool {
    name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_are_known_with_and_without_a_port() {
        let hosts = Hosts::new(&[]);
        for host in ["localhost", "LOCALHOST:8080", "localhost.", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:8080"] {
            assert!(hosts.know(host), "{host}");
        }
    }

    #[test]
    fn other_names_are_not() {
        let hosts = Hosts::new(&[]);
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "::1:",
            "localhost:x",
            "[::2]",
            "a@localhost",
        ] {
            assert!(!hosts.know(host), "{host}");
        }
    }

    #[test]
    fn a_configured_name_counts_for_every_port_unless_it_has_one() {
        let hosts = Hosts::new(&["Orders.internal".into(), "other:9000".into()]);
        assert!(hosts.know("orders.INTERNAL:8080") && hosts.know("orders.internal"));
        assert!(hosts.know("other:9000") && !hosts.know("other:9001") && !hosts.know("other"));
    }
}
