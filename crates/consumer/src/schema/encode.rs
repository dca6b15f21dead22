//! Orders as bytes of `schemas/order_event.avsc`, or as JSON: for sample records, tests and benches.

use std::borrow::Cow;

use domain::{Money, OrderEvent, RawMoney, RawOrderEvent};

use super::avro::{self, ORDER_EVENT, Writer};
use super::framing;
use crate::config;

/// Writes orders behind a fixed framing.
#[derive(Debug, Clone)]
pub struct Encoder {
    front: Vec<u8>,
    is_json: bool,
}

/// An encoder that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// Records without a framing are read by this other schema.
    #[error("schema.writer_schema_file: is another schema than schemas/order_event.avsc, which is the one that can be written")]
    OtherSchema,
    /// A defect of ours.
    #[error("schemas/order_event.avsc: {0}")]
    Own(String),
}

impl Encoder {
    /// The schema that is written.
    pub const SCHEMA: &'static str = ORDER_EVENT;

    /// For records by the schema of this id.
    pub fn confluent(id: u32) -> Self {
        let mut front = Vec::with_capacity(5);
        framing::write_confluent(id, &mut front);
        Self { front, is_json: false }
    }

    /// For records that a decoder of this configuration understands without a registry. `None`: it needs one, see
    /// [`Self::confluent`].
    ///
    /// # Errors
    /// The configured writer's schema is not the one that can be written.
    pub fn without_registry(config: &config::Schema) -> Result<Option<Self>, EncoderError> {
        let own = fingerprint(ORDER_EVENT)?;
        match config.framing {
            config::Framing::Confluent => Ok(None),
            config::Framing::SingleObject => {
                let mut front = Vec::with_capacity(10);
                framing::write_single_object(own, &mut front);
                Ok(Some(Self { front, is_json: false }))
            }
            config::Framing::Bare => match config.writer_schema.as_deref().map(fingerprint) {
                Some(Ok(configured)) if configured == own => Ok(Some(Self { front: Vec::new(), is_json: false })),
                Some(_) | None => Err(EncoderError::OtherSchema),
            },
            config::Framing::Json => Ok(Some(Self { front: Vec::new(), is_json: true })),
        }
    }

    /// One record's value.
    pub fn encode(&self, raw: &RawOrderEvent<'_>) -> Vec<u8> {
        if self.is_json {
            return json(raw).into_bytes();
        }
        let mut value = Vec::with_capacity(512);
        value.extend_from_slice(&self.front);
        order(raw, &mut Writer::new(&mut value));
        value
    }
}

/// A valid event as it was read.
pub fn raw(event: &OrderEvent) -> RawOrderEvent<'_> {
    let text = |text| Some(Cow::Borrowed(text));
    RawOrderEvent {
        merchant_biz_no: event.merchant_biz_no.as_str().into(),
        merchant_biz_type: event.biz_type.name().into(),
        order_status: event.status.as_str().into(),
        user_id: event.user_id.as_ref().and_then(|id| text(id.as_str())),
        open_id: event.open_id.as_ref().and_then(|id| text(id.as_str())),
        order_create_time: event.created_at.millis(),
        order_modify_time: event.modified_at.millis(),
        merchant_account_id: event.merchant_account_id.as_ref().and_then(|id| text(id.as_str())),
        merchant_id: event.merchant_id.as_ref().and_then(|id| text(id.as_str())),
        tiny_app_id: event.tiny_app_id.as_ref().and_then(|id| text(id.as_str())),
        trade_no: event.trade_no.as_ref().and_then(|id| text(id.as_str())),
        amount: event.amount.as_ref().map(money),
        pay_amount: event.pay_amount.as_ref().map(money),
        discount_amount: event.discount_amount.as_ref().map(money),
        actual_amount: event.actual_amount.as_ref().map(money),
        shop_info: event.shop_info.as_ref().and_then(|json| text(json.as_str())),
        item_order_list: event.item_order_list.as_ref().and_then(|json| text(json.as_str())),
        ext_info: event.ext_info.as_ref().and_then(|json| text(json.as_str())),
    }
}

/// An order of plain JSON: null fields are left out, opaque ones are JSON themselves.
fn json(raw: &RawOrderEvent<'_>) -> String {
    let mut members = serde_json::Map::new();
    let texts = [
        ("merchantBizNo", Some(&raw.merchant_biz_no)),
        ("merchantBizType", Some(&raw.merchant_biz_type)),
        ("orderStatus", Some(&raw.order_status)),
        ("userId", raw.user_id.as_ref()),
        ("openId", raw.open_id.as_ref()),
        ("merchantAccountId", raw.merchant_account_id.as_ref()),
        ("merchantId", raw.merchant_id.as_ref()),
        ("tinyAppId", raw.tiny_app_id.as_ref()),
        ("tradeNo", raw.trade_no.as_ref()),
    ];
    members.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.as_ref().into()))));
    members.insert("orderCreateTime".to_owned(), raw.order_create_time.into());
    members.insert("orderModifyTime".to_owned(), raw.order_modify_time.into());
    let amounts = [
        ("amount", &raw.amount),
        ("payAmount", &raw.pay_amount),
        ("discountAmount", &raw.discount_amount),
        ("actualAmount", &raw.actual_amount),
    ];
    for (name, amount) in amounts.into_iter().filter_map(|(name, amount)| Some((name, amount.as_ref()?))) {
        members.insert(name.to_owned(), serde_json::json!({ "value": amount.value, "currency": amount.currency }));
    }
    for (name, text) in [("shopInfo", &raw.shop_info), ("itemOrderList", &raw.item_order_list), ("extInfo", &raw.ext_info)] {
        if let Some(json) = text.as_deref().and_then(|text| serde_json::from_str(text).ok()) {
            members.insert(name.to_owned(), json);
        }
    }
    serde_json::Value::Object(members).to_string()
}

fn money(money: &Money) -> RawMoney<'_> {
    RawMoney { value: money.value.as_str().into(), currency: money.currency.as_str().into() }
}

/// The fields in the order of the schema.
fn order(raw: &RawOrderEvent<'_>, writer: &mut Writer<'_>) {
    writer.text(&raw.merchant_biz_no);
    writer.text(&raw.merchant_biz_type);
    writer.text(&raw.order_status);
    writer.optional_text(raw.user_id.as_deref());
    writer.optional_text(raw.open_id.as_deref());
    writer.long(raw.order_create_time);
    writer.long(raw.order_modify_time);
    writer.optional_text(raw.merchant_account_id.as_deref());
    writer.optional_text(raw.merchant_id.as_deref());
    writer.optional_text(raw.tiny_app_id.as_deref());
    writer.optional_text(raw.trade_no.as_deref());
    for amount in [&raw.amount, &raw.pay_amount, &raw.discount_amount, &raw.actual_amount] {
        writer.optional(amount.as_ref(), |writer, amount| {
            writer.text(&amount.value);
            writer.text(&amount.currency);
        });
    }
    writer.optional_text(raw.shop_info.as_deref());
    writer.optional_text(raw.item_order_list.as_deref());
    writer.optional_text(raw.ext_info.as_deref());
}

fn fingerprint(text: &str) -> Result<avro::Fingerprint, EncoderError> {
    avro::parse(text).map(|schema| avro::fingerprint(&schema)).map_err(|mismatch| EncoderError::Own(mismatch.to_string()))
}
