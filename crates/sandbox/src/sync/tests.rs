use serde_json::json;

use super::*;

fn good() -> Value {
    json!({
        "requestId": "00000000000040008000000000000001", "merchantBizNo": "ORD-1", "orderStatus": "PENDING", "userId": "2160000000000001",
        "merchantBizType": "SELF_PICK", "orderCreateTime": 1_716_338_541_000_i64, "orderModifyTime": 1_716_338_541_000_i64,
        "amount": {"value": "1000", "currency": "HKD"}, "itemOrderList": [{}], "shopInfo": {}, "extInfo": {}
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = good();
    body[name] = value;
    body
}

fn without(name: &str) -> Value {
    let mut body = good();
    body.as_object_mut().unwrap().remove(name);
    body
}

fn parse(body: &Value) -> Result<OrderSync, Illegal> {
    OrderSync::parse(body.to_string().as_bytes())
}

#[test]
fn a_complete_request_is_read() {
    let sync = parse(&good()).unwrap();
    assert_eq!((sync.merchant_biz_no.as_str(), sync.status.as_str(), sync.biz_type), ("ORD-1", "PENDING", BizType::SelfPick));
    assert_eq!((sync.modify_time, sync.missing), (1_716_338_541_000, None));
}

#[test]
fn every_broken_rule_names_its_field() {
    let long = "x".repeat(65);
    let cases = [
        (without("requestId"), "requestId is required"),
        (with("requestId", json!("x".repeat(33))), "requestId is longer than 32 characters"),
        (without("merchantBizNo"), "merchantBizNo is required"),
        (with("merchantBizNo", json!("")), "merchantBizNo is empty"),
        (with("merchantBizNo", json!(7)), "merchantBizNo is not a string"),
        (with("merchantBizNo", json!(null)), "merchantBizNo is not a string"),
        (with("merchantBizNo", json!("票".repeat(33))), "merchantBizNo is longer than 32 characters"),
        (without("orderStatus"), "orderStatus is required"),
        (without("userId"), "one of userId and openId is required"),
        (with("openId", json!(long)), "openId is longer than 64 characters"),
        (with("merchantBizType", json!("TOASTER")), "merchantBizType is illegal"),
        (without("orderCreateTime"), "orderCreateTime is required"),
        (with("orderModifyTime", json!(1_716_338_541)), "orderModifyTime is not in epoch milliseconds"),
        (with("orderModifyTime", json!(1_716_338_541_000.5)), "orderModifyTime is not an integer"),
        (with("orderModifyTime", json!("1716338541000")), "orderModifyTime is not an integer"),
        (with("amount", json!({"value": 1000, "currency": "HKD"})), "amount.value is not an amount in cents"),
        (with("amount", json!({"value": "10.00", "currency": "HKD"})), "amount.value is not an amount in cents"),
        (with("payAmount", json!({"value": "1", "currency": "hkd"})), "payAmount.currency is not a currency"),
        (with("extInfo", json!("{}")), "extInfo is not a JSON object"),
        (with("itemOrderList", json!([1])), "itemOrderList is not a list of JSON objects"),
    ];
    for (body, message) in cases {
        assert_eq!(parse(&body).err().map(|illegal| illegal.message).as_deref(), Some(message), "{body}");
    }
    assert_eq!(OrderSync::parse(b"[]").err().unwrap().message, "the body is not a JSON object");
    assert_eq!(OrderSync::parse(b"\xff").err().unwrap().message, "the body is not UTF-8");
}

#[test]
fn the_first_missing_extra_is_named() {
    assert_eq!(parse(&without("itemOrderList")).unwrap().missing, Some("itemOrderList"));
    assert_eq!(parse(&with("merchantBizType", json!("PASS_TICKET"))).unwrap().missing, None);
}

#[test]
fn the_content_is_the_body_without_its_id() {
    let other = parse(&with("requestId", json!("2"))).unwrap();
    assert_eq!(other.content, parse(&good()).unwrap().content);
    assert_ne!(parse(&with("orderStatus", json!("FINISHED"))).unwrap().content, other.content);
}

#[test]
fn the_required_extras_are_those_of_the_standard_rules() {
    use domain::{OrderEvent, RawOrderEvent, Rulebook, Violation};
    for biz_type in BizType::ALL {
        let raw = RawOrderEvent {
            merchant_biz_no: "ORD-1".into(),
            merchant_biz_type: biz_type.name().into(),
            order_status: "FINISHED".into(),
            user_id: Some("2160".into()),
            order_create_time: 1_716_338_541_000,
            order_modify_time: 1_716_338_541_000,
            ..RawOrderEvent::default()
        };
        let event = OrderEvent::parse(&raw, 1_716_338_541_000).unwrap();
        let theirs: Vec<_> = Rulebook::standard()
            .of(biz_type)
            .violations(&event)
            .into_iter()
            .filter_map(|violation| if let Violation::MissingField(field) = violation { Some(field.name()) } else { None })
            .collect();
        let mut ours = Vec::new();
        while let Some(name) = missing_extra(biz_type, |name| ours.contains(&name)) {
            ours.push(name);
        }
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names
        };
        assert_eq!(sorted(ours), sorted(theirs), "{biz_type}");
    }
}
