//! Orders as a merchant has them: self pick-up orders with shop, items and extras, of which any number of modifications may collapse.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::{OrderEvent, RawMoney, RawOrderEvent};

/// When every order was created, in epoch milliseconds.
const CREATED: i64 = 1_760_000_000_000;

/// The number of an order.
pub fn number(order: u64) -> String {
    format!("BENCH-{order:012}")
}

/// `orderModifyTime` of a version.
pub fn modified_at(version: u64) -> i64 {
    CREATED + i64::try_from(version).unwrap_or(0)
}

/// One modification of an order, about 850 bytes as JSON. A higher `version` is a newer modification.
pub fn raw(order: u64, version: u64) -> RawOrderEvent<'static> {
    let money = |value: u64| Some(RawMoney { value: value.to_string().into(), currency: "HKD".into() });
    RawOrderEvent {
        merchant_biz_no: number(order).into(),
        merchant_biz_type: "SELF_PICK".into(),
        order_status: "ORDER_TAKEN".into(),
        user_id: Some(format!("2088{order:012}").into()),
        order_create_time: CREATED,
        order_modify_time: modified_at(version),
        merchant_account_id: Some("2188120000000001".into()),
        trade_no: Some(format!("20261124{order:020}").into()),
        amount: money(9_800 + version),
        pay_amount: money(9_000 + version),
        discount_amount: money(800),
        shop_info: Some(SHOP.into()),
        item_order_list: Some(ITEMS.into()),
        ext_info: Some(format!(r#"{{"pickup_code":"{order:06}","queue":{version},"pickup_time":1760003600000,"note":"no sugar"}}"#).into()),
        ..RawOrderEvent::default()
    }
}

/// The same, checked.
///
/// # Panics
/// When our own sample breaks a rule.
pub fn event(order: u64, version: u64) -> OrderEvent {
    OrderEvent::parse(&raw(order, version), now_millis()).expect("a sample order is valid")
}

/// The clock in epoch milliseconds.
pub fn now_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

const SHOP: &str = r#"{"shopId":"HK-0012","shopName":"Queen's Road Tea House","address":"12 Queen's Road Central","phone":"+85221234567"}"#;
const ITEMS: &str = r#"[{"itemId":"10021","itemName":"Milk tea, large","quantity":2,"unitPrice":{"value":"2200","currency":"HKD"}},{"itemId":"10044","itemName":"Pineapple bun with butter","quantity":3,"unitPrice":{"value":"1800","currency":"HKD"}}]"#;
