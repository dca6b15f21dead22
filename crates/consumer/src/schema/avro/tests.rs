//! What all tests of this module stand on. Apache's crate writes every byte that is read here.

use std::collections::BTreeMap;

use apache_avro::Schema;
use apache_avro::types::{Record, Value};
use apache_avro::writer::datum::GenericDatumWriter;
use serde_json::{Value as Json, json};

use super::reader::Reader;
use super::*;

mod differential;
mod evolution;
mod hostile;
mod unions;

/// 2026-11-24T00:00:00Z.
const NOW: i64 = 1_795_478_400_000;

/// A schema of ours with other fields.
fn edited(edit: impl FnOnce(&mut Vec<Json>)) -> String {
    let mut schema: Json = serde_json::from_str(ORDER_EVENT).unwrap();
    edit(schema["fields"].as_array_mut().unwrap());
    schema.to_string()
}

/// A field of a schema in the making.
fn field<'f>(fields: &'f mut [Json], name: &str) -> &'f mut Json {
    fields.iter_mut().find(|field| field["name"] == name).unwrap()
}

/// Replaces the type of a field.
fn retyped(name: &str, schema: Json) -> String {
    edited(|fields| {
        let field = field(fields, name);
        field["type"] = schema;
        field.as_object_mut().unwrap().remove("default");
    })
}

/// A writer's record: one value for every field of ours, the changes over them.
fn written(schema: &str, changes: &[(&str, Value)]) -> Vec<u8> {
    let schema = Schema::parse_str(schema).unwrap();
    let Schema::Record(record_schema) = &schema else { panic!("no record") };
    let mut values: BTreeMap<&str, Value> = full();
    values.extend(changes.iter().cloned());
    let mut record = Record::new(&schema).unwrap();
    for field in &record_schema.fields {
        let value = values.remove(field.name.as_str()).unwrap_or_else(|| panic!("no value for {}", field.name));
        let value = match (&field.schema, value) {
            (Schema::Union(_), value @ Value::Union(..)) => value,
            (Schema::Union(union), value) => {
                let matches = |variant: &Schema| matches!(variant, Schema::Null) == (value == Value::Null);
                let branch = union.variants().iter().position(matches).unwrap();
                Value::Union(u32::try_from(branch).unwrap(), Box::new(value))
            }
            (_, value) => value,
        };
        record.put(&field.name, value);
    }
    let writer = GenericDatumWriter::builder(&schema).build().unwrap();
    writer.write_value_to_vec(record).unwrap()
}

fn full() -> BTreeMap<&'static str, Value> {
    let money = |value: &str| Value::Record(vec![("value".to_owned(), value.into()), ("currency".to_owned(), "HKD".into())]);
    BTreeMap::from([
        ("merchantBizNo", "ORDER-1".into()),
        ("merchantBizType", "SELF_PICK".into()),
        ("orderStatus", "PENDING".into()),
        ("userId", "2160000000000001".into()),
        ("openId", Value::Null),
        ("orderCreateTime", Value::TimestampMillis(NOW - 2)),
        ("orderModifyTime", Value::TimestampMillis(NOW - 1)),
        ("merchantAccountId", "account-1".into()),
        ("merchantId", Value::Null),
        ("tinyAppId", "app-1".into()),
        ("tradeNo", "trade-1".into()),
        ("amount", money("100")),
        ("payAmount", money("90")),
        ("discountAmount", Value::Null),
        ("actualAmount", money("80")),
        ("shopInfo", "{}".into()),
        ("itemOrderList", "[{}]".into()),
        ("extInfo", "{\"名\":1}".into()),
    ])
}

/// What came of it, one line a field, so that differences show.
fn lines(raw: &domain::RawOrderEvent<'_>) -> BTreeMap<&'static str, String> {
    let mut lines = BTreeMap::from([
        ("merchantBizNo", raw.merchant_biz_no.to_string()),
        ("merchantBizType", raw.merchant_biz_type.to_string()),
        ("orderStatus", raw.order_status.to_string()),
        ("orderCreateTime", raw.order_create_time.to_string()),
        ("orderModifyTime", raw.order_modify_time.to_string()),
    ]);
    let texts = [
        ("userId", &raw.user_id),
        ("openId", &raw.open_id),
        ("merchantAccountId", &raw.merchant_account_id),
        ("merchantId", &raw.merchant_id),
        ("tinyAppId", &raw.tiny_app_id),
        ("tradeNo", &raw.trade_no),
        ("shopInfo", &raw.shop_info),
        ("itemOrderList", &raw.item_order_list),
        ("extInfo", &raw.ext_info),
    ];
    lines.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?.to_string()))));
    let amounts = [
        ("amount", &raw.amount),
        ("payAmount", &raw.pay_amount),
        ("discountAmount", &raw.discount_amount),
        ("actualAmount", &raw.actual_amount),
    ];
    lines.extend(
        amounts.into_iter().filter_map(|(name, money)| Some((name, money.as_ref().map(|m| format!("{} {}", m.value, m.currency))?))),
    );
    lines
}

fn plan_for(writer: &str, reader: &str) -> Result<Plan, Mismatch> {
    compile(&parse(writer).unwrap(), &Reader::parse(reader).unwrap())
}

fn plan(writer: &str) -> Result<Plan, Mismatch> {
    plan_for(writer, ORDER_EVENT)
}

/// Written by one schema, read by ours.
fn read(writer: &str, changes: &[(&str, Value)]) -> Result<BTreeMap<&'static str, String>, String> {
    let bytes = written(writer, changes);
    let plan = plan(writer).map_err(|mismatch| mismatch.to_string())?;
    plan.read(&bytes).map(|raw| lines(&raw)).map_err(|unreadable| unreadable.to_string())
}

/// What our own schema gives for the full order.
fn expected() -> BTreeMap<&'static str, String> {
    read(ORDER_EVENT, &[]).unwrap()
}

/// The expected lines with some of them changed or, with "", gone.
fn but(changes: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    let mut lines = expected();
    for (name, text) in changes {
        match *text {
            "" => lines.remove(name),
            text => lines.insert(name, text.to_owned()),
        };
    }
    lines
}

#[test]
fn our_own_records_are_read_field_for_field() {
    let lines = expected();
    assert_eq!(lines.len(), 15);
    assert_eq!((lines["merchantBizNo"].as_str(), lines["orderModifyTime"].as_str()), ("ORDER-1", "1795478399999"));
    assert_eq!(
        (lines["userId"].as_str(), lines["payAmount"].as_str(), lines["extInfo"].as_str()),
        ("2160000000000001", "90 HKD", "{\"名\":1}")
    );
    assert!(!lines.contains_key("openId") && !lines.contains_key("discountAmount"));
    assert_eq!(json!(lines)["actualAmount"], "80 HKD");
}
