use apache_avro::types::Value;
use apache_avro::{BigDecimal, Decimal};

use super::*;
use crate::schema::avro::parse_with_aliases;

const HKD: &str = "\"amount.currency\" = { constant = \"HKD\" }\n";

fn major(currency: &str) -> String {
    format!("\"amount.value\" = {{ path = \"total\", unit = \"major\" }}\n\"amount.currency\" = {{ constant = \"{currency}\" }}")
}

/// The amount out of one field `total` of an Avro type.
fn amount(kind: &str, value: Value, targets: &str) -> Result<Option<String>, String> {
    let types = schema(&format!(r#"{{"name":"total","type":{kind}}}"#));
    let value = vec![("no".to_owned(), "A".into()), ("at".to_owned(), Value::Long(1)), ("total".to_owned(), value)];
    let bytes = datum(&parse_with_aliases(&types).unwrap(), Value::Record(value));
    read(&fields(targets), &types, &bytes).map(|lines| field(&Ok(lines), "amount"))
}

fn decimal(unscaled: i64) -> Value {
    Value::Decimal(Decimal::from(unscaled.to_be_bytes().to_vec()))
}

#[test]
fn decimals_become_minor_units_of_their_currency_exactly() {
    let bytes = |scale: u32| format!(r#"{{"type":"bytes","logicalType":"decimal","precision":18,"scale":{scale}}}"#);
    let fixed = r#"{"type":"fixed","name":"D","size":8,"logicalType":"decimal","precision":18,"scale":4}"#;
    for (kind, value, currency, expected) in [
        (bytes(2), decimal(1_250), "HKD", "1250 HKD"),
        (bytes(4), decimal(125_000), "HKD", "1250 HKD"),
        (bytes(0), decimal(12), "HKD", "1200 HKD"),
        (bytes(0), decimal(1_500), "JPY", "1500 JPY"),
        (bytes(3), decimal(12_505), "KWD", "12505 KWD"),
        (fixed.to_owned(), decimal(125_000), "HKD", "1250 HKD"),
        (
            r#"{"type":"bytes","logicalType":"big-decimal"}"#.to_owned(),
            Value::BigDecimal(BigDecimal::new(125.into(), 1)),
            "HKD",
            "1250 HKD",
        ),
    ] {
        assert_eq!(amount(&kind, value, &major(currency)).unwrap().unwrap(), expected, "{kind}");
    }
    for (kind, value, says) in [
        (bytes(3), decimal(12_505), "is finer than the currency's minor unit"),
        (bytes(2), decimal(-1), "is a negative amount"),
        (
            r#"{"type":"bytes","logicalType":"decimal","precision":90,"scale":2}"#.to_owned(),
            Value::Decimal(Decimal::from(vec![1; 40])),
            "256 bits",
        ),
    ] {
        let error = amount(&kind, value, &major("HKD")).unwrap_err();
        assert!(error.starts_with("Invalid: amount.value (from total): ") && error.contains(says), "{error}");
    }
}

#[test]
fn text_and_numbers_are_read_alike_in_avro_and_json() {
    let one = |kind: &str, total: serde_json::Value, targets: &str| {
        both(targets, &format!(r#"{{"name":"total","type":{kind}}}"#), json!({"total": total})).map(|lines| field(&Ok(lines), "amount"))
    };
    assert_eq!(one("\"string\"", "12.5".into(), &major("HKD")).unwrap().unwrap(), "1250 HKD");
    assert_eq!(one("\"long\"", 12.into(), &major("HKD")).unwrap().unwrap(), "1200 HKD");
    let minor = format!("\"amount.value\" = \"total\"\n{HKD}");
    assert_eq!(one("\"string\"", "1250".into(), &minor).unwrap().unwrap(), "1250 HKD");
    assert_eq!(one("\"long\"", 1_250.into(), &minor).unwrap().unwrap(), "1250 HKD");
    for total in ["12.505", "12,5", "", "1e99", " 1", "HKD 12"] {
        assert!(one("\"string\"", total.into(), &major("HKD")).unwrap_err().starts_with("Invalid: amount.value (from total): "), "{total}");
    }
    for total in ["12.50", "-1", "", "1e3"] {
        assert!(one("\"string\"", total.into(), &minor).unwrap_err().starts_with("Invalid: amount.value (from total): "), "{total}");
    }
    assert!(one("\"long\"", (-5).into(), &minor).unwrap_err().ends_with("is a negative amount"));
}

#[test]
fn a_json_number_never_passes_through_a_float() {
    let mappings = fields(&major("HKD"));
    let amount =
        |total: &str| json(&mappings, &format!(r#"{{"no":"A","at":1,"total":{total}}}"#)).map(|lines| field(&Ok(lines), "amount").unwrap());
    assert_eq!(amount("90071992547409.93").unwrap(), "9007199254740993 HKD");
    assert_eq!(amount("1.15").unwrap(), "115 HKD");
    assert_eq!(
        amount("12345678901234567890123456789012345678901234567890.01").unwrap(),
        "1234567890123456789012345678901234567890123456789001 HKD"
    );
    assert!(amount("0.30000000000000004").unwrap_err().ends_with("is finer than the currency's minor unit"));
}

#[test]
fn a_double_is_not_exact_and_does_not_fit() {
    for kind in ["\"double\"", "\"float\""] {
        let value = if kind == "\"float\"" { Value::Float(1.5) } else { Value::Double(1.5) };
        let error = amount(kind, value, &major("HKD")).unwrap_err();
        let found = if kind == "\"float\"" { "a float" } else { "a double" };
        assert_eq!(
            error,
            format!(
                "misfit: mapping[0].fields.\"amount.value\": \"total\" of shop.Order is {found}, which does not become an exact amount"
            )
        );
    }
}

#[test]
fn an_amount_whose_sources_are_null_is_left_out() {
    let types = r#"{"name":"total","type":["null","string"]},{"name":"currency","type":["null","string"]}"#;
    let targets = "\"amount.value\" = { path = \"total\", unit = \"major\" }\n\"amount.currency\" = \"currency\"";
    let read = |total: serde_json::Value, currency: serde_json::Value, targets: &str| {
        both(targets, types, json!({"total": total, "currency": currency})).map(|lines| field(&Ok(lines), "amount"))
    };
    assert_eq!(read(json!(null), json!(null), targets), Ok(None));
    assert_eq!(read(json!(null), json!("HKD"), targets), Ok(None), "an amount without a value is none");
    assert_eq!(read(json!(null), json!(null), &major("HKD")), Ok(None));
    assert_eq!(read(json!("1.00"), json!("HKD"), targets), Ok(Some("100 HKD".to_owned())));
    assert_eq!(read(json!("1.00"), json!(null), targets), Err("Invalid: amount.currency (from currency): is null or missing".to_owned()));
    let error = read(json!("1.00"), json!("XAU"), targets).unwrap_err();
    assert_eq!(error, "Invalid: amount.currency (from currency): has a currency that ISO 4217 gives no minor unit");
}

#[test]
fn an_amount_may_be_a_record_of_value_and_currency() {
    let types = r#"{"name":"price","type":["null",{"type":"record","name":"P","fields":[{"name":"value","type":"long"},{"name":"currency","type":"string"}]}]}"#;
    assert_eq!(
        field(&both("payAmount = \"price\"", types, json!({"price": {"value": 5, "currency": "USD"}})), "payAmount").unwrap(),
        "5 USD"
    );
    assert_eq!(field(&both("payAmount = \"price\"", types, json!({"price": null})), "payAmount"), None);
}
