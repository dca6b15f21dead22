use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn object(text: &str) -> Option<Fault> {
    JsonObject::parse(text).err()
}

fn array(text: &str) -> Option<Fault> {
    JsonArray::parse(text).err()
}

#[test]
fn the_text_is_kept_byte_for_byte() {
    let text = " {\"b\":1.0e+2,\"a\":123456789012345678901234567890,\r\n\t\"b\":\"\\u00e9é\\/\",\"n\":1e999,\"z\":-0.0} ";
    assert_eq!(JsonObject::parse(text).unwrap().as_str(), text);
    let text = "[ {\"q\":1}\n,{} ]";
    assert_eq!(JsonArray::parse(text).unwrap().as_str(), text);
    assert_eq!(array("[]"), None);
    assert_eq!(array(" [ ] "), None);
}

#[test]
fn only_json_is_json() {
    for text in
        ["", " ", "{", "}", "{}{}", "{},", "{} x", "{\"a\"}", "{'a':1}", "{a:1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":1.}"]
    {
        assert_eq!(object(text), Some(Fault::NotJson), "{text:?}");
    }
    for text in [
        "{\"a\":NaN}",
        "{\"a\":tru}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "\u{feff}{}",
        "{}\0",
        "\u{b}{}",
        "{\"a\":1/**/}",
    ] {
        assert_eq!(object(text), Some(Fault::NotJson), "{text:?}");
    }
    assert_eq!(array("[{},]"), Some(Fault::NotJson));
    assert_eq!(array("[{}]]"), Some(Fault::NotJson));
}

#[test]
fn the_kind_must_fit() {
    for text in ["null", "[]", "[{}]", "1", "\"{}\"", "true"] {
        assert_eq!(object(text), Some(Fault::NotObject), "{text}");
    }
    for text in ["null", "{}", "{\"a\":[]}", "1", "\"[]\""] {
        assert_eq!(array(text), Some(Fault::NotArray), "{text}");
    }
    for item in ["null", "[]", "[{}]", "1", "-1", "\"{}\"", "false", "\"\\\"{\""] {
        assert_eq!(array(&format!("[{item}]")), Some(Fault::ItemNotObject), "{item}");
        assert_eq!(array(&format!("[{{}} , {item}]")), Some(Fault::ItemNotObject), "{item}");
        assert_eq!(array(&format!("[{{\"a\":{item}}}]")), None, "{item} inside an item");
    }
}

#[test]
fn thirty_two_levels_are_the_most() {
    let nested = |levels: usize| format!("{}{}", "{\"a\":".repeat(levels - 1) + "{", "}".repeat(levels));
    assert_eq!(object(&nested(32)), None);
    assert_eq!(object(&nested(33)), Some(Fault::TooDeep { max: 32 }));
    assert_eq!(object(&format!("{{\"a\":{}{}}}", "[".repeat(31), "]".repeat(31))), None);
    assert_eq!(object(&format!("{{\"a\":{}{}}}", "[".repeat(32), "]".repeat(32))), Some(Fault::TooDeep { max: 32 }));
    assert_eq!(array(&format!("[{}]", nested(31))), None);
    assert_eq!(array(&format!("[{}]", nested(32))), Some(Fault::TooDeep { max: 32 }));
    let million = 1_000_000;
    assert_eq!(object(&nested(million)), Some(Fault::TooDeep { max: 32 }), "and the stack holds");
}

#[test]
fn brackets_and_quotes_inside_strings_are_no_structure() {
    let brackets = "[{".repeat(40);
    assert_eq!(object(&format!("{{\"{brackets}\":\"\\\\\\\"{brackets}\"}}")), None);
    assert_eq!(object("{\"a\":\"\\\\\",\"b\":[{}]}"), None);
}

#[test]
fn a_path_is_there_when_it_leads_to_more_than_null() {
    let json = JsonObject::parse(r#"{"a":{"b":{"c":0}},"n":null,"e":{},"l":[],"s":"","f":false,"x.y":1}"#).unwrap();
    for there in ["a", "a.b", "a.b.c", "e", "l", "s", "f"] {
        assert!(json.has_path(there), "{there}");
    }
    for missing in ["b", "a.c", "a.b.c.d", "n", "n.a", "e.a", "l.a", "s.a", "", "a.", ".a", "A", "x.y"] {
        assert!(!json.has_path(missing), "{missing:?}");
    }
}

#[test]
fn every_item_of_an_array_must_have_the_path() {
    let json = JsonObject::parse(r#"{"all":[{"a":1},{"a":2}],"some":[{"a":1},{}],"null":[{"a":1},{"a":null}]}"#).unwrap();
    assert_eq!([json.has_path("all.a"), json.has_path("some.a"), json.has_path("null.a")], [true, false, false]);
    let items = |text| JsonArray::parse(text).unwrap().has_path("a.b");
    assert_eq!([items(r#"[{"a":{"b":1}}]"#), items(r#"[{"a":{"b":1}},{"a":1}]"#), items("[]")], [true, false, false]);
}

#[test]
fn of_duplicate_members_the_last_counts() {
    assert!(JsonObject::parse(r#"{"a":null,"a":1}"#).unwrap().has_path("a"));
    assert!(!JsonObject::parse(r#"{"a":1,"a":null}"#).unwrap().has_path("a"));
    assert!(JsonObject::parse(r#"{"a":1e999,"a":{"b":1}}"#).unwrap().has_path("a.b"));
}

#[test]
fn names_are_compared_after_their_escapes() {
    assert!(JsonObject::parse(r#"{"start\u005ftime":1}"#).unwrap().has_path("start_time"));
    let half_of_a_pair = JsonObject::parse(r#"{"\ud83d":"\ude00","a":1e400}"#).unwrap();
    assert!(half_of_a_pair.has_path("a"), "what is no text elsewhere in the object hides nothing");
}

#[test]
fn debug_shows_no_member() {
    assert_eq!(format!("{:?}", JsonObject::parse(r#"{"name":"Chan"}"#).unwrap()), "JsonObject(15 bytes)");
    assert_eq!(format!("{:?}", JsonArray::parse("[{}]").unwrap()), "JsonArray(4 bytes)");
}

/// Any JSON of a few levels, with few enough names that paths meet them.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let name = prop_oneof![Just("a".to_owned()), Just("b".to_owned()), "[\\PC\"\\\\]{0,3}"];
        let members = prop::collection::vec((name, inner.clone()), 0..4).prop_map(|members| members.into_iter().collect::<Value>());
        prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), members]
    })
}

fn naive(value: &Value, path: &[&str]) -> bool {
    let Some((name, rest)) = path.split_first() else { return !value.is_null() };
    match value {
        Value::Object(members) => members.get(*name).is_some_and(|member| naive(member, rest)),
        Value::Array(items) => !items.is_empty() && items.iter().all(|item| naive(item, path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_whole_or_refused(text in "\\PC{0,40}|[\\[\\]{}\",:a1\\\\ \\n]{0,40}") {
        if let Ok(json) = JsonObject::parse(&text) {
            prop_assert_eq!(json.as_str(), &text);
            let whole: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
            prop_assert!(whole.len() <= text.len());
        }
        if let Ok(json) = JsonArray::parse(&text) {
            prop_assert_eq!(json.as_str(), &text);
            let items: Vec<serde_json::Map<String, Value>> = serde_json::from_str(&text).unwrap();
            prop_assert!(items.len() <= text.len());
        }
    }

    #[test]
    fn all_json_is_taken_by_its_kind(value in any_json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        prop_assert_eq!(JsonObject::parse(&text).is_ok(), value.is_object());
        let objects = value.as_array().is_some_and(|items| items.iter().all(Value::is_object));
        prop_assert_eq!(JsonArray::parse(&text).is_ok(), objects);
    }

    #[test]
    fn a_path_is_found_where_a_full_parse_finds_it(value in any_json(), path in prop::collection::vec("[ab]", 1..4)) {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        if let Ok(json) = JsonObject::parse(&value.to_string()) {
            prop_assert_eq!(json.has_path(&path.join(".")), naive(&value, &names));
        }
    }

    #[test]
    fn asking_any_path_of_any_object_does_no_harm(value in any_json(), path in "[ab.\\PC]{0,12}") {
        if let Ok(json) = JsonObject::parse(&value.to_string()) {
            let _ = json.has_path(&path);
        }
    }
}
