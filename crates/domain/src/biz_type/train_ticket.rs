//! TRAIN_TICKET (AlipayHK, Order Service › Train Ticket). The page shows its order of statuses as a picture only.

use super::table::{Rule, Status, Table};
use crate::invalid::Field;

pub(crate) const TABLE: Table = Table {
    statuses: &[
        Status::open("TICKETED", "issued: the ticket is in the card wallet"),
        Status::end("REFUNDED", "refunded: the ticket disappears"),
        Status::end("USED", "used: the ticket is marked so"),
    ],
    rule: Rule::Ticket,
    exceptions: &[],
    milestones: &["TICKETED"],
    required: &[Field::ExtInfo],
    required_paths: &[],
};
