//! An order as one JSON object, in the shape of `schemas/order_event.avsc`: as people write it, and as they get it to mend.

use std::borrow::Cow;

use domain::{Invalid, OrderEvent, RawMoney, RawOrderEvent};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A line, in the shape of `schemas/order_event.avsc`; absent is null. The opaque fields may be JSON text or JSON itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Sample<'a> {
    merchant_biz_no: String,
    merchant_biz_type: String,
    order_status: String,
    user_id: Option<String>,
    open_id: Option<String>,
    order_create_time: i64,
    order_modify_time: i64,
    merchant_account_id: Option<String>,
    merchant_id: Option<String>,
    tiny_app_id: Option<String>,
    trade_no: Option<String>,
    amount: Option<Money>,
    pay_amount: Option<Money>,
    discount_amount: Option<Money>,
    actual_amount: Option<Money>,
    #[serde(borrow)]
    shop_info: Option<&'a RawValue>,
    #[serde(borrow)]
    item_order_list: Option<&'a RawValue>,
    #[serde(borrow)]
    ext_info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Money {
    value: String,
    currency: String,
}

impl<'a> Sample<'a> {
    /// Reads a line. The error never quotes a value.
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            let said = error.to_string();
            // Other texts of serde quote the value.
            let names_a_field = ["unknown field", "missing field", "duplicate field"].into_iter().any(|front| said.starts_with(front));
            match names_a_field {
                true => said,
                false if error.is_data() => format!("column {}: a field has another type than in schemas/order_event.avsc", error.column()),
                false => format!("column {}: is not one JSON object", error.column()),
            }
        })
    }

    /// The order, if it keeps every rule on its fields.
    pub(super) fn event(&self, now_millis: i64) -> Result<OrderEvent, Invalid> {
        let raw = RawOrderEvent {
            merchant_biz_no: Cow::from(&self.merchant_biz_no),
            merchant_biz_type: Cow::from(&self.merchant_biz_type),
            order_status: Cow::from(&self.order_status),
            user_id: text(self.user_id.as_ref()),
            open_id: text(self.open_id.as_ref()),
            order_create_time: self.order_create_time,
            order_modify_time: self.order_modify_time,
            merchant_account_id: text(self.merchant_account_id.as_ref()),
            merchant_id: text(self.merchant_id.as_ref()),
            tiny_app_id: text(self.tiny_app_id.as_ref()),
            trade_no: text(self.trade_no.as_ref()),
            amount: money(self.amount.as_ref()),
            pay_amount: money(self.pay_amount.as_ref()),
            discount_amount: money(self.discount_amount.as_ref()),
            actual_amount: money(self.actual_amount.as_ref()),
            shop_info: opaque(self.shop_info),
            item_order_list: opaque(self.item_order_list),
            ext_info: opaque(self.ext_info),
        };
        OrderEvent::parse(&raw, now_millis)
    }
}

fn text(text: Option<&String>) -> Option<Cow<'_, str>> {
    text.map(Cow::from)
}

fn money(money: Option<&Money>) -> Option<RawMoney<'_>> {
    money.map(|money| RawMoney { value: Cow::from(&money.value), currency: Cow::from(&money.currency) })
}

/// JSON text in quotes is what is in the quotes.
fn opaque(value: Option<&RawValue>) -> Option<Cow<'_, str>> {
    value.map(|value| serde_json::from_str::<String>(value.get()).map_or(Cow::from(value.get()), Cow::from))
}
