//! What must be there at a status: whole fields, and members inside the opaque ones.

use crate::event::OrderEvent;
use crate::ids::OrderStatus;
use crate::invalid::Field;

/// One required field or member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Required {
    /// At which status; `None`: at every one.
    at: Option<Box<str>>,
    field: Field,
    /// The path inside the field.
    inside: Option<Box<str>>,
    /// The whole path, as documentation or configuration spells it.
    pub(super) path: Box<str>,
}

impl Required {
    /// Takes `field` or `field.member.member…`. `None` where the field does not exist, cannot have the member, or a name is empty.
    pub(super) fn parse(at: Option<&str>, path: &str) -> Option<Self> {
        let (name, inside) = path.split_once('.').map_or((path, None), |(name, inside)| (name, Some(inside)));
        let field = Field::parse(name)?;
        if inside.is_some_and(|inside| !may_hold(field, inside)) {
            return None;
        }
        Some(Self { at: at.map(Box::from), field, inside: inside.map(Box::from), path: Box::from(path) })
    }

    /// Whether an event at a status lacks this.
    pub(super) fn is_missing(&self, event: &OrderEvent) -> bool {
        let asked = self.at.as_deref().is_none_or(|at| at == event.status.as_str());
        asked && !self.is_met(event)
    }

    /// Whether this asks something of events at that status.
    pub(super) fn same_as(&self, at: &OrderStatus, path: &str) -> bool {
        self.at.as_deref().is_none_or(|own| own == at.as_str()) && *self.path == *path
    }

    fn is_met(&self, event: &OrderEvent) -> bool {
        let Some(inside) = &self.inside else { return event.has(self.field) };
        match self.field {
            Field::ShopInfo => event.shop_info.as_ref().is_some_and(|object| object.has_path(inside)),
            Field::ExtInfo => event.ext_info.as_ref().is_some_and(|object| object.has_path(inside)),
            Field::ItemOrderList => event.item_order_list.as_ref().is_some_and(|array| array.has_path(inside)),
            // The two members of an amount are there whenever the amount is.
            Field::Amount | Field::PayAmount | Field::DiscountAmount | Field::ActualAmount => event.has(self.field),
            Field::MerchantBizNo
            | Field::MerchantBizType
            | Field::OrderStatus
            | Field::UserId
            | Field::OpenId
            | Field::OrderCreateTime
            | Field::OrderModifyTime
            | Field::MerchantAccountId
            | Field::MerchantId
            | Field::TinyAppId
            | Field::TradeNo => false,
        }
    }
}

fn may_hold(field: Field, inside: &str) -> bool {
    match field {
        Field::ShopInfo | Field::ExtInfo | Field::ItemOrderList => inside.split('.').all(|name| !name.is_empty()),
        Field::Amount | Field::PayAmount | Field::DiscountAmount | Field::ActualAmount => matches!(inside, "value" | "currency"),
        Field::MerchantBizNo
        | Field::MerchantBizType
        | Field::OrderStatus
        | Field::UserId
        | Field::OpenId
        | Field::OrderCreateTime
        | Field::OrderModifyTime
        | Field::MerchantAccountId
        | Field::MerchantId
        | Field::TinyAppId
        | Field::TradeNo => false,
    }
}
