//! Why a record cannot become an order event: which field, and what is wrong with it. Never the value.

use thiserror::Error;

/// One broken rule of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("{}: {fault}", field.name())]
pub struct Invalid {
    /// Which field.
    pub field: Field,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A field of the request body, by AlipayHK's name for it (AlipayHK, Order Service › Base API and the scenario pages).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the AlipayHK field of the same name")]
pub enum Field {
    MerchantBizNo,
    MerchantBizType,
    OrderStatus,
    UserId,
    OpenId,
    OrderCreateTime,
    OrderModifyTime,
    MerchantAccountId,
    MerchantId,
    TinyAppId,
    TradeNo,
    Amount,
    PayAmount,
    DiscountAmount,
    ActualAmount,
    ShopInfo,
    ItemOrderList,
    ExtInfo,
}

/// What can be wrong with a field. No variant holds a part of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Fault {
    /// A text without a character.
    #[error("is empty")]
    Empty,
    /// A text over its limit.
    #[error("is longer than {max} characters")]
    TooLong {
        /// The limit, in characters.
        max: usize,
    },
    /// Neither `userId` nor `openId` came.
    #[error("is missing, and so is openId; one of the two is required")]
    NoUser,
    /// Not a name of the nine.
    #[error("is not one of the nine business types")]
    UnknownBizType,
    /// Below 10^12: before 2001 as milliseconds, and what epoch seconds look like.
    #[error("is not epoch milliseconds: too small, as if it were seconds")]
    TooSmall,
    /// From 10^14 on: beyond the year 5138 as milliseconds, and what epoch microseconds look like.
    #[error("is not epoch milliseconds: too large, as if it were microseconds")]
    TooLarge,
    /// Would order this modification before everything that follows, for ever.
    #[error("is more than one day ahead of the clock")]
    TooFarAhead,
    /// An amount that is not digits.
    #[error("value is not a whole number of minor units in digits")]
    NotMinorUnits,
    /// An amount with too many digits.
    #[error("value is longer than {max} digits")]
    TooManyDigits {
        /// The limit.
        max: usize,
    },
    /// A currency that is not an ISO 4217 code by its form.
    #[error("currency is not three upper-case letters")]
    NotCurrency,
    /// Not JSON at all, or something follows it.
    #[error("is not JSON text")]
    NotJson,
    /// JSON, but no object.
    #[error("is not a JSON object")]
    NotObject,
    /// JSON, but no array.
    #[error("is not a JSON array")]
    NotArray,
    /// An array with an item of another kind.
    #[error("holds an item that is not a JSON object")]
    ItemNotObject,
    /// Objects and arrays in each other beyond the limit.
    #[error("is nested deeper than {max} levels")]
    TooDeep {
        /// The limit; the outermost object or array is level 1.
        max: usize,
    },
}

impl Field {
    /// Every field, in the order in which they are checked.
    pub const ALL: [Self; 18] = [
        Self::MerchantBizNo,
        Self::MerchantBizType,
        Self::OrderStatus,
        Self::UserId,
        Self::OpenId,
        Self::OrderCreateTime,
        Self::OrderModifyTime,
        Self::MerchantAccountId,
        Self::MerchantId,
        Self::TinyAppId,
        Self::TradeNo,
        Self::Amount,
        Self::PayAmount,
        Self::DiscountAmount,
        Self::ActualAmount,
        Self::ShopInfo,
        Self::ItemOrderList,
        Self::ExtInfo,
    ];

    /// AlipayHK's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::MerchantBizNo => "merchantBizNo",
            Self::MerchantBizType => "merchantBizType",
            Self::OrderStatus => "orderStatus",
            Self::UserId => "userId",
            Self::OpenId => "openId",
            Self::OrderCreateTime => "orderCreateTime",
            Self::OrderModifyTime => "orderModifyTime",
            Self::MerchantAccountId => "merchantAccountId",
            Self::MerchantId => "merchantId",
            Self::TinyAppId => "tinyAppId",
            Self::TradeNo => "tradeNo",
            Self::Amount => "amount",
            Self::PayAmount => "payAmount",
            Self::DiscountAmount => "discountAmount",
            Self::ActualAmount => "actualAmount",
            Self::ShopInfo => "shopInfo",
            Self::ItemOrderList => "itemOrderList",
            Self::ExtInfo => "extInfo",
        }
    }

    /// The field of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// This field, with what is wrong with it.
    pub(crate) fn fault(self, fault: Fault) -> Invalid {
        Invalid { field: self, fault }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_alipayhk_name_only() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.name()), Some(field));
        }
        assert_eq!(Field::parse("order_modify_time"), None);
        assert_eq!(Field::parse("ExtInfo"), None);
    }

    #[test]
    fn the_texts_name_the_field_and_tell_what_to_look_for() {
        let faults = [
            Field::MerchantBizNo.fault(Fault::Empty),
            Field::OrderStatus.fault(Fault::TooLong { max: 32 }),
            Field::UserId.fault(Fault::NoUser),
            Field::MerchantBizType.fault(Fault::UnknownBizType),
            Field::OrderModifyTime.fault(Fault::TooSmall),
            Field::OrderModifyTime.fault(Fault::TooLarge),
            Field::OrderCreateTime.fault(Fault::TooFarAhead),
            Field::Amount.fault(Fault::NotMinorUnits),
            Field::PayAmount.fault(Fault::TooManyDigits { max: 64 }),
            Field::ActualAmount.fault(Fault::NotCurrency),
            Field::ShopInfo.fault(Fault::NotJson),
            Field::ExtInfo.fault(Fault::NotObject),
            Field::ItemOrderList.fault(Fault::NotArray),
            Field::ItemOrderList.fault(Fault::ItemNotObject),
            Field::ExtInfo.fault(Fault::TooDeep { max: 32 }),
        ];
        insta::assert_snapshot!(faults.map(|fault| fault.to_string()).join("\n"), @r"
        merchantBizNo: is empty
        orderStatus: is longer than 32 characters
        userId: is missing, and so is openId; one of the two is required
        merchantBizType: is not one of the nine business types
        orderModifyTime: is not epoch milliseconds: too small, as if it were seconds
        orderModifyTime: is not epoch milliseconds: too large, as if it were microseconds
        orderCreateTime: is more than one day ahead of the clock
        amount: value is not a whole number of minor units in digits
        payAmount: value is longer than 64 digits
        actualAmount: currency is not three upper-case letters
        shopInfo: is not JSON text
        extInfo: is not a JSON object
        itemOrderList: is not a JSON array
        itemOrderList: holds an item that is not a JSON object
        extInfo: is nested deeper than 32 levels
        ");
    }
}
