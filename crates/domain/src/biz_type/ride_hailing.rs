//! RIDE_HAILING (AlipayHK, Order Service › Ride Hailing). Going back is not forbidden: a ride whose driver cancels (TO_SEND) is
//! taken again (ORDER_TAKEN). The page calls no status an end; FINISHED and CLOSED are ends by their meaning.

use super::table::{Rule, Status, Table};
use crate::invalid::Field;

pub(crate) const TABLE: Table = Table {
    statuses: &[
        Status::open("PENDING", "finding a driver"),
        Status::open("BOOKED", "booked ahead, the driver is not yet on the way"),
        Status::open("ORDER_TAKEN", "a driver took the order"),
        Status::open("TO_BOARD", "the user is to board"),
        Status::open("SERVING", "the journey has begun"),
        Status::open("TO_SEND", "finding another driver"),
        Status::open("WAIT_PAY", "payment is due"),
        Status::open("CANCEL_WAIT_PAY", "cancelled by the user, payment is due").on_one_version(),
        Status::end("FINISHED", "completed, or cancelled by the user"),
        Status::end("CLOSED", "cancelled by the driver"),
    ],
    rule: Rule::Free,
    exceptions: &[],
    milestones: &[],
    required: &[Field::ExtInfo],
    required_paths: &[],
};
