//! Partitions come and go.

use super::Engine;
use crate::io::{Effect, Epoch, Now, PartitionId, RebuildReason};
use crate::partition::{Drain, Partition, Phase};
use crate::rules::Rule;
use crate::takeover::Plan;

impl<P: Clone> Engine<P> {
    pub(super) fn assigned(&mut self, id: PartitionId, epoch: Epoch, plan: Plan, now: Now) {
        self.forget(&[id]);
        self.rebuilding = false;
        let plan = self.without_disowned_map(id, plan);
        // Unlike that of any assignment before, here or elsewhere, and far from those that are counted up from 0.
        let generation = 1 << 31 | (self.rng.clone().next() as u32).wrapping_add(epoch.0) & 0x3fff_ffff;
        let generation = if self.rules.lack(Rule::OwnRequestId) { 0 } else { generation };
        let partition = Partition::new(id, epoch, plan, self.config.alive(), generation, self.rules);
        self.count_unclean(id, &partition);
        self.partitions.insert(id, partition);
        self.share(now);
    }

    pub(super) fn revoking(&mut self, id: PartitionId, epoch: Epoch, deadline: Now, now: Now) {
        let Some(partition) = self.current(id, epoch) else {
            // Nothing of it is ours to finish.
            return self.effect(Effect::Release { partition: id, epoch });
        };
        if partition.draining.is_some() {
            return;
        }
        partition.phase = Phase::Draining;
        // The last third of the time is for the last commit and its answer.
        let left = deadline.0.saturating_sub(now.0);
        partition.draining = Some(Drain { deadline, commit_at: Now(now.0 + left * 2 / 3) });
        self.touch(id);
        self.drain(id, now);
    }

    /// Nothing new is sent; when nothing is on its way, or time runs out, the last commit is made.
    pub(super) fn drain(&mut self, id: PartitionId, now: Now) {
        let Some(partition) = self.partitions.get(&id) else { return };
        let Some(drain) = partition.draining else { return };
        if now >= drain.deadline || partition.leaves_alone() {
            self.release(id, now);
        } else if partition.window.may_send(now) && (partition.is_drained() || now >= drain.commit_at || self.rules.lack(Rule::Drain)) {
            self.commit(id, true, now);
            if self.rules.lack(Rule::LastAnswer) {
                self.release(id, now);
            }
        }
    }

    pub(super) fn lost(&mut self, id: PartitionId, epoch: Epoch, now: Now) {
        let Some(partition) = self.current(id, epoch) else { return };
        let unanswered = partition.window.has_unanswered() && !self.rules.lack(Rule::LeaveUnanswered);
        if self.rules.lack(Rule::LostCommitsNothing) {
            self.commit(id, true, now);
        }
        self.forget(&[id]);
        self.share(now);
        if unanswered {
            self.rebuild(RebuildReason::UnansweredCommit, now);
        }
    }

    /// The partition may go. With an unanswered commit, which could land over its next owner's, we leave the group first.
    pub(super) fn release(&mut self, id: PartitionId, now: Now) {
        let Some(partition) = self.partitions.get(&id) else { return };
        let stays = self.rules.lack(Rule::LeaveUnanswered) || self.rules.lack(Rule::LastAnswer);
        let (epoch, unanswered) = (partition.epoch, partition.window.has_unanswered() && !stays);
        self.forget(&[id]);
        self.share(now);
        if unanswered {
            self.rebuild(RebuildReason::UnansweredCommit, now);
        }
        self.effect(Effect::Release { partition: id, epoch });
    }

    /// Who slept for a session is hardly a member any more, and the first one to learn of it: a commit could be taken for that of nobody, or of the
    /// member that the client becomes next, over the commits of the owners in between.
    pub(super) fn wake(&mut self, now: Now) {
        let slept = now.0.saturating_sub(self.awake_at.0);
        self.awake_at = now;
        let session = self.config.membership();
        if slept >= session && !self.partitions.is_empty() && !self.rules.lack(Rule::SleepersJoinAnew) {
            self.rebuild(RebuildReason::NotAMember, now);
        }
    }

    /// Leave the group and join as a new member: once, until something is assigned again. All that we have is somebody else's then.
    pub(super) fn rebuild(&mut self, reason: RebuildReason, now: Now) {
        let all: Vec<PartitionId> = self.partitions.keys().copied().collect();
        self.forget(&all);
        self.share(now);
        if !std::mem::replace(&mut self.rebuilding, true) {
            self.effect(Effect::Rebuild { reason });
        }
    }

    /// Drops all state of partitions but their calls on the way: their orders wait for them, should they come back.
    fn forget(&mut self, ids: &[PartitionId]) {
        let mut gone = Vec::new();
        let mut orders = 0;
        for id in ids {
            let Some(partition) = self.partitions.remove(id) else { continue };
            partition.lanes.values().filter_map(|lane| lane.waiting_since).for_each(|since| self.arrivals.remove(since));
            orders += partition.remembered.len();
            // They are counted when they are read again, so that records read and dispositions add up.
            self.counters.records_read -= partition.undisposed();
            if let Some(due) = partition.due {
                self.due.remove(&(due, *id));
            }
            gone.push((*id, partition.epoch));
        }
        if gone.is_empty() {
            return;
        }
        for call in self.calls.values().filter(|call| gone.contains(&(call.lane.partition, call.lane.epoch))) {
            *self.old_calls.entry((call.lane.partition, call.lane.key)).or_default() += 1;
        }
        if !self.rules.lack(Rule::FenceCommits) {
            self.commits.retain(|_, of| !gone.contains(of));
        }
        self.forget_remembered(orders);
        let partitions = &self.partitions;
        let is_gone = |lane: &super::LaneRef| partitions.get(&lane.partition).is_none_or(|partition| partition.epoch != lane.epoch);
        self.ready.retain(|lane| !is_gone(lane));
        self.gates.forget(is_gone);
        self.timers.retain(|std::cmp::Reverse((_, lane))| !is_gone(lane));
        if self.partitions.is_empty() {
            self.lease_from = None;
        }
    }
}
