//! I1, I4 and I8: how records end, and how a world ends.

use engine::{Disposed, Disposition};
use sandbox::model::OrderRule;

use super::Invariant;
use crate::log::Version;
use crate::process::Held;
use crate::world::World;

impl World {
    /// I4: an engine says how a record ended.
    pub(crate) fn disposed(&mut self, process: usize, disposed: &Disposed) {
        let partition = disposed.partition.0 as usize;
        let index = self.scenario.logs[partition].from(disposed.offset.0);
        let Some(assignment) = self.ticket_assignment(process, partition, disposed.epoch) else { return };
        let offset = disposed.offset;
        let again = std::mem::replace(&mut self.oracle.assignments[assignment].ended[index], true);
        let held = Held { partition, index };
        let fits = match &disposed.disposition {
            Disposition::Delivered => self.oracle.truths[partition].accepted[index],
            Disposition::Rejected(_) | Disposition::Parked(_) => self.oracle.truths[partition].lettered[index],
            Disposition::Superseded { by } => {
                let log = &self.scenario.logs[partition];
                let other = log.from(by.0);
                let same_order = log.version(other).map(|other| other.order) == log.version(index).map(|this| this.order);
                same_order && log.rank(other) > log.rank(index) && self.is_done(partition, other)
            }
            Disposition::Stale(_) => self.is_done(partition, index),
            Disposition::Skipped(_) => self.has_witness(partition, index),
        };
        let fits = fits || self.oracle.truths[partition].replaced;
        if again || !fits {
            let why = if again { "a second time" } else { "and that is not so" };
            let what = format!("p{} @{offset} ends as {:?}, {why}", held.partition, disposed.disposition);
            self.violated(Invariant::Accounting, what);
        }
    }

    /// I8: time is up.
    pub(crate) fn unsettled(&mut self) {
        let stored: Vec<Option<i64>> = self.group.stored.iter().map(|stored| stored.as_ref().map(|(offset, _)| offset.0)).collect();
        let ends: Vec<i64> = (0..stored.len()).map(|partition| self.scenario.logs[partition].end(self.now)).collect();
        self.violated(Invariant::Liveness, format!("committed {stored:?} of {ends:?} long after the last fault"));
    }

    /// I1: everything is settled. What does AlipayHK hold?
    pub(crate) fn check_end(&mut self) {
        if self.scenario.quiet && self.oracle.unexcused > 0 {
            let what = format!("{} records were applied again, although nothing went wrong", self.oracle.unexcused);
            return self.violated(Invariant::RepeatsHaveReasons, what);
        }
        for partition in 0..self.scenario.logs.len() {
            let count = self.scenario.logs[partition].entries.len();
            for index in 0..count {
                if !self.is_done(partition, index) {
                    let offset = self.scenario.logs[partition].entries[index].offset;
                    return self.violated(Invariant::Complete, format!("p{partition} @{offset} reached nobody"));
                }
            }
            for order in 0..self.scenario.orders {
                if let Some(newest) = self.scenario.logs[partition].newest(order, count) {
                    self.check_held(partition, order, newest);
                }
            }
        }
    }

    fn check_held(&mut self, partition: usize, order: usize, newest: usize) {
        let log = &self.scenario.logs[partition];
        let truth = &self.oracle.truths[partition];
        let Some(version) = log.version(newest) else { return };
        let mut twins = (0..log.entries.len()).filter(|other| *other != newest && log.same(*other, newest));
        // What an operator passed over counts as decided, and so does what equals it, or what was given up.
        let passed_over = truth.waived[newest] || twins.clone().any(|twin| truth.waived[twin] || truth.lettered[twin]);
        // A repeated requestId gets its first answer again, so equal contents at equal times are one request.
        let one_request = self.scenario.idempotency && twins.next().is_some() || truth.overtaken[order];
        let skipped = self.is_too_old(partition, newest);
        let held = self.model.order(version.name.as_str()).map(|held| held.content.to_string());
        let applied = truth.newest[order].map(|applied| Version::text_of(&version.name, applied.rank.0, applied.content));
        if self.scenario.strict && !version.rejects && held != applied && !truth.overtaken[order] {
            let what = format!("p{partition} O{order}: AlipayHK held {applied:?}, and in the end {held:?}");
            return self.violated(Invariant::NoStaleOverwrite, what);
        }
        if truth.lettered[newest] || passed_over || skipped || truth.replaced || version.rejects || self.scenario.transitions || one_request
        {
            return;
        }
        let refuses = self.scenario.order_rule == OrderRule::Refuse;
        if held.as_deref() != Some(&*version.text) && !(refuses && truth.lettered[newest]) {
            let at = log.entries[newest].offset;
            let what = format!("p{partition} O{order}: the newest is @{at}, AlipayHK holds {held:?}");
            self.violated(Invariant::Complete, what);
        }
    }
}
