//! The nine tables behind one interpreter, with what the operator's configuration adds to them.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::biz_type::BizType;
use crate::ids::OrderStatus;

mod required;
mod step;
mod type_rules;

pub use step::{Step, Why};
pub use type_rules::{TypeRules, Violation};

/// What becomes of a modification that breaks a rule of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Count it and send it: AlipayHK decides. Its public pages differ between versions, so this is the default.
    #[default]
    Observe,
    /// Park it before the call.
    Strict,
}

/// What configuration says of one business type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// What a broken rule leads to.
    pub mode: Mode,
    /// Takes the place of the type's own milestones.
    pub never_collapse: Option<Vec<OrderStatus>>,
    /// Statuses beside the documented ones. Nothing is known of their place in the flow, so they may follow, and be followed by,
    /// everything that is not ended, whatever the type's rule and exceptions say of its own. Naming a documented status changes nothing.
    pub extra_statuses: Vec<OrderStatus>,
    /// Paths required at a status, beside the documented ones: a field by AlipayHK's name, then members inside it, joined by dots
    /// (`extInfo.start_time`). Inside `itemOrderList` every item must have the path.
    pub required: Vec<(OrderStatus, Vec<String>)>,
}

/// The rules of all nine business types.
#[derive(Debug, Clone)]
pub struct Rulebook {
    rules: [TypeRules; 9],
}

/// Overrides that fit no table. The text names the business type and the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// A status that the type does not have, nor `extra_statuses`.
    #[error("business_types.{biz_type}.{key}: {biz_type} has no status {status}; correct it, or list it in extra_statuses")]
    UnknownStatus {
        /// Whose overrides.
        biz_type: BizType,
        /// `never_collapse` or `required`.
        key: &'static str,
        /// What was written.
        status: OrderStatus,
    },
    /// Something that leads to no field, or into one that has no members.
    #[error("business_types.{biz_type}.required: {path:?} is no path into an order's fields")]
    UnknownPath {
        /// Whose overrides.
        biz_type: BizType,
        /// What was written.
        path: String,
    },
}

impl Rulebook {
    /// The documented tables, all of them in `observe`.
    pub fn standard() -> Self {
        Self { rules: BizType::ALL.map(TypeRules::standard) }
    }

    /// The documented tables with overrides for some of them.
    ///
    /// # Errors
    /// The first override that fits no table, in the order of [`BizType::ALL`].
    pub fn with(overrides: &BTreeMap<BizType, Overrides>) -> Result<Self, RuleError> {
        let mut book = Self::standard();
        for rules in &mut book.rules {
            if let Some(overrides) = overrides.get(&rules.biz_type()) {
                rules.apply(overrides)?;
            }
        }
        Ok(book)
    }

    /// The rules of one type.
    pub fn of(&self, biz_type: BizType) -> &TypeRules {
        let [pass_ticket, alipay_coupon, gift_card_coupon, charging_pile, movie_ticket, line_up, ride_hailing, self_pick, train_ticket] =
            &self.rules;
        match biz_type {
            BizType::PassTicket => pass_ticket,
            BizType::AlipayCoupon => alipay_coupon,
            BizType::GiftCardCoupon => gift_card_coupon,
            BizType::ChargingPile => charging_pile,
            BizType::MovieTicket => movie_ticket,
            BizType::LineUp => line_up,
            BizType::RideHailing => ride_hailing,
            BizType::SelfPick => self_pick,
            BizType::TrainTicket => train_ticket,
        }
    }
}

#[cfg(test)]
mod tests;
