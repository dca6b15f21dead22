//! What must never happen, judged by the log, the applied calls, the letters taken and the commits accepted: never by what an engine says.

mod calls;
mod commits;
mod ends;

use std::fmt;

use engine::{Epoch, Plan, takeover::Inherited};

use crate::scenario::Scenario;
use crate::world::World;

/// The rules of the oracle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: in the end AlipayHK holds the newest of every order, and nothing is missing.
    Complete,
    /// I2: nothing older is applied over something newer.
    NoStaleOverwrite,
    /// I3: no accepted commit covers a record that is not done.
    CommitSafety,
    /// I4: every record ends once in an assignment, and as it is said.
    Accounting,
    /// I5: every repeat has a reason.
    RepeatsHaveReasons,
    /// I6: one call of an order at a time, also across owners.
    SerialPerOrder,
    /// I7: commits go forward, and only the owner makes them.
    CommitsMonotone,
    /// I8: everything settles once nothing goes wrong any more.
    Liveness,
    /// I9: the quota is kept.
    Quota,
    /// I10: what waits is bounded.
    Memory,
    /// After an unclean end the only modification that may have been on its way is called within a second.
    Prompt,
}

/// What was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub invariant: Invariant,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}

/// How the last call of a record in an assignment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    None,
    OnItsWay,
    Undecided,
    Definitive,
}

/// One assignment of one partition.
#[derive(Debug)]
struct Assignment {
    /// The coordinator has it that way.
    owned: bool,
    process: usize,
    life: u32,
    partition: usize,
    epoch: Epoch,
    from: usize,
    barrier: i64,
    at: u64,
    /// The only ones of their orders that may have been on their way, below the barrier.
    alone: Vec<bool>,
    /// Settled by what was found at its beginning.
    inherited: Vec<bool>,
    calls: Vec<Last>,
    ended: Vec<bool>,
    /// How far it has read.
    read: usize,
}

/// What is known of one partition.
#[derive(Debug, Default)]
struct Truth {
    /// AlipayHK decided it: accepted, held already, or further on.
    accepted: Vec<bool>,
    lettered: Vec<bool>,
    /// An operator passed it over.
    waived: Vec<bool>,
    applied: Vec<bool>,
    /// Per order: the newest applied, and in which assignment it was sent.
    newest: Vec<Option<Newest>>,
    committed: i64,
    /// An operator moved the offset here.
    moved_to: Option<i64>,
    /// Per order: an older one was sent again after something newer, and nobody can know that it has to be put right; see docs/proof.md.
    overtaken: Vec<bool>,
    /// The log's end was replaced.
    replaced: bool,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    rank: (i64, i64),
    content: u64,
    assignment: usize,
}

/// The judge.
#[derive(Debug)]
pub(crate) struct Oracle {
    pub(crate) violation: Option<Violation>,
    pub(crate) repeats: u64,
    /// Of them those of no milestone, which stays open while something waits behind it that was perhaps sent before.
    unexcused: u64,
    truths: Vec<Truth>,
    assignments: Vec<Assignment>,
    /// Moments of each process's calls, and what its share of the quota was.
    rates: Vec<calls::Rate>,
}

impl Oracle {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let truth = |log: &crate::log::Log| {
            let no = vec![false; log.entries.len()];
            Truth {
                accepted: no.clone(),
                lettered: no.clone(),
                waived: no.clone(),
                applied: no,
                newest: vec![None; scenario.orders],
                moved_to: None,
                overtaken: vec![false; scenario.orders],
                committed: 0,
                replaced: false,
            }
        };
        Self {
            violation: None,
            repeats: 0,
            unexcused: 0,
            truths: scenario.logs.iter().map(truth).collect(),
            assignments: Vec::new(),
            rates: vec![calls::Rate::default(); scenario.processes],
        }
    }

    /// An operator moved the offset: what he passed over is his.
    pub(crate) fn moved(&mut self, partition: usize, from: usize, to: usize, offset: i64) {
        let truth = &mut self.truths[partition];
        (truth.committed, truth.moved_to) = (offset, Some(offset));
        for waived in truth.waived.iter_mut().take(to).skip(from) {
            *waived = true;
        }
    }

    /// Another record stands here now. That a newer one was applied nobody can know any more.
    pub(crate) fn replaced(&mut self, partition: usize, index: usize, offset: i64) {
        let truth = &mut self.truths[partition];
        truth.replaced = true;
        (truth.accepted[index], truth.lettered[index], truth.applied[index]) = (false, false, false);
        for newest in &mut truth.newest {
            *newest = newest.filter(|newest| newest.rank.1 != offset);
        }
    }

    fn assignment(&self, process: usize, life: u32, partition: usize, epoch: Epoch) -> Option<usize> {
        self.assignments
            .iter()
            .rposition(|known| (known.process, known.life, known.partition, known.epoch) == (process, life, partition, epoch))
    }
}

impl World {
    pub(crate) fn violated(&mut self, invariant: Invariant, what: String) {
        self.say(|| format!("VIOLATION {invariant:?}: {what}"));
        self.oracle.violation.get_or_insert(Violation { invariant, what });
    }

    /// An assignment begins.
    pub(crate) fn assigned(&mut self, process: usize, partition: usize, epoch: Epoch, plan: &Plan) {
        let log = &self.scenario.logs[partition];
        let count = log.entries.len();
        let from = log.from(plan.from.0);
        let mut inherited = vec![false; count];
        inherited.iter_mut().take(from).for_each(|settled| *settled = true);
        if let Inherited::Ours(found) = &plan.inherited {
            for offset in &found.settled {
                if let Some(settled) = inherited.get_mut(log.from(offset.0)) {
                    *settled = true;
                }
            }
        }
        let of_order = |index: usize, other: usize| log.version(index).map(|version| version.order) == log.version(other).map(|o| o.order);
        let until = log.from(plan.barrier.0);
        let open = |index: &usize| !inherited[*index] && log.version(*index).is_some();
        let alone = |index: usize| {
            (from..until).contains(&index)
                && open(&index)
                && (from..until).filter(open).filter(|other| of_order(index, *other)).count() == 1
        };
        let alone = (0..count).map(alone).collect();
        let life = self.processes[process].life;
        let owner = self.group.owner[partition].map(|owner| self.group.members[owner].asker);
        let owned = owner.is_some_and(|owner| (owner.process, owner.life) == (process, life));
        self.oracle.assignments.push(Assignment {
            owned,
            process,
            life,
            partition,
            epoch,
            from,
            barrier: plan.barrier.0,
            at: self.now,
            alone,
            inherited,
            calls: vec![Last::None; count],
            ended: vec![false; count],
            read: from,
        });
    }

    pub(crate) fn lettered(&mut self, partition: usize, index: usize) {
        self.oracle.truths[partition].lettered[index] = true;
    }

    /// AlipayHK has it, or the dead-letter topic, or it needs neither.
    fn has_witness(&self, partition: usize, index: usize) -> bool {
        let truth = &self.oracle.truths[partition];
        let needs_none = match self.scenario.logs[partition].entries[index].kind {
            crate::log::Kind::Skip | crate::log::Kind::Control => true,
            crate::log::Kind::Unfit | crate::log::Kind::Order(_) => false,
        };
        needs_none || self.is_too_old(partition, index) || truth.accepted[index] || truth.lettered[index] || truth.waived[index]
    }

    /// A record is done: it has a witness itself, or a newer one of its order has that may stand for it.
    fn is_done(&self, partition: usize, index: usize) -> bool {
        if self.has_witness(partition, index) {
            return true;
        }
        let log = &self.scenario.logs[partition];
        let (Some(version), Some(rank)) = (log.version(index), log.rank(index)) else { return false };
        let others = (0..log.entries.len()).filter(|other| log.version(*other).is_some_and(|other| other.order == version.order));
        let mut newer = others.clone().filter(|other| log.rank(*other) > Some(rank));
        // A milestone goes by itself, unless it came too late.
        let alone = version.milestone && !newer.clone().any(|other| other < index);
        let stands = |other: usize| !alone || log.version(other).is_some_and(|other| other.status == version.status);
        let seen = |index: usize| others.clone().any(|other| log.same(other, index) && self.has_witness(partition, other));
        newer.any(|other| stands(other) && seen(other)) || seen(index)
    }
}
