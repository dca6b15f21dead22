//! SELF_PICK (AlipayHK, Order Service › Self Pick). After TO_PICK_UP the page allows nothing but FINISHED, a refund included.

use super::table::{Exception, Rule, Status, Table};
use crate::invalid::Field;

pub(crate) const TABLE: Table = Table {
    statuses: &[
        Status::open("PENDING", "the restaurant has not confirmed"),
        Status::open("ORDER_TAKEN", "confirmed"),
        Status::open("TO_PICK_UP", "ready"),
        Status::end("FINISHED", "picked up"),
        Status::end("CLOSED", "cancelled"),
        Status::end("REFUNDED", "refunded"),
    ],
    rule: Rule::ForwardOnly,
    exceptions: &[Exception::OnlyTo { from: "TO_PICK_UP", to: "FINISHED" }],
    milestones: &[],
    required: &[Field::Amount, Field::ItemOrderList, Field::ShopInfo, Field::ExtInfo],
    required_paths: &[],
};
