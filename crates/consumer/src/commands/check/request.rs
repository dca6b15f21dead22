//! A signed request as it may be shown: personal values masked, signature and key shortened.

use std::fmt;

use ::alipayhk::SignError;
use domain::{BizType, OrderEvent, RawOrderEvent};
use getrandom::SysRng;
use rand_core::{CryptoRng, UnwrapErr};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::report::as_object;
use crate::config::Config;

/// Members of the body that identify a person.
const PERSONAL: [&str; 2] = ["userId", "openId"];
/// So much of a signature or wrapped key is enough to recognise it.
const ENOUGH: usize = 12;

/// A request for people's eyes.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) method: &'static str,
    pub(super) url: String,
    #[serde(serialize_with = "as_object")]
    pub(super) headers: Vec<(&'static str, String)>,
    /// The JSON before it is sealed, masked.
    pub(super) body: Box<RawValue>,
    /// How many bytes go onto the line.
    pub(super) bytes: usize,
    /// Whether what goes onto the line is the body's ciphertext.
    pub(super) sealed: bool,
}

/// Builds and signs the request of a modification, as its first attempt would.
pub(super) fn of(config: &Config, event: &OrderEvent, unix_seconds: i64, rng: &mut impl CryptoRng) -> Result<Shown, SignError> {
    let client = &config.alipayhk.client;
    let body = client.body(event, 0);
    let request = client.sign(&body, unix_seconds, rng)?;
    let mut url = config.alipayhk.base_url.clone();
    url.set_path(request.path);
    let headers = request.headers.iter().map(|(name, value)| (*name, shortened(name, value))).collect();
    Ok(Shown {
        method: request.method,
        url: url.to_string(),
        headers,
        body: masked(&body.bytes),
        bytes: request.body.len(),
        sealed: client.seals(),
    })
}

/// The request of an order that we made up. It says nothing of the configured rules.
pub(super) fn example(config: &Config, now_millis: i64) -> Result<Shown, String> {
    let order = RawOrderEvent {
        merchant_biz_no: "EXAMPLE-0001".into(),
        merchant_biz_type: BizType::MovieTicket.name().into(),
        order_status: "TICKETED".into(),
        user_id: Some("2160000000000001".into()),
        order_create_time: now_millis,
        order_modify_time: now_millis,
        ..RawOrderEvent::default()
    };
    let event = OrderEvent::parse(&order, now_millis).map_err(|invalid| invalid.to_string())?;
    of(config, &event, now_millis.div_euclid(1_000), &mut UnwrapErr(SysRng)).map_err(|error| error.to_string())
}

/// Shortens the long value in `Signature` and `Encrypt`.
fn shortened(name: &str, value: &str) -> String {
    if !matches!(name.to_ascii_lowercase().as_str(), "signature" | "encrypt") {
        return value.to_owned();
    }
    let part = |part: &str| match part.split_once('=') {
        Some((key @ ("signature" | "symmetricKey"), value)) => format!("{key}={}…", value.chars().take(ENOUGH).collect::<String>()),
        Some(_) | None => part.to_owned(),
    };
    value.split(',').map(part).collect::<Vec<_>>().join(",")
}

/// The same members in the same order, the personal ones without their value.
pub(in crate::commands) fn masked(body: &[u8]) -> Box<RawValue> {
    written(body, |name, value| Some(if PERSONAL.contains(&name) { "\"[masked]\"" } else { value }))
}

/// The same members in the same order, as an order to be read again.
pub(in crate::commands) fn order(body: &[u8]) -> Box<RawValue> {
    written(body, |name, value| (name != "requestId").then_some(value))
}

fn written(body: &[u8], of: impl for<'a> Fn(&str, &'a str) -> Option<&'a str>) -> Box<RawValue> {
    let Ok(Members(members)) = serde_json::from_slice(body) else { return RawValue::NULL.to_owned() };
    let members = members.iter().filter_map(|(name, value)| {
        let value = of(name, value.get())?;
        Some(format!("{}:{value}", serde_json::Value::from(name.as_str())))
    });
    let text = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// A JSON object's members in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_ordered_is_masked_and_nothing_else_is_touched() {
        let body = br#"{"requestId":"r","userId":"2160000000000001","b":{"openId":"kept as it came"},"openId":"o","a":1.50}"#;
        let shown = masked(body);
        assert_eq!(shown.get(), r#"{"requestId":"r","userId":"[masked]","b":{"openId":"kept as it came"},"openId":"[masked]","a":1.50}"#);
    }

    #[test]
    fn an_order_is_its_body_without_the_request_id() {
        assert_eq!(order(br#"{"requestId":"r","userId":"2160","a":1.50}"#).get(), r#"{"userId":"2160","a":1.50}"#);
    }

    #[test]
    fn a_signature_is_shortened() {
        let long = "algorithm=RSA256,keyVersion=1,signature=AbCdEfGhIjKlMnOpQrStUvWxYz%3D%3D";
        assert_eq!(shortened("Signature", long), "algorithm=RSA256,keyVersion=1,signature=AbCdEfGhIjKl…");
        assert_eq!(shortened("Client-Id", "4Q5Y8W0WSG45P907917"), "4Q5Y8W0WSG45P907917");
    }
}
