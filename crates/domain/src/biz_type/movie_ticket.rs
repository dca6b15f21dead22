//! MOVIE_TICKET (AlipayHK, Order Service › Movie Ticket).

use super::table::{Rule, Status, Table};
use crate::invalid::Field;

pub(crate) const TABLE: Table = Table {
    statuses: &[
        Status::open("TICKETED", "issued: in the card wallet, notified two hours before the show"),
        Status::end("REFUNDED", "refunded: the ticket disappears"),
        Status::end("USED", "used: the ticket is marked so"),
    ],
    rule: Rule::ForwardOnly,
    exceptions: &[],
    milestones: &["TICKETED"],
    required: &[Field::ExtInfo],
    required_paths: &[(Some("TICKETED"), "extInfo.start_time")],
};
