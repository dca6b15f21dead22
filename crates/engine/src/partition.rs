//! One partition in one assignment.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::io::{Disposed, Epoch, Now, Offset, PartitionId, UnfitReason};
use crate::key::KeyMap;
use crate::lane::{Before, Lane, Memory};
use crate::ledger::Ledger;
use crate::metadata::SPAN;
use crate::rules::{Rule, Rules};
use crate::takeover::{Inherited, Plan};
use crate::window::Window;

/// Where a partition is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading and calling.
    Consuming,
    /// Finishing what is on its way.
    Draining,
    /// Given back.
    Released,
}

/// A record that waits for its dead letter.
#[derive(Debug, Clone)]
pub(crate) struct Unfit<P> {
    pub(crate) reason: UnfitReason,
    pub(crate) message: Arc<str>,
    pub(crate) payload: P,
    pub(crate) bytes: u32,
    pub(crate) failures: u32,
    /// Written again at this moment; `None`: on its way.
    pub(crate) again_at: Option<Now>,
}

/// One partition in one assignment.
#[derive(Debug)]
pub(crate) struct Partition<P> {
    pub(crate) id: PartitionId,
    pub(crate) epoch: Epoch,
    pub(crate) topic: Arc<str>,
    pub(crate) number: i32,
    pub(crate) phase: Phase,
    pub(crate) from: Offset,
    /// The next offset to fetch; below `from` while history is read.
    pub(crate) fetched: Offset,
    pub(crate) ledger: Ledger,
    pub(crate) lanes: KeyMap<Box<Lane<P>>>,
    pub(crate) remembered: KeyMap<Memory>,
    /// Settled by a predecessor, by its map, and not read yet; ascending.
    pub(crate) inherited: VecDeque<Offset>,
    /// The highest of them, and the leader epoch it was written under.
    pub(crate) highest_inherited: Option<(Offset, Option<i32>)>,
    /// The map is believed only once its highest record was read under the same leader epoch: these were read before that.
    pub(crate) unverified: Option<Vec<Offset>>,
    pub(crate) barrier: Offset,
    pub(crate) before: Before,
    pub(crate) window: Window,
    /// The hand-over was unclean: orders with something open below the barrier wait until then.
    pub(crate) hold_until: Option<Now>,
    pub(crate) foreign: bool,
    /// It was.
    pub(crate) unclean: bool,
    /// Lanes that wait for the partition: barrier, window, first commit.
    pub(crate) blocked: Vec<u64>,
    pub(crate) unfit: BTreeMap<Offset, Unfit<P>>,
    /// Lanes whose front work is being written to the dead-letter topic, by its offset.
    pub(crate) parking: HashMap<Offset, u64>,
    pub(crate) in_flight: u32,
    /// Works that wait, their bytes, and offsets that ride with them.
    pub(crate) waiting: u64,
    pub(crate) bytes: u64,
    pub(crate) paused: bool,
    pub(crate) log_end: Option<Offset>,
    pub(crate) draining: Option<Drain>,
    /// Leader epochs of records read, where they changed.
    pub(crate) leader_epochs: Vec<(Offset, i32)>,
    pub(crate) watch: Option<Watch>,
    pub(crate) held_orders: u32,
    /// Since when the lowest open offset stands still while much is held behind it.
    pub(crate) blocking: Option<(Now, Offset)>,
    /// Records wait outside the engine, so nothing arrives.
    pub(crate) waits_outside: bool,
    /// What orders have had decided is being read from the outcomes topic.
    pub(crate) restoring: bool,
    /// Ended meanwhile: their outcomes are written when it is known how their orders stand.
    pub(crate) untold: Vec<Disposed>,
    /// The window when lanes were last blocked or unblocked.
    pub(crate) unblocked_to: Option<Offset>,
    /// Something happened to it since it was last looked after.
    pub(crate) touched: bool,
    /// When it has to be looked after next.
    pub(crate) due: Option<Now>,
}

/// An orderly end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drain {
    pub(crate) deadline: Now,
    /// From here on the last commit is made, whatever is still on its way.
    pub(crate) commit_at: Now,
}

/// There is lag, and since then nothing arrived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    pub(crate) since: Now,
    pub(crate) at: Offset,
}

/// How much a partition may hold.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

impl<P> Partition<P> {
    pub(crate) fn new(id: PartitionId, epoch: Epoch, plan: Plan, alive: Duration, generation: u32, rules: Rules) -> Self {
        let (mut inherited, mut hold_until, mut foreign, mut highest) = (VecDeque::new(), None, false, None);
        let hold = Now(plan.at.0 + alive);
        let before = Before { end: if plan.inherited == Inherited::Nothing { plan.from } else { plan.last_stable }, generation };
        let window = match plan.inherited {
            Inherited::Nothing => Window::fresh(plan.from),
            Inherited::Ours(found) => {
                hold_until = (!found.closed).then_some(hold);
                highest = found.settled.last().map(|last| (*last, found.leader_epoch));
                inherited.extend(found.settled);
                Window::inherited(plan.from, found.window.max(plan.barrier))
            }
            Inherited::Foreign(_) => {
                (hold_until, foreign) = (Some(hold), true);
                Window::inherited(plan.from, plan.barrier)
            }
        };
        Self {
            id,
            epoch,
            topic: plan.topic,
            number: plan.partition,
            phase: Phase::Consuming,
            from: plan.from,
            fetched: plan.read_from,
            ledger: Ledger::new(plan.from),
            lanes: KeyMap::default(),
            remembered: KeyMap::default(),
            inherited,
            highest_inherited: highest,
            unverified: highest.is_some_and(|(_, leader_epoch)| leader_epoch.is_some()).then(Vec::new),
            barrier: plan.barrier,
            before,
            window: window.with(rules),
            hold_until,
            foreign,
            unclean: hold_until.is_some(),
            blocked: Vec::new(),
            unfit: BTreeMap::new(),
            parking: HashMap::new(),
            in_flight: 0,
            waiting: 0,
            bytes: 0,
            paused: false,
            log_end: Some(plan.last_stable),
            draining: None,
            leader_epochs: Vec::new(),
            watch: None,
            held_orders: 0,
            blocking: None,
            waits_outside: false,
            restoring: false,
            untold: Vec::new(),
            unblocked_to: None,
            touched: false,
            due: None,
        }
    }

    /// The rules that hold.
    pub(crate) fn rules(&self) -> Rules {
        self.window.rules
    }

    /// The hold of an unclean hand-over is still on.
    pub(crate) fn holds(&self, now: Now) -> bool {
        self.hold_until.is_some_and(|until| until > now)
    }

    /// What the predecessor left is not ours, and its calls may still be alive: nothing is said, and what it left stays for whoever comes next.
    pub(crate) fn leaves_alone(&self) -> bool {
        self.foreign && self.hold_until.is_some() && !self.rules().lack(Rule::ForeignStays)
    }

    /// Read far enough, all that is known restored, and an own commit announced that we speak.
    pub(crate) fn may_speak(&self) -> bool {
        self.phase == Phase::Consuming
            && !self.restoring
            && self.ledger.position() >= self.barrier
            && self.unverified.is_none()
            && self.window.is_open()
    }

    /// Below this offset may be sent; `None`: nothing may.
    pub(crate) fn speaks_below(&self) -> Option<Offset> {
        let limit = if self.rules().lack(Rule::Window) { Some(Offset(i64::MAX)) } else { self.window.limit() };
        limit.filter(|_| self.may_speak())
    }

    /// Enough is held: reading pauses. Below the barrier no mark counts.
    pub(crate) fn is_full(&self, bounds: Bounds) -> bool {
        self.ledger.position() >= self.barrier
            && (self.waiting >= bounds.records || self.bytes >= bounds.bytes || self.run_ahead() >= SPAN - Window::HEADROOM)
    }

    /// Little enough is held: reading goes on.
    pub(crate) fn has_room(&self, bounds: Bounds) -> bool {
        self.ledger.position() < self.barrier
            || (self.waiting <= bounds.records / 2
                && self.bytes <= bounds.bytes / 2
                && self.run_ahead() <= (SPAN - Window::HEADROOM) * 3 / 4)
    }

    /// Records read here for the first time that have no disposition yet.
    pub(crate) fn undisposed(&self) -> u64 {
        let unverified = self.unverified.as_ref().map_or(0, |unverified| unverified.len() as u64);
        self.ledger.open_count() - self.ledger.decided_count() - unverified + self.untold.len() as u64
    }

    /// Offsets between the committable one and the position.
    pub(crate) fn run_ahead(&self) -> i64 {
        self.ledger.position().0 - self.ledger.committable().0
    }

    /// Nothing of ours is on its way: no call, no dead letter, no outcome.
    pub(crate) fn is_drained(&self) -> bool {
        self.in_flight == 0 && self.parking.is_empty() && self.unfit.is_empty() && self.ledger.decided_count() == self.untold.len() as u64
    }

    /// Nothing of ours can be applied any more: the marker may say closed.
    pub(crate) fn is_clean(&self, now: Now) -> bool {
        self.in_flight == 0
            && (!self.holds(now) || self.rules().lack(Rule::HoldBlocksClosed))
            && self
                .lanes
                .values()
                .all(|lane| lane.trouble.as_ref().is_none_or(|t| t.later.is_empty() && t.ambiguous.is_none_or(|(_, until)| until <= now)))
    }

    /// Notes the leader epoch of a record where it differs from the one before.
    pub(crate) fn saw_leader_epoch(&mut self, offset: Offset, epoch: Option<i32>) {
        if let Some(epoch) = epoch.filter(|epoch| self.leader_epochs.last().is_none_or(|(_, last)| last != epoch)) {
            self.leader_epochs.push((offset, epoch));
            if self.leader_epochs.len() > 64 {
                self.leader_epochs.remove(0);
            }
        }
    }

    /// The leader epoch of a settled record: read here, or the highest of the predecessor's map.
    pub(crate) fn leader_epoch_of(&self, offset: Offset) -> Option<i32> {
        if offset >= self.ledger.position() {
            return self.highest_inherited.filter(|(highest, _)| *highest == offset).and_then(|(_, epoch)| epoch);
        }
        self.leader_epochs.iter().rev().find(|(from, _)| *from <= offset).map(|(_, epoch)| *epoch)
    }

    /// The next inherited offset is this one. Those before it are gone from the log.
    pub(crate) fn takes_inherited(&mut self, offset: Offset) -> bool {
        self.drop_inherited_below(offset);
        self.inherited.front() == Some(&offset) && self.inherited.pop_front().is_some()
    }

    /// Inherited offsets that were passed without being read: compaction took them.
    pub(crate) fn drop_inherited_below(&mut self, offset: Offset) {
        while self.inherited.front().is_some_and(|inherited| *inherited < offset) {
            self.inherited.pop_front();
        }
    }
}
