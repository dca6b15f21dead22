//! Two libraries and our own reader must see the same order in the same bytes.

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use domain::{RawMoney, RawOrderEvent};
use proptest::option;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::schema::Encoder;

/// The order as a struct, for the library that reads into one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    merchant_biz_no: &'a str,
    merchant_biz_type: &'a str,
    order_status: &'a str,
    user_id: Option<&'a str>,
    open_id: Option<&'a str>,
    order_create_time: i64,
    order_modify_time: i64,
    merchant_account_id: Option<&'a str>,
    merchant_id: Option<&'a str>,
    tiny_app_id: Option<&'a str>,
    trade_no: Option<&'a str>,
    #[serde(borrow)]
    amount: Option<Amount<'a>>,
    pay_amount: Option<Amount<'a>>,
    discount_amount: Option<Amount<'a>>,
    actual_amount: Option<Amount<'a>>,
    shop_info: Option<&'a str>,
    item_order_list: Option<&'a str>,
    ext_info: Option<&'a str>,
}

#[derive(Deserialize)]
struct Amount<'a> {
    value: &'a str,
    currency: &'a str,
}

impl<'a> From<Order<'a>> for RawOrderEvent<'a> {
    fn from(order: Order<'a>) -> Self {
        let money = |amount: Option<Amount<'a>>| amount.map(|a| RawMoney { value: a.value.into(), currency: a.currency.into() });
        Self {
            merchant_biz_no: order.merchant_biz_no.into(),
            merchant_biz_type: order.merchant_biz_type.into(),
            order_status: order.order_status.into(),
            user_id: order.user_id.map(Into::into),
            open_id: order.open_id.map(Into::into),
            order_create_time: order.order_create_time,
            order_modify_time: order.order_modify_time,
            merchant_account_id: order.merchant_account_id.map(Into::into),
            merchant_id: order.merchant_id.map(Into::into),
            tiny_app_id: order.tiny_app_id.map(Into::into),
            trade_no: order.trade_no.map(Into::into),
            amount: money(order.amount),
            pay_amount: money(order.pay_amount),
            discount_amount: money(order.discount_amount),
            actual_amount: money(order.actual_amount),
            shop_info: order.shop_info.map(Into::into),
            item_order_list: order.item_order_list.map(Into::into),
            ext_info: order.ext_info.map(Into::into),
        }
    }
}

/// The lines of a value that Apache's crate resolved.
fn lines_of(value: Value) -> BTreeMap<String, String> {
    fn text(value: Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::Union(_, inner) => text(*inner),
            Value::String(text) => Some(text),
            Value::TimestampMillis(time) => Some(time.to_string()),
            Value::Record(members) => {
                let members: Vec<String> = members.into_iter().filter_map(|(_, member)| text(member)).collect();
                Some(members.join(" "))
            }
            other => panic!("{other:?}"),
        }
    }
    let Value::Record(fields) = value else { panic!("no record") };
    fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

fn owned(lines: BTreeMap<&'static str, String>) -> BTreeMap<String, String> {
    lines.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

fn by_apache(writer: &str, bytes: &[u8]) -> BTreeMap<String, String> {
    let (writer, reader) = (Schema::parse_str(writer).unwrap(), Schema::parse_str(ORDER_EVENT).unwrap());
    let resolving = GenericDatumReader::builder(&writer).reader_schema(&reader).build().unwrap();
    lines_of(resolving.read_value(&mut &bytes[..]).unwrap())
}

fn by_serde(writer: &str, bytes: &[u8]) -> BTreeMap<String, String> {
    let schema: serde_avro_fast::Schema = writer.parse().unwrap();
    let order: Order<'_> = serde_avro_fast::from_datum_slice(bytes, &schema).unwrap();
    owned(lines(&order.into()))
}

fn by_us(writer: &str, bytes: &[u8]) -> BTreeMap<String, String> {
    owned(lines(&plan(writer).unwrap().read(bytes).unwrap()))
}

fn raw_order() -> impl Strategy<Value = RawOrderEvent<'static>> {
    let text = || ".{0,40}";
    let optional = || option::of(".{0,70}");
    let money = || option::of(("[0-9]{1,9}", "[A-Z]{3}"));
    let required = (text(), text(), text(), any::<i64>(), any::<i64>());
    let ids = (optional(), optional(), optional(), optional(), optional(), optional());
    let rest = (money(), money(), money(), money(), optional(), optional(), optional());
    (required, ids, rest).prop_map(|((no, kind, status, created, modified), ids, rest)| {
        let money =
            |money: Option<(String, String)>| money.map(|(value, currency)| RawMoney { value: value.into(), currency: currency.into() });
        let text = |text: Option<String>| text.map(Into::into);
        RawOrderEvent {
            merchant_biz_no: no.into(),
            merchant_biz_type: kind.into(),
            order_status: status.into(),
            order_create_time: created,
            order_modify_time: modified,
            user_id: text(ids.0),
            open_id: text(ids.1),
            merchant_account_id: text(ids.2),
            merchant_id: text(ids.3),
            tiny_app_id: text(ids.4),
            trade_no: text(ids.5),
            amount: money(rest.0),
            pay_amount: money(rest.1),
            discount_amount: money(rest.2),
            actual_amount: money(rest.3),
            shop_info: text(rest.4),
            item_order_list: text(rest.5),
            ext_info: text(rest.6),
        }
    })
}

/// A type that only the writer has, and a value of it. Names are numbered, since a name stands for one type.
fn extra() -> impl Strategy<Value = (Json, Value)> {
    let leaf = prop_oneof![
        Just((json!("null"), Value::Null)),
        any::<bool>().prop_map(|value| (json!("boolean"), Value::Boolean(value))),
        any::<i32>().prop_map(|value| (json!("int"), Value::Int(value))),
        any::<i64>().prop_map(|value| (json!("long"), Value::Long(value))),
        any::<f32>().prop_map(|value| (json!("float"), Value::Float(value))),
        any::<f64>().prop_map(|value| (json!("double"), Value::Double(value))),
        any::<Vec<u8>>().prop_map(|value| (json!("bytes"), Value::Bytes(value))),
        ".{0,20}".prop_map(|value| (json!("string"), Value::String(value))),
        any::<[u8; 5]>().prop_map(|value| (json!({"type": "fixed", "name": "N", "size": 5}), Value::Fixed(5, value.to_vec()))),
        any::<bool>().prop_map(|second| {
            let symbol = if second { (1, "B") } else { (0, "A") };
            (json!({"type": "enum", "name": "N", "symbols": ["A", "B"]}), Value::Enum(symbol.0, symbol.1.to_owned()))
        }),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), 0_usize..4)
                .prop_map(|((schema, value), count)| { (json!({"type": "array", "items": schema}), Value::Array(vec![value; count])) }),
            (inner.clone(), 0_usize..4).prop_map(|((schema, value), count)| {
                let entries = (0..count).map(|at| (at.to_string(), value.clone())).collect();
                (json!({"type": "map", "values": schema}), Value::Map(entries))
            }),
            inner
                .clone()
                .prop_filter("no union in a union", |(schema, _)| !schema.is_array() && schema != "null")
                .prop_map(|(schema, value)| { (json!(["null", schema]), Value::Union(1, Box::new(value))) }),
            proptest::collection::vec(inner, 0..3).prop_map(|members| {
                let (schemas, values): (Vec<Json>, Vec<Value>) = members.into_iter().unzip();
                let fields: Vec<Json> =
                    schemas.into_iter().enumerate().map(|(at, schema)| json!({"name": format!("m{at}"), "type": schema})).collect();
                let values = values.into_iter().enumerate().map(|(at, value)| (format!("m{at}"), value)).collect();
                (json!({"type": "record", "name": "N", "fields": fields}), Value::Record(values))
            }),
        ]
    })
}

/// Gives every named type a name of its own.
fn numbered(schema: &mut Json, next: &mut u32) {
    match schema {
        Json::Array(branches) => branches.iter_mut().for_each(|branch| numbered(branch, next)),
        Json::Object(object) => {
            if object.get("name").is_some_and(|name| name == "N") {
                object.insert("name".to_owned(), json!(format!("N{next}")));
                *next += 1;
            }
            object.values_mut().for_each(|inner| numbered(inner, next));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

proptest! {
    #[test]
    fn what_we_write_is_read_alike_by_everybody(raw in raw_order()) {
        let value = Encoder::confluent(7).encode(&raw);
        let bytes = &value[5..];
        let expected = owned(lines(&raw));
        prop_assert_eq!(&by_us(ORDER_EVENT, bytes), &expected);
        prop_assert_eq!(&by_apache(ORDER_EVENT, bytes), &expected);
        prop_assert_eq!(&by_serde(ORDER_EVENT, bytes), &expected);
    }

    #[test]
    fn what_apache_writes_by_an_evolved_schema_is_read_alike_by_everybody(
        extras in proptest::collection::vec((0_usize..19, extra()), 0..4),
        dropped in proptest::sample::subsequence(vec!["userId", "openId", "tradeNo", "actualAmount", "shopInfo"], 0..5),
        flipped in any::<bool>(),
        plain in any::<bool>(),
        rotate in 0_usize..11,
    ) {
        let mut next = 0;
        let mut changes = Vec::new();
        let names: Vec<String> = (0..extras.len()).map(|at| format!("extra{at}")).collect();
        let writer = edited(|fields| {
            fields.retain(|field| !dropped.iter().any(|name| field["name"] == *name));
            if flipped {
                field(fields, "merchantId")["type"] = json!(["string", "null"]);
                field(fields, "merchantId").as_object_mut().unwrap().remove("default");
            }
            if plain {
                field(fields, "tinyAppId")["type"] = json!("bytes");
                field(fields, "tinyAppId").as_object_mut().unwrap().remove("default");
                changes.push(("tinyAppId", Value::Bytes(b"bytes".to_vec())));
            }
            // The amounts stay behind the first, which defines their type.
            fields[..8].rotate_left(rotate % 8);
            for ((place, (mut schema, value)), name) in extras.into_iter().zip(&names) {
                numbered(&mut schema, &mut next);
                fields.insert(place.min(fields.len()), json!({"name": name, "type": schema}));
                changes.push((name, value));
            }
        });
        let bytes = written(&writer, &changes);
        let ours = by_us(&writer, &bytes);
        prop_assert_eq!(&ours, &by_apache(&writer, &bytes));
        prop_assert_eq!(&ours, &by_serde(&writer, &bytes));
    }
}

/// Why the bytes are not read by Apache's crate: this is how it takes an order that lost its last bytes.
#[test]
fn apache_takes_a_truncated_order_for_one_without_its_last_fields() {
    let bytes = written(ORDER_EVENT, &[("extInfo", Value::Null), ("itemOrderList", Value::Null)]);
    let cut = &bytes[..bytes.len() - 2];
    assert!(!by_apache(ORDER_EVENT, cut).contains_key("extInfo"), "it refuses it now: read again what this module says");
    assert!(plan(ORDER_EVENT).unwrap().read(cut).is_err());
}
