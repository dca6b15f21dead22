//! I2, I5, I6, I9, I10: what is sent, and what is applied.

use domain::Outcome;
use engine::metadata::SPAN;
use engine::{Call, Epoch, Ticket};

use super::{Invariant, Last, Newest};
use crate::process::Held;
use crate::world::World;

/// Windows in which calls are counted, in milliseconds.
const WINDOWS: [u64; 3] = [1_000, 5_000, 20_000];
/// From a take-over to the first call.
const PROMPT: u64 = 1_000;
/// Records that may come behind a pause.
const IN_TRANSIT: u64 = 64;

/// A process's calls and shares.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    calls: Vec<u64>,
    /// From when on the process had how many partitions.
    had: Vec<(u64, usize)>,
    life: u32,
}

impl Rate {
    /// What the shares since then add up to, in calls of a whole quota, and the largest of them.
    fn share(&self, since: u64, now: u64, partitions: usize) -> (f64, f64) {
        let (mut seconds, mut most) = (0.0, 0.0_f64);
        for (index, (from, had)) in self.had.iter().enumerate() {
            let until = self.had.get(index + 1).map_or(now, |next| next.0);
            if until >= since {
                let share = *had as f64 / partitions as f64;
                seconds += share * (until - since.max(*from).min(until)) as f64 / 1_000.0;
                most = most.max(share);
            }
        }
        (seconds, most)
    }
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
        let known = &self.oracle.assignments[assignment];
        if self.scenario.prompt && known.alone[index] && known.calls[index] == Last::None && self.now > known.at + PROMPT {
            let what = format!("p{partition} @{} is called {} ms after its partition came", call.offset, self.now - known.at);
            self.violated(Invariant::Prompt, what);
        }
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

    /// The process has so many partitions now: its share of the quota.
    pub(crate) fn has_partitions(&mut self, process: usize, count: usize) {
        let (now, life) = (self.now, self.processes[process].life);
        let known = &mut self.oracle.rates[process];
        if known.life != life {
            *known = Rate { life, ..Rate::default() };
        }
        known.had.push((now, count));
    }

    /// I9: never more than the share of the time and one burst.
    fn check_quota(&mut self, process: usize) {
        let (now, rate, partitions) = (self.now, self.scenario.rate, self.scenario.logs.len());
        if rate > 100.0 {
            return;
        }
        let known = &mut self.oracle.rates[process];
        known.calls.push(now);
        for window in WINDOWS {
            let since = now.saturating_sub(window);
            let calls = known.calls.iter().filter(|at| **at > since).count();
            let (seconds, share) = known.share(since, now, partitions);
            let most = rate * seconds + (rate * share).max(1.0) + 1.0;
            if calls as f64 > most {
                let what = format!("P{process}: {calls} calls in {window} ms, where its share was {most:.1}");
                return self.violated(Invariant::Quota, what);
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
            self.oracle.unexcused += u64::from(!sent.version.milestone);
        }
        let order = sent.version.order;
        self.say(|| format!("AlipayHK applies p{partition} O{order} @{} (time {}) by call #{call}", sent.offset, sent.version.time));
        let newest = self.oracle.truths[partition].newest[order];
        let next = Newest { rank, content: sent.version.content, assignment: sent.assignment };
        match newest {
            Some(newest) if rank < newest.rank => {
                let same = (sent.version.time, sent.version.content) == (newest.rank.0, newest.content);
                let truth = &self.oracle.truths[partition];
                // A milestone whose settlement was not inherited may come again, and in `strict` what stood behind another one; what is newest is then
                // sent after it.
                let inherited = self.oracle.assignments[sent.assignment].inherited[index];
                // Who moves an offset back by more than the window can reach has old modifications sent again.
                let beyond = truth.moved_to.is_some_and(|to| newest.rank.1 >= to + SPAN);
                // What stood in a part of the log that was replaced nobody can hold back any more.
                let may_come_again = sent.version.milestone || self.scenario.strict;
                let excused =
                    may_come_again && newest.assignment != sent.assignment && (!inherited || truth.replaced) || !current || beyond;
                // A process that has lost its partition may still write the newest one's outcome, behind its successor's back.
                let told_late = self.scenario.restores && may_come_again;
                if beyond && self.scenario.idempotency || told_late {
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
