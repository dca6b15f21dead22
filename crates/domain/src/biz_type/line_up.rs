//! LINE_UP (AlipayHK, Order Service › Queue Up). CALL_NUM is to be sent again at every number that is called. The page calls no
//! status an end; CANCELLED and FINISHED are ends by their meaning, and both hide the notification.

use super::table::{Exception, Rule, Status, Table};
use crate::invalid::Field;

pub(crate) const TABLE: Table = Table {
    statuses: &[
        Status::open("CALL_NUM", "joined the queue, or another number was called"),
        Status::open("NUMBER_ARRIVED", "the user's number is called"),
        Status::open("NUMBER_PASSED", "the user's number was called before"),
        Status::end("CANCELLED", "cancelled"),
        Status::end("FINISHED", "completed"),
    ],
    rule: Rule::ForwardOnly,
    exceptions: &[Exception::OnlyFrom { to: "CANCELLED", from: "CALL_NUM" }],
    milestones: &[],
    required: &[Field::ShopInfo, Field::ExtInfo],
    required_paths: &[(None, "shopInfo.extInfo")],
};
