//! What may change between a writer's schema and ours, one change a test (Apache Avro, Specification › Schema resolution).

use super::*;

#[test]
fn a_field_that_only_the_writer_has_is_passed_over_wherever_it_stands() {
    let extra = json!({"name": "channel", "type": {"type": "array", "items": {"type": "map", "values": ["null", "double"]}}});
    let value = Value::Array(vec![Value::Map([("a".to_owned(), Value::Union(1, Box::new(Value::Double(1.5))))].into())]);
    for place in [0, 7, 18] {
        let writer = edited(|fields| fields.insert(place, extra.clone()));
        assert_eq!(read(&writer, &[("channel", value.clone())]).unwrap(), expected());
    }
}

#[test]
fn a_field_that_the_writer_has_not_takes_its_default() {
    let writer = edited(|fields| fields.retain(|field| field["name"] != "userId" && field["name"] != "payAmount"));
    assert_eq!(read(&writer, &[]).unwrap(), but(&[("userId", ""), ("payAmount", "")]));
}

#[test]
fn a_default_that_is_no_null_is_taken_too() {
    let reader = edited(|fields| {
        field(fields, "orderStatus")["default"] = json!("PENDING");
        field(fields, "orderCreateTime")["default"] = json!(1_795_000_000_000_i64);
        field(fields, "amount")["type"][1]["fields"][1]["default"] = json!("HKD");
    });
    let writer = edited(|fields| {
        fields.retain(|field| field["name"] != "orderStatus" && field["name"] != "orderCreateTime");
        field(fields, "amount")["type"][1]["fields"].as_array_mut().unwrap().pop();
    });
    let amount = |value: &str| Value::Record(vec![("value".to_owned(), value.into())]);
    let bytes = written(&writer, &[("amount", amount("7")), ("payAmount", Value::Null), ("actualAmount", amount("8"))]);
    let plan = plan_for(&writer, &reader).unwrap();
    let changes = [("orderCreateTime", "1795000000000"), ("amount", "7 HKD"), ("payAmount", ""), ("actualAmount", "8 HKD")];
    assert_eq!(lines(&plan.read(&bytes).unwrap()), but(&changes));
}

#[test]
fn a_required_field_that_the_writer_has_not_makes_its_schema_unusable() {
    for name in ["merchantBizNo", "merchantBizType", "orderStatus", "orderCreateTime", "orderModifyTime"] {
        let writer = edited(|fields| fields.retain(|field| field["name"] != name));
        assert_eq!(plan(&writer).unwrap_err().to_string(), format!("{name} is missing and has no default"));
    }
}

#[test]
fn the_order_of_fields_is_the_writer_s() {
    let writer = edited(|fields| {
        // The first amount defines the type that the others name.
        let amount = field(fields, "amount")["type"][1].clone();
        fields.reverse();
        field(fields, "actualAmount")["type"][1] = amount;
        field(fields, "amount")["type"][1] = json!("Money");
    });
    assert_eq!(read(&writer, &[]).unwrap(), expected());
}

#[test]
fn int_becomes_long_and_bytes_become_string() {
    let writer = edited(|fields| {
        field(fields, "orderCreateTime")["type"] = json!("int");
        field(fields, "merchantBizNo")["type"] = json!("bytes");
        field(fields, "tradeNo")["type"] = json!(["null", "bytes"]);
    });
    let changes = [
        ("orderCreateTime", Value::Int(-7)),
        ("merchantBizNo", Value::Bytes(b"ORDER-2".to_vec())),
        ("tradeNo", Value::Bytes("號".as_bytes().to_vec())),
    ];
    assert_eq!(read(&writer, &changes).unwrap(), but(&[("orderCreateTime", "-7"), ("merchantBizNo", "ORDER-2"), ("tradeNo", "號")]));
}

#[test]
fn bytes_that_are_no_utf_8_are_refused_by_the_name_of_their_field() {
    let writer = retyped("merchantBizNo", json!("bytes"));
    let error = read(&writer, &[("merchantBizNo", Value::Bytes(vec![0xff]))]).unwrap_err();
    assert_eq!(error, "merchantBizNo: holds text that is not UTF-8");
}

#[test]
fn a_former_name_of_ours_is_found_and_the_name_in_force_goes_first() {
    let reader = edited(|fields| field(fields, "orderStatus")["aliases"] = json!(["state", "status"]));
    let renamed = edited(|fields| field(fields, "orderStatus")["name"] = json!("status"));
    let bytes = written(&renamed, &[("status", "CLOSED".into())]);
    assert_eq!(lines(&plan_for(&renamed, &reader).unwrap().read(&bytes).unwrap()), but(&[("orderStatus", "CLOSED")]));
    assert!(plan(&renamed).is_err(), "without the alias it is missing");

    let both = edited(|fields| fields.insert(0, json!({"name": "status", "type": "string"})));
    let bytes = written(&both, &[("status", "CLOSED".into())]);
    assert_eq!(lines(&plan_for(&both, &reader).unwrap().read(&bytes).unwrap()), expected());
}

#[test]
fn records_are_matched_whatever_their_name_and_namespace() {
    let mut writer: Json = serde_json::from_str(ORDER_EVENT).unwrap();
    writer["namespace"] = json!("com.shop.orders");
    writer["name"] = json!("OrderChanged");
    let text = writer.to_string().replace("\"Money\"", "\"Price\"");
    assert_eq!(read(&text, &[]).unwrap(), expected());
    writer.as_object_mut().unwrap().remove("namespace");
    assert_eq!(read(&writer.to_string(), &[]).unwrap(), expected());
    writer["name"] = json!("com.shop.orders.OrderChanged");
    assert_eq!(read(&writer.to_string(), &[]).unwrap(), expected());
}

#[test]
fn logical_times_become_milliseconds() {
    let time = |logical: &str| retyped("orderModifyTime", json!({"type": "long", "logicalType": logical}));
    let read =
        |writer: &str, value: Value| super::read(writer, &[("orderModifyTime", value)]).map(|lines| lines["orderModifyTime"].clone());
    assert_eq!(read(&time("timestamp-millis"), Value::TimestampMillis(NOW)).unwrap(), "1795478400000");
    assert_eq!(read(&time("timestamp-micros"), Value::TimestampMicros(NOW * 1_000 + 999)).unwrap(), "1795478400000");
    assert_eq!(read(&time("timestamp-nanos"), Value::TimestampNanos(NOW * 1_000_000 + 999_999)).unwrap(), "1795478400000");
    assert_eq!(read(&time("timestamp-micros"), Value::TimestampMicros(-1)).unwrap(), "-1");
    assert_eq!(read(&retyped("orderModifyTime", json!("long")), Value::Long(NOW)).unwrap(), "1795478400000");
    assert_eq!(read(&time("of-our-own"), Value::Long(NOW)).unwrap(), "1795478400000", "an unknown logical type is none");
}

#[test]
fn an_enum_counts_as_its_symbol_and_a_uuid_as_its_text() {
    let status = json!({"type": "enum", "name": "Status", "symbols": ["TICKETED", "PENDING"]});
    let writer = retyped("orderStatus", status);
    assert_eq!(read(&writer, &[("orderStatus", Value::Enum(1, "PENDING".to_owned()))]).unwrap(), expected());
    let writer = retyped("merchantBizNo", json!({"type": "string", "logicalType": "uuid"}));
    let number = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let uuid = Value::Uuid(number.parse().unwrap());
    assert_eq!(read(&writer, &[("merchantBizNo", uuid)]).unwrap(), but(&[("merchantBizNo", number)]));
}

#[test]
fn a_wrong_type_makes_the_schema_unusable_and_is_named() {
    let wrong = [
        ("merchantBizType", json!("int"), "an int, which does not become text"),
        ("merchantBizNo", json!("long"), "a long, which does not become text"),
        ("orderStatus", json!({"type": "fixed", "name": "F", "size": 8}), "a fixed, which does not become text"),
        ("extInfo", json!({"type": "map", "values": "string"}), "a map, which does not become text"),
        (
            "tradeNo",
            json!({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}),
            "a decimal, which does not become text",
        ),
        ("orderModifyTime", json!("string"), "a string, which does not become epoch milliseconds"),
        ("orderModifyTime", json!("double"), "a double, which does not become epoch milliseconds"),
        ("orderModifyTime", json!({"type": "int", "logicalType": "date"}), "a date, which does not become epoch milliseconds"),
        (
            "orderModifyTime",
            json!({"type": "long", "logicalType": "local-timestamp-millis"}),
            "a timestamp without a zone, which does not become epoch milliseconds",
        ),
        ("merchantBizNo", json!("null"), "null, which does not become text"),
        ("actualAmount", json!("long"), "a long, which does not become an amount"),
    ];
    for (name, schema, said) in wrong {
        assert_eq!(plan(&retyped(name, schema)).unwrap_err().to_string(), format!("{name} is {said}"));
    }
    let amount = json!({"type": "record", "name": "Price", "fields": [{"name": "value", "type": "string"}]});
    assert_eq!(plan(&retyped("actualAmount", amount)).unwrap_err().to_string(), "currency is missing and has no default");
    assert_eq!(plan(r#""string""#).unwrap_err().to_string(), "its root is a string, which does not become an order");
    assert_eq!(
        plan(r#"{"type":"array","items":"string"}"#).unwrap_err().to_string(),
        "its root is an array, which does not become an order"
    );
}
