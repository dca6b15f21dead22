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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invalid::Field;
    use table::{Exception, Rule};

    #[test]
    fn a_type_is_found_by_its_exact_name() {
        for biz_type in BizType::ALL {
            assert_eq!(BizType::parse(biz_type.name()), Some(biz_type));
            assert_eq!(BizType::parse(&biz_type.name().to_lowercase()), None);
        }
        assert_eq!(BizType::parse("GIFT_CARD"), None, "a page title is no type");
    }

    #[test]
    fn every_table_names_only_its_own_statuses_and_known_fields() {
        for (biz_type, table) in BizType::ALL.map(|biz_type| (biz_type, biz_type.table())) {
            let mut names: Vec<&str> = table.statuses.iter().map(|status| status.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{biz_type}: a status twice");
            let exceptions = table.exceptions.iter().flat_map(|exception| match *exception {
                Exception::OnlyFrom { to, from } | Exception::OnlyTo { from, to } => [from, to],
            });
            let required = table.required_paths.iter().filter_map(|(at, _)| *at);
            for named in table.milestones.iter().copied().chain(exceptions).chain(required) {
                assert!(names.contains(&named), "{biz_type}: {named}");
            }
            for (_, path) in table.required_paths {
                let field = path.split('.').next().and_then(Field::parse);
                assert!(field.is_some_and(|field| table.required.contains(&field)), "{biz_type}: {path}");
            }
        }
    }

    #[test]
    fn a_ticket_has_one_status_that_is_no_end() {
        for table in BizType::ALL.map(BizType::table).into_iter().filter(|table| table.rule == Rule::Ticket) {
            assert_eq!(table.statuses.iter().filter(|status| !status.end).map(|status| status.name).collect::<Vec<_>>(), ["TICKETED"]);
        }
    }

    #[test]
    fn the_five_ticket_and_coupon_types_never_lose_the_issue() {
        let with = BizType::ALL.into_iter().filter(|biz_type| biz_type.table().milestones == ["TICKETED"]);
        let five = [BizType::PassTicket, BizType::AlipayCoupon, BizType::GiftCardCoupon, BizType::MovieTicket, BizType::TrainTicket];
        assert_eq!(with.collect::<Vec<_>>(), five);
        assert!(
            BizType::ALL.into_iter().filter(|biz_type| !five.contains(biz_type)).all(|biz_type| biz_type.table().milestones.is_empty())
        );
    }
}
