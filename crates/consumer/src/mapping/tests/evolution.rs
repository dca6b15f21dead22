//! One mapping, several versions of a writer's schema.

use super::*;

const TARGETS: &str = "tradeNo = \"trade\"\n\"amount.value\" = \"total\"\n\"amount.currency\" = { constant = \"HKD\" }";

fn of(types: &str, value: serde_json::Value) -> Result<String, String> {
    let mut value = value;
    value["no"] = "ORDER-1".into();
    value["at"] = 1_760_000_000_000_i64.into();
    avro(&fields(TARGETS), &schema(types), &value)
}

const FIRST: &str = r#"{"name":"trade","type":"string"},{"name":"total","type":"int"}"#;

fn first() -> String {
    of(FIRST, json!({"trade": "T", "total": 5})).unwrap()
}

#[test]
fn fields_that_are_added_or_moved_or_promoted_change_nothing() {
    let added = r#"{"name":"trade","type":"string"},{"name":"gift","type":{"type":"map","values":["null","double"]}},{"name":"total","type":"int"},{"name":"note","type":["null","string"]}"#;
    assert_eq!(of(added, json!({"trade": "T", "gift": {"a": null}, "total": 5, "note": "x"})).unwrap(), first());
    let moved = r#"{"name":"total","type":"int"},{"name":"trade","type":"string"}"#;
    assert_eq!(of(moved, json!({"trade": "T", "total": 5})).unwrap(), first());
    for kind in ["\"long\"", "\"string\"", "[\"null\",\"long\"]", r#"["null","string"]"#] {
        let promoted = format!(r#"{{"name":"trade","type":["null","string"]}},{{"name":"total","type":{kind}}}"#);
        let total = if kind.contains("string") { json!("5") } else { json!(5) };
        assert_eq!(of(&promoted, json!({"trade": "T", "total": total})).unwrap(), first(), "{kind}");
    }
}

#[test]
fn a_field_that_was_renamed_is_found_by_the_former_name_that_its_schema_tells() {
    let renamed = r#"{"name":"trade","type":"string"},{"name":"totalAmount","aliases":["sum","total"],"type":"int"}"#;
    assert_eq!(of(renamed, json!({"trade": "T", "totalAmount": 5})).unwrap(), first());
    let taken = r#"{"name":"trade","type":"string"},{"name":"old","aliases":["total"],"type":"int"},{"name":"total","type":"int"}"#;
    assert_eq!(of(taken, json!({"trade": "T", "old": 9, "total": 5})).unwrap(), first(), "a name in force goes first");
}

#[test]
fn a_field_that_a_version_does_not_have_counts_as_null_where_null_may_stand() {
    let older = of(r#"{"name":"total","type":"int"}"#, json!({"total": 5}));
    assert_eq!((field(&older, "tradeNo"), field(&older, "amount").as_deref()), (None, Some("5 HKD")));
    let oldest = of("", json!({}));
    assert_eq!((field(&oldest, "tradeNo"), field(&oldest, "amount")), (None, None));
}

#[test]
fn a_version_without_what_no_order_is_without_does_not_fit_and_says_what_is_missing_where() {
    let mappings = fields("orderStatus = \"order.state\"");
    let types = schema(r#"{"name":"order","type":["null",{"type":"record","name":"Inner","fields":[{"name":"status","type":"string"}]}]}"#);
    let error = avro(&mappings, &types, &json!({"no": "A", "at": 1, "order": null})).unwrap_err();
    assert_eq!(
        error,
        "misfit: mapping[0].fields.orderStatus: shop.Order has no \"order.state\": Inner has no field \"state\", only status"
    );
    let error = avro(&fields("orderStatus = \"no.state\""), &schema(""), &json!({"no": "A", "at": 1})).unwrap_err();
    assert!(error.ends_with("shop.Order has no \"no.state\": \"state\" stands behind a string, which has no parts"), "{error}");
    let list = schema(r#"{"name":"list","type":{"type":"array","items":"string"}}"#);
    let error = avro(&fields("orderStatus = \"list.first\""), &list, &json!({"no": "A", "at": 1, "list": []})).unwrap_err();
    assert!(error.ends_with("\"first\" stands behind an array, where the number of an item is needed"), "{error}");
}

#[test]
fn a_type_that_becomes_nothing_of_ours_does_not_fit_and_both_are_named() {
    for (targets, types, says) in [
        (
            "tradeNo = \"x\"",
            r#"{"name":"x","type":["null","double"]}"#,
            "mapping[0].fields.tradeNo: \"x\" of shop.Order is a double, which does not become text",
        ),
        (
            "\"extInfo.a\" = { path = \"x\", plus = \"x\" }",
            r#"{"name":"x","type":"boolean"}"#,
            "mapping[0].fields.\"extInfo.a\": \"x\" of shop.Order is a boolean, which does not become a moment",
        ),
        (
            "extInfo = \"x\"",
            r#"{"name":"x","type":"long"}"#,
            "mapping[0].fields.extInfo: \"x\" of shop.Order is a long, which does not become a JSON object or array",
        ),
    ] {
        let mappings = fields(targets);
        let error = read(&mappings, &schema(types), &[]).unwrap_err();
        assert_eq!(error, format!("misfit: {says}"));
    }
}

#[test]
fn a_union_fits_when_a_branch_does_and_another_branch_parks_its_record() {
    let types = r#"{"name":"trade","type":["string",{"type":"map","values":"int"}]},{"name":"total","type":["null","int"]}"#;
    assert_eq!(field(&of(types, json!({"trade": "T", "total": null})), "tradeNo").unwrap(), "T");
    let error = of(types, json!({"trade": {"a": 1}, "total": null})).unwrap_err();
    assert_eq!(error, "Invalid: tradeNo (from trade): is of a type that does not become text");
    let either = r#"{"name":"trade","type":[{"type":"record","name":"A","fields":[{"name":"id","type":"string"}]},{"type":"record","name":"B","fields":[{"name":"number","type":"long"}]}]}"#;
    let mappings = fields("tradeNo = \"trade.id\"\nopenId = \"trade.number\"");
    let read = avro(&mappings, &schema(either), &json!({"no": "A", "at": 1, "trade": {"number": 5}}));
    assert_eq!((field(&read, "tradeNo"), field(&read, "openId").as_deref()), (None, Some("5")));
}

#[test]
fn a_record_that_holds_itself_is_mapped_and_its_depth_is_bounded() {
    let types = r#"{"name":"node","type":{"type":"record","name":"Node","fields":[{"name":"id","type":"int"},{"name":"next","type":["null","Node"]}]}}"#;
    let mappings = fields("tradeNo = \"node.next.next.id\"\nextInfo = \"node\"");
    let node = |depth: usize| (0..depth).fold(json!(null), |next, id| json!({"id": id, "next": next}));
    let read = avro(&mappings, &schema(types), &json!({"no": "A", "at": 1, "node": node(3)}));
    assert_eq!(
        (field(&read, "tradeNo").as_deref(), field(&read, "extInfo").as_deref()),
        (Some("0"), Some(r#"{"id":2,"next":{"id":1,"next":{"id":0}}}"#))
    );
    let mut bytes = written(&schema(types), &json!({"no": "A", "at": 1, "node": node(1)}));
    bytes.pop();
    bytes.extend([2, 2].repeat(100_000));
    assert!(super::read(&mappings, &schema(types), &bytes).unwrap_err().contains("is nested too deeply"));
}

#[test]
fn a_schema_whose_branches_multiply_is_given_up() {
    // Each record holds every record of the next level: 40 to the power of four places on the way.
    let level = |depth: usize| {
        let inner = if depth == 5 {
            "\"string\"".to_owned()
        } else {
            format!("[{}]", (0..40).map(|n| format!("\"R{}x{n}\"", depth + 1)).collect::<Vec<_>>().join(","))
        };
        (0..40)
            .map(|n| format!(r#"{{"type":"record","name":"R{depth}x{n}","fields":[{{"name":"f","type":{inner}}}]}}"#))
            .collect::<Vec<_>>()
    };
    let records: Vec<String> = (1..=5).rev().flat_map(level).collect();
    let root = r#"{"type":"record","name":"Order","fields":[{"name":"no","type":"string"},{"name":"at","type":"long"},{"name":"f","type":["R1x0","R1x1"]}]}"#;
    let union = format!("[{},{root}]", records.join(","));
    let mappings = fields("tradeNo = \"f.f.f.f.f.f\"");
    let order = i64::try_from(records.len()).unwrap();
    let mut bytes = Vec::new();
    crate::schema::avro::Writer::new(&mut bytes).long(order);
    let error = read(&mappings, &union, &bytes).unwrap_err();
    assert_eq!(error, "misfit: it has more branches than can be followed");
}
