//! Unions are looked through branch by branch; a branch without a meaning is the fault of the record that uses it.

use super::*;

#[test]
fn a_nullable_field_may_come_in_any_shape() {
    for schema in
        [json!(["null", "string"]), json!(["string", "null"]), json!("string"), json!(["string"]), json!(["int", "null", "string"])]
    {
        let writer = retyped("tradeNo", schema.clone());
        let branch = schema.as_array().and_then(|branches| branches.iter().position(|branch| branch == "string"));
        let value = match branch {
            Some(branch) => Value::Union(u32::try_from(branch).unwrap(), Box::new("T".into())),
            None => "T".into(),
        };
        assert_eq!(read(&writer, &[("tradeNo", value)]).unwrap(), but(&[("tradeNo", "T")]), "{schema}");
    }
    assert_eq!(read(&retyped("tradeNo", json!("null")), &[("tradeNo", Value::Null)]).unwrap(), but(&[("tradeNo", "")]));
}

#[test]
fn a_required_field_may_be_nullable_as_long_as_no_record_makes_use_of_it() {
    let writer = retyped("merchantBizNo", json!(["null", "string"]));
    assert_eq!(read(&writer, &[]).unwrap(), expected());
    assert_eq!(
        read(&writer, &[("merchantBizNo", Value::Null)]).unwrap_err(),
        "merchantBizNo: is null or of a type that cannot be read here"
    );
}

#[test]
fn a_branch_of_another_type_spoils_its_record_only() {
    let writer = retyped("tradeNo", json!(["null", "string", "long"]));
    assert_eq!(read(&writer, &[("tradeNo", Value::Union(1, Box::new("T".into())))]).unwrap(), but(&[("tradeNo", "T")]));
    let error = read(&writer, &[("tradeNo", Value::Union(2, Box::new(Value::Long(7))))]).unwrap_err();
    assert_eq!(error, "tradeNo: is null or of a type that cannot be read here");
    let writer = retyped("payAmount", json!(["null", "double"]));
    assert_eq!(read(&writer, &[("payAmount", Value::Null)]).unwrap(), but(&[("payAmount", "")]));
    let error = read(&writer, &[("payAmount", Value::Union(1, Box::new(Value::Double(1.5))))]).unwrap_err();
    assert_eq!(error, "payAmount: is null or of a type that cannot be read here");
}

#[test]
fn of_several_record_types_in_one_topic_those_with_our_fields_are_orders() {
    let other = json!({"type": "record", "name": "Heartbeat", "fields": [{"name": "at", "type": "long"}]});
    let writer = json!([other, serde_json::from_str::<Json>(ORDER_EVENT).unwrap()]).to_string();
    let plan = plan(&writer).unwrap();
    let order = [&[2][..], &written(ORDER_EVENT, &[])].concat();
    assert_eq!(lines(&plan.read(&order).unwrap()), expected());
    assert_eq!(plan.read(&[0, 2]).unwrap_err().to_string(), "the value is null or of a type that cannot be read here");
    assert_eq!(plan.read(&[4, 2]).unwrap_err().to_string(), "the value has a branch or symbol that the writer's schema has not");
}

#[test]
fn a_root_without_any_order_among_its_records_is_unusable() {
    let writer = r#"["null", {"type":"record","name":"A","fields":[]}]"#;
    assert_eq!(plan(writer).unwrap_err().to_string(), "merchantBizNo is missing and has no default");
}

#[test]
fn a_named_type_is_found_across_namespaces() {
    let writer = edited(|fields| {
        let kind = json!({"type": "enum", "name": "Kind", "namespace": "com.shop.types", "symbols": ["SELF_PICK"]});
        field(fields, "merchantBizType")["type"] = kind;
        fields.push(json!({"name": "again", "type": ["null", "com.shop.types.Kind"]}));
    });
    let kind = Value::Enum(0, "SELF_PICK".to_owned());
    assert_eq!(read(&writer, &[("merchantBizType", kind.clone()), ("again", kind)]).unwrap(), expected());
}
