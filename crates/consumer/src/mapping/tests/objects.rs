use apache_avro::types::Value;
use apache_avro::{Days, Decimal, Duration, Millis, Months};

use super::*;
use crate::schema::avro::parse_with_aliases;

#[test]
fn dotted_targets_build_objects_and_those_without_a_source_are_left_out() {
    let types =
        r#"{"name":"show","type":["null","long"]},{"name":"hall","type":["null","string"]},{"name":"paid","type":["null","string"]}"#;
    let targets = "\"extInfo.start_time\" = \"show\"\n\"extInfo.kind\" = { constant = \"film\" }\n\"extInfo.hall.name\" = \"hall\"\n\
                   \"extInfo.hall.country\" = { constant = \"HK\" }\n\"extInfo.fee.value\" = { path = \"paid\", unit = \"major\" }\n\
                   \"extInfo.fee.currency\" = { constant = \"HKD\" }\n\"shopInfo.chain\" = { constant = true }";
    let of = |show: serde_json::Value, hall: serde_json::Value, paid: serde_json::Value| {
        both(targets, types, json!({"show": show, "hall": hall, "paid": paid}))
    };
    let all = of(json!(1_760_000_000_000_i64), json!("1 \"A\""), json!("4.5"));
    assert_eq!(
        field(&all, "extInfo").unwrap(),
        r#"{"fee":{"currency":"HKD","value":"450"},"hall":{"country":"HK","name":"1 \"A\""},"kind":"film","start_time":1760000000000}"#
    );
    assert_eq!(field(&all, "shopInfo").unwrap(), r#"{"chain":true}"#, "an object of constants is always there");
    let some = of(json!(null), json!("1"), json!(null));
    assert_eq!(field(&some, "extInfo").unwrap(), r#"{"hall":{"country":"HK","name":"1"},"kind":"film"}"#);
    assert_eq!(field(&of(json!(null), json!(null), json!(null)), "extInfo"), None);
}

#[test]
fn members_are_converted_where_the_mapping_says_so() {
    let types = r#"{"name":"seconds","type":"long"},{"name":"text","type":"string"},{"name":"state","type":"string"},{"name":"version","type":"int"}"#;
    let targets = "\"extInfo.a\" = { path = \"seconds\", unit = \"s\", plus = \"version\" }\n\"extInfo.b\" = { path = \"text\", unit = \"iso8601\" }\n\
                   \"extInfo.c\" = { path = \"state\", values = { X = \"Y\" } }\n\"extInfo.d\" = \"state\"\n\"extInfo.e\" = \"seconds\"";
    let read = both(targets, types, json!({"seconds": 1_760_000_000, "text": "2025-10-09T16:53:20+08:00", "state": "X", "version": 2}));
    let expected = r#"{"a":1760000000002,"b":1760000000000,"c":"Y","d":"X","e":1760000000}"#;
    assert_eq!(field(&read, "extInfo").unwrap(), expected);
}

#[test]
fn a_text_that_holds_json_is_taken_as_it_is() {
    let text = r#"{"b" : 1.50, "a":[1,2]}"#;
    let read = both("extInfo = \"ext\"", r#"{"name":"ext","type":["null","string"]}"#, json!({"ext": text}));
    assert_eq!(field(&read, "extInfo").unwrap(), text);
    assert_eq!(field(&both("extInfo = \"ext\"", r#"{"name":"ext","type":["null","string"]}"#, json!({"ext": null})), "extInfo"), None);
}

#[test]
fn an_object_of_a_json_record_keeps_its_order_and_its_numbers() {
    let ext = r#"{"b": 1.50, "a": {"z":90071992547409.93,"y":null}}"#;
    let read = json(&fields("extInfo = \"ext\"\n\"shopInfo.x\" = \"ext.a\""), &format!(r#"{{"no":"A","at":1,"ext":{ext}}}"#));
    assert_eq!(field(&read, "extInfo").unwrap(), ext);
    assert_eq!(field(&read, "shopInfo").unwrap(), r#"{"x":{"z":90071992547409.93,"y":null}}"#);
}

/// Every type of Avro, as JSON.
#[test]
fn a_record_becomes_json_whatever_is_in_it() {
    let inner = r#"{"type":"record","name":"Ext","fields":[
        {"name":"nothing","type":"null"},{"name":"missing","type":["null","int"]},{"name":"yes","type":"boolean"},{"name":"int","type":"int"},
        {"name":"long","type":"long"},{"name":"float","type":"float"},{"name":"double","type":"double"},{"name":"bytes","type":"bytes"},
        {"name":"text","type":"string"},{"name":"fixed","type":{"type":"fixed","name":"F","size":2}},
        {"name":"symbol","type":{"type":"enum","name":"E","symbols":["A","B"]}},
        {"name":"money","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
        {"name":"uuid","type":{"type":"string","logicalType":"uuid"}},
        {"name":"day","type":{"type":"int","logicalType":"date"}},
        {"name":"clock","type":{"type":"int","logicalType":"time-millis"}},
        {"name":"fine","type":{"type":"long","logicalType":"time-micros"}},
        {"name":"micros","type":{"type":"long","logicalType":"timestamp-micros"}},
        {"name":"local","type":{"type":"long","logicalType":"local-timestamp-millis"}},
        {"name":"span","type":{"type":"fixed","name":"S","size":12,"logicalType":"duration"}},
        {"name":"list","type":{"type":"array","items":["null","int"]}},
        {"name":"map","type":{"type":"map","values":["null","string"]}},
        {"name":"next","type":["null","Ext"]}]}"#;
    let types = schema(&format!(r#"{{"name":"ext","type":{inner}}}"#));
    let some = |value| Value::Union(1, Box::new(value));
    let ext = |next| {
        Value::Record(vec![
            ("nothing".into(), Value::Null),
            ("missing".into(), Value::Union(0, Box::new(Value::Null))),
            ("yes".into(), Value::Boolean(true)),
            ("int".into(), Value::Int(-1)),
            ("long".into(), Value::Long(9_007_199_254_740_993)),
            ("float".into(), Value::Float(0.1)),
            ("double".into(), Value::Double(1.5e-3)),
            ("bytes".into(), Value::Bytes(vec![0, 255])),
            ("text".into(), "a\"b".into()),
            ("fixed".into(), Value::Fixed(2, vec![1, 2])),
            ("symbol".into(), Value::Enum(1, "B".into())),
            ("money".into(), Value::Decimal(Decimal::from(vec![0x04, 0xe2]))),
            ("uuid".into(), Value::Uuid("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".parse().unwrap())),
            ("day".into(), Value::Date(20_781)),
            ("clock".into(), Value::TimeMillis(36_930_005)),
            ("fine".into(), Value::TimeMicros(1)),
            ("micros".into(), Value::TimestampMicros(1_760_000_000_123_999)),
            ("local".into(), Value::LocalTimestampMillis(5)),
            ("span".into(), Value::Duration(Duration::new(Months::new(1), Days::new(2), Millis::new(3)))),
            ("list".into(), Value::Array(vec![Value::Union(0, Box::new(Value::Null)), some(Value::Int(2))])),
            ("map".into(), Value::Map([("k".to_owned(), some("v".into()))].into())),
            ("next".into(), next),
        ])
    };
    let value = ext(some(ext(Value::Union(0, Box::new(Value::Null)))));
    let record = Value::Record(vec![("no".into(), "A".into()), ("at".into(), Value::Long(1)), ("ext".into(), value)]);
    let bytes = datum(&parse_with_aliases(&types).unwrap(), record);
    let read = read(&fields("extInfo = \"ext\"\n\"shopInfo.x\" = \"ext.next.list\""), &types, &bytes);
    let one = r#""yes":true,"int":-1,"long":9007199254740993,"float":0.1,"double":0.0015,"bytes":"AP8=","text":"a\"b","fixed":"AQI=","symbol":"B","money":"12.50","uuid":"0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9","day":"2026-11-24","clock":"10:15:30.005","fine":"00:00:00.000001","micros":1760000000123,"local":5,"span":{"months":1,"days":2,"millis":3},"list":[null,2],"map":{"k":"v"}"#;
    assert_eq!(field(&read, "extInfo").unwrap(), format!("{{{one},\"next\":{{{one}}}}}"));
    assert_eq!(field(&read, "shopInfo").unwrap(), r#"{"x":[null,2]}"#);
}

#[test]
fn a_list_of_items_is_taken_as_a_whole() {
    let types =
        r#"{"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"sku","type":"string"}]}}}"#;
    let read = both("itemOrderList = \"items\"", types, json!({"items": [{"sku": "A"}, {"sku": "B"}]}));
    assert_eq!(field(&read, "itemOrderList").unwrap(), r#"[{"sku":"A"},{"sku":"B"}]"#);
}
