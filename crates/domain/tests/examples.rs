//! The example orders are what they claim: valid, complete, and each a legal walk from a first status to an end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::{BizType, Field, OrderEvent, OrderStatus, RawMoney, RawOrderEvent, Rulebook, Step};
use serde_json::{Map, Value};

const ORDERS: &str = include_str!("../../../schemas/examples/orders.jsonl");
const SCHEMA: &str = include_str!("../../../schemas/order_event.avsc");

/// 2026-11-03T00:00:00+08:00, the end of the day on which all examples happen.
const NOW: i64 = 1_793_635_200_000;

fn lines() -> Vec<Map<String, Value>> {
    ORDERS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn raw(line: &Map<String, Value>) -> RawOrderEvent<'_> {
    let text = |field: Field| line.get(field.name()).map(|value| Cow::from(value.as_str().unwrap()));
    let time = |field: Field| line.get(field.name()).unwrap().as_i64().unwrap();
    let money = |field: Field| {
        let part = |value: &Value, name: &str| value.get(name).unwrap().as_str().unwrap().to_owned();
        line.get(field.name()).map(|value| RawMoney { value: part(value, "value").into(), currency: part(value, "currency").into() })
    };
    RawOrderEvent {
        merchant_biz_no: text(Field::MerchantBizNo).unwrap(),
        merchant_biz_type: text(Field::MerchantBizType).unwrap(),
        order_status: text(Field::OrderStatus).unwrap(),
        user_id: text(Field::UserId),
        open_id: text(Field::OpenId),
        order_create_time: time(Field::OrderCreateTime),
        order_modify_time: time(Field::OrderModifyTime),
        merchant_account_id: text(Field::MerchantAccountId),
        merchant_id: text(Field::MerchantId),
        tiny_app_id: text(Field::TinyAppId),
        trade_no: text(Field::TradeNo),
        amount: money(Field::Amount),
        pay_amount: money(Field::PayAmount),
        discount_amount: money(Field::DiscountAmount),
        actual_amount: money(Field::ActualAmount),
        shop_info: text(Field::ShopInfo),
        item_order_list: text(Field::ItemOrderList),
        ext_info: text(Field::ExtInfo),
    }
}

#[test]
fn the_schema_and_the_domain_name_the_same_fields_in_the_same_order() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let names: Vec<&str> = schema["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(names, Field::ALL.map(Field::name));
}

#[test]
fn every_example_has_only_fields_of_the_schema_and_breaks_no_rule() {
    let book = Rulebook::standard();
    for line in lines() {
        assert!(line.keys().all(|name| Field::parse(name).is_some()), "{line:?}");
        let event = OrderEvent::parse(&raw(&line), NOW).unwrap();
        assert_eq!(book.of(event.biz_type).violations(&event), [], "{line:?}");
    }
}

#[test]
fn each_of_the_nine_walks_by_legal_steps_to_its_end() {
    let book = Rulebook::standard();
    let mut orders: BTreeMap<BizType, Vec<OrderEvent>> = BTreeMap::new();
    for line in lines() {
        let event = OrderEvent::parse(&raw(&line), NOW).unwrap();
        orders.entry(event.biz_type).or_default().push(event);
    }
    assert!(BizType::ALL.into_iter().eq(orders.keys().copied()));
    for (biz_type, walk) in orders {
        let rules = book.of(biz_type);
        let mut before: Option<&OrderStatus> = None;
        for event in &walk {
            let step = rules.step(before, &event.status);
            assert!(matches!(step, Step::Allowed | Step::Repeated), "{biz_type}: {before:?} → {}: {step:?}", event.status);
            before = Some(&event.status);
        }
        for pair in walk.windows(2) {
            assert_eq!(
                (&pair[0].merchant_biz_no, pair[0].created_at),
                (&pair[1].merchant_biz_no, pair[1].created_at),
                "{biz_type}: one order"
            );
            assert!(pair[0].modified_at < pair[1].modified_at, "{biz_type}: in the order of modification");
        }
        // A voucher has one status only, and no page calls it an end.
        assert!(walk.len() > 1 && (biz_type == BizType::AlipayCoupon || rules.is_end(before.unwrap())), "{biz_type}");
    }
}

#[test]
fn every_kind_of_field_has_an_example() {
    let lines = lines();
    for field in Field::ALL {
        assert!(lines.iter().any(|line| line.contains_key(field.name())), "{}", field.name());
    }
}
