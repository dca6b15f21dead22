//! What stands in a sample order beside its status. Members inside the opaque objects are those that AlipayHK's scenario pages name;
//! where they name none, the object is empty.

use std::borrow::Cow;

use domain::{BizType, RawMoney, RawOrderEvent};
use serde_json::{Value, json};

use super::random::Random;

const MINUTE: i64 = 60_000;

/// What stays the same over all modifications of an order.
pub(super) fn begin(number: String, biz_type: BizType, created: i64, random: &mut Random) -> RawOrderEvent<'static> {
    let mut raw = RawOrderEvent {
        merchant_biz_no: number.into(),
        merchant_biz_type: biz_type.name().into(),
        order_create_time: created,
        ..RawOrderEvent::default()
    };
    // Nobody has these ids: real ones do not go on with so many zeros.
    let person = random.between(1, 99_999);
    if random.chance(0.7) {
        raw.user_id = Some(format!("2160000000{person:06}").into());
    } else {
        raw.open_id = Some(format!("sample-open-id-{person:05}").into());
    }
    if random.chance(0.8) {
        raw.trade_no = Some(format!("{:028}", random.next()).into());
    }
    let full = random.between(20, 600) * 100;
    match biz_type {
        BizType::PassTicket | BizType::AlipayCoupon | BizType::MovieTicket | BizType::TrainTicket => {
            raw.amount = money(full);
            raw.pay_amount = money(full - full / 10 * random.between(0, 2));
        }
        BizType::GiftCardCoupon => raw.amount = money(full),
        BizType::SelfPick => {
            let less = full / 10 * random.between(0, 3);
            raw.amount = money(full);
            raw.discount_amount = money(less);
            raw.actual_amount = money(full - less);
            let items: Vec<Value> = (0..random.between(1, 4)).map(|_| json!({})).collect();
            raw.item_order_list = json_text(&json!(items));
            raw.shop_info = json_text(&json!({}));
            raw.merchant_account_id = Some("2160000000000098".into());
        }
        BizType::LineUp => {
            raw.shop_info = json_text(&json!({"extInfo": {"multiLang": {"zh_HK": {}, "en_US": {}}}}));
            raw.merchant_account_id = Some("2160000000000098".into());
        }
        BizType::RideHailing => raw.tiny_app_id = Some("sample-mini-program".into()),
        BizType::ChargingPile => {}
    }
    raw
}

/// What a modification changes.
pub(super) fn modify(raw: &mut RawOrderEvent<'static>, biz_type: BizType, status: &'static str, at: i64, random: &mut Random) {
    raw.order_status = status.into();
    raw.order_modify_time = at;
    raw.ext_info = match biz_type {
        BizType::PassTicket | BizType::GiftCardCoupon => None,
        BizType::AlipayCoupon | BizType::LineUp | BizType::SelfPick | BizType::TrainTicket => json_text(&json!({})),
        BizType::MovieTicket if status == "TICKETED" => json_text(&json!({"start_time": at + in_minutes(random, 60, 600)})),
        BizType::MovieTicket => raw.ext_info.take(),
        BizType::ChargingPile => {
            let cents = random.between(100, 9_000).to_string();
            let surcharge = json!({"value": "1000", "currency": "HKD"});
            let mut charged = json!({"amount": {"value": cents, "currency": "HKD"}});
            if status == "PARKING_DUE" {
                charged["surcharge_amount"] = surcharge;
            }
            json_text(&charged)
        }
        BizType::RideHailing => json_text(&match status {
            "ORDER_TAKEN" | "TO_BOARD" => json!({"service_start_time": at, "driver_board_duration": random.between(1, 12)}),
            "SERVING" => json!({"service_start_time": at, "ride_dest_duration": random.between(3, 45)}),
            _ => json!({}),
        }),
    };
}

fn in_minutes(random: &mut Random, low: u64, high: u64) -> i64 {
    i64::try_from(random.between(low, high)).unwrap_or(0) * MINUTE
}

fn money(cents: u64) -> Option<RawMoney<'static>> {
    Some(RawMoney { value: cents.to_string().into(), currency: "HKD".into() })
}

fn json_text(json: &Value) -> Option<Cow<'static, str>> {
    Some(json.to_string().into())
}
