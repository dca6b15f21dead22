use domain::{Cause, ResultCode};
use rdkafka::message::{Header, Headers};

use super::*;

fn facts(reason: &ParkReason) -> Facts<'_> {
    Facts {
        reason,
        topic: "orders",
        partition: 3,
        offset: Offset(41),
        group: "order-sync",
        environment: None,
        merchant_biz_no: None,
        order_modify_time: None,
        attempts: 0,
        failures: None,
        schema_id: None,
        traceparent: None,
        kept: Kept::All,
    }
}

/// Name and text of every header.
fn told(record: &Payload, facts: &Facts<'_>) -> Vec<(String, String)> {
    let headers = headers(record, facts);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    headers.iter().map(|header| (header.key.to_owned(), header.value.map(text).unwrap_or_default())).collect()
}

fn unfit() -> ParkReason {
    ParkReason::Unfit(UnfitReason::Undecodable, "the value is empty".into())
}

#[test]
fn an_undecodable_record_tells_its_reason_its_place_and_nothing_it_does_not_know() {
    let said = told(&Payload::of(None, Some(b""), None), &facts(&unfit()));
    let said: Vec<(&str, &str)> = said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [
        ("ordersync.reason", "undecodable"),
        ("ordersync.message", "the value is empty"),
        ("ordersync.topic", "orders"),
        ("ordersync.partition", "3"),
        ("ordersync.offset", "41"),
        ("ordersync.timestamp", "1795478400000"),
        ("ordersync.group", "order-sync"),
        ("ordersync.attempts", "0"),
        ("ordersync.truncated", "false"),
        ("ordersync.version", env!("CARGO_PKG_VERSION")),
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_rejected_order_tells_who_it_is_what_alipayhk_said_and_how_often_it_was_tried() {
    let reason = ParkReason::Rejected(ResultCode::lenient("PARAM_ILLEGAL"));
    let known = Facts {
        environment: Some("production"),
        merchant_biz_no: Some("ORDER-1"),
        order_modify_time: Some(1_795_478_399_000),
        attempts: 2,
        failures: Some((1_795_478_399_100, 1_795_478_399_900)),
        schema_id: Some(7),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ..facts(&reason)
    };
    let said = told(&Payload::of(Some(b"ORDER-1"), Some(b"x"), None), &known);
    let of = |name: &str| said.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((of("ordersync.reason"), of("ordersync.code")), (Some("rejected"), Some("PARAM_ILLEGAL")));
    assert_eq!((of("ordersync.environment"), of("ordersync.merchant_biz_no")), (Some("production"), Some("ORDER-1")));
    assert_eq!((of("ordersync.order_modify_time"), of("ordersync.attempts")), (Some("1795478399000"), Some("2")));
    let failures = (of("ordersync.first_failure"), of("ordersync.last_failure"));
    assert_eq!(failures, (Some("1795478399100"), Some("1795478399900")));
    assert!(of("ordersync.traceparent").is_some_and(|context| context.starts_with("00-0af7651916cd43dd8448eb211c80319c-")));
    assert_eq!((of("ordersync.schema_id"), of("ordersync.truncated")), (Some("7"), Some("false")));
}

#[test]
fn every_reason_has_its_word() {
    let unfit = |reason| ParkReason::Unfit(reason, "".into());
    let words = [
        (unfit(UnfitReason::Undecodable), "undecodable"),
        (unfit(UnfitReason::Invalid), "invalid"),
        (unfit(UnfitReason::Unmapped), "unmapped"),
        (ParkReason::Rejected(ResultCode::lenient("X")), "rejected"),
        (ParkReason::Undecided(Cause::Timeout), "undecided"),
    ];
    for (reason, word) in words {
        assert_eq!(told(&Payload::of(None, None, None), &facts(&reason))[0], ("ordersync.reason".to_owned(), word.to_owned()));
    }
}

#[test]
fn headers_of_the_record_come_first_and_stay_also_where_they_bear_our_names() {
    let own = OwnedHeaders::new()
        .insert(Header { key: "ordersync.reason", value: Some("theirs") })
        .insert(Header { key: "empty", value: None::<&str> })
        .insert(Header { key: "empty", value: Some("") });
    let record = Payload::of(None, None, Some(own));
    let said = told(&record, &facts(&unfit()));
    assert_eq!(said[0], ("ordersync.reason".to_owned(), "theirs".to_owned()));
    assert_eq!((said[1].0.as_str(), said[2].0.as_str()), ("empty", "empty"));
    let last = said.iter().rfind(|(name, _)| name == "ordersync.reason").unwrap();
    assert_eq!(last.1, "undecodable", "the last one counts");
    assert_eq!(record.headers().unwrap().count(), 3, "the record keeps its own");
}

#[test]
fn what_a_letter_that_is_read_once_more_says_of_itself_is_not_taken_for_ours() {
    let stale = [("ordersync.code", "PARAM_ILLEGAL"), ("ordersync.merchant_biz_no", "OTHER"), ("ordersync.truncated", "true")];
    let own = stale.into_iter().fold(OwnedHeaders::new(), |own, (key, value)| own.insert(Header { key, value: Some(value) }));
    let said = told(&Payload::of(None, None, Some(own)), &facts(&unfit()));
    let last = stale.map(|(name, _)| said.iter().rfind(|(known, _)| known == name).unwrap().1.as_str());
    assert_eq!(last, ["", "", "false"]);
}

#[test]
fn a_letter_that_is_too_large_says_so_and_in_the_end_keeps_only_its_place() {
    let own = OwnedHeaders::new().insert(Header { key: "theirs", value: Some("x") });
    let record = Payload::of(None, None, Some(own));
    for (kept, theirs, truncated) in [(Kept::All, true, "false"), (Kept::KeyAndHeaders, true, "true"), (Kept::Place, false, "true")] {
        let said = told(&record, &Facts { kept, ..facts(&unfit()) });
        let of = |wanted: &str| said.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        assert_eq!((of("theirs").is_some(), of("ordersync.truncated")), (theirs, Some(truncated)), "{kept:?}");
        assert!(of("ordersync.offset").is_some());
    }
    assert_eq!(std::iter::successors(Some(Kept::All), |kept| kept.less()).last(), Some(Kept::Place));
}
