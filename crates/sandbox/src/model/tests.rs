use serde_json::json;

use super::*;

const T: i64 = 1_716_338_541_000;

fn sync(request_id: &str, status: &str, modify_time: i64) -> OrderSync {
    let body = json!({
        "requestId": request_id, "merchantBizNo": "ORD-1", "orderStatus": status, "userId": "2160", "merchantBizType": "LINE_UP",
        "orderCreateTime": T, "orderModifyTime": modify_time, "shopInfo": {}, "extInfo": {}
    });
    OrderSync::parse(body.to_string().as_bytes()).unwrap()
}

fn model(order_rule: OrderRule) -> Model {
    Model::new(Stands { order_rule, ..Stands::default() })
}

fn decide(model: &mut Model, sync: &OrderSync) -> (String, Option<String>) {
    let decision = model.decide(sync, 0);
    (decision.label(), decision.order_status)
}

fn says(label: &str, held: &str) -> (String, Option<String>) {
    (label.into(), Some(held.into()))
}

#[test]
fn a_modification_is_applied_and_its_order_keeps_one_id() {
    let mut model = model(OrderRule::Refuse);
    let first = model.decide(&sync("1", "CALL_NUM", T), 5);
    let second = model.decide(&sync("2", "NUMBER_ARRIVED", T + 1), 6);
    assert_eq!((first.label(), second.label()), ("SUCCESS S".into(), "SUCCESS S".into()));
    assert_eq!((first.order_id.is_some(), &first.order_id), (true, &second.order_id));
    let order = model.order("ORD-1").unwrap();
    assert_eq!((order.status.as_str(), order.modify_time, order.applied), ("NUMBER_ARRIVED", T + 1, 2));
    let history: Vec<_> = order.history.iter().map(|applied| (applied.modify_time, applied.at)).collect();
    assert_eq!(history, [(T, 5), (T + 1, 6)]);
}

#[test]
fn an_older_modification_meets_the_configured_stand() {
    let after = |rule| {
        let mut model = model(rule);
        model.decide(&sync("1", "CALL_NUM", T + 10), 0);
        let answer = decide(&mut model, &sync("2", "CALL_NUM", T));
        (answer, model.order("ORD-1").unwrap().modify_time, model.record().count(Kind::OlderAfterNewer))
    };
    assert_eq!(after(OrderRule::Refuse), (says("ORDER_STATUS_INVALID F", "CALL_NUM"), T + 10, 0));
    assert_eq!(after(OrderRule::Ignore), (says("SUCCESS S", "CALL_NUM"), T + 10, 0));
    assert_eq!(after(OrderRule::Off), (says("SUCCESS S", "CALL_NUM"), T, 1));
}

#[test]
fn every_older_application_is_a_violation_until_something_newer_comes() {
    let mut model = model(OrderRule::Off);
    for (number, time) in [T + 10, T, T + 5, T + 10, T + 11].into_iter().enumerate() {
        model.decide(&sync(&number.to_string(), "CALL_NUM", time), 0);
    }
    assert_eq!(model.record().count(Kind::OlderAfterNewer), 2);
    let first = model.record().violations().next().unwrap();
    assert_eq!((first.merchant_biz_no.as_deref(), first.order_modify_time), (Some("ORD-1"), Some(T)));
}

#[test]
fn a_forbidden_step_and_an_unknown_status_get_the_status_held() {
    let mut model = model(OrderRule::Refuse);
    model.decide(&sync("1", "FINISHED", T), 0);
    assert_eq!(decide(&mut model, &sync("2", "CALL_NUM", T + 1)), says("ORDER_STATUS_INVALID F", "FINISHED"));
    assert_eq!(decide(&mut model, &sync("3", "DANCING", T + 2)), says("ORDER_STATUS_INVALID F", "FINISHED"));
    let mut lax = Model::new(Stands { transitions: false, ..Stands::default() });
    lax.decide(&sync("1", "FINISHED", T), 0);
    assert_eq!(decide(&mut lax, &sync("2", "CALL_NUM", T + 1)), says("SUCCESS S", "CALL_NUM"));
}

#[test]
fn a_request_id_gets_its_first_answer_again() {
    let mut model = model(OrderRule::Refuse);
    let first = model.decide(&sync("1", "CALL_NUM", T), 0);
    model.decide(&sync("2", "FINISHED", T + 1), 0);
    assert_eq!(model.decide(&sync("1", "CALL_NUM", T), 0), first);
    assert_eq!((model.record().counters.repeats, model.record().counters.applied), (1, 2));
    assert_eq!(model.record().count(Kind::RequestIdReused), 0);
}

#[test]
fn a_request_id_with_other_content_is_a_violation_and_still_gets_its_first_answer() {
    let mut model = model(OrderRule::Refuse);
    let first = model.decide(&sync("1", "CALL_NUM", T), 0);
    assert_eq!(model.decide(&sync("1", "FINISHED", T + 1), 0), first);
    assert_eq!(model.record().count(Kind::RequestIdReused), 1);
    assert_eq!(model.order("ORD-1").unwrap().status.as_str(), "CALL_NUM");
}

#[test]
fn without_idempotency_a_repeat_is_applied_again() {
    let mut model = Model::new(Stands { idempotency: false, ..Stands::default() });
    model.decide(&sync("1", "CALL_NUM", T), 0);
    model.decide(&sync("1", "CALL_NUM", T), 0);
    let counters = &model.record().counters;
    assert_eq!((counters.applied, counters.applied_again, counters.repeats), (2, 1, 1));
}

#[test]
fn an_injected_failure_sticks_to_its_request_id_and_an_unknown_does_not() {
    let mut model = model(OrderRule::Refuse);
    let unknown = Decision::new("UNKNOWN_EXCEPTION", ResultStatus::U, "");
    let failure = Decision::new("UNKNOWN_EXCEPTION", ResultStatus::F, "");
    assert_eq!(model.inject(&sync("1", "CALL_NUM", T), &unknown, 0), unknown);
    assert_eq!(decide(&mut model, &sync("1", "CALL_NUM", T)), says("SUCCESS S", "CALL_NUM"));
    assert_eq!(model.inject(&sync("2", "CALL_NUM", T + 1), &failure, 0), failure);
    assert_eq!(model.decide(&sync("2", "CALL_NUM", T + 1), 0), failure);
    assert_eq!(decide(&mut model, &sync("3", "CALL_NUM", T + 1)), says("SUCCESS S", "CALL_NUM"));
}

#[test]
fn two_calls_of_one_order_at_once_are_recorded_and_calls_in_turn_are_not() {
    let mut model = model(OrderRule::Refuse);
    let first = model.begin(&sync("1", "CALL_NUM", T), 0);
    model.end(first);
    let second = model.begin(&sync("2", "CALL_NUM", T), 0);
    assert_eq!(model.record().count(Kind::ConcurrentCalls), 0);
    let third = model.begin(&sync("2", "CALL_NUM", T), 0);
    assert_eq!((model.record().count(Kind::ConcurrentCalls), model.open_calls()), (1, 2));
    assert_eq!(model.record().violations().next().unwrap().detail, "the same request");
    model.end(second);
    model.end(third);
    assert_eq!(model.open_calls(), 0);
}

#[test]
fn a_business_type_that_is_not_onboarded_is_unsupported() {
    let mut model = Model::new(Stands { unsupported_types: vec!["LINE_UP".into()], ..Stands::default() });
    assert_eq!(model.decide(&sync("1", "CALL_NUM", T), 0).label(), "UN_SUPPORT_BUSINESS F");
}

#[test]
fn a_missing_required_member_is_illegal_unless_told_otherwise() {
    let mut sync = sync("1", "CALL_NUM", T);
    sync.missing = Some("shopInfo");
    let refused = model(OrderRule::Refuse).decide(&sync, 0);
    assert_eq!((refused.label().as_str(), refused.message.as_str()), ("PARAM_ILLEGAL F", "shopInfo is required"));
    let mut lax = Model::new(Stands { required_extras: false, ..Stands::default() });
    assert_eq!(lax.decide(&sync, 0).label(), "SUCCESS S");
}

#[test]
fn an_order_keeps_its_business_type() {
    let mut model = model(OrderRule::Refuse);
    model.decide(&sync("1", "CALL_NUM", T), 0);
    let mut other = sync("2", "CALL_NUM", T + 1);
    other.biz_type = domain::BizType::RideHailing;
    assert_eq!(model.decide(&other, 0).label(), "PARAM_ILLEGAL F");
}

#[test]
fn violations_are_kept_to_a_thousand_and_all_counted() {
    let mut record = Record::default();
    for at in 0..1500 {
        record.violation(Kind::BadSignature, None, at, "x");
    }
    assert_eq!((record.violations().count(), record.count(Kind::BadSignature)), (1000, 1500));
    assert_eq!(record.violations().next().unwrap().at, 500);
}
