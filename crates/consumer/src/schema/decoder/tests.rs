//! Every bad input there is, by the name of what is wrong with it.

use std::borrow::Cow;

use domain::{RawMoney, RawOrderEvent};

use super::*;
use crate::config::{Framing, Mappings};
use crate::schema::{Encoder, avro};

/// 2026-11-24T00:00:00Z.
const NOW: i64 = 1_795_478_400_000;
const ID: u32 = 7;

fn decoder(framing: Framing, writer_schema: Option<&str>) -> Decoder {
    Decoder::new(&config::Schema { framing, registry: None, writer_schema: writer_schema.map(Into::into) }, Mappings::none()).unwrap()
}

/// A decoder that has the schema of [`value`].
fn confluent() -> Decoder {
    let mut decoder = decoder(Framing::Confluent, None);
    decoder.insert(ID, ORDER_EVENT);
    decoder
}

fn order() -> RawOrderEvent<'static> {
    RawOrderEvent {
        merchant_biz_no: "ORDER-1".into(),
        merchant_biz_type: "LINE_UP".into(),
        order_status: "CALL_NUM".into(),
        user_id: Some("2160000000000001".into()),
        order_create_time: NOW - 2,
        order_modify_time: NOW - 1,
        amount: Some(RawMoney { value: "100".into(), currency: "HKD".into() }),
        shop_info: Some(r#"{"extInfo":{}}"#.into()),
        ext_info: Some("{}".into()),
        ..RawOrderEvent::default()
    }
}

fn value(change: impl FnOnce(&mut RawOrderEvent<'static>)) -> Vec<u8> {
    let mut raw = order();
    change(&mut raw);
    Encoder::confluent(ID).encode(&raw)
}

/// The reason and the message of a record that can never be sent.
fn unfit(decoder: &Decoder, value: &[u8]) -> (UnfitReason, String) {
    match decoder.decode("orders", Some(b"ORDER-1"), Some(value), NOW).0 {
        Decoded::Unfit { reason, message } => (reason, message.to_string()),
        other => panic!("{other:?}"),
    }
}

fn undecodable(decoder: &Decoder, value: &[u8]) -> String {
    let (reason, message) = unfit(decoder, value);
    assert_eq!(reason, UnfitReason::Undecodable, "{message}");
    message
}

fn invalid(change: impl FnOnce(&mut RawOrderEvent<'static>)) -> String {
    let (reason, message) = unfit(&confluent(), &value(change));
    assert_eq!(reason, UnfitReason::Invalid, "{message}");
    message
}

#[test]
fn a_sound_record_becomes_an_event() {
    let (decoded, note) = confluent().decode("orders", Some(b"ORDER-1"), Some(&value(|_| {})), NOW);
    let Decoded::Event(event) = decoded else { panic!("{decoded:?}") };
    assert_eq!(event, OrderEvent::parse(&order(), NOW).unwrap());
    assert_eq!(note, KeyNote::Matches);
}

/// What `BinaryMessageEncoder` of org.apache.avro:avro 1.12.0 makes of [`order`].
const BY_JAVA: &str = "c30117b557a82eee0baf0e4f524445522d310e4c494e455f55501043414c4c5f4e554d022032313630303030303030303030\
    30303100fcafd1adc168feafd1adc16800000000020631303006484b44000000021c7b22657874496e666f223a7b7d7d0002047b7d";

#[test]
fn what_java_writes_is_read_and_is_what_we_write() {
    let digits: Vec<u8> = BY_JAVA.bytes().map(|digit| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap()).collect();
    let java: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    let (decoded, _) = decoder(Framing::SingleObject, None).decode("orders", None, Some(&java), NOW);
    let Decoded::Event(event) = decoded else { panic!("{decoded:?}") };
    assert_eq!(event, OrderEvent::parse(&order(), NOW).unwrap());
    let config = config::Schema { framing: Framing::SingleObject, registry: None, writer_schema: None };
    assert_eq!(Encoder::without_registry(&config).unwrap().unwrap().encode(&order()), java);
    assert!(matches!(confluent().decode("orders", None, Some(&[&[0, 0, 0, 0, 7], &java[10..]].concat()), NOW).0, Decoded::Event(_)));
}

#[test]
fn null_is_a_tombstone_and_nothing_is_not() {
    assert!(matches!(confluent().decode("orders", Some(b"ORDER-1"), None, NOW), (Decoded::Tombstone, KeyNote::Matches)));
    assert!(matches!(confluent().decode("orders", None, None, NOW), (Decoded::Tombstone, KeyNote::Null)));
    assert_eq!(undecodable(&confluent(), &[]), "the value is empty");
    assert_eq!(undecodable(&decoder(Framing::Bare, Some(ORDER_EVENT)), &[]), "the value is empty");
}

#[test]
fn an_unknown_id_asks_for_its_schema_and_waits_for_it() {
    let mut decoder = decoder(Framing::Confluent, None);
    let value = value(|_| {});
    assert!(matches!(decoder.decode("orders", None, Some(&value), NOW), (Decoded::NeedsSchema(ID), KeyNote::Null)));
    assert_eq!(decoder.schema_id(Some(&value)), Some(ID));
    assert_eq!((decoder.schema_id(None), decoder.schema_id(Some(b"x"))), (None, None));
    decoder.insert(ID, ORDER_EVENT);
    assert!(matches!(decoder.decode("orders", None, Some(&value), NOW).0, Decoded::Event(_)));
}

#[test]
fn an_id_that_has_no_usable_schema_makes_its_records_undecodable_with_the_reason() {
    let mut decoder = decoder(Framing::Confluent, None);
    decoder.refuse(ID, "the registry knows no schema 7");
    assert_eq!(undecodable(&decoder, &value(|_| {})), "the registry knows no schema 7");
    decoder.insert(ID, r#"{"type":"record","name":"Heartbeat","fields":[]}"#);
    assert_eq!(undecodable(&decoder, &value(|_| {})), "schema 7: merchantBizNo is missing and has no default");
    decoder.insert(ID, "<html>");
    assert!(undecodable(&decoder, &value(|_| {})).starts_with("schema 7: it is no Avro schema: "));
}

#[test]
fn what_a_schema_says_is_cut_before_it_fills_headers() {
    let mut decoder = decoder(Framing::Confluent, None);
    let name = "x".repeat(50_000);
    decoder.insert(
        ID,
        &ORDER_EVENT.replace(r#""name": "merchantBizNo", "type": "string""#, &format!(r#""name": "merchantBizNo", "type": "{name}""#)),
    );
    let message = undecodable(&decoder, &value(|_| {}));
    assert!(message.chars().count() <= REASON + 1 && !message.contains('\n'), "{message}");
}

#[test]
fn ids_out_of_the_blue_do_not_fill_the_memory() {
    let mut decoder = confluent();
    for id in 1_000..1_000 + 3 * u32::try_from(REFUSED).unwrap() {
        decoder.refuse(id, "unknown");
    }
    assert!(decoder.by_id.len() <= REFUSED + 1, "{}", decoder.by_id.len());
    assert!(matches!(decoder.decode("orders", None, Some(&value(|_| {})), NOW).0, Decoded::Event(_)), "a usable schema is never forgotten");
}

#[test]
fn bytes_that_are_no_order_are_undecodable() {
    let good = value(|_| {});
    assert!(undecodable(&confluent(), b"{\"merchantBizNo\":\"ORDER-1\"}").contains("schema.framing"));
    assert!(undecodable(&confluent(), &[1, 0, 0, 0, 7, 2]).contains("does not begin with a zero byte"));
    assert!(undecodable(&confluent(), &good[..4]).contains("does not begin with a zero byte"));
    assert_eq!(undecodable(&confluent(), &good[..5]), "merchantBizNo: ends too early");
    assert_eq!(undecodable(&confluent(), &good[..good.len() - 1]), "extInfo: ends too early");
    assert_eq!(undecodable(&confluent(), &[&good[..], b"!"].concat()), "1 bytes follow the order");
    assert_eq!(undecodable(&confluent(), &[0, 0, 0, 0, 7, 0xff, 0xff]), "merchantBizNo: ends too early");
}

#[test]
fn a_value_beyond_all_measure_is_undecodable_however_sound_it_is() {
    let text: Cow<'static, str> = format!("{{\"a\":\"{}\"}}", "x".repeat(5_000_000)).into();
    assert_eq!(undecodable(&confluent(), &value(|raw| raw.ext_info = Some(text))), "the value is larger than 4 MiB");
    let text: Cow<'static, str> = format!("{{\"a\":\"{}\"}}", "x".repeat(3_000_000)).into();
    let (decoded, _) = confluent().decode("orders", None, Some(&value(|raw| raw.ext_info = Some(text))), NOW);
    assert!(matches!(decoded, Decoded::Event(_)));
}

#[test]
fn a_rule_that_is_broken_is_named_and_the_value_is_not() {
    assert!(invalid(|raw| raw.order_modify_time = NOW / 1_000).starts_with("orderModifyTime: ") && NOW / 1_000 < 1_000_000_000_000);
    assert!(invalid(|raw| raw.order_modify_time = NOW * 1_000).contains("microseconds"));
    assert!(invalid(|raw| raw.order_modify_time = NOW + 2 * 86_400_000).contains("ahead of the clock"));
    assert!(invalid(|raw| raw.order_modify_time = -1).starts_with("orderModifyTime: "));
    let message = invalid(|raw| raw.merchant_biz_type = "PIZZA".into());
    assert!(message.starts_with("merchantBizType: ") && !message.contains("PIZZA"), "{message}");
    assert!(invalid(|raw| raw.user_id = None).starts_with("userId: "));
    assert!(invalid(|raw| raw.ext_info = Some("{".into())).starts_with("extInfo: "));
    assert!(invalid(|raw| raw.ext_info = Some("[".repeat(100_000).into())).starts_with("extInfo: "));
}

#[test]
fn the_key_is_compared_with_the_value_whose_number_rules() {
    let decoder = confluent();
    for (key, note) in [
        (Some(&b"ORDER-1"[..]), KeyNote::Matches),
        (Some(b"\x0eORDER-1"), KeyNote::Matches),
        (None, KeyNote::Null),
        (Some(b"ORDER-2"), KeyNote::Differs),
    ] {
        let (decoded, noted) = decoder.decode("orders", key, Some(&value(|_| {})), NOW);
        let Decoded::Event(event) = decoded else { panic!("{decoded:?}") };
        assert_eq!((event.merchant_biz_no.as_str(), noted), ("ORDER-1", note));
    }
    let (decoded, note) = decoder.decode("orders", Some(b"ORDER-2"), Some(&value(|raw| raw.user_id = None)), NOW);
    assert!(matches!((decoded, note), (Decoded::Unfit { .. }, KeyNote::Differs)), "also beside an order that breaks a rule");
}

#[test]
fn a_single_object_is_found_by_its_fingerprint() {
    let config = config::Schema { framing: Framing::SingleObject, registry: None, writer_schema: None };
    let value = Encoder::without_registry(&config).unwrap().unwrap().encode(&order());
    assert_eq!(value[..2], [0xc3, 0x01]);
    let own = decoder(Framing::SingleObject, None);
    assert!(matches!(own.decode("orders", None, Some(&value), NOW).0, Decoded::Event(_)));
    assert_eq!(own.schema_id(Some(&value)), None);

    let other = ORDER_EVENT.replace("ordersync.v1", "com.shop");
    let fingerprint = avro::fingerprint(&avro::parse(&other).unwrap());
    let rust = avro::fingerprints(&avro::parse(ORDER_EVENT).unwrap())[1];
    assert!(matches!(own.decode("orders", None, Some(&[&[0xc3, 0x01][..], &rust, &value[10..]].concat()), NOW).0, Decoded::Event(_)));
    let foreign = [&[0xc3, 0x01][..], &fingerprint, &value[10..]].concat();
    assert!(undecodable(&own, &foreign).contains("fingerprint"));
    assert!(matches!(decoder(Framing::SingleObject, Some(&other)).decode("orders", None, Some(&foreign), NOW).0, Decoded::Event(_)));
    assert!(undecodable(&own, &value[..9]).contains("single-object"));
    assert!(undecodable(&own, &[0, 0, 0, 0, 7, 2]).contains("single-object"));
}

#[test]
fn bare_values_are_read_by_the_configured_schema() {
    let config = config::Schema { framing: Framing::Bare, registry: None, writer_schema: Some(ORDER_EVENT.into()) };
    let value = Encoder::without_registry(&config).unwrap().unwrap().encode(&order());
    assert!(matches!(decoder(Framing::Bare, Some(ORDER_EVENT)).decode("orders", None, Some(&value), NOW).0, Decoded::Event(_)));
    assert!(undecodable(&decoder(Framing::Bare, None), &value).contains("schema.writer_schema_file"));
}

#[test]
fn a_configured_schema_of_something_else_is_found_before_anything_is_read() {
    for framing in [Framing::Bare, Framing::SingleObject] {
        let config = config::Schema { framing, registry: None, writer_schema: Some(r#"{"type":"record","name":"A","fields":[]}"#.into()) };
        let error = Decoder::new(&config, Mappings::none()).unwrap_err().to_string();
        assert_eq!(
            error,
            "schema.writer_schema_file: its records cannot be read as ordersync.v1.OrderEvent: merchantBizNo is missing and has no default"
        );
        assert!(Encoder::without_registry(&config).is_ok_and(|encoder| encoder.is_some()) || framing == Framing::Bare);
    }
}

#[test]
fn an_event_written_again_is_the_same_event() {
    let (Decoded::Event(event), _) = confluent().decode("orders", None, Some(&value(|_| {})), NOW) else { panic!("no event") };
    let again = Encoder::confluent(ID).encode(&crate::schema::raw(&event));
    assert_eq!(again, value(|_| {}));
}

#[test]
fn nothing_that_was_read_is_in_what_is_printed() {
    let text = format!("{:?}", confluent().decode("orders", None, Some(&value(|raw| raw.user_id = Some("2160777".into()))), NOW));
    assert!(!text.contains("2160777"), "{text}");
}

#[test]
fn plain_json_is_read_by_the_names_of_the_schema_and_is_what_samples_are() {
    let config = config::Schema { framing: Framing::Json, registry: None, writer_schema: None };
    let decoder = Decoder::new(&config, config::plain_json().unwrap()).unwrap();
    let value = Encoder::without_registry(&config).unwrap().unwrap().encode(&order());
    let (decoded, note) = decoder.decode("orders", Some(b"ORDER-1"), Some(&value), NOW);
    let Decoded::Event(event) = decoded else { panic!("{decoded:?}") };
    assert_eq!((event, note), (OrderEvent::parse(&order(), NOW).unwrap(), KeyNote::Matches));
    for (value, says) in [(&b"{}"[..], "merchantBizNo (from merchantBizNo): is null or missing"), (b"{\"a\":1,\"a\":2}", "a member twice")]
    {
        assert!(unfit(&decoder, value).1.contains(says));
    }
    assert_eq!(undecodable(&decoder, b""), "the value is empty");
    assert_eq!(decoder.schema_id(Some(&value)), None);
}

#[test]
fn with_a_mapping_a_topic_may_have_its_own_and_one_without_is_unmapped() {
    let text = "[[mapping]]\ntopics = [\"here\"]\n[mapping.fields]\nmerchantBizNo = { path = \"merchantBizNo\", values = { ORDER-1 = \"ONE\" } }\n\
                merchantBizType = \"merchantBizType\"\norderStatus = \"orderStatus\"\nuserId = \"userId\"\norderCreateTime = \"orderCreateTime\"\n\
                orderModifyTime = \"orderModifyTime\"";
    let config = config::Schema { framing: Framing::Confluent, registry: None, writer_schema: None };
    let mut decoder = Decoder::new(&config, config::mappings(text).unwrap()).unwrap();
    let value = value(|_| {});
    assert!(matches!(decoder.decode("here", None, Some(&value), NOW).0, Decoded::NeedsSchema(ID)));
    decoder.insert(ID, ORDER_EVENT);
    let (decoded, note) = decoder.decode("here", Some(b"ORDER-1"), Some(&value), NOW);
    let Decoded::Event(event) = decoded else { panic!("{decoded:?}") };
    assert_eq!((event.merchant_biz_no.as_str(), note), ("ONE", KeyNote::Matches), "the key is the number as the record has it");
    let Decoded::Unfit { reason, message } = decoder.decode("there", None, Some(&value), NOW).0 else { panic!("taken") };
    assert_eq!((reason, &*message), (UnfitReason::Unmapped, "no mapping takes records ordersync.v1.OrderEvent of this topic"));
    decoder.insert(ID, "\"string\"");
    assert_eq!(undecodable(&decoder, &value), "schema 7: its root is a string, which does not become a record");
}

#[test]
fn a_configured_schema_that_the_mapping_does_not_fit_is_found_before_anything_is_read() {
    let text = "[[mapping]]\n[mapping.fields]\nmerchantBizNo = \"no\"\nmerchantBizType = \"merchantBizType\"\norderStatus = \"orderStatus\"\n\
                userId = \"userId\"\norderCreateTime = \"orderCreateTime\"\norderModifyTime = \"orderModifyTime\"";
    for framing in [Framing::Bare, Framing::SingleObject] {
        let config = config::Schema { framing, registry: None, writer_schema: Some(ORDER_EVENT.into()) };
        let error = Decoder::new(&config, config::mappings(text).unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("mapping[0].fields.merchantBizNo: ordersync.v1.OrderEvent has no \"no\": "), "{error}");
    }
}
