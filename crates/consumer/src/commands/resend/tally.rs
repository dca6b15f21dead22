//! What a run did, and what it left alone and why.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::commands::table::table;

/// So many are listed one by one; all are counted.
const LISTED: usize = 1_000;

/// Something that was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct Left {
    /// The letter, or the record.
    pub(in crate::commands) what: String,
    pub(in crate::commands) order: Option<String>,
    /// A word to count by.
    pub(in crate::commands) why: &'static str,
    /// The same in a sentence.
    pub(in crate::commands) detail: String,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(in crate::commands) struct Tally {
    /// Modifications that were sent; in a dry run, that would be.
    pub(in crate::commands) to_send: u64,
    /// By verdict: `delivered`, `peer_ahead`, `rejected CODE`, `undecided CAUSE`.
    pub(in crate::commands) ended: BTreeMap<String, u64>,
    /// Not sent, by reason.
    pub(in crate::commands) left: BTreeMap<&'static str, u64>,
    /// The first of these, and of those that ended in another way than delivered.
    pub(in crate::commands) details: Vec<Left>,
    /// Calls made, repeated ones included.
    pub(in crate::commands) calls: u64,
    /// From the first call to the end of the last one.
    pub(in crate::commands) seconds: f64,
}

impl Tally {
    pub(in crate::commands) fn left(&mut self, left: Left) {
        *self.left.entry(left.why).or_default() += 1;
        self.detail(left);
    }

    pub(in crate::commands) fn ended(&mut self, how: String) {
        *self.ended.entry(how).or_default() += 1;
    }

    pub(in crate::commands) fn detail(&mut self, left: Left) {
        if self.details.len() < LISTED {
            self.details.push(left);
        }
    }

    /// Modifications that came to an end.
    pub(in crate::commands) fn done(&self) -> u64 {
        self.ended.values().sum()
    }

    pub(in crate::commands) fn for_people(&self, dry: bool) -> String {
        let mut lines = Vec::new();
        if !self.details.is_empty() {
            let rows: Vec<Vec<String>> = self
                .details
                .iter()
                .map(|left| vec![left.what.clone(), left.order.clone().unwrap_or_else(|| "-".to_owned()), left.detail.clone()])
                .collect();
            lines.push(table(&["WHAT", "ORDER", "WHY"], &rows));
            lines.push(String::new());
        }
        if dry {
            lines.push(format!("{} would be sent", self.to_send));
        } else {
            let ended: Vec<String> = self.ended.iter().map(|(how, number)| format!("{number} {how}")).collect();
            lines.push(format!("{} sent{}{}", self.done(), if ended.is_empty() { "" } else { ": " }, ended.join(", ")));
        }
        let left: Vec<String> = self.left.iter().map(|(why, number)| format!("{number} {why}")).collect();
        if !left.is_empty() {
            lines.push(format!("not sent: {}", left.join(", ")));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_counted_and_a_thousand_are_listed() {
        let mut tally = Tally::default();
        for number in 0..1_500 {
            tally.left(Left { what: format!("0:{number}"), order: None, why: "older", detail: "older than @4".to_owned() });
        }
        tally.ended("delivered".to_owned());
        tally.ended("rejected PARAM_ILLEGAL".to_owned());
        assert_eq!((tally.left["older"], tally.details.len(), tally.done()), (1_500, 1_000, 2));
        let text = tally.for_people(false);
        assert!(text.ends_with("2 sent: 1 delivered, 1 rejected PARAM_ILLEGAL\nnot sent: 1500 older"), "{text}");
        assert!(Tally { to_send: 7, ..Tally::default() }.for_people(true).starts_with("7 would be sent"));
    }
}
