//! No silent stall: what stands still is named, and what fetching again can help is fetched again.

use super::Engine;
use crate::io::{Effect, Note, Now, PartitionId, RebuildReason, StallReason};
use crate::lane::Lane;
use crate::metadata::SPAN;
use crate::partition::Watch;

impl<P: Clone> Engine<P> {
    /// Lag, not paused by us, and nothing arrives: fetch again, then join anew, then leave. What was tried outlives the assignment.
    pub(super) fn watch(&mut self, id: PartitionId, now: Now) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let (epoch, at) = (partition.epoch, partition.fetched);
        let waits = partition.paused || partition.waits_outside || partition.draining.is_some();
        let lags = !waits && partition.log_end.is_some_and(|end| end > at);
        let known = partition.watch.filter(|watch| lags && watch.at == at);
        partition.watch = lags.then_some(known.unwrap_or(Watch { since: now, at }));
        if self.stalls.get(&id).is_some_and(|(_, stalled)| at > *stalled) {
            self.stalls.remove(&id);
        }
        if known.is_none_or(|watch| watch.since.0 + self.config.stall_after > now.0) {
            return;
        }
        if let Some(partition) = self.partitions.get_mut(&id) {
            partition.watch = Some(Watch { since: now, at });
        }
        let (step, stalled) = self.stalls.entry(id).or_insert((0, at));
        (*step, *stalled) = (step.saturating_add(1), at.max(*stalled));
        let step = *step;
        self.note(Note::Stalled { partition: id, offset: at, order: None, why: StallReason::NothingFetched });
        match step {
            1 => self.effect(Effect::Seek { partition: id, epoch, offset: at }),
            2 => self.rebuild(RebuildReason::Stalled, now),
            _ => self
                .effect(Effect::Exit { reason: "a partition stands still although there are records: seeking and rejoining did not help" }),
        }
    }

    /// Much is held behind the lowest open offset, and that does not move: the order it belongs to is named, as long as that lasts.
    pub(super) fn name_what_blocks(&mut self, id: PartitionId, now: Now) {
        let stall_after = self.config.stall_after;
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let lowest = partition.ledger.committable();
        // While nobody's orders are decided no single one is to blame, and after that it needs its turn first.
        let much = (partition.paused || partition.run_ahead() > SPAN / 2) && self.gates.all.closed().is_none();
        let known = partition.blocking.filter(|(_, at)| *at == lowest);
        let due = known.is_some_and(|(since, _)| since.0 + stall_after <= now.0);
        partition.blocking = (much && partition.draining.is_none()).then_some(known.filter(|_| !due).unwrap_or((now, lowest)));
        if !due || partition.blocking.is_none() {
            return;
        }
        let holds = |lane: &Lane<P>| lane.queue.iter().any(|work| work.offsets().any(|offset| offset == lowest));
        let Some(lane) = partition.lanes.values().find(|lane| holds(lane)) else { return };
        let closed = |biz_type| self.gates.types.get(&biz_type).is_some_and(|of_type| of_type.gate.closed().is_some());
        let why = if lane.queue.first().is_some_and(|work| closed(work.biz_type)) {
            StallReason::TypeGate
        } else if !lane.queued && lane.trouble.as_ref().is_some_and(|trouble| trouble.failures > 0) {
            StallReason::OrderUndecided
        } else {
            return;
        };
        let order = Some(lane.order.clone());
        self.note(Note::Stalled { partition: id, offset: lowest, order, why });
    }
}
