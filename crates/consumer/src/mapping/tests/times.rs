use apache_avro::types::Value;

use super::*;
use crate::schema::avro::parse_with_aliases;

/// `orderModifyTime` out of one field `t` of an Avro type.
fn moment(kind: &str, value: Value, options: &str) -> Result<String, String> {
    let types = schema(&format!(r#"{{"name":"t","type":{kind}}},{{"name":"version","type":["null","int"]}}"#));
    let fields_of = |value| {
        vec![
            ("no".to_owned(), "A".into()),
            ("at".to_owned(), Value::Long(1)),
            ("t".to_owned(), value),
            ("version".to_owned(), Value::Union(1, Box::new(Value::Int(7)))),
        ]
    };
    let bytes = datum(&parse_with_aliases(&types).unwrap(), Value::Record(fields_of(value)));
    let read = read(&fields(&format!("orderModifyTime = {{ path = \"t\"{options} }}")), &types, &bytes);
    read.map(|lines| field(&Ok(lines), "orderModifyTime").unwrap())
}

fn logical(name: &str) -> String {
    format!(r#"{{"type":"long","logicalType":"{name}"}}"#)
}

#[test]
fn timestamps_know_their_unit_whatever_is_configured() {
    let micros = 1_760_000_000_123_999;
    for options in ["", ", unit = \"s\"", ", unit = \"iso8601\""] {
        for (name, value) in [
            ("timestamp-millis", Value::TimestampMillis(micros / 1_000)),
            ("timestamp-micros", Value::TimestampMicros(micros)),
            ("timestamp-nanos", Value::TimestampNanos(micros * 1_000 + 999)),
            ("local-timestamp-millis", Value::LocalTimestampMillis(micros / 1_000)),
            ("local-timestamp-micros", Value::LocalTimestampMicros(micros)),
            ("local-timestamp-nanos", Value::LocalTimestampNanos(micros * 1_000)),
        ] {
            assert_eq!(moment(&logical(name), value, options).unwrap(), "1760000000123", "{name} {options}");
        }
    }
    assert_eq!(moment(&logical("timestamp-micros"), Value::TimestampMicros(-1), "").unwrap(), "-1", "downwards, before 1970 too");
    assert_eq!(moment(r#"{"type":"int","logicalType":"date"}"#, Value::Date(20_370), "").unwrap(), "1759968000000");
}

#[test]
fn numbers_and_text_take_the_configured_unit_and_plus_adds_milliseconds() {
    assert_eq!(moment("\"long\"", Value::Long(1_760_000_000_123), "").unwrap(), "1760000000123");
    assert_eq!(moment("\"long\"", Value::Long(1_760_000_000), ", unit = \"s\"").unwrap(), "1760000000000");
    assert_eq!(moment("\"int\"", Value::Int(1_760_000_000), ", unit = \"s\", plus = \"version\"").unwrap(), "1760000000007");
    assert_eq!(
        moment("\"string\"", "2025-10-09T16:53:20+08:00".into(), ", unit = \"iso8601\", plus = \"version\"").unwrap(),
        "1760000000007"
    );
    let error = moment("\"long\"", Value::Long(i64::MAX), ", plus = \"version\"").unwrap_err();
    assert_eq!(error, "Invalid: orderModifyTime (from version): makes a time far out of range");
}

#[test]
fn a_version_that_is_null_adds_nothing() {
    let read = both(
        "orderModifyTime = { path = \"at\", plus = \"version\" }",
        r#"{"name":"version","type":["null","int"]}"#,
        json!({"version": null}),
    );
    assert_eq!(field(&read, "orderModifyTime").unwrap(), "1760000000000");
    let read = both(
        "orderModifyTime = { path = \"at\", plus = \"version\" }",
        r#"{"name":"version","type":["null","int"]}"#,
        json!({"version": 3}),
    );
    assert_eq!(field(&read, "orderModifyTime").unwrap(), "1760000000003");
}

#[test]
fn what_is_no_moment_does_not_fit() {
    for (kind, value, found) in [
        ("\"double\"", Value::Double(1.0), "a double"),
        ("\"boolean\"", Value::Boolean(true), "a boolean"),
        (r#"{"type":"int","logicalType":"time-millis"}"#, Value::TimeMillis(1), "a time of day"),
    ] {
        let error = moment(kind, value, "").unwrap_err();
        assert_eq!(
            error,
            format!("misfit: mapping[0].fields.orderModifyTime: \"t\" of shop.Order is {found}, which does not become a moment")
        );
    }
}
