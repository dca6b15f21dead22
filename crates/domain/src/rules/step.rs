//! Which status may follow which, read from a type's table.

use crate::biz_type::table::{Exception, Rule, Status, Table};

/// What a table says of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The status may follow. So may any known one where nothing is known of the order: no table demands a first status.
    Allowed,
    /// The same status again, with whatever else changed: always legal, also at an end.
    Repeated,
    /// The table has both statuses and no step between them.
    Forbidden(Why),
    /// The type has no such status.
    Unknown,
}

/// Why a step is forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// The order has ended.
    Ended,
    /// It comes earlier in the flow.
    Reverse,
    /// It is reached from another status only (LINE_UP: CANCELLED from CALL_NUM).
    OnlyFromAnother,
    /// Something else must come next (SELF_PICK: FINISHED after TO_PICK_UP).
    OnlyToAnother,
}

impl Why {
    /// Every reason, for metrics and tables.
    pub const ALL: [Self; 4] = [Self::Ended, Self::Reverse, Self::OnlyFromAnother, Self::OnlyToAnother];

    /// A word for logs and labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Reverse => "reverse",
            Self::OnlyFromAnother => "only_from_another",
            Self::OnlyToAnother => "only_to_another",
        }
    }
}

/// One step between two different documented statuses.
pub(super) fn between(table: &Table, from: &Status, to: &Status) -> Result<(), Why> {
    if from.end {
        return Err(Why::Ended);
    }
    for exception in table.exceptions {
        match *exception {
            Exception::OnlyFrom { to: guarded, from: only } if to.name == guarded && from.name != only => return Err(Why::OnlyFromAnother),
            Exception::OnlyTo { from: guarded, to: only } if from.name == guarded && to.name != only => return Err(Why::OnlyToAnother),
            Exception::OnlyFrom { .. } | Exception::OnlyTo { .. } => {}
        }
    }
    let forward = match table.rule {
        Rule::Free => true,
        Rule::Ticket => to.end,
        Rule::ForwardOnly => place(table, from) < place(table, to),
    };
    if forward { Ok(()) } else { Err(Why::Reverse) }
}

/// Whether `to` comes after `from`, over any number of steps, and `from` never again after `to`. Where going back is legal this
/// leaves the end statuses alone.
pub(super) fn one_way(table: &Table, from: &Status, to: &Status) -> bool {
    reaches(table, from, to) && !reaches(table, to, from)
}

fn reaches(table: &Table, from: &Status, to: &Status) -> bool {
    let mut reached = vec![from.name];
    let mut open = vec![from];
    while let Some(here) = open.pop() {
        for next in table.statuses {
            if !reached.contains(&next.name) && between(table, here, next).is_ok() {
                reached.push(next.name);
                open.push(next);
            }
        }
    }
    reached.contains(&to.name)
}

fn place(table: &Table, status: &Status) -> Option<usize> {
    table.statuses.iter().position(|other| other.name == status.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Status = Status::open("OPEN", "");
    const NEXT: Status = Status::open("NEXT", "");
    const END: Status = Status::end("END", "");

    const fn table(rule: Rule, exceptions: &'static [Exception]) -> Table {
        Table { statuses: &[OPEN, NEXT, END], rule, exceptions, milestones: &[], required: &[], required_paths: &[] }
    }

    #[test]
    fn a_ticket_goes_to_its_ends_only() {
        let ticket = table(Rule::Ticket, &[]);
        assert_eq!(between(&ticket, &OPEN, &NEXT), Err(Why::Reverse));
        assert_eq!(between(&ticket, &OPEN, &END), Ok(()));
        assert!(one_way(&ticket, &OPEN, &END) && !one_way(&ticket, &OPEN, &NEXT));
    }

    #[test]
    fn a_way_may_take_several_steps() {
        let detour = table(Rule::ForwardOnly, &[Exception::OnlyFrom { to: "END", from: "NEXT" }]);
        assert_eq!(between(&detour, &OPEN, &END), Err(Why::OnlyFromAnother));
        assert!(one_way(&detour, &OPEN, &END) && !one_way(&detour, &END, &OPEN));
    }
}
