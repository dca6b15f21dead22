use std::borrow::Cow;

use domain::{RawMoney, RawOrderEvent};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::testing::{event, parsed, raw_event, vector};

fn sent(raw: &RawOrderEvent<'_>) -> String {
    String::from_utf8(content(&parsed(raw))).unwrap()
}

#[test]
fn the_body_is_the_known_answer_byte_for_byte() {
    let known = vector("V-D-request");
    let (_, _, _, body) = known.parts();
    let with_known_id = body.replace("00000000000040008000000000000001", "ID");
    let content = content(&event());
    let ours = String::from_utf8(with_request_id(&crate::RequestId::literal("ID"), &content)).unwrap();
    assert_eq!(ours, with_known_id);
}

#[test]
fn every_field_stands_in_its_place() {
    let money = |value: &'static str| Some(RawMoney { value: Cow::Borrowed(value), currency: Cow::Borrowed("HKD") });
    let raw = RawOrderEvent {
        open_id: Some("open".into()),
        merchant_account_id: Some("account".into()),
        merchant_id: Some("2160".into()),
        tiny_app_id: Some("app".into()),
        trade_no: Some("trade".into()),
        amount: money("1000"),
        pay_amount: money("900"),
        discount_amount: money("100"),
        actual_amount: money("0900"),
        shop_info: Some(r#"{"extInfo":{"multiLang":{}}}"#.into()),
        item_order_list: Some("[{}]".into()),
        ext_info: Some("{}".into()),
        ..raw_event()
    };
    insta::assert_snapshot!(sent(&raw).replace(",\"", ",\n\""));
}

#[test]
fn opaque_json_goes_out_byte_for_byte() {
    let opaque = "{ \"z\" : 1.10,\n\"a\":[1e3, \"\\u9999\", \"香\"],\"big\":123456789012345678901234567890}";
    let raw = RawOrderEvent { ext_info: Some(opaque.into()), ..raw_event() };
    assert!(sent(&raw).ends_with(&format!(",\"extInfo\":{opaque}}}")));
}

#[test]
fn what_is_null_is_left_out() {
    let json: Value = serde_json::from_str(&sent(&raw_event())).unwrap();
    let names: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["merchantBizNo", "merchantBizType", "orderCreateTime", "orderModifyTime", "orderStatus", "userId"]);
    assert!(json["orderModifyTime"].is_i64());
}

#[test]
fn a_body_of_nothing_but_the_id_is_an_object() {
    assert_eq!(with_request_id(&crate::RequestId::literal("ID"), b"{}"), br#"{"requestId":"ID"}"#);
}

proptest! {
    #[test]
    fn any_text_reads_back_as_itself(number in any::<String>().prop_filter("1 to 32 characters", |s| (1..=32).contains(&s.chars().count()))) {
        let raw = RawOrderEvent { merchant_biz_no: number.as_str().into(), ..raw_event() };
        let json: Value = serde_json::from_str(&sent(&raw)).unwrap();
        prop_assert_eq!(json["merchantBizNo"].as_str(), Some(number.as_str()));
    }

    #[test]
    fn text_is_escaped_as_serde_json_does(text in any::<String>()) {
        let mut writer = Writer(Vec::new());
        writer.quoted(&text);
        prop_assert_eq!(String::from_utf8(writer.0).unwrap(), serde_json::to_string(&text).unwrap());
    }
}
