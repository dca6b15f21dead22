//! What is due at a moment, and when the driver has to come back.

use std::cmp::Reverse;

use super::{Engine, LaneRef};
use crate::gate::Pass;
use crate::io::{Effect, Note, Now, Park, ParkReason, RebuildReason, StallReason};
use crate::lane::Busy;
use crate::partition::Phase;

impl<P: Clone> Engine<P> {
    /// When [`Engine::handle_timeout`] has something to do; `None`: only after an input.
    pub fn poll_timeout(&self) -> Option<Now> {
        let mut next = self.timers.peek().map(|Reverse((at, _))| *at);
        let mut sooner = |at: Option<Now>| next = [next, at].into_iter().flatten().min();
        for partition in self.partitions.values() {
            let (position, committable) = (partition.ledger.position(), partition.ledger.committable());
            sooner(partition.window.expires_at());
            if partition.draining.is_none() && partition.phase == Phase::Consuming {
                sooner(partition.window.due(position, committable, self.config.session_timeout, Now::default()));
                sooner(Some(Now(partition.watch.since.0 + self.config.stall_after)));
            }
            if let Some(drain) = partition.draining {
                sooner(Some(drain.deadline));
                sooner(Some(drain.commit_at));
            }
        }
        if !self.ready.is_empty() {
            match self.gate.pass(Now::default()) {
                Pass::NotBefore(at) => sooner(Some(at)),
                Pass::Open | Pass::Probe | Pass::Probing => sooner(self.token_at),
            }
        }
        for (biz_type, gate) in &self.type_gates {
            if self.type_blocked.get(biz_type).is_some_and(|lanes| !lanes.is_empty())
                && let Pass::NotBefore(at) = gate.pass(Now::default())
            {
                sooner(Some(at));
            }
        }
        sooner(self.bucket.restore_at());
        if self.lease_held {
            sooner(self.lease_until());
        }
        next
    }

    pub(super) fn run_timers(&mut self, now: Now) {
        while let Some(Reverse((at, lane))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            if lane.key == 0 {
                self.park_again(lane, now);
            }
            self.settle_later(lane, now);
            if let Some(found) = self.lane_mut(lane)
                && found.busy == Busy::Parking
            {
                let reason = found.queue.first().and_then(|work| work.tries.as_ref()?.parking.clone());
                let confirmed = |partition: &crate::partition::Partition<P>| !partition.parking.values().any(|key| *key == lane.key);
                let again = self.current(lane.partition, lane.epoch).is_some_and(|partition| confirmed(partition));
                if let Some(reason) = reason.filter(|_| again) {
                    self.park(lane, reason, now);
                }
                continue;
            }
            self.go_on(lane, now);
        }
        let types: Vec<_> = self.type_blocked.keys().copied().collect();
        for biz_type in types {
            let pass = self.type_gates.get(&biz_type).map_or(Pass::Open, |gate| gate.pass(now));
            let Some(lanes) = self.type_blocked.get_mut(&biz_type) else { continue };
            match pass {
                Pass::Open => self.ready.extend(std::mem::take(lanes)),
                Pass::Probe => self.ready.extend(lanes.pop_front()),
                Pass::NotBefore(_) | Pass::Probing => {}
            }
        }
    }

    /// Dead letters of unfit records that were not taken are written again.
    fn park_again(&mut self, lane: LaneRef, now: Now) {
        let Some(partition) = self.current(lane.partition, lane.epoch) else { return };
        let mut again = Vec::new();
        for (offset, unfit) in &mut partition.unfit {
            if unfit.again_at.is_some_and(|at| at <= now) {
                unfit.again_at = None;
                again.push((*offset, ParkReason::Unfit(unfit.reason, std::sync::Arc::clone(&unfit.message)), unfit.payload.clone()));
            }
        }
        for (offset, reason, payload) in again {
            let (partition, epoch) = (lane.partition, lane.epoch);
            self.effect(Effect::Park(Park { partition, epoch, offset, reason, payload, attempts: 0, failures: None }));
        }
    }

    /// Room again, commits, drains, stalls.
    pub(super) fn look_after_partitions(&mut self, now: Now) {
        let ids: Vec<_> = self.partitions.keys().copied().collect();
        let bounds = self.bounds();
        for id in ids {
            let Some(partition) = self.partitions.get_mut(&id) else { continue };
            if partition.paused && partition.phase == Phase::Consuming && partition.has_room(bounds) {
                partition.paused = false;
                partition.watch.since = now;
                let (partition, epoch) = (partition.id, partition.epoch);
                self.effect(Effect::Resume { partition, epoch });
            }
            self.end_hold(id, now);
            self.commit_if_due(id, now);
            self.drain(id, now);
            self.watch(id, now);
        }
    }

    /// Lag, not paused by us, and nothing arrives: seek, then rebuild, then exit. And an order that blocks its partition is named.
    fn watch(&mut self, id: crate::io::PartitionId, now: Now) {
        let stall_after = self.config.stall_after;
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let position = partition.ledger.position();
        let lags = partition.log_end.is_some_and(|end| end > position);
        if !lags || partition.paused || partition.draining.is_some() || position != partition.watch.position {
            let step = if position == partition.watch.position { partition.watch.step } else { 0 };
            let due = partition.watch.since.0 + stall_after <= now.0;
            partition.watch = crate::partition::Watch {
                since: if due || position != partition.watch.position { now } else { partition.watch.since },
                position,
                step,
            };
            return;
        }
        if partition.watch.since.0 + stall_after > now.0 {
            return;
        }
        let epoch = partition.epoch;
        partition.watch.since = now;
        partition.watch.step += 1;
        let step = partition.watch.step;
        self.note(Note::Stalled { partition: id, offset: position, order: None, why: StallReason::NothingFetched });
        match step {
            1 => self.effect(Effect::Seek { partition: id, epoch, offset: position }),
            2 => self.rebuild(RebuildReason::Stalled),
            _ => self
                .effect(Effect::Exit { reason: "a partition stands still although there are records: seeking and rejoining did not help" }),
        }
    }
}
