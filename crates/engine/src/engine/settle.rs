//! How records end: only here does an offset leave the ledger.

use domain::MerchantBizNo;

use super::{Engine, LaneRef};
use crate::io::{Disposed, Disposition, Effect, Epoch, Now, Offset, PartitionId, Ticket};
use crate::lane::{Later, Work};
use crate::rules::Rule;

impl<P: Clone> Engine<P> {
    /// The front work of a lane was decided: its offsets end with it, unless something of it may still be applied.
    pub(super) fn decided(&mut self, lane_ref: LaneRef, disposition: Disposition, accepted: bool, ticket: Option<Ticket>, now: Now) {
        let Some(partition) = self.partitions.get_mut(&lane_ref.partition) else { return };
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key).filter(|lane| !lane.queue.is_empty()) else { return };
        let work = lane.queue.remove(0);
        if accepted || !self.rules.lack(Rule::RejectionsDecide) {
            lane.remember(work.version, work.content, accepted.then_some(work.status));
        }
        if let Some(trouble) = &mut lane.trouble {
            (trouble.due, trouble.failures, trouble.since) = (Now::default(), 0, None);
        }
        let oldest = lane.queue.iter().map(|work| work.arrived).min();
        let since = if accepted { oldest } else { oldest.and(lane.waiting_since) };
        self.waits_since(lane_ref, since);
        let Some(partition) = self.partitions.get_mut(&lane_ref.partition) else { return };
        let before = partition.before;
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key) else { return };
        let bytes = u64::from(work.bytes);
        if self.rules.lack(Rule::WentBackOpen) {
            lane.queue.first_mut().into_iter().for_each(|next| _ = next.follows(before));
            return self.end(lane_ref, work, disposition, ticket, now);
        }
        match lane.goes_back(work, accepted, before) {
            Some(work) => self.end(lane_ref, work, disposition, ticket, now),
            None => {
                partition.waiting = partition.waiting.saturating_sub(1);
                partition.bytes = partition.bytes.saturating_sub(bytes);
            }
        }
    }

    /// Works that turned out to be older than what a predecessor had decided.
    pub(super) fn drop_stale(&mut self, lane_ref: LaneRef, now: Now) {
        let restoring = self.partitions.get(&lane_ref.partition).is_some_and(|partition| partition.restoring);
        let lack = self.rules.lack(Rule::TwinsWhenRestored);
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        let stale = lane.take_stale(!restoring || lack);
        if stale.is_empty() {
            return;
        }
        let since = lane.waiting_since.filter(|_| !lane.queue.is_empty());
        self.waits_since(lane_ref, since);
        for (work, reason) in stale {
            self.end(lane_ref, work, Disposition::Stale(reason), None, now);
        }
    }

    /// A work leaves its lane, with every offset that it answers for.
    fn end(&mut self, lane_ref: LaneRef, work: Work<P>, disposition: Disposition, ticket: Option<Ticket>, now: Now) {
        let Some(partition) = self.partitions.get_mut(&lane_ref.partition) else { return };
        partition.waiting = partition.waiting.saturating_sub(1);
        partition.bytes = partition.bytes.saturating_sub(u64::from(work.bytes));
        let (hold, foreign) = (partition.hold_until, partition.foreign);
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key) else { return };
        let mut settles_at = now;
        if let Some((version, until)) = lane.trouble.as_ref().and_then(|trouble| trouble.ambiguous)
            && version == work.version
            && !self.rules.lack(Rule::AmbiguousOpen)
        {
            settles_at = settles_at.max(until);
        }
        let held = lane.trouble.as_ref().is_some_and(|trouble| trouble.held.is_some());
        if let Some(hold) = hold.filter(|_| (held || foreign) && !self.rules.lack(Rule::HeldOpen)) {
            settles_at = settles_at.max(hold);
        }
        let offset = Offset(work.version.offset);
        let riders = work.riders.into_iter().map(move |rider| (rider.offset(), rider.end(offset)));
        let done = std::iter::once((offset, disposition)).chain(riders);
        if settles_at > now {
            lane.trouble().later.push(Later { at: settles_at, done: done.collect(), ticket });
            return self.wake_at(settles_at, lane_ref);
        }
        let order = lane.order.clone();
        self.dispose_all(lane_ref.partition, done, ticket, Some(&order), now);
    }

    /// A record ends without a work of its own; in a lane that is held, not before the hold does: whoever takes over meanwhile has to hold it too.
    pub(super) fn passed(&mut self, lane_ref: LaneRef, offset: Offset, disposition: Disposition, order: Option<&MerchantBizNo>, now: Now) {
        let hold_until = self.partitions.get(&lane_ref.partition).and_then(|partition| partition.hold_until.filter(|until| *until > now));
        let lacks = self.rules.lack(Rule::HeldOpen);
        let trouble = self.lane_mut(lane_ref).and_then(|lane| lane.trouble.as_mut()).filter(|trouble| trouble.held.is_some() && !lacks);
        match (hold_until, trouble) {
            (Some(at), Some(trouble)) => trouble.later.push(Later { at, done: vec![(offset, disposition)], ticket: None }),
            (None, _) | (_, None) => self.dispose(lane_ref.partition, offset, disposition, None, order, now),
        }
        self.retire(lane_ref, now);
    }

    /// What could not settle before now, and may.
    pub(super) fn settle_later(&mut self, lane_ref: LaneRef, now: Now) {
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        let Some(trouble) = lane.trouble.as_mut() else { return };
        let ripe = trouble.later.extract_if(.., |later| later.at <= now).collect::<Vec<_>>();
        let order = lane.order.clone();
        for later in ripe {
            self.dispose_all(lane_ref.partition, later.done.into_iter(), later.ticket, Some(&order), now);
        }
    }

    /// The one end of a record.
    pub(super) fn dispose(
        &mut self,
        id: PartitionId,
        offset: Offset,
        disposition: Disposition,
        ticket: Option<Ticket>,
        order: Option<&MerchantBizNo>,
        now: Now,
    ) {
        self.dispose_all(id, std::iter::once((offset, disposition)), ticket, order, now);
    }

    fn dispose_all(
        &mut self,
        id: PartitionId,
        done: impl Iterator<Item = (Offset, Disposition)>,
        ticket: Option<Ticket>,
        order: Option<&MerchantBizNo>,
        now: Now,
    ) {
        // Every outcome tells how its order stands, so that compaction may take the ones before it.
        let standing = order.filter(|_| self.config.outcomes).and_then(|order| self.standing(id, order));
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let epoch = partition.epoch;
        if ticket.is_some() {
            partition.window.call_settled();
        }
        for (offset, disposition) in done {
            if self.config.outcomes {
                partition.ledger.decide(offset);
            } else if partition.ledger.settle(offset) {
                partition.window.dirty(now);
            }
            let standing = standing.clone();
            let disposed = Disposed { partition: id, epoch, offset, order: order.cloned(), disposition, ticket, standing };
            if partition.restoring {
                partition.untold.push(disposed);
            } else {
                self.counters.count(&disposed.disposition);
                self.effects.push_back(Effect::Disposed(disposed));
            }
        }
    }

    /// What ended while it was not yet known how its order stands.
    pub(super) fn tell(&mut self, untold: Vec<Disposed>) {
        for disposed in untold {
            let standing = disposed.order.as_ref().filter(|_| self.config.outcomes);
            let standing = standing.and_then(|order| self.standing(disposed.partition, order));
            self.counters.count(&disposed.disposition);
            self.effects.push_back(Effect::Disposed(Disposed { standing, ..disposed }));
        }
    }

    /// The outcomes topic has it: now the offset may be committed.
    pub(super) fn outcome_written(&mut self, id: PartitionId, epoch: Epoch, offset: Offset, now: Now) {
        let Some(partition) = self.current(id, epoch) else { return };
        if partition.ledger.is_decided(offset) && partition.ledger.settle(offset) {
            partition.window.dirty(now);
            self.touch(id);
        }
    }
}
