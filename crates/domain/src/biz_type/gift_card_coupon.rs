//! GIFT_CARD_COUPON (AlipayHK, Order Service › Coupon with Code).

use super::table::{Rule, Status, Table};

pub(crate) const TABLE: Table = Table {
    statuses: &[
        Status::open("TICKETED", "issued: the coupon is in the card wallet"),
        Status::end("REFUNDED", "refunded: the coupon disappears"),
        Status::end("USED", "used: the coupon is marked so"),
    ],
    rule: Rule::ForwardOnly,
    exceptions: &[],
    milestones: &["TICKETED"],
    required: &[],
    required_paths: &[],
};
