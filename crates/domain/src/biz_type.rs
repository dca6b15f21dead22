//! The nine business types and what AlipayHK's scenario pages say of each.

use std::fmt;

mod alipay_coupon;
mod charging_pile;
mod gift_card_coupon;
mod line_up;
mod movie_ticket;
mod pass_ticket;
mod ride_hailing;
mod self_pick;
pub(crate) mod table;
mod train_ticket;

pub use table::Status;

use table::Table;

/// Which machine an order follows (AlipayHK, Order Service › Base API, `merchantBizType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BizType {
    /// An admission ticket.
    PassTicket,
    /// A voucher deducted at payment, and what AlipayHK's "Gift Card" page describes.
    AlipayCoupon,
    /// A coupon with a code. The name misleads: gift cards are [`BizType::AlipayCoupon`].
    GiftCardCoupon,
    /// Charging an electric car.
    ChargingPile,
    /// A cinema ticket.
    MovieTicket,
    /// A place in a restaurant's queue.
    LineUp,
    /// A taxi ride.
    RideHailing,
    /// A meal ordered ahead and picked up.
    SelfPick,
    /// A train ticket.
    TrainTicket,
}

impl BizType {
    /// All nine, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::PassTicket,
        Self::AlipayCoupon,
        Self::GiftCardCoupon,
        Self::ChargingPile,
        Self::MovieTicket,
        Self::LineUp,
        Self::RideHailing,
        Self::SelfPick,
        Self::TrainTicket,
    ];

    /// AlipayHK's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PassTicket => "PASS_TICKET",
            Self::AlipayCoupon => "ALIPAY_COUPON",
            Self::GiftCardCoupon => "GIFT_CARD_COUPON",
            Self::ChargingPile => "CHARGING_PILE",
            Self::MovieTicket => "MOVIE_TICKET",
            Self::LineUp => "LINE_UP",
            Self::RideHailing => "RIDE_HAILING",
            Self::SelfPick => "SELF_PICK",
            Self::TrainTicket => "TRAIN_TICKET",
        }
    }

    /// The type of that name, spelled exactly so.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|biz_type| biz_type.name() == name)
    }

    /// What the public pages say of it.
    pub(crate) fn table(self) -> &'static Table {
        match self {
            Self::PassTicket => &pass_ticket::TABLE,
            Self::AlipayCoupon => &alipay_coupon::TABLE,
            Self::GiftCardCoupon => &gift_card_coupon::TABLE,
            Self::ChargingPile => &charging_pile::TABLE,
            Self::MovieTicket => &movie_ticket::TABLE,
            Self::LineUp => &line_up::TABLE,
            Self::RideHailing => &ride_hailing::TABLE,
            Self::SelfPick => &self_pick::TABLE,
            Self::TrainTicket => &train_ticket::TABLE,
        }
    }
}

impl fmt::Display for BizType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
