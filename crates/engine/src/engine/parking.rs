//! Dead letters: an offset settles only when the broker confirmed its letter.

use std::sync::Arc;

use super::{Engine, LaneRef};
use crate::io::{Disposition, Effect, Epoch, Now, Offset, Park, ParkKind, ParkReason, PartitionId, Ticket, UnfitReason};
use crate::lane::Busy;
use crate::partition::Unfit;

/// A letter that was not taken begins with the third backoff: the broker, not the record, is in trouble.
const FAILURES: u32 = 3;

impl<P: Clone> Engine<P> {
    /// Something that cannot be sent goes aside on its own.
    pub(super) fn park_unfit(&mut self, id: PartitionId, offset: Offset, reason: UnfitReason, message: Arc<str>, payload: P, bytes: u32) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let epoch = partition.epoch;
        partition.waiting += 1;
        partition.bytes += u64::from(bytes);
        let unfit = Unfit { reason, message: Arc::clone(&message), payload: payload.clone(), bytes, failures: 0, again_at: None };
        partition.unfit.insert(offset, unfit);
        let reason = ParkReason::Unfit(reason, message);
        self.effect(Effect::Park(Park { partition: id, epoch, offset, reason, payload, attempts: 0, failures: None }));
    }

    /// The front work of a lane is written to the dead-letter topic.
    pub(super) fn park(&mut self, lane_ref: LaneRef, reason: ParkReason, ticket: Option<Ticket>) {
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        let Some(work) = lane.queue.first_mut() else { return };
        lane.busy = Busy::Parking;
        let offset = Offset(work.version.offset);
        let payload = work.payload.clone();
        let tries = work.tries();
        tries.parking = Some((reason.clone(), ticket));
        let (attempts, failures) = (tries.attempts, tries.first_failure.zip(tries.last_failure));
        let (partition, epoch) = (lane_ref.partition, lane_ref.epoch);
        if let Some(partition) = self.current(partition, epoch) {
            partition.parking.insert(offset, lane_ref.key);
        }
        self.effect(Effect::Park(Park { partition, epoch, offset, reason, payload, attempts, failures }));
    }

    pub(super) fn park_finished(&mut self, id: PartitionId, epoch: Epoch, offset: Offset, confirmed: bool, now: Now) {
        let backoff = self.backoff();
        let Some(partition) = self.partitions.get_mut(&id).filter(|partition| partition.epoch == epoch) else { return };
        if let Some(unfit) = partition.unfit.get_mut(&offset).filter(|unfit| unfit.again_at.is_none()) {
            if confirmed {
                let (kind, bytes) = (ParkKind::from(unfit.reason), unfit.bytes);
                partition.unfit.remove(&offset);
                partition.waiting = partition.waiting.saturating_sub(1);
                partition.bytes = partition.bytes.saturating_sub(u64::from(bytes));
                self.dispose(id, offset, Disposition::Parked(kind), None, None, now);
            } else {
                unfit.failures = unfit.failures.saturating_add(1);
                let at = backoff.due(now, unfit.failures, None, &mut self.rng);
                unfit.again_at = Some(at);
                self.wake_at(at, LaneRef { partition: id, epoch, key: 0 });
            }
            return self.touch(id);
        }
        let Some(key) = partition.parking.remove(&offset) else { return };
        let lane_ref = LaneRef { partition: id, epoch, key };
        self.touch(id);
        if !confirmed {
            let at = backoff.due(now, FAILURES, None, &mut self.rng);
            if let Some(lane) = self.lane_mut(lane_ref) {
                lane.busy = Busy::ParksAgain;
                lane.trouble().due = at;
            }
            return self.wake_at(at, lane_ref);
        }
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        lane.busy = Busy::No;
        let Some((reason, ticket)) = lane.queue.first().and_then(|work| work.tries.as_ref()?.parking.clone()) else { return };
        let disposition = match reason {
            ParkReason::Rejected(code) => Disposition::Rejected(code),
            ParkReason::Unfit(reason, _) => Disposition::Parked(ParkKind::from(reason)),
            ParkReason::Undecided(_) => Disposition::Parked(ParkKind::Undecided),
        };
        self.decided(lane_ref, disposition, false, ticket, now);
        self.go_on(lane_ref, now);
    }

    /// Dead letters of a lane, or of unfit records (key 0), that were not taken are written again.
    pub(super) fn park_again(&mut self, lane: LaneRef, now: Now) {
        if lane.key == 0 {
            return self.park_unfit_again(lane, now);
        }
        let Some(found) = self.lane_mut(lane) else { return };
        if found.busy == Busy::ParksAgain
            && found.trouble().due <= now
            && let Some((reason, ticket)) = found.queue.first().and_then(|work| work.tries.as_ref()?.parking.clone())
        {
            self.park(lane, reason, ticket);
        }
    }

    fn park_unfit_again(&mut self, lane: LaneRef, now: Now) {
        let (id, epoch) = (lane.partition, lane.epoch);
        let Some(partition) = self.current(id, epoch) else { return };
        let mut again = Vec::new();
        for (offset, unfit) in partition.unfit.iter_mut().filter(|(_, unfit)| unfit.again_at.is_some_and(|at| at <= now)) {
            unfit.again_at = None;
            again.push((*offset, ParkReason::Unfit(unfit.reason, Arc::clone(&unfit.message)), unfit.payload.clone()));
        }
        for (offset, reason, payload) in again {
            self.effect(Effect::Park(Park { partition: id, epoch, offset, reason, payload, attempts: 0, failures: None }));
        }
    }
}
