//! Records come in: the ledger opens their offset, their lane takes them.

use domain::Mode;
use thin_vec::ThinVec;

use super::{Engine, LaneRef};
use crate::io::{Content, Disposition, Effect, Epoch, Modification, Note, Now, Offset, PartitionId, Record, SkipReason};
use crate::lane::{Arrival, Busy, Candidates, Circumstances, Lane, Rider, StatusId, Version, Work};
use crate::partition::Phase;
use crate::rules::Rule;

impl<P: Clone> Engine<P> {
    pub(super) fn fetched(&mut self, id: PartitionId, epoch: Epoch, record: Record<P>, now: Now) {
        let Some(partition) = self.current(id, epoch).filter(|partition| partition.phase == Phase::Consuming) else { return };
        let (offset, verifies) = (record.offset, partition.unverified.is_some());
        partition.fetched = partition.fetched.max(Offset(offset.0 + 1));
        if offset < partition.from {
            self.touch(id);
            return self.learn(id, record.content, offset, now);
        }
        if offset < partition.ledger.position() {
            return;
        }
        partition.saw_leader_epoch(offset, record.leader_epoch);
        let inherited = partition.takes_inherited(offset);
        partition.ledger.open(offset);
        if inherited {
            match &mut partition.unverified {
                Some(unverified) => unverified.push(offset),
                None => self.settled_before(id, offset, now),
            }
            if !self.rules.lack(Rule::MapTeaches) {
                self.learn(id, record.content, offset, now);
            }
        } else {
            self.counters.records_read += 1;
            match record.content {
                Content::Modification(modification) => self.modification(id, offset, modification, record.bytes, now),
                Content::TooOld(modification) => self.too_old(id, offset, modification, record.bytes, now),
                Content::Unfit { reason, message, payload } => self.park_unfit(id, offset, reason, message, payload, record.bytes),
                Content::Skip(reason) => self.dispose(id, offset, Disposition::Skipped(reason), None, None, now),
            }
        }
        if verifies {
            self.verify_map(id, record.leader_epoch, now);
        }
        self.after_reading(id);
    }

    pub(super) fn position(&mut self, id: PartitionId, epoch: Epoch, next: Offset, now: Now) {
        // What is read while draining is not taken in, so nothing may be passed over either.
        let Some(partition) = self.current(id, epoch).filter(|partition| partition.phase == Phase::Consuming) else { return };
        partition.fetched = partition.fetched.max(next);
        let before = partition.ledger.committable();
        partition.ledger.skip_to(next);
        partition.drop_inherited_below(next);
        if partition.ledger.committable() > before {
            partition.window.dirty(now);
        }
        self.verify_map(id, None, now);
        self.after_reading(id);
    }

    /// An offset that a predecessor settled.
    pub(super) fn settled_before(&mut self, id: PartitionId, offset: Offset, now: Now) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let before = partition.ledger.committable();
        partition.ledger.settle(offset);
        if partition.ledger.committable() > before {
            partition.window.dirty(now);
        }
    }

    /// A record that was decided before this assignment: only its order's memory learns of it.
    fn learn(&mut self, id: PartitionId, content: Content<P>, offset: Offset, now: Now) {
        let (Content::Modification(modification) | Content::TooOld(modification)) = content else { return };
        let version = Version { at: modification.modified_at.millis(), offset: offset.0 };
        let status = self.statuses.number(&modification.status);
        let strict = self.config.rulebook.of(modification.biz_type).mode() == Mode::Strict;
        let Some(lane_ref) = self.lane(id, offset, &modification.order) else { return };
        // Nobody knows whether it was accepted; what is forbidden after what was, was parked.
        let judged = self.partitions.get(&id).filter(|_| strict).and_then(|partition| partition.lanes.get(&lane_ref.key));
        let parked = judged.is_some_and(|lane| self.forbids(modification.biz_type, lane.accepted(), status));
        if let Some(lane) = self.lane_mut(lane_ref) {
            lane.learn(version, modification.content, Some(status).filter(|_| !parked));
        }
        self.drop_stale(lane_ref, now);
        self.retire(lane_ref, now);
    }

    /// Passed over. A predecessor, for whom it was not too old yet, may have it on its way; and nothing older, that was not too old when it was
    /// read a moment ago, is sent in place of it.
    fn too_old(&mut self, id: PartitionId, offset: Offset, modification: Modification<P>, bytes: u32, now: Now) {
        let version = Version { at: modification.modified_at.millis(), offset: offset.0 };
        let milestone = self.config.rulebook.of(modification.biz_type).is_milestone(&modification.status);
        let Some(lane_ref) = self.lane(id, offset, &modification.order) else { return };
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let holds = partition.holds(now) && offset < partition.barrier;
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key) else { return };
        match lane.queue.last().map(|newest| newest.version < version) {
            Some(true) => return self.modification(id, offset, modification, bytes, now),
            newer if holds && (newer.is_none() || milestone) => partition.held_orders += u32::from(hold(lane, version, true)),
            None | Some(false) => {}
        }
        self.passed(lane_ref, offset, Disposition::Skipped(SkipReason::TooOld), None, now);
    }

    fn modification(&mut self, id: PartitionId, offset: Offset, modification: Modification<P>, bytes: u32, now: Now) {
        let rules = self.config.rulebook.of(modification.biz_type);
        let (milestone, strict) = (rules.is_milestone(&modification.status), rules.mode() == Mode::Strict);
        let status = self.statuses.number(&modification.status);
        let Some(lane_ref) = self.lane(id, offset, &modification.order) else { return };
        let alone = strict && self.absorbs_nothing(lane_ref, &modification, offset, status);
        let version = Version { at: modification.modified_at.millis(), offset: offset.0 };
        let work = Work {
            version,
            content: modification.content,
            payload: modification.payload,
            riders: ThinVec::new(),
            below: 0,
            arrived: now.into(),
            bytes,
            status,
            biz_type: modification.biz_type,
            milestone: milestone && !self.rules.lack(Rule::Milestones),
            tries: None,
        };
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let restoring = partition.restoring && !partition.rules().lack(Rule::TwinsWhenRestored);
        let holds = partition.holds(now) && offset < partition.barrier;
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key) else { return };
        // A late milestone goes before what is newer than it.
        let has_a_call = milestone || lane.queue.last().is_none_or(|newest| version > newest.version);
        if self.rules.lack(Rule::OneCall) && lane.busy == Busy::Call {
            lane.busy = Busy::No;
        }
        if self.rules.lack(Rule::NewestSurvives) && lane.queue.len() > lane.fixed() {
            lane.queue.last_mut().into_iter().for_each(|held| held.riders.push(Rider::superseded(offset.0)));
            return;
        }
        let arrival = lane.arrive(work, Circumstances { alone, restoring });
        // By what lies before it the predecessor found it stale as well. By what outcomes tell of it, or of what comes later, it may be on its way.
        let lacks = self.rules.lack(Rule::ToldIsHeld);
        let decided_before = lane.memory.as_ref().is_some_and(|memory| lacks || memory.decided.offset < offset.0);
        let was_stale = matches!(arrival, Arrival::Stale(_)) && decided_before;
        if holds && !was_stale {
            partition.held_orders += u32::from(hold(lane, version, has_a_call));
        }
        let equal_times = match arrival {
            Arrival::Stale(reason) => {
                return self.passed(lane_ref, offset, Disposition::Stale(reason), Some(&modification.order), now);
            }
            Arrival::Attached => return,
            Arrival::Survivor { absorbed, equal_times } => {
                partition.bytes = partition.bytes.saturating_sub(u64::from(absorbed.unwrap_or(0))) + u64::from(bytes);
                self.counters.collapsed += 1;
                equal_times
            }
            Arrival::Queued { equal_times } => {
                partition.waiting += 1;
                partition.bytes += u64::from(bytes);
                equal_times
            }
        };
        let (first, queued) = (lane.waiting_since.is_none(), lane.queued);
        if self.rules.lack(Rule::OffsetsRide) {
            let riders = lane.queue.last_mut().map(|newest| std::mem::take(&mut newest.riders)).unwrap_or_default();
            for rider in riders {
                self.dispose(id, rider.offset(), Disposition::Superseded { by: offset }, None, None, now);
            }
        }
        if first {
            self.waits_since(lane_ref, Some(now.into()));
        }
        if equal_times {
            self.note(Note::EqualTimes { partition: id, offset });
        }
        if !queued {
            self.make_ready(lane_ref);
        }
    }

    /// `strict`: what the table forbids supersedes nothing that is sent, and goes behind it. So whatever was decided, what is older was decided
    /// before it, as whoever takes over believes.
    fn absorbs_nothing(&self, lane_ref: LaneRef, modification: &Modification<P>, offset: Offset, status: StatusId) -> bool {
        let Some(partition) = self.partitions.get(&lane_ref.partition) else { return false };
        let Some(lane) = partition.lanes.get(&lane_ref.key) else { return false };
        let [.., newest] = lane.queue.as_slice() else { return false };
        // What AlipayHK holds when the newest one's turn comes.
        let before = lane.queue.iter().rev().nth(1).map(|work| work.status).or(lane.accepted());
        let is_parked = |offset, status| {
            self.is_strict(partition, modification.biz_type, offset) && self.forbids(modification.biz_type, before, status)
        };
        is_parked(offset, status) && !is_parked(Offset(newest.version.offset), newest.status)
    }

    /// After the position moved: the barrier may be behind us, or enough may be held.
    pub(super) fn after_reading(&mut self, id: PartitionId) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        if !std::mem::replace(&mut partition.touched, true) {
            self.touched.push(id);
        }
        if !partition.paused && partition.is_full(self.bounds) {
            partition.paused = true;
            self.effects.push_back(Effect::Pause { partition: id, epoch: partition.epoch });
        }
        if !partition.blocked.is_empty() {
            self.unblock(id);
        }
    }

    /// Lanes that waited for their partition are ready again when it may speak further than before.
    pub(super) fn unblock(&mut self, id: PartitionId) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let below = partition.speaks_below();
        if below <= partition.unblocked_to {
            partition.unblocked_to = below;
            return;
        }
        partition.unblocked_to = below;
        let epoch = partition.epoch;
        for key in std::mem::take(&mut partition.blocked) {
            self.ready.push_back(LaneRef { partition: id, epoch, key });
        }
    }
}

/// A record below the barrier of an unclean hand-over: its order waits. `has_a_call`: it was not absorbed by one before it, so it may be on
/// its way beside that. True: the order did not wait before.
fn hold<P>(lane: &mut Lane<P>, version: Version, has_a_call: bool) -> bool {
    let held = &mut lane.trouble().held;
    let first = held.is_none();
    *held = match *held {
        None => Some(Candidates::One(version)),
        Some(_) if has_a_call => Some(Candidates::Several),
        known @ Some(_) => known,
    };
    first
}
