//! `/sandbox/*` for tests and scripts, `/` for people.

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::faults::Rule;
use crate::model::Order;

use super::body::Body;
use super::connection::Dropped;
use super::page::{self as look, LISTED};
use super::shared::Shared;
use super::state::Orders;

const HTML: &str = "text/html; charset=utf-8";
const MAX_SCRIPT: usize = 1024 * 1024;

/// One rule or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Several(Vec<serde_json::Value>),
    One(serde_json::Value),
}

#[derive(Serialize)]
struct OrderView<'a> {
    #[serde(flatten)]
    order: &'a Order,
    body: Option<serde_json::Value>,
}

pub(super) async fn answer(request: Request<Incoming>, shared: &Shared) -> Result<Response<Body>, Dropped> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    match (&parts.method, path) {
        (&Method::GET, "/") => reply(200, HTML, look::frame()),
        (&Method::GET, "/sandbox/page") => figures(shared, query),
        (&Method::GET, "/sandbox/page.css") => reply(200, "text/css; charset=utf-8", page::STYLE),
        (&Method::GET, "/sandbox/page.js") => reply(200, "text/javascript; charset=utf-8", page::SCRIPT),
        (&Method::GET, "/sandbox/page.svg") => reply(200, "image/svg+xml", page::ICON),
        (&Method::GET, "/sandbox/state") => match listed(query) {
            Some(orders) => json_reply(200, &shared.state(orders)),
            None => error(400, "orders must be all, none or a number"),
        },
        (&Method::GET, "/sandbox/faults") => json_reply(200, &shared.world().script.lines()),
        (&Method::PUT | &Method::POST, "/sandbox/faults") => {
            let Ok(script) = Limited::new(body, MAX_SCRIPT).collect().await else { return error(413, "the script is too long") };
            match rules(&script.to_bytes()).and_then(|rules| shared.set_faults(rules, parts.method == Method::PUT)) {
                Ok(()) => json_reply(200, &shared.world().script.lines()),
                Err(fault) => error(400, &fault),
            }
        }
        (&Method::DELETE, "/sandbox/faults") => match shared.set_faults(Vec::new(), true) {
            Ok(()) => json_reply(200, &shared.world().script.lines()),
            Err(fault) => error(400, &fault),
        },
        (&Method::GET, path) => match path.strip_prefix("/sandbox/orders/").and_then(percent_decoded) {
            Some(number) => order(shared, &number),
            None => error(404, "no such page"),
        },
        (_, "/" | "/sandbox/state" | "/sandbox/faults") => error(405, "this page does not do that"),
        _ => error(404, "no such page"),
    }
}

fn figures(shared: &Shared, query: &str) -> Result<Response<Body>, Dropped> {
    let state = shared.state(Orders::Latest(LISTED));
    let number = query.split('&').find_map(|pair| pair.strip_prefix("order=")).and_then(percent_decoded);
    let now = shared.started.elapsed();
    let rates = shared.world().pace.rates(now);
    let held = number.as_deref().and_then(|number| shared.world().model.order(number).cloned());
    let looked_at = number.as_deref().map(|number| (number, held.as_ref()));
    reply(200, HTML, look::figures(&state, rates, looked_at))
}

fn order(shared: &Shared, number: &str) -> Result<Response<Body>, Dropped> {
    let world = shared.world();
    match world.model.order(number) {
        Some(order) => json_reply(200, &OrderView { order, body: serde_json::from_str(&order.json).ok() }),
        None => error(404, "no such order"),
    }
}

/// Each rule on its own, so that the fault names the rule and the key.
fn rules(script: &[u8]) -> Result<Vec<Rule>, String> {
    let rules: Rules = serde_json::from_slice(script).map_err(|fault| format!("not JSON: {fault}"))?;
    let rules = match rules {
        Rules::Several(rules) => rules,
        Rules::One(rule) => vec![rule],
    };
    let parse = |(number, rule)| serde_json::from_value(rule).map_err(|fault| format!("rule {number}: {fault}"));
    rules.into_iter().enumerate().map(parse).collect()
}

fn listed(query: &str) -> Option<Orders> {
    match query.split('&').find_map(|pair| pair.strip_prefix("orders=")) {
        None | Some("all") => Some(Orders::All),
        Some("none") => Some(Orders::None),
        Some(number) => number.parse().ok().map(Orders::Latest),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().filter(|number| !number.is_empty())
}

fn error(status: u16, message: &str) -> Result<Response<Body>, Dropped> {
    json_reply(status, &json!({ "error": message }))
}

fn json_reply(status: u16, value: &impl Serialize) -> Result<Response<Body>, Dropped> {
    reply(status, "application/json", serde_json::to_vec(value).map_err(|_| Dropped)?)
}

fn reply(status: u16, content_type: &str, body: impl Into<Bytes>) -> Result<Response<Body>, Dropped> {
    let response = Response::builder().status(status).header("Content-Type", content_type).header("Cache-Control", "no-store");
    let response = response.header("Content-Security-Policy", page::POLICY).header("X-Content-Type-Options", "nosniff");
    response.body(Body::whole(body)).map_err(|_| Dropped)
}
