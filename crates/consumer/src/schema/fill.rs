//! Puts what was found into the fields of an order that is not checked yet.
//!
//! A reader's schema and a mapping are held to the kinds of their fields when they are made, so that the last arm of each of these is never
//! taken.

use std::borrow::Cow;

use domain::{Field, RawMoney, RawOrderEvent};

/// Sets a field that is text.
pub(crate) fn set_text<'r>(raw: &mut RawOrderEvent<'r>, field: Field, text: Option<Cow<'r, str>>) {
    match field {
        Field::MerchantBizNo => raw.merchant_biz_no = text.unwrap_or_default(),
        Field::MerchantBizType => raw.merchant_biz_type = text.unwrap_or_default(),
        Field::OrderStatus => raw.order_status = text.unwrap_or_default(),
        Field::UserId => raw.user_id = text,
        Field::OpenId => raw.open_id = text,
        Field::MerchantAccountId => raw.merchant_account_id = text,
        Field::MerchantId => raw.merchant_id = text,
        Field::TinyAppId => raw.tiny_app_id = text,
        Field::TradeNo => raw.trade_no = text,
        Field::ShopInfo => raw.shop_info = text,
        Field::ItemOrderList => raw.item_order_list = text,
        Field::ExtInfo => raw.ext_info = text,
        _ => {}
    }
}

/// Sets a field that is a moment.
pub(crate) fn set_time(raw: &mut RawOrderEvent<'_>, field: Field, millis: i64) {
    match field {
        Field::OrderCreateTime => raw.order_create_time = millis,
        Field::OrderModifyTime => raw.order_modify_time = millis,
        _ => {}
    }
}

/// Sets a field that is an amount.
pub(crate) fn set_money<'r>(raw: &mut RawOrderEvent<'r>, field: Field, money: RawMoney<'r>) {
    match field {
        Field::Amount => raw.amount = Some(money),
        Field::PayAmount => raw.pay_amount = Some(money),
        Field::DiscountAmount => raw.discount_amount = Some(money),
        Field::ActualAmount => raw.actual_amount = Some(money),
        _ => {}
    }
}
