//! What a mapping makes of records, in Avro and in JSON: both are held to the same rules.

use serde_json::json;

use super::testing::*;

mod amounts;
mod docs;
mod evolution;
mod objects;
mod random;
mod selecting;
mod times;

/// The value in both forms, which have to say the same.
fn both(targets: &str, types: &str, value: serde_json::Value) -> Result<String, String> {
    let mappings = fields(targets);
    let mut value = value;
    value["no"] = "ORDER-1".into();
    value["at"] = 1_760_000_000_000_i64.into();
    let (of_avro, of_json) = (avro(&mappings, &schema(types), &value), json(&mappings, &value.to_string()));
    assert_eq!(of_avro, of_json, "{value}");
    of_avro
}

#[test]
fn a_path_leads_through_records_unions_arrays_and_maps() {
    let types = r#"{"name":"order","type":["null",{"type":"record","name":"Inner","fields":[
        {"name":"items","type":{"type":"array","items":["null",{"type":"map","values":{"type":"record","name":"Item","fields":[
            {"name":"sku","type":"string"},{"name":"count","type":"int"}]}}]}}]}]}"#;
    let value = json!({"order": {"items": [null, {"first": {"sku": "A", "count": 1}, "b.c": {"sku": "B", "count": 2}}]}});
    let targets = "tradeNo = \"order.items.1.first.sku\"\ntinyAppId = 'order.items.1.\"b.c\".count'\nopenId = \"order.items.1.none.sku\"\n\
                   merchantId = \"order.items.0.first.sku\"\nmerchantAccountId = \"order.items.7.first.sku\"";
    let read = both(targets, types, value);
    let got = ["tradeNo", "tinyAppId", "openId", "merchantId", "merchantAccountId"].map(|name| field(&read, name));
    assert_eq!(got, [Some("A".to_owned()), Some("2".to_owned()), None, None, None]);
    let read = both(targets, types, json!({"order": null}));
    assert_eq!(field(&read, "tradeNo"), None);
}

#[test]
fn text_comes_from_text_symbols_numbers_and_truth_values() {
    let types = r#"{"name":"a","type":"int"},{"name":"b","type":"long"},{"name":"c","type":"boolean"},
        {"name":"d","type":{"type":"enum","name":"E","symbols":["X","Y"]}},{"name":"e","type":"string"}"#;
    let value = json!({"a": -7, "b": 9_007_199_254_740_993_i64, "c": true, "d": "Y", "e": "號"});
    let read = both("tradeNo = \"a\"\nopenId = \"b\"\nmerchantId = \"c\"\ntinyAppId = \"d\"\nmerchantAccountId = \"e\"", types, value);
    let got = ["tradeNo", "openId", "merchantId", "tinyAppId", "merchantAccountId"].map(|name| field(&read, name).unwrap());
    assert_eq!(got, ["-7", "9007199254740993", "true", "Y", "號"]);
}

#[test]
fn values_are_compared_as_text_and_what_they_do_not_have_goes_as_otherwise_says() {
    let types =
        r#"{"name":"state","type":{"type":"enum","name":"E","symbols":["PAID","DONE","NEW"]}},{"name":"code","type":["null","int"]}"#;
    let status =
        |otherwise: &str| format!("orderStatus = {{ path = \"state\", values = {{ PAID = \"TICKETED\", DONE = \"USED\" }}{otherwise} }}");
    let value = |state: &str| json!({"state": state, "code": null});
    assert_eq!(field(&both(&status(""), types, value("PAID")), "orderStatus").unwrap(), "TICKETED");
    let parked = both(&status(""), types, value("NEW")).unwrap_err();
    assert_eq!(parked, "Unmapped: orderStatus (from state): has a value that the mapping's values do not have");
    assert_eq!(both(&status(", otherwise = \"park\""), types, value("NEW")).unwrap_err(), parked);
    assert_eq!(both(&status(", otherwise = \"skip\""), types, value("NEW")).unwrap_err(), "not ours");
    assert_eq!(field(&both(&status(", otherwise = \"keep\""), types, value("NEW")), "orderStatus").unwrap(), "NEW");

    let by_number = "tradeNo = { path = \"code\", values = { 7 = \"seven\" } }";
    assert_eq!(field(&both(by_number, types, json!({"state": "NEW", "code": 7})), "tradeNo").unwrap(), "seven");
    assert_eq!(field(&both(by_number, types, json!({"state": "NEW", "code": null})), "tradeNo"), None, "null is not looked up");
    assert!(both(by_number, types, json!({"state": "NEW", "code": 8})).unwrap_err().starts_with("Unmapped: tradeNo (from code)"));
}

#[test]
fn that_a_record_is_not_ours_goes_before_what_is_wrong_with_it() {
    let types = r#"{"name":"state","type":"string"},{"name":"kind","type":["null","string"]}"#;
    let targets = "merchantBizType = { path = \"kind\" }\norderStatus = { path = \"state\", values = { A = \"B\" }, otherwise = \"skip\" }";
    assert_eq!(both(targets, types, json!({"state": "X", "kind": null})).unwrap_err(), "not ours");
    let error = both(targets, types, json!({"state": "A", "kind": null})).unwrap_err();
    assert_eq!(error, "Invalid: merchantBizType (from kind): is null or missing");
}

#[test]
fn a_field_that_may_be_null_is_left_out_and_one_that_may_not_is_named() {
    let types = r#"{"name":"trade","type":["null","string"]},{"name":"changed","type":["null","long"]}"#;
    let read = both("tradeNo = \"trade\"", types, json!({"trade": null, "changed": null}));
    assert_eq!(field(&read, "tradeNo"), None);
    for (targets, error) in [
        ("merchantBizNo = \"trade\"", "Invalid: merchantBizNo (from trade): is null or missing"),
        ("orderModifyTime = \"changed\"", "Invalid: orderModifyTime (from changed): is null or missing"),
    ] {
        assert_eq!(both(targets, types, json!({"trade": null, "changed": null})).unwrap_err(), error);
    }
}

#[test]
fn a_uuid_becomes_its_digits_and_the_number_of_the_record_is_kept_for_its_key() {
    let uuid = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    let targets = "merchantBizNo = { path = \"id\", as = \"uuid_simple\" }";
    for types in [r#"{"name":"id","type":"string"}"#, r#"{"name":"id","type":{"type":"string","logicalType":"uuid"}}"#] {
        assert_eq!(field(&both(targets, types, json!({"id": uuid})), "merchantBizNo").unwrap(), uuid.replace('-', ""));
    }
    let error = both(targets, r#"{"name":"id","type":"string"}"#, json!({"id": "A-1"})).unwrap_err();
    assert_eq!(error, "Invalid: merchantBizNo (from id): is no uuid");

    let mappings = fields(targets);
    let types = schema(r#"{"name":"id","type":"string"}"#);
    let writer = super::Writer::parse(&types, &mappings).unwrap();
    let bytes = written(&types, &json!({"no": "x", "at": 1, "id": uuid}));
    assert_eq!(writer.read(&mappings, "orders", &bytes).unwrap().number.as_deref(), Some(uuid));
}

#[test]
fn a_value_of_the_wrong_kind_in_json_is_named_with_both_ends_and_never_quoted() {
    let cases = [
        ("tradeNo = \"x\"", r#"{"a":"canary"}"#, "Invalid: tradeNo (from x): is of a type that does not become text"),
        ("orderModifyTime = \"x\"", r#""canary""#, "Invalid: orderModifyTime (from x): is text that is no number"),
        ("orderModifyTime = \"x\"", "true", "Invalid: orderModifyTime (from x): is of a type that does not become a time"),
        ("orderModifyTime = { path = \"at\", plus = \"x\" }", "1.5", "Invalid: orderModifyTime (from x): is no whole number"),
        ("extInfo = \"x\"", "7", "Invalid: extInfo (from x): is neither a JSON object or array nor text"),
        (
            "\"amount.value\" = \"x\"\n\"amount.currency\" = { constant = \"HKD\" }",
            "[\"canary\"]",
            "Invalid: amount.value (from x): is of a type",
        ),
    ];
    for (targets, x, says) in cases {
        let error = json(&fields(targets), &format!(r#"{{"no":"A","at":1760000000000,"x":{x}}}"#)).unwrap_err();
        assert!(error.starts_with(says) && !error.contains("canary"), "{error}");
    }
}
