//! The worked examples of docs/mapping.md, run exactly as they are printed.

use apache_avro::types::Value;
use apache_avro::{Decimal, Schema};
use domain::OrderEvent;
use serde_json::Value as Json;

use crate::config::{Framing, mappings};
use crate::schema::avro::parse_with_aliases;
use crate::schema::{Decoded, Decoder};

const PAGE: &str = include_str!("../../../../../docs/mapping.md");
/// 2026-11-24T00:00:00Z.
const NOW: i64 = 1_795_478_400_000;
const ID: u32 = 7;

/// The fenced blocks of a part of the page, by language.
fn blocks<'p>(part: &'p str, language: &str) -> Vec<&'p str> {
    part.split(&format!("```{language}\n")).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

fn example(number: usize) -> &'static str {
    PAGE.split("\n## Example ").nth(number).unwrap_or_else(|| panic!("no example {number}"))
}

/// What AlipayHK is told of an order, as JSON; opaque fields by their text.
fn told(event: &OrderEvent) -> Json {
    let mut told = serde_json::Map::new();
    let raw = crate::schema::raw(event);
    let texts = [
        ("merchantBizNo", Some(raw.merchant_biz_no)),
        ("merchantBizType", Some(raw.merchant_biz_type)),
        ("orderStatus", Some(raw.order_status)),
        ("userId", raw.user_id),
        ("openId", raw.open_id),
        ("tradeNo", raw.trade_no),
    ];
    told.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))));
    told.insert("orderCreateTime".into(), raw.order_create_time.into());
    told.insert("orderModifyTime".into(), raw.order_modify_time.into());
    for (name, amount) in [("amount", raw.amount), ("payAmount", raw.pay_amount), ("discountAmount", raw.discount_amount)] {
        if let Some(amount) = amount {
            told.insert(name.into(), serde_json::json!({"value": amount.value, "currency": amount.currency}));
        }
    }
    for (name, opaque) in [("shopInfo", raw.shop_info), ("itemOrderList", raw.item_order_list), ("extInfo", raw.ext_info)] {
        if let Some(text) = opaque {
            told.insert(name.into(), serde_json::from_str(&text).unwrap());
        }
    }
    Json::Object(told)
}

/// A value of a schema: numbers become decimals, unions take the branch that has every member.
fn value(schema: &Schema, json: &Json) -> Option<Value> {
    Some(match (schema, json) {
        (Schema::Null, Json::Null) => Value::Null,
        (Schema::Union(union), json) => {
            let (at, inner) = union.variants().iter().enumerate().find_map(|(at, variant)| Some((at, value(variant, json)?)))?;
            Value::Union(u32::try_from(at).unwrap(), Box::new(inner))
        }
        (Schema::Record(record), Json::Object(members)) => {
            let field =
                |field: &apache_avro::schema::RecordField| Some((field.name.clone(), value(&field.schema, members.get(&field.name)?)?));
            Value::Record(record.fields.iter().map(field).collect::<Option<_>>()?)
        }
        (Schema::Map(map), Json::Object(members)) => {
            Value::Map(members.iter().map(|(name, inner)| Some((name.clone(), value(&map.types, inner)?))).collect::<Option<_>>()?)
        }
        (Schema::Array(array), Json::Array(items)) => {
            Value::Array(items.iter().map(|item| value(&array.items, item)).collect::<Option<_>>()?)
        }
        (Schema::Decimal(decimal), Json::Number(number)) => {
            let scaled = number.as_f64()? * 10_f64.powi(i32::try_from(decimal.scale).unwrap());
            #[expect(clippy::cast_possible_truncation, reason = "the page's amounts are small")]
            let unscaled = scaled.round() as i64;
            Value::Decimal(Decimal::from(unscaled.to_be_bytes()))
        }
        (Schema::Enum(symbols), Json::String(text)) => {
            Value::Enum(u32::try_from(symbols.symbols.iter().position(|symbol| symbol == text)?).unwrap(), text.clone())
        }
        (Schema::Uuid(_), Json::String(text)) => Value::Uuid(text.parse().unwrap()),
        (Schema::String, Json::String(text)) => Value::String(text.clone()),
        (Schema::Int, Json::Number(number)) => Value::Int(i32::try_from(number.as_i64()?).ok()?),
        (Schema::Long, Json::Number(number)) => Value::Long(number.as_i64()?),
        (Schema::Double, Json::Number(number)) => Value::Double(number.as_f64()?),
        (Schema::TimestampMillis, Json::Number(number)) => Value::TimestampMillis(number.as_i64()?),
        (Schema::TimestampMicros, Json::Number(number)) => Value::TimestampMicros(number.as_i64()?),
        _ => return None,
    })
}

fn decoder(framing: Framing, toml: &str) -> Decoder {
    let schema = crate::config::Schema { framing, registry: None, writer_schema: None };
    Decoder::new(&schema, mappings(toml).unwrap()).unwrap()
}

fn decoded(decoder: &Decoder, bytes: &[u8]) -> Json {
    match decoder.decode("orders", None, Some(bytes), NOW).0 {
        Decoded::Event(event) => told(&event),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_examples_in_avro_become_what_the_page_says() {
    for (number, records) in [(1, 1), (3, 2)] {
        let (json, toml) = (blocks(example(number), "json"), blocks(example(number), "toml"));
        let [schema, pairs @ ..] = json.as_slice() else { panic!("no schema in example {number}") };
        let mut decoder = decoder(Framing::Confluent, toml[0]);
        decoder.insert(ID, schema);
        let schema = parse_with_aliases(schema).unwrap();
        assert_eq!(pairs.len(), 2 * records, "example {number}");
        for pair in pairs.chunks(2) {
            let datum = super::datum(&schema, value(&schema, &serde_json::from_str(pair[0]).unwrap()).unwrap());
            let bytes = [&[0], ID.to_be_bytes().as_slice(), &datum].concat();
            assert_eq!(decoded(&decoder, &bytes), serde_json::from_str::<Json>(pair[1]).unwrap(), "example {number}");
        }
    }
}

#[test]
fn the_example_in_json_becomes_what_the_page_says() {
    let (json, toml) = (blocks(example(2), "json"), blocks(example(2), "toml"));
    let [record, expected] = json.try_into().unwrap();
    assert_eq!(decoded(&decoder(Framing::Json, toml[0]), record.as_bytes()), serde_json::from_str::<Json>(expected).unwrap());
}

#[test]
fn the_mapping_at_the_top_of_the_page_is_one() {
    let top = blocks(PAGE, "toml")[0];
    assert_eq!(mappings(top).unwrap().iter().count(), 1);
}
