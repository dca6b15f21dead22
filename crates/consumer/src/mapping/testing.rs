//! What the tests of several modules share: a mapping as it is written, records in both forms, and what became of them.

use std::fmt::Write;

use apache_avro::Schema;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use domain::{Field, RawMoney, RawOrderEvent};
use serde_json::Value as Json;

use super::{JsonPlan, JsonRecord, Mapped, Mappings, Writer};
use crate::config::mappings;
use crate::schema::avro::parse_with_aliases;

/// The targets that no order is without, from fields `no`, `user` and `at`.
pub(super) const LEAST: &str = r#"
merchantBizNo = "no"
merchantBizType = { constant = "LINE_UP" }
orderStatus = { constant = "CALL_NUM" }
userId = { constant = "u" }
orderCreateTime = "at"
orderModifyTime = "at"
"#;

/// One mapping of every topic with these targets; `LEAST` fills up what is not named.
pub(super) fn fields(targets: &str) -> Mappings {
    let mut text = format!("[[mapping]]\n[mapping.fields]\n{targets}\n");
    for line in LEAST.lines().filter(|line| !line.is_empty()) {
        let target = line.split(' ').next().unwrap();
        if !targets.lines().any(|line| line.starts_with(&format!("{target} "))) {
            writeln!(text, "{line}").unwrap();
        }
    }
    whole(&text)
}

/// Mappings as they stand in a file.
pub(super) fn whole(text: &str) -> Mappings {
    mappings(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A record `shop.Order` with these fields beside `no` and `at`.
pub(super) fn schema(fields: &str) -> String {
    let comma = if fields.is_empty() { "" } else { "," };
    format!(
        r#"{{"type":"record","name":"Order","namespace":"shop","fields":[{{"name":"no","type":"string"}},{{"name":"at","type":"long"}}{comma}{fields}]}}"#
    )
}

/// The bytes that Apache's crate writes. A union takes the first branch that fits.
pub(super) fn written(schema: &str, value: &Json) -> Vec<u8> {
    let schema = parse_with_aliases(schema).unwrap_or_else(|error| panic!("{error}: {schema}"));
    let value = Value::try_from(value.clone()).and_then(|value| value.resolve(&schema)).unwrap_or_else(|error| panic!("{error}"));
    datum(&schema, value)
}

/// The same from Avro's own values, for types that JSON does not have.
pub(super) fn datum(schema: &Schema, value: Value) -> Vec<u8> {
    GenericDatumWriter::builder(schema).build().unwrap().write_value_to_vec(value).unwrap()
}

/// What becomes of a record's bytes: a line a field, or why there is no order.
pub(super) fn read(mappings: &Mappings, schema: &str, bytes: &[u8]) -> Result<String, String> {
    let writer = Writer::parse(schema, mappings).map_err(|mismatch| mismatch.to_string())?;
    match writer.read(mappings, "orders", bytes) {
        Ok(Mapped { raw, .. }) => Ok(lines(&raw)),
        Err(no) => Err(said(no)),
    }
}

/// Both at once.
pub(super) fn avro(mappings: &Mappings, schema: &str, value: &Json) -> Result<String, String> {
    read(mappings, schema, &written(schema, value))
}

/// What becomes of a JSON record.
pub(super) fn json(mappings: &Mappings, text: &str) -> Result<String, String> {
    let record = JsonRecord::parse(text.as_bytes()).ok_or("undecodable")?;
    let (_, mapping) = mappings.select("orders", None).ok_or("unmapped")?;
    match JsonPlan::new(mapping).read(mapping, record) {
        Ok(Mapped { raw, .. }) => Ok(lines(&raw)),
        Err(fault) => Err(fault.reason().map_or_else(|| "not ours".to_owned(), |reason| format!("{reason:?}: {fault}"))),
    }
}

/// One field of lines.
pub(super) fn field(lines: &Result<String, String>, name: &str) -> Option<String> {
    let lines = lines.as_ref().unwrap_or_else(|error| panic!("{error}"));
    lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

fn said(no: super::NoPlan<'_>) -> String {
    use super::{NoPlan, Unread};
    match no {
        NoPlan::NoRecord(broken) => format!("undecodable: {broken}"),
        NoPlan::NoMapping(name) => format!("unmapped: {name}"),
        NoPlan::Misfit(reason) => format!("misfit: {reason}"),
        NoPlan::Unread(Unread::Field(name, broken)) => format!("undecodable: {name}: {broken}"),
        NoPlan::Unread(Unread::Trailing(left)) => format!("undecodable: {left} more"),
        NoPlan::Unread(Unread::Fault(fault)) => {
            fault.reason().map_or_else(|| "not ours".to_owned(), |reason| format!("{reason:?}: {fault}"))
        }
    }
}

/// Every field that is there, a line each.
fn lines(raw: &RawOrderEvent<'_>) -> String {
    let mut out = String::new();
    for field in Field::ALL {
        let money = |money: &Option<RawMoney<'_>>| money.as_ref().map(|money| format!("{} {}", money.value, money.currency));
        let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
        let value = match field {
            Field::MerchantBizNo => Some(raw.merchant_biz_no.to_string()),
            Field::MerchantBizType => Some(raw.merchant_biz_type.to_string()),
            Field::OrderStatus => Some(raw.order_status.to_string()),
            Field::UserId => text(&raw.user_id),
            Field::OpenId => text(&raw.open_id),
            Field::OrderCreateTime => Some(raw.order_create_time.to_string()),
            Field::OrderModifyTime => Some(raw.order_modify_time.to_string()),
            Field::MerchantAccountId => text(&raw.merchant_account_id),
            Field::MerchantId => text(&raw.merchant_id),
            Field::TinyAppId => text(&raw.tiny_app_id),
            Field::TradeNo => text(&raw.trade_no),
            Field::Amount => money(&raw.amount),
            Field::PayAmount => money(&raw.pay_amount),
            Field::DiscountAmount => money(&raw.discount_amount),
            Field::ActualAmount => money(&raw.actual_amount),
            Field::ShopInfo => text(&raw.shop_info),
            Field::ItemOrderList => text(&raw.item_order_list),
            Field::ExtInfo => text(&raw.ext_info),
        };
        if let Some(value) = value {
            writeln!(out, "{}={value}", field.name()).unwrap();
        }
    }
    out
}
