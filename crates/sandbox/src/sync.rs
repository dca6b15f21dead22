//! What a request asks: read and checked by rules of the sandbox's own, from AlipayHK's public pages.

mod extras;

use std::sync::Arc;

use domain::{BizType, OrderStatus};
use serde_json::{Map, Value};

pub use extras::missing_extra;

/// One order sync, as far as the sandbox looks into it.
#[derive(Debug, Clone)]
pub struct OrderSync {
    /// `requestId`.
    pub request_id: String,
    /// `merchantBizNo`.
    pub merchant_biz_no: String,
    /// `merchantBizType`.
    pub biz_type: BizType,
    /// `orderStatus`.
    pub status: OrderStatus,
    /// `orderCreateTime`, epoch milliseconds.
    pub create_time: i64,
    /// `orderModifyTime`, epoch milliseconds.
    pub modify_time: i64,
    /// The whole body as it came.
    pub json: Arc<str>,
    /// The body without its `requestId`: equal for equal content.
    pub content: Arc<str>,
    /// The first top-level member that its scenario page requires and that is not there.
    pub missing: Option<&'static str>,
}

/// A request that is refused with PARAM_ILLEGAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Illegal {
    /// Its `requestId`, where it has a usable one.
    pub request_id: Option<String>,
    /// Names the field, never its value.
    pub message: String,
}

impl OrderSync {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Illegal`] for what AlipayHK's Base API page does not allow.
    pub fn parse(body: &[u8]) -> Result<Self, Illegal> {
        let without_id = |message: &str| Illegal { request_id: None, message: message.to_owned() };
        let json = std::str::from_utf8(body).map_err(|_| without_id("the body is not UTF-8"))?;
        let mut members: Map<String, Value> = serde_json::from_str(json).map_err(|_| without_id("the body is not a JSON object"))?;
        let request_id = required(&members, "requestId", 32).map_err(|message| without_id(&message))?;
        let illegal = |message: String| Illegal { request_id: Some(request_id.clone()), message };

        let merchant_biz_no = required(&members, "merchantBizNo", 32).map_err(illegal)?;
        let status = required(&members, "orderStatus", 32).map_err(illegal)?;
        let status = OrderStatus::parse(&status).map_err(|_| illegal("orderStatus is illegal".into()))?;
        let user_id = optional(&members, "userId", 64).map_err(illegal)?;
        let open_id = optional(&members, "openId", 64).map_err(illegal)?;
        if user_id.is_none() && open_id.is_none() {
            return Err(illegal("one of userId and openId is required".into()));
        }
        let biz_type = required(&members, "merchantBizType", 64).map_err(illegal)?;
        let biz_type = BizType::parse(&biz_type).ok_or_else(|| illegal("merchantBizType is illegal".into()))?;
        let create_time = time(&members, "orderCreateTime").map_err(illegal)?;
        let modify_time = time(&members, "orderModifyTime").map_err(illegal)?;
        for name in ["merchantAccountId", "merchantId"] {
            optional(&members, name, 64).map_err(illegal)?;
        }
        for name in ["tinyAppId", "tradeNo"] {
            optional(&members, name, usize::MAX).map_err(illegal)?;
        }
        for name in ["amount", "payAmount", "discountAmount", "actualAmount"] {
            money(&members, name).map_err(illegal)?;
        }
        for name in ["shopInfo", "extInfo"] {
            kind(&members, name, "a JSON object", Value::is_object).map_err(illegal)?;
        }
        let objects = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_object));
        kind(&members, "itemOrderList", "a list of JSON objects", objects).map_err(illegal)?;

        let missing = missing_extra(biz_type, |name| members.get(name).is_some_and(|value| !value.is_null()));
        members.remove("requestId");
        let content = Value::Object(members).to_string().into();
        Ok(Self { request_id, merchant_biz_no, biz_type, status, create_time, modify_time, json: json.into(), content, missing })
    }
}

fn required(members: &Map<String, Value>, name: &str, max: usize) -> Result<String, String> {
    optional(members, name, max)?.ok_or_else(|| format!("{name} is required"))
}

fn optional(members: &Map<String, Value>, name: &str, max: usize) -> Result<Option<String>, String> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Err(format!("{name} is empty")),
        Some(Value::String(text)) if text.chars().count() > max => Err(format!("{name} is longer than {max} characters")),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{name} is not a string")),
    }
}

/// Epoch milliseconds, which the page's neighbours sample with 13 digits.
fn time(members: &Map<String, Value>, name: &str) -> Result<i64, String> {
    let value = members.get(name).ok_or_else(|| format!("{name} is required"))?;
    let millis = value.as_i64().ok_or_else(|| format!("{name} is not an integer"))?;
    if !(1_000_000_000_000..100_000_000_000_000).contains(&millis) {
        return Err(format!("{name} is not in epoch milliseconds"));
    }
    Ok(millis)
}

fn money(members: &Map<String, Value>, name: &str) -> Result<(), String> {
    let Some(value) = members.get(name) else { return Ok(()) };
    let part = |part: &str| value.get(part).and_then(Value::as_str).unwrap_or_default();
    let (amount, currency) = (part("value"), part("currency"));
    if amount.is_empty() || amount.len() > 64 || !amount.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{name}.value is not an amount in cents"));
    }
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("{name}.currency is not a currency"));
    }
    Ok(())
}

fn kind(members: &Map<String, Value>, name: &str, kind: &str, is: impl Fn(&Value) -> bool) -> Result<(), String> {
    match members.get(name) {
        Some(value) if !is(value) => Err(format!("{name} is not {kind}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
