//! CHARGING_PILE (AlipayHK, Order Service › EV Charging). The order of statuses is a picture only, and the page has two public
//! versions: one with SERVING, FAULT, COMPLETED (an end there) and FINISHED, the other with all the rest beside FAULT. Taken
//! together, COMPLETED is no end: what is owed for parking may follow it.

use super::table::{Rule, Status, Table};
use crate::invalid::Field;

pub(crate) const TABLE: Table = Table {
    statuses: &[
        Status::open("SERVING", "charging"),
        Status::open("SERVING_WO_ENDTIME", "charging, end unknown").on_one_version(),
        Status::open("SERVING_LITE", "charging, end and progress unknown").on_one_version(),
        Status::open("PAUSED", "paused").on_one_version(),
        Status::open("FAULT", "charging paused").on_one_version(),
        Status::open("COMPLETED", "charging completed"),
        Status::open("PARKING_DUE", "free parking is over").on_one_version(),
        Status::end("FINISHED", "finished: the notification is hidden"),
    ],
    rule: Rule::Free,
    exceptions: &[],
    milestones: &[],
    required: &[Field::ExtInfo],
    required_paths: &[],
};
