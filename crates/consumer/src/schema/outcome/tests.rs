//! Apache's crate reads what is written here.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use domain::{RawOrderEvent, ResultCode};
use engine::Offset;

use super::*;

const NOW: i64 = 1_795_478_400_000;

/// What Apache's crate reads out of the bytes: every field that is not null.
fn read(bytes: &[u8]) -> Vec<(String, String)> {
    fn text(value: Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::Union(_, inner) => text(*inner),
            Value::String(text) => Some(text),
            Value::Boolean(is) => Some(is.to_string()),
            Value::Int(number) => Some(number.to_string()),
            Value::Long(number) | Value::TimestampMillis(number) => Some(number.to_string()),
            other => panic!("{other:?}"),
        }
    }
    let schema = Schema::parse_str(SCHEMA).unwrap();
    let mut rest = bytes;
    let value = GenericDatumReader::builder(&schema).build().unwrap().read_value(&mut rest).unwrap();
    assert!(rest.is_empty(), "{} bytes too many", rest.len());
    let Value::Record(fields) = value else { panic!("no record") };
    fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

fn facts(disposition: &Disposition) -> Facts<'_> {
    let (order, event, request_id, notes, standing) = (None, None, None, None, None);
    Facts { topic: "orders", partition: 3, offset: 70_000, order, disposition, event, request_id, notes, at_millis: NOW, standing }
}

#[test]
fn a_delivered_record_tells_everything_that_the_answer_told() {
    let raw = RawOrderEvent {
        merchant_biz_no: "ORDER-1".into(),
        merchant_biz_type: "ALIPAY_COUPON".into(),
        order_status: "TICKETED".into(),
        open_id: Some("o".into()),
        order_create_time: NOW - 9,
        order_modify_time: NOW - 5,
        ..RawOrderEvent::default()
    };
    let event = OrderEvent::parse(&raw, NOW).unwrap();
    let notes =
        Notes { order_id: Some("A-1".into()), order_status: Some("TICKETED".into()), tracer_id: Some("t-1".into()), ..Notes::default() };
    let accepted = Some(event.status.clone());
    let standing = Standing { at: NOW - 5, offset: Offset(70_000), content: u32::MAX, was_accepted: true, accepted };
    let facts = Facts {
        order: Some("ORDER-1"),
        event: Some(&event),
        request_id: Some("0123456789abcdef0123456789abcdef"),
        notes: Some(&notes),
        standing: Some(&standing),
        ..facts(&Disposition::Delivered)
    };
    let pairs: Vec<(String, String)> = [
        ("topic", "orders"),
        ("partition", "3"),
        ("offset", "70000"),
        ("merchantBizNo", "ORDER-1"),
        ("disposition", "delivered"),
        ("merchantBizType", "ALIPAY_COUPON"),
        ("orderStatus", "TICKETED"),
        ("orderModifyTime", "1795478399995"),
        ("orderId", "A-1"),
        ("held_status", "TICKETED"),
        ("tracer_id", "t-1"),
        ("requestId", "0123456789abcdef0123456789abcdef"),
        ("at", "1795478400000"),
        ("decided_time", "1795478399995"),
        ("decided_offset", "70000"),
        ("decided_content", "4294967295"),
        ("decided_accepted", "true"),
        ("accepted_status", "TICKETED"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    assert_eq!(read(&encode(&facts)), pairs);
    let framed = encode_framed(258, &facts);
    assert_eq!((&framed[..5], read(&framed[5..])), (&[0, 0, 0, 1, 2][..], pairs));
}

#[test]
fn every_disposition_has_its_words() {
    let table = [
        (Disposition::Delivered, "delivered", None),
        (Disposition::Superseded { by: Offset(70_001) }, "superseded", Some("70001")),
        (Disposition::Stale(StaleReason::Older), "stale", Some("older")),
        (Disposition::Stale(StaleReason::Duplicate), "stale", Some("duplicate")),
        (Disposition::Stale(StaleReason::PeerAhead), "stale", Some("peer_ahead")),
        (Disposition::Rejected(ResultCode::lenient("PARAM_ILLEGAL")), "rejected", Some("PARAM_ILLEGAL")),
        (Disposition::Parked(ParkKind::Undecodable), "parked", Some("undecodable")),
        (Disposition::Parked(ParkKind::Invalid), "parked", Some("invalid")),
        (Disposition::Parked(ParkKind::Unmapped), "parked", Some("unmapped")),
        (Disposition::Parked(ParkKind::Undecided), "parked", Some("undecided")),
        (Disposition::Skipped(SkipReason::Tombstone), "skipped", Some("tombstone")),
        (Disposition::Skipped(SkipReason::NotOurs), "skipped", Some("not_ours")),
        (Disposition::Skipped(SkipReason::TooOld), "skipped", Some("too_old")),
    ];
    for (disposition, word, detail) in table {
        let lines = read(&encode(&facts(&disposition)));
        let line = |name: &str| lines.iter().find(|(other, _)| other == name).map(|(_, text)| text.as_str());
        assert_eq!(line("disposition"), Some(word));
        assert_eq!(line("code").or(line("superseded_by")), detail, "{word}");
        assert_eq!(lines.len(), if detail.is_some() { 6 } else { 5 });
    }
}

#[test]
fn an_outcome_is_small() {
    assert!(encode(&facts(&Disposition::Delivered)).len() < 52);
}
