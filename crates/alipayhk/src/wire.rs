//! The JSON of a request, written once: these bytes are signed and these bytes are sent.

use domain::{Money, OrderEvent};

use crate::RequestId;

/// The body without `requestId`, its members in the order of AlipayHK's Base API page, then those of the scenario pages. What the event
/// does not have is left out; opaque JSON goes out byte for byte as it came in.
pub(crate) fn content(event: &OrderEvent) -> Vec<u8> {
    let mut json = Writer(Vec::with_capacity(512));
    json.text("merchantBizNo", Some(event.merchant_biz_no.as_str()));
    json.text("orderStatus", Some(event.status.as_str()));
    json.text("userId", event.user_id.as_ref().map(|id| id.as_str()));
    json.text("openId", event.open_id.as_ref().map(|id| id.as_str()));
    json.text("merchantBizType", Some(event.biz_type.name()));
    json.integer("orderCreateTime", event.created_at.millis());
    json.integer("orderModifyTime", event.modified_at.millis());
    json.text("merchantAccountId", event.merchant_account_id.as_ref().map(|id| id.as_str()));
    json.text("merchantId", event.merchant_id.as_ref().map(|id| id.as_str()));
    json.text("tinyAppId", event.tiny_app_id.as_ref().map(|id| id.as_str()));
    json.text("tradeNo", event.trade_no.as_ref().map(|id| id.as_str()));
    json.money("amount", event.amount.as_ref());
    json.money("payAmount", event.pay_amount.as_ref());
    json.money("discountAmount", event.discount_amount.as_ref());
    json.money("actualAmount", event.actual_amount.as_ref());
    json.opaque("shopInfo", event.shop_info.as_ref().map(|json| json.as_str()));
    json.opaque("itemOrderList", event.item_order_list.as_ref().map(|json| json.as_str()));
    json.opaque("extInfo", event.ext_info.as_ref().map(|json| json.as_str()));
    json.close()
}

/// Puts `requestId` in front of a body made by [`content`].
pub(crate) fn with_request_id(id: &RequestId, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + 52);
    bytes.extend_from_slice(b"{\"requestId\":\"");
    bytes.extend_from_slice(id.as_str().as_bytes());
    bytes.push(b'"');
    match content.split_first() {
        Some((b'{', rest)) if rest != b"}" => {
            bytes.push(b',');
            bytes.extend_from_slice(rest);
        }
        _ => bytes.push(b'}'),
    }
    bytes
}

struct Writer(Vec<u8>);

impl Writer {
    fn name(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.quoted(name);
        self.0.push(b':');
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.name(name);
        self.quoted(value);
    }

    fn integer(&mut self, name: &str, value: i64) {
        self.name(name);
        self.0.extend_from_slice(value.to_string().as_bytes());
    }

    fn money(&mut self, name: &str, money: Option<&Money>) {
        let Some(money) = money else { return };
        self.name(name);
        self.0.extend_from_slice(b"{\"value\":");
        self.quoted(money.value.as_str());
        self.0.extend_from_slice(b",\"currency\":");
        self.quoted(money.currency.as_str());
        self.0.push(b'}');
    }

    fn opaque(&mut self, name: &str, json: Option<&str>) {
        let Some(json) = json else { return };
        self.name(name);
        self.0.extend_from_slice(json.as_bytes());
    }

    fn quoted(&mut self, text: &str) {
        self.0.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' => self.0.extend_from_slice(b"\\\""),
                b'\\' => self.0.extend_from_slice(b"\\\\"),
                b'\n' => self.0.extend_from_slice(b"\\n"),
                b'\r' => self.0.extend_from_slice(b"\\r"),
                b'\t' => self.0.extend_from_slice(b"\\t"),
                0x08 => self.0.extend_from_slice(b"\\b"),
                0x0c => self.0.extend_from_slice(b"\\f"),
                0x00..=0x1f => self.0.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.0.push(byte),
            }
        }
        self.0.push(b'"');
    }

    fn close(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

#[cfg(test)]
mod tests;
