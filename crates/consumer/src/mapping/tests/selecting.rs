//! Which mapping takes a record, and which records are ours.

use super::*;
use crate::mapping::{Mappings, Writer};

fn of_topic(mappings: &Mappings, schema: &str, topic: &str, bytes: &[u8]) -> String {
    let writer = Writer::parse(schema, mappings).unwrap();
    match writer.read(mappings, topic, bytes) {
        Ok(mapped) => mapped.raw.order_status.into_owned(),
        Err(no) => format!("{no:?}"),
    }
}

fn mapping(selector: &str, status: &str) -> String {
    format!("[[mapping]]\n{selector}\n[mapping.fields]\n{}\n", LEAST.replace("CALL_NUM", status))
}

#[test]
fn the_first_mapping_that_takes_topic_and_record_wins() {
    let text = [
        mapping("topics = [\"a\", \"b\"]\nrecord = \"shop.Order\"", "A"),
        mapping("topics = [\"b\"]", "B"),
        mapping("record = \"shop.Refund\"", "C"),
        mapping("topics = [\"a\"]", "D"),
    ];
    let mappings = whole(&text.concat());
    let (order, refund) = (schema(""), schema("").replace("\"Order\"", "\"Refund\""));
    let bytes = written(&order, &json!({"no": "A", "at": 1}));
    for (schema, topic, status) in [(&order, "a", "A"), (&order, "b", "A"), (&refund, "b", "B"), (&refund, "a", "C"), (&refund, "c", "C")] {
        assert_eq!(of_topic(&mappings, schema, topic, &bytes), status, "{topic}");
    }
    assert_eq!(of_topic(&mappings, &order, "c", &bytes), "NoMapping(\"shop.Order\")");
    assert!(mappings.select("a", None).is_some_and(|(at, _)| at == 0), "a record without a name");
}

#[test]
fn one_schema_of_several_records_is_told_apart_by_the_branch() {
    let union = format!("[\"null\",{},{}]", schema(""), schema("").replace("\"Order\"", "\"Refund\""));
    let mappings = whole(&[mapping("record = \"shop.Refund\"", "R"), mapping("record = \"shop.Order\"", "O")].concat());
    let datum = written(&schema(""), &json!({"no": "A", "at": 1}));
    for (branch, status) in [(2, "O"), (4, "R")] {
        assert_eq!(of_topic(&mappings, &union, "any", &[&[branch], datum.as_slice()].concat()), status);
    }
    assert!(of_topic(&mappings, &union, "any", &[0]).starts_with("NoRecord"));
    assert!(of_topic(&mappings, &union, "any", &[6]).starts_with("NoRecord"));
}

#[test]
fn a_record_that_was_renamed_is_taken_by_its_former_name() {
    let mappings = whole(&mapping("record = \"shop.Order\"", "A"));
    let renamed = schema("").replace("\"name\":\"Order\"", "\"name\":\"OrderV2\",\"aliases\":[\"Order\"]");
    let bytes = written(&renamed, &json!({"no": "A", "at": 1}));
    assert_eq!(of_topic(&mappings, &renamed, "any", &bytes), "A");
}

#[test]
fn every_condition_has_to_hold() {
    let types = r#"{"name":"channel","type":["null","string"]},{"name":"count","type":["null","int"]},
        {"name":"customer","type":["null",{"type":"record","name":"C","fields":[{"name":"openId","type":["null","string"]}]}]}"#;
    let check = |when: &str, channel: serde_json::Value, count: serde_json::Value, customer: serde_json::Value| {
        let mappings = whole(&format!("[[mapping]]\nwhen = [{when}]\n[mapping.fields]\n{LEAST}"));
        let value = json!({"no": "A", "at": 1, "channel": channel, "count": count, "customer": customer});
        let (of_avro, of_json) = (avro(&mappings, &schema(types), &value), json(&mappings, &value.to_string()));
        assert_eq!(of_avro, of_json, "{when} {value}");
        of_avro.map(|_| true).or_else(|error| if error == "not ours" { Ok(false) } else { Err(error) }).unwrap()
    };
    let null = || json!(null);
    let listed = r#"{ path = "channel", in = ["ALIPAYHK", "HK"] }"#;
    assert!(check(listed, json!("HK"), null(), null()));
    assert!(!check(listed, json!("hk"), null(), null()));
    assert!(!check(listed, null(), null(), null()), "null is in no list");
    let unlisted = r#"{ path = "channel", not_in = ["POS"] }"#;
    assert!(check(unlisted, json!("APP"), null(), null()));
    assert!(!check(unlisted, json!("POS"), null(), null()));
    assert!(check(unlisted, null(), null(), null()), "and so it is not in that one");
    assert!(check(r#"{ path = "count", in = [3, "4"] }"#, null(), json!(3), null()));
    let there = r#"{ path = "customer.openId", exists = true }"#;
    assert!(check(there, null(), null(), json!({"openId": "o"})));
    assert!(!check(there, null(), null(), json!({"openId": null})));
    assert!(!check(there, null(), null(), null()));
    assert!(check(r#"{ path = "customer", exists = false }"#, null(), null(), null()));
    assert!(check(&format!("{listed}, {there}"), json!("HK"), null(), json!({"openId": "o"})));
    assert!(!check(&format!("{listed}, {there}"), json!("HK"), null(), null()));
}

#[test]
fn a_condition_on_what_a_schema_does_not_have_parks_its_records_and_skips_none_in_silence() {
    let of = |when: &str| {
        let mappings = whole(&format!("[[mapping]]\nwhen = [{when}]\n[mapping.fields]\n{LEAST}"));
        avro(&mappings, &schema(""), &json!({"no": "A", "at": 1}))
    };
    for test in ["in = [\"X\"]", "not_in = [\"X\"]"] {
        let error = of(&format!("{{ path = \"chanel\", {test} }}")).unwrap_err();
        assert_eq!(error, "misfit: mapping[0].when[0].path: shop.Order has no \"chanel\": Order has no field \"chanel\", only no, at");
    }
    assert!(of("{ path = \"chanel\", exists = false }").is_ok(), "whether it exists is the question");
    assert_eq!(of("{ path = \"chanel\", exists = true }").unwrap_err(), "not ours");
}
