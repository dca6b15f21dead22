//! I2, I5, I6, I9, I10: what is sent, and what is applied.

use domain::Outcome;
use engine::metadata::SPAN;
use engine::{Call, Epoch, Ticket};

use super::{Invariant, Last, Newest};
use crate::process::Held;
use crate::world::World;

/// Windows in which calls are counted, in milliseconds.
const WINDOWS: [u64; 3] = [1_000, 5_000, 20_000];
/// Records that may come behind a pause.
const IN_TRANSIT: u64 = 64;

/// A process's calls and shares.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    calls: Vec<u64>,
    life: u32,
}

impl World {
    /// The engine wants a call.
    pub(crate) fn called(&mut self, process: usize, call: &Call<Held>) -> usize {
        let Held { partition, index } = call.payload;
        let life = self.processes[process].life;
        let assignment = self.oracle.assignment(process, life, partition, call.ticket.epoch).expect("only an owner speaks");
        let number = self.begin_call(process, call, assignment);
        let (version, milestone) = (self.sent[number].version.clone(), self.sent[number].version.milestone);
        let repeated = if self.oracle.truths[partition].applied[index] { " again" } else { "" };
        let kind = if milestone { " milestone" } else { "" };
        self.say(|| {
            format!("P{process} p{partition} CALL #{number} O{} @{} (time {}){kind}{repeated}", version.order, call.offset, version.time)
        });
        self.check_repeat(assignment, partition, index, call.offset.0);
        self.check_serial(number, false);
        self.check_quota(process);
        number
    }

    /// I5: what was settled before the assignment is not sent, and a second call needs a first one that decided nothing.
    fn check_repeat(&mut self, assignment: usize, partition: usize, index: usize, offset: i64) {
        let replaced = self.oracle.truths[partition].replaced;
        let known = &mut self.oracle.assignments[assignment];
        let last = std::mem::replace(&mut known.calls[index], Last::OnItsWay);
        let (inherited, before) = (known.inherited[index], index < known.from);
        if before || inherited && !replaced {
            self.violated(
                Invariant::RepeatsHaveReasons,
                format!("p{partition} @{offset} is sent, although it was settled when the partition came"),
            );
        } else if matches!(last, Last::OnItsWay | Last::Definitive) {
            self.violated(Invariant::RepeatsHaveReasons, format!("p{partition} @{offset} is sent again after {last:?}"));
        }
    }

    /// I6: in a process one call of an order at a time; when a call is written, of other processes' only the same version may be applied.
    pub(crate) fn check_serial(&mut self, number: usize, written: bool) {
        let call = &self.sent[number];
        if written && self.oracle.truths[call.held.partition].replaced {
            // Another record stands under the same offset: nobody can know what was sent of the first.
            return;
        }
        let found = self.sent.iter().enumerate().position(|(at, other)| {
            let same_order = other.held.partition == call.held.partition && other.version.order == call.version.order;
            let ours = other.process == call.process && other.life == call.life;
            let same_version = (other.version.time, other.version.content) == (call.version.time, call.version.content);
            at != number && same_order && if ours { !other.done && !written } else { written && other.pending && !same_version }
        });
        if let Some(other) = found {
            let (order, partition) = (call.version.order, call.held.partition);
            self.violated(Invariant::SerialPerOrder, format!("p{partition} O{order}: call #{number} is made while #{other} is alive"));
        }
    }

    /// I9: never more than the share of the time and one burst.
    fn check_quota(&mut self, process: usize) {
        let (now, rate, life) = (self.now, self.scenario.rate, self.processes[process].life);
        if rate > 100.0 {
            return;
        }
        let known = &mut self.oracle.rates[process];
        if known.life != life {
            (known.life, known.calls) = (life, Vec::new());
        }
        known.calls.push(now);
        for window in WINDOWS {
            let calls = known.calls.iter().filter(|at| **at + window > now).count();
            let most = rate * window as f64 / 1_000.0 + rate.max(1.0) + 1.0;
            if calls as f64 > most {
                return self.violated(Invariant::Quota, format!("P{process}: {calls} calls in {window} ms at {rate} a second"));
            }
        }
    }

    pub(crate) fn answered(&mut self, process: usize, ticket: Ticket, outcome: &Outcome) {
        let life = self.processes[process].life;
        let Some(call) = self.sent.iter().rposition(|sent| (sent.process, sent.life, sent.ticket) == (process, life, ticket)) else {
            return;
        };
        let (assignment, index) = (self.sent[call].assignment, self.sent[call].held.index);
        self.oracle.assignments[assignment].calls[index] = match outcome {
            Outcome::Definitive(_) => Last::Definitive,
            Outcome::Indefinite(_) => Last::Undecided,
        };
    }

    /// AlipayHK has decided a call.
    pub(crate) fn decided(&mut self, call: usize, applied: bool, ended: bool) {
        let sent = self.sent[call].clone();
        let Held { partition, index } = sent.held;
        let rank = (sent.version.time, sent.offset);
        let current = self.scenario.logs[partition].version(index).is_some_and(|now| now.text == sent.version.text);
        let truth = &mut self.oracle.truths[partition];
        if ended && current {
            truth.accepted[index] = true;
        }
        if !applied {
            return self.say(|| format!("AlipayHK decides call #{call} and applies nothing"));
        }
        if std::mem::replace(&mut truth.applied[index], current) && current {
            self.oracle.repeats += 1;
        }
        let order = sent.version.order;
        self.say(|| format!("AlipayHK applies p{partition} O{order} @{} (time {}) by call #{call}", sent.offset, sent.version.time));
        let newest = self.oracle.truths[partition].newest[order];
        let next = Newest { rank, content: sent.version.content, assignment: sent.assignment };
        match newest {
            Some(newest) if rank < newest.rank => {
                let same = (sent.version.time, sent.version.content) == (newest.rank.0, newest.content);
                let truth = &self.oracle.truths[partition];
                // A milestone whose settlement was not inherited may come again; what is newest is then sent after it.
                let inherited = self.oracle.assignments[sent.assignment].inherited[index];
                let excused = sent.version.milestone && newest.assignment != sent.assignment && (!inherited || truth.replaced)
                    // Who moves an offset back by more than the window can reach has old modifications sent again.
                    // What stood in a part of the log that was replaced nobody can hold back any more.
                    || !current
                    || truth.moved_to.is_some_and(|to| newest.rank.1 >= to + SPAN);
                if sent.version.milestone && self.scenario.idempotency {
                    self.oracle.truths[partition].overtaken[order] = true;
                }
                if !same && !excused && self.scenario.order_rule == sandbox::model::OrderRule::Off {
                    let what = format!("p{partition} O{order}: @{} is applied over the newer @{}", sent.offset, newest.rank.1);
                    self.violated(Invariant::NoStaleOverwrite, what);
                }
            }
            Some(_) | None => self.oracle.truths[partition].newest[order] = Some(next),
        }
    }

    /// I10: a record was handed to the engine.
    pub(crate) fn fetched(&mut self, process: usize, partition: usize, epoch: Epoch, index: usize) {
        let life = self.processes[process].life;
        let Some(assignment) = self.oracle.assignment(process, life, partition, epoch) else { return };
        let known = &mut self.oracle.assignments[assignment];
        known.read = known.read.max(index + 1);
        let (from, read, barrier) = (known.from, known.read, known.barrier);
        let bound = self.scenario.records / self.scenario.logs.len() as u64;
        let log = &self.scenario.logs[partition];
        if bound > 1_000 || log.entries[index].offset < barrier {
            return;
        }
        let waits = |index: &usize| {
            let newest = |version: &crate::log::Version| log.newest(version.order, read) == Some(*index) || version.milestone;
            log.version(*index).is_none_or(newest) && !self.is_done(partition, *index)
        };
        let waiting = (from..read).filter(waits).count() as u64;
        if waiting > bound + IN_TRANSIT {
            self.violated(Invariant::Memory, format!("P{process} p{partition}: {waiting} wait, {bound} at most"));
        }
    }

    pub(super) fn ticket_assignment(&self, process: usize, partition: usize, epoch: Epoch) -> Option<usize> {
        self.oracle.assignment(process, self.processes[process].life, partition, epoch)
    }
}
