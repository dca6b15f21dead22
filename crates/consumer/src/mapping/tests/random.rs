//! Whatever comes: no panic, a bounded cost, and the same from Avro and JSON.

use proptest::prelude::*;

use super::*;
use crate::mapping::{Mappings, Writer};

/// Every kind of target and type at once.
const TYPES: &str = r#"{"name":"trade","type":["null","string","long"]},{"name":"total","type":["null",{"type":"bytes","logicalType":"decimal","precision":20,"scale":3}]},
    {"name":"state","type":{"type":"enum","name":"S","symbols":["A","B","C"]}},
    {"name":"tags","type":{"type":"map","values":["null","string",{"type":"array","items":"double"}]}},
    {"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"sku","type":"string"},{"name":"inner","type":["null","I"]}]}}},
    {"name":"when","type":{"type":"long","logicalType":"timestamp-micros"}}"#;

fn everything() -> Mappings {
    whole(
        r#"[[mapping]]
when = [{ path = "tags.skip", exists = false }]
[mapping.fields]
merchantBizNo = "no"
merchantBizType = { constant = "LINE_UP" }
orderStatus = { path = "state", values = { A = "CALL_NUM", B = "FINISHED" } }
userId = "tags.user"
tradeNo = "trade"
orderCreateTime = "at"
orderModifyTime = { path = "when", plus = "at" }
"amount.value" = { path = "total", unit = "major" }
"amount.currency" = { constant = "HKD" }
itemOrderList = "items"
extInfo = "tags"
"shopInfo.sku" = "items.1.inner.sku"
"#,
    )
}

fn writer(mappings: &Mappings) -> Writer {
    Writer::parse(&schema(TYPES), mappings).unwrap()
}

fn sound() -> Vec<u8> {
    let value = json!({"no": "A", "at": 5, "trade": "T", "total": null, "state": "A", "tags": {"user": "u"},
        "items": [{"sku": "a", "inner": null}, {"sku": "b", "inner": {"sku": "c", "inner": null}}], "when": 1_760_000_000_000_000_i64});
    written(&schema(TYPES), &value)
}

#[test]
fn a_value_that_breaks_off_or_goes_on_is_undecodable_everywhere() {
    let (mappings, bytes) = (everything(), sound());
    assert!(read(&mappings, &schema(TYPES), &bytes).is_ok());
    for end in 0..bytes.len() {
        let error = read(&mappings, &schema(TYPES), &bytes[..end]).unwrap_err();
        assert!(error.starts_with("undecodable: "), "{end}: {error}");
    }
    assert_eq!(read(&mappings, &schema(TYPES), &[&bytes[..], b"!"].concat()).unwrap_err(), "undecodable: 1 more");
}

#[test]
fn a_map_with_a_key_twice_is_undecodable() {
    let types = schema(r#"{"name":"m","type":{"type":"map","values":"int"}}"#);
    let start = written(&types, &json!({"no": "A", "at": 1, "m": {}}));
    let bytes = [&start[..start.len() - 1], &[4, 2, b'a', 2, 2, b'a', 4, 0]].concat();
    for targets in ["extInfo = \"m\"", "tradeNo = \"m.a\""] {
        let error = read(&fields(targets), &types, &bytes).unwrap_err();
        assert!(error.contains("is a map with a key twice"), "{error}");
    }
}

#[test]
fn few_bytes_that_stand_for_much_json_are_refused() {
    let name = "n".repeat(2_000);
    let types = schema(&format!(
        r#"{{"name":"list","type":{{"type":"array","items":{{"type":"record","name":"R","fields":[{{"name":"{name}","type":"boolean"}}]}}}}}}"#
    ));
    let mut bytes = written(&types, &json!({"no": "A", "at": 1, "list": []}));
    bytes.pop();
    bytes.extend([0x80, 0x89, 0x7a]);
    bytes.extend(vec![1; 1_000_000]);
    bytes.push(0);
    let error = read(&fields("itemOrderList = \"list\""), &types, &bytes).unwrap_err();
    assert_eq!(error, "Invalid: itemOrderList (from list): becomes JSON of more than 4 MiB");
}

#[test]
fn items_without_bytes_cannot_claim_to_be_billions() {
    let types = schema(r#"{"name":"list","type":{"type":"array","items":"null"}}"#);
    let mut bytes = written(&types, &json!({"no": "A", "at": 1, "list": []}));
    bytes.pop();
    bytes.extend([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    for targets in ["extInfo = \"list\"", "tradeNo = \"list.5\""] {
        let error =
            read(&fields(targets.replace("tradeNo = \"list.5\"", "\"extInfo.a\" = \"list.5\"").as_str()), &types, &bytes).unwrap_err();
        assert!(error.contains("claims more items than its size can hold"), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_much_for_a_mapping(bytes in prop::collection::vec(any::<u8>(), 0..200), front in 0_usize..60) {
        let mappings = everything();
        let writer = writer(&mappings);
        let sound = sound();
        let mixed = [&sound[..front.min(sound.len())], &bytes].concat();
        for value in [&bytes, &mixed] {
            let _ = writer.read(&mappings, "orders", value);
        }
    }

    #[test]
    fn a_changed_byte_is_read_as_something_or_refused(place in 0_usize..1_000, byte: u8) {
        let mappings = everything();
        let mut bytes = sound();
        let at = place % bytes.len();
        bytes[at] = byte;
        let _ = writer(&mappings).read(&mappings, "orders", &bytes);
    }

    #[test]
    fn no_text_is_too_much_for_a_json_record(text in "\\PC{0,80}", value in json_value()) {
        let mappings = everything();
        let _ = json(&mappings, &text);
        let _ = json(&mappings, &format!(r#"{{"no":"A","at":5,"when":1,"state":"A","tags":{value},"items":{value},"trade":{value},"total":{value}}}"#));
    }

    #[test]
    fn avro_and_json_say_the_same(trade in prop::option::of("\\PC{0,12}"), number: i64, state in 0_usize..3, sku in "\\PC{0,8}", items in 0_usize..4) {
        let types = r#"{"name":"trade","type":["null","string"]},{"name":"number","type":"long"},
            {"name":"state","type":{"type":"enum","name":"S","symbols":["A","B","C"]}},
            {"name":"items","type":{"type":"array","items":{"type":"map","values":["null","string"]}}}"#;
        let targets = "tradeNo = \"trade\"\nopenId = \"number\"\norderStatus = { path = \"state\", values = { A = \"X\", B = \"Y\" }, otherwise = \"skip\" }\n\
            \"amount.value\" = \"number\"\n\"amount.currency\" = { constant = \"HKD\" }\nitemOrderList = \"items\"\n\"extInfo.sku\" = \"items.1.sku\"\n\
            orderModifyTime = { path = \"at\", plus = \"number\" }";
        let state = ["A", "B", "C"][state];
        let items: Vec<_> = (0..items).map(|_| json!({"sku": sku})).collect();
        let _ = both(targets, types, json!({"trade": trade, "number": number, "state": state, "items": items}));
    }
}

fn json_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:?}")),
        "\\PC{0,10}".prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::btree_map("[a-z]{1,5}", inner, 0..4).prop_map(|members| format!(
                "{{{}}}",
                members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect::<Vec<_>>().join(",")
            )),
        ]
    })
}
