//! How records end: only here does an offset leave the ledger.

use domain::MerchantBizNo;

use super::{CallInfo, Engine};
use crate::io::{Disposed, Disposition, Effect, Now, Offset, PartitionId, Ticket};
use crate::lane::Later;

impl<P: Clone> Engine<P> {
    /// The front work of a lane was decided: its offsets end with it, unless something of it may still be applied.
    pub(super) fn decided(&mut self, call: CallInfo, disposition: Disposition, accepted: bool, ticket: Option<Ticket>, now: Now) {
        let Some(partition) = self.partitions.get_mut(&call.lane.partition).filter(|partition| partition.epoch == call.lane.epoch) else {
            return;
        };
        let (hold, foreign) = (partition.hold_until, partition.foreign);
        let Some(lane) = partition.lanes.get_mut(&call.lane.key) else { return };
        if lane.queue.first().is_none_or(|work| work.version != call.version) {
            return;
        }
        let work = lane.queue.remove(0);
        lane.remember(work.version, work.content, accepted.then_some(work.status));
        if accepted {
            lane.waiting_since = None;
        }
        let mut settles_at = now;
        if let Some(trouble) = &mut lane.trouble {
            (trouble.due, trouble.failures) = (Now::default(), 0);
            if let Some((version, until)) = trouble.ambiguous
                && version == work.version
            {
                settles_at = settles_at.max(until);
            }
        }
        let held = lane.trouble.as_ref().is_some_and(|trouble| trouble.held.is_some());
        if (held || foreign)
            && let Some(hold) = hold
        {
            settles_at = settles_at.max(hold);
        }
        let offset = Offset(work.version.offset);
        let mut done = Vec::with_capacity(work.riders.len() + 1);
        done.push((offset, disposition));
        done.extend(work.riders.iter().map(|rider| {
            let disposition = rider.stale_reason().map_or(Disposition::Superseded { by: offset }, Disposition::Stale);
            (rider.offset(), disposition)
        }));
        partition.waiting = partition.waiting.saturating_sub(1);
        partition.bytes = partition.bytes.saturating_sub(u64::from(work.bytes));
        if !lane.queue.is_empty() && lane.waiting_since.is_none() {
            lane.waiting_since = Some(now);
            self.arrivals.push_back((now, call.lane));
        }
        if settles_at > now {
            let Some(lane) = self.lane_mut(call.lane) else { return };
            lane.trouble().later.push(Later { at: settles_at, done, ticket });
            return self.wake_at(settles_at, call.lane);
        }
        let order = lane.order.clone();
        for (offset, disposition) in done {
            self.dispose(call.lane.partition, offset, disposition, ticket, Some(&order), now);
        }
    }

    /// What could not settle before now, and may.
    pub(super) fn settle_later(&mut self, lane_ref: super::LaneRef, now: Now) {
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        let Some(trouble) = lane.trouble.as_mut() else { return };
        let ripe = trouble.later.extract_if(.., |later| later.at <= now).collect::<Vec<_>>();
        let order = lane.order.clone();
        for later in ripe {
            for (offset, disposition) in later.done {
                self.dispose(lane_ref.partition, offset, disposition, later.ticket, Some(&order), now);
            }
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
        let outcomes = self.config.outcomes;
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let epoch = partition.epoch;
        if outcomes {
            partition.ledger.decide(offset);
        } else if partition.ledger.settle(offset) {
            partition.window.dirty(now);
        }
        self.counters.count(&disposition);
        self.effect(Effect::Disposed(Disposed { partition: id, epoch, offset, order: order.cloned(), disposition, ticket }));
    }
}
