//! One modification of one order: as it is read, and as it is known to be sound.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::biz_type::BizType;
use crate::ids::{MerchantAccountId, MerchantBizNo, MerchantId, OpenId, OrderStatus, TinyAppId, TradeNo, UserId};
use crate::invalid::{Fault, Field, Invalid};
use crate::json::{JsonArray, JsonObject};
use crate::money::Money;
use crate::time::{CreatedAt, ModifiedAt};

/// The fields of `schemas/order_event.avsc` as a decoder or a mapping finds them: nothing is checked yet.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "each is the schema's field of the same name")]
pub struct RawOrderEvent<'a> {
    pub merchant_biz_no: Cow<'a, str>,
    pub merchant_biz_type: Cow<'a, str>,
    pub order_status: Cow<'a, str>,
    pub user_id: Option<Cow<'a, str>>,
    pub open_id: Option<Cow<'a, str>>,
    pub order_create_time: i64,
    pub order_modify_time: i64,
    pub merchant_account_id: Option<Cow<'a, str>>,
    pub merchant_id: Option<Cow<'a, str>>,
    pub tiny_app_id: Option<Cow<'a, str>>,
    pub trade_no: Option<Cow<'a, str>>,
    pub amount: Option<RawMoney<'a>>,
    pub pay_amount: Option<RawMoney<'a>>,
    pub discount_amount: Option<RawMoney<'a>>,
    pub actual_amount: Option<RawMoney<'a>>,
    pub shop_info: Option<Cow<'a, str>>,
    pub item_order_list: Option<Cow<'a, str>>,
    pub ext_info: Option<Cow<'a, str>>,
}

/// An amount as it is read.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "each is the schema's field of the same name")]
pub struct RawMoney<'a> {
    pub value: Cow<'a, str>,
    pub currency: Cow<'a, str>,
}

/// One valid modification of one order. Its clones share their text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderEvent {
    /// Which order.
    pub merchant_biz_no: MerchantBizNo,
    /// Which machine it follows.
    pub biz_type: BizType,
    /// Where it stands. Whether its type knows the status, [`crate::TypeRules`] says.
    pub status: OrderStatus,
    /// Whose order; at least one of this and `open_id` is there.
    pub user_id: Option<UserId>,
    /// Whose order, by the authorization of this merchant.
    pub open_id: Option<OpenId>,
    /// When the order began.
    pub created_at: CreatedAt,
    /// When it came to stand here.
    pub modified_at: ModifiedAt,
    /// The merchant behind an integrator.
    pub merchant_account_id: Option<MerchantAccountId>,
    /// The same in the deprecated field.
    pub merchant_id: Option<MerchantId>,
    /// The mini program.
    pub tiny_app_id: Option<TinyAppId>,
    /// Alipay's transaction.
    pub trade_no: Option<TradeNo>,
    /// The order's amount.
    pub amount: Option<Money>,
    /// What is paid.
    pub pay_amount: Option<Money>,
    /// What is taken off.
    pub discount_amount: Option<Money>,
    /// What remains.
    pub actual_amount: Option<Money>,
    /// The shop, opaque.
    pub shop_info: Option<JsonObject>,
    /// The items, opaque.
    pub item_order_list: Option<JsonArray>,
    /// What the business type wants beside, opaque.
    pub ext_info: Option<JsonObject>,
}

impl OrderEvent {
    /// Checks every field in the order of the schema; `now_millis` is the clock in epoch milliseconds.
    ///
    /// # Errors
    /// The first fault, with the name of its field and without its value.
    pub fn parse(raw: &RawOrderEvent<'_>, now_millis: i64) -> Result<Self, Invalid> {
        let merchant_biz_no = MerchantBizNo::parse(&raw.merchant_biz_no)?;
        let biz_type = BizType::parse(&raw.merchant_biz_type).ok_or(Field::MerchantBizType.fault(Fault::UnknownBizType))?;
        let status = OrderStatus::parse(&raw.order_status)?;
        let user_id = raw.user_id.as_deref().map(UserId::parse).transpose()?;
        let open_id = raw.open_id.as_deref().map(OpenId::parse).transpose()?;
        if user_id.is_none() && open_id.is_none() {
            return Err(Field::UserId.fault(Fault::NoUser));
        }
        Ok(Self {
            merchant_biz_no,
            biz_type,
            status,
            user_id,
            open_id,
            created_at: CreatedAt::parse(raw.order_create_time, now_millis)?,
            modified_at: ModifiedAt::parse(raw.order_modify_time, now_millis)?,
            merchant_account_id: raw.merchant_account_id.as_deref().map(MerchantAccountId::parse).transpose()?,
            merchant_id: raw.merchant_id.as_deref().map(MerchantId::parse).transpose()?,
            tiny_app_id: raw.tiny_app_id.as_deref().map(TinyAppId::parse).transpose()?,
            trade_no: raw.trade_no.as_deref().map(TradeNo::parse).transpose()?,
            amount: money(Field::Amount, raw.amount.as_ref())?,
            pay_amount: money(Field::PayAmount, raw.pay_amount.as_ref())?,
            discount_amount: money(Field::DiscountAmount, raw.discount_amount.as_ref())?,
            actual_amount: money(Field::ActualAmount, raw.actual_amount.as_ref())?,
            shop_info: opaque(Field::ShopInfo, raw.shop_info.as_deref(), JsonObject::parse)?,
            item_order_list: opaque(Field::ItemOrderList, raw.item_order_list.as_deref(), JsonArray::parse)?,
            ext_info: opaque(Field::ExtInfo, raw.ext_info.as_deref(), JsonObject::parse)?,
        })
    }

    /// A number that is equal for equal content and, for all practical purposes, different for different one. Every field counts, opaque text
    /// byte by byte, but not when the order came to stand there: two modifications may say the same at different times. For use within one
    /// process: it may change between builds.
    pub fn content(&self) -> u64 {
        let Self { merchant_biz_no, biz_type, status, user_id, open_id, created_at, modified_at: _, .. } = self;
        let Self { merchant_account_id, merchant_id, tiny_app_id, trade_no, amount, pay_amount, discount_amount, actual_amount, .. } = self;
        let Self { shop_info, item_order_list, ext_info, .. } = self;
        let mut hasher = DefaultHasher::new();
        (merchant_biz_no, biz_type, status, user_id, open_id, created_at).hash(&mut hasher);
        (merchant_account_id, merchant_id, tiny_app_id, trade_no).hash(&mut hasher);
        (amount, pay_amount, discount_amount, actual_amount).hash(&mut hasher);
        (shop_info, item_order_list, ext_info).hash(&mut hasher);
        hasher.finish()
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, field: Field) -> bool {
        match field {
            Field::MerchantBizNo | Field::MerchantBizType | Field::OrderStatus | Field::OrderCreateTime | Field::OrderModifyTime => true,
            Field::UserId => self.user_id.is_some(),
            Field::OpenId => self.open_id.is_some(),
            Field::MerchantAccountId => self.merchant_account_id.is_some(),
            Field::MerchantId => self.merchant_id.is_some(),
            Field::TinyAppId => self.tiny_app_id.is_some(),
            Field::TradeNo => self.trade_no.is_some(),
            Field::Amount => self.amount.is_some(),
            Field::PayAmount => self.pay_amount.is_some(),
            Field::DiscountAmount => self.discount_amount.is_some(),
            Field::ActualAmount => self.actual_amount.is_some(),
            Field::ShopInfo => self.shop_info.is_some(),
            Field::ItemOrderList => self.item_order_list.is_some(),
            Field::ExtInfo => self.ext_info.is_some(),
        }
    }
}

/// Nothing of it: a record that is not checked yet may hold personal values anywhere.
impl fmt::Debug for RawOrderEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawOrderEvent").finish_non_exhaustive()
    }
}

/// Nothing of it, as for [`RawOrderEvent`].
impl fmt::Debug for RawMoney<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawMoney").finish_non_exhaustive()
    }
}

fn money(field: Field, raw: Option<&RawMoney<'_>>) -> Result<Option<Money>, Invalid> {
    raw.map(|raw| Money::parse(&raw.value, &raw.currency)).transpose().map_err(|fault| field.fault(fault))
}

fn opaque<T>(field: Field, text: Option<&str>, parse: fn(&str) -> Result<T, Fault>) -> Result<Option<T>, Invalid> {
    text.map(parse).transpose().map_err(|fault| field.fault(fault))
}

#[cfg(test)]
mod tests;
