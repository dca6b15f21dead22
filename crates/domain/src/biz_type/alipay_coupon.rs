//! ALIPAY_COUPON (AlipayHK, Order Service › Auto-deduct Voucher, and the page titled "Gift Card", which shares it).

use super::table::{Rule, Status, Table};
use crate::invalid::Field;

pub(crate) const TABLE: Table = Table {
    statuses: &[Status::open("TICKETED", "issued into the card wallet")],
    rule: Rule::ForwardOnly,
    exceptions: &[],
    milestones: &["TICKETED"],
    required: &[Field::ExtInfo],
    required_paths: &[],
};
