//! Partitions come and go.

use std::collections::HashMap;

use super::{Engine, LaneRef};
use crate::io::{Effect, Epoch, Note, Now, PartitionId, RebuildReason, StallReason};
use crate::partition::{Drain, Partition, Phase};
use crate::takeover::{Inherited, Plan};

/// Unclean take-overs without commit progress that are worth an alarm.
const UNCLEAN: u32 = 3;

impl<P: Clone> Engine<P> {
    pub(super) fn assigned(&mut self, id: PartitionId, epoch: Epoch, plan: Plan, now: Now) {
        if self.partitions.contains_key(&id) {
            self.forget(id);
        }
        self.rebuilding = false;
        if let Inherited::Foreign(fault) = plan.inherited {
            self.note(Note::ForeignMetadata { partition: id, fault });
        }
        let partition = Partition::new(id, epoch, plan, self.config.alive(), now);
        if partition.hold_until.is_some() {
            let (count, from) = self.unclean_take_overs.entry(id).or_insert((0, partition.from.0));
            *count = if partition.from.0 > *from { 1 } else { *count + 1 };
            *from = partition.from.0;
            if *count >= UNCLEAN {
                let offset = partition.from;
                self.note(Note::Stalled { partition: id, offset, order: None, why: StallReason::UncleanTakeOvers });
            }
        }
        self.partitions.insert(id, partition);
        self.share(now);
    }

    /// The map of the predecessor does not fit this log: what it marks was not settled.
    pub(super) fn disown_map(&mut self, id: PartitionId, now: Now) {
        let alive = self.config.alive();
        if let Some(partition) = self.partitions.get_mut(&id) {
            partition.inherited.clear();
            partition.highest_inherited = None;
            partition.foreign = true;
            partition.hold_until = Some(Now(now.0 + alive));
        }
        self.note(Note::ForeignMetadata { partition: id, fault: crate::metadata::Fault::Log });
    }

    /// The hold is over: everybody may go on.
    pub(super) fn end_hold(&mut self, id: PartitionId, now: Now) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let Some(until) = partition.hold_until else { return };
        if until > now {
            if partition.held_orders > 0 && partition.ledger.position() >= partition.barrier {
                let orders = std::mem::take(&mut partition.held_orders);
                self.note(Note::Held { partition: id, orders, until });
            }
            return;
        }
        partition.hold_until = None;
        partition.foreign = false;
        let epoch = partition.epoch;
        let held: Vec<u64> = partition.lanes.iter().filter(|(_, lane)| lane.trouble.is_some()).map(|(key, _)| *key).collect();
        for key in held {
            let lane = LaneRef { partition: id, epoch, key };
            if let Some(trouble) = self.lane_mut(lane).and_then(|lane| lane.trouble.as_mut()) {
                trouble.held = None;
            }
            self.settle_later(lane, now);
            self.go_on(lane, now);
        }
    }

    pub(super) fn revoking(&mut self, id: PartitionId, epoch: Epoch, deadline: Now, now: Now) {
        let Some(partition) = self.current(id, epoch).filter(|partition| partition.draining.is_none()) else { return };
        partition.phase = Phase::Draining;
        // The last third of the time is for the last commit and its answer.
        let left = deadline.0.saturating_sub(now.0);
        partition.draining = Some(Drain { deadline, commit_at: Now(now.0 + left * 2 / 3) });
        self.drain(id, now);
    }

    /// Nothing new is sent; when nothing is on its way, or time runs out, the last commit is made.
    pub(super) fn drain(&mut self, id: PartitionId, now: Now) {
        let Some(partition) = self.partitions.get(&id) else { return };
        let Some(drain) = partition.draining else { return };
        if now >= drain.deadline {
            let unanswered = partition.window.has_unanswered();
            self.release(id, now);
            if unanswered {
                self.rebuild(RebuildReason::UnansweredCommit);
            }
            return;
        }
        let idle =
            partition.in_flight == 0 && partition.parking.is_empty() && partition.unfit.is_empty() && !partition.ledger.has_decided();
        if partition.window.may_send(now) && (idle || now >= drain.commit_at) {
            self.commit(id, true, now);
        }
    }

    pub(super) fn lost(&mut self, id: PartitionId, epoch: Epoch, now: Now) {
        let Some(partition) = self.current(id, epoch) else { return };
        let unanswered = partition.window.has_unanswered();
        self.forget(id);
        self.share(now);
        if unanswered {
            self.rebuild(RebuildReason::UnansweredCommit);
        }
    }

    /// The partition may go.
    pub(super) fn release(&mut self, id: PartitionId, now: Now) {
        let Some(epoch) = self.partitions.get(&id).map(|partition| partition.epoch) else { return };
        self.forget(id);
        self.share(now);
        self.effect(Effect::Release { partition: id, epoch });
    }

    /// Leave the group and join as a new member: once, until something is assigned again.
    pub(super) fn rebuild(&mut self, reason: RebuildReason) {
        if !std::mem::replace(&mut self.rebuilding, true) {
            self.effect(Effect::Rebuild { reason });
        }
    }

    /// Drops all state of a partition but its calls on the way: their orders wait for them, should they come back.
    fn forget(&mut self, id: PartitionId) {
        let Some(partition) = self.partitions.remove(&id) else { return };
        let mut left: HashMap<u64, u32> = HashMap::new();
        for call in self.calls.values().filter(|call| call.lane.partition == id && call.lane.epoch == partition.epoch) {
            *left.entry(call.lane.key).or_default() += 1;
        }
        for (key, count) in left {
            *self.old_calls.entry((id, key)).or_default() += count;
        }
        self.remembered -= partition.remembered.len();
        self.homes.retain(|_, home| *home != id);
        self.commits.retain(|_, (of, epoch)| !(*of == id && *epoch == partition.epoch));
    }
}
