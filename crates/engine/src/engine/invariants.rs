//! What always holds between two inputs, after [`Engine::handle_timeout`] and [`Engine::schedule`]. Tests check it at every step.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Engine, LaneRef};
use crate::io::Offset;
use crate::lane::{Busy, Lane};
use crate::metadata::SPAN;
use crate::partition::Partition;

impl<P: Clone> Engine<P> {
    /// Panics with the invariant that does not hold.
    pub(crate) fn check_invariants(&self) {
        assert!(self.in_flight() <= self.config.max_in_flight, "no more calls than slots");
        let remembered: usize = self.partitions.values().map(|partition| partition.remembered.len()).sum();
        assert_eq!(self.remembered, remembered, "remembered orders are counted");
        assert!(remembered <= self.config.remembered_orders, "remembered orders are bounded");
        let waiting = self.partitions.values().flat_map(|partition| partition.lanes.values()).filter_map(|lane| lane.waiting_since);
        self.arrivals.check(waiting);
        let queued = self.queued();
        for partition in self.partitions.values() {
            self.check_partition(partition, &queued);
        }
    }

    /// How often every lane stands in a queue.
    fn queued(&self) -> BTreeMap<LaneRef, u32> {
        let blocked = self.partitions.values().flat_map(|partition| {
            partition.blocked.iter().map(|key| LaneRef { partition: partition.id, epoch: partition.epoch, key: *key })
        });
        let by_type = self.gates.types.values().flat_map(|of_type| of_type.blocked.iter().copied());
        let mut queued = BTreeMap::new();
        for lane in self.ready.iter().copied().chain(blocked).chain(by_type) {
            *queued.entry(lane).or_default() += 1;
        }
        queued
    }

    fn check_partition(&self, partition: &Partition<P>, queued: &BTreeMap<LaneRef, u32>) {
        let works = || partition.lanes.values().flat_map(|lane| &lane.queue);
        let unfit = partition.unfit.values().map(|unfit| u64::from(unfit.bytes)).sum::<u64>();
        assert_eq!(partition.waiting, (works().count() + partition.unfit.len()) as u64, "what waits is counted");
        assert_eq!(partition.bytes, works().map(|work| u64::from(work.bytes)).sum::<u64>() + unfit, "its bytes are counted");
        let calls = self.calls.values().filter(|call| call.lane.partition == partition.id && call.lane.epoch == partition.epoch).count();
        let busy = partition.lanes.values().filter(|lane| lane.busy == Busy::Call).count();
        assert_eq!((partition.in_flight as usize, calls), (busy, busy), "calls on their way are counted");
        self.check_ledger(partition);
        for (key, lane) in &partition.lanes {
            let lane_ref = LaneRef { partition: partition.id, epoch: partition.epoch, key: *key };
            assert!(!partition.remembered.contains_key(key), "an order is alive or remembered");
            assert_eq!(u32::from(lane.queued), queued.get(&lane_ref).copied().unwrap_or(0), "a lane stands in one queue at most");
            self.check_lane(partition, lane_ref, lane);
        }
        let (position, committable) = (partition.ledger.position(), partition.ledger.committable());
        assert!(committable <= position);
        if let Some(limit) = partition.window.limit() {
            assert!(limit.0 <= committable.0 + SPAN, "a window stays within the span of the format");
        }
    }

    /// Every open offset has somebody who answers for it, and only one.
    fn check_ledger(&self, partition: &Partition<P>) {
        let mut answered = Vec::new();
        for lane in partition.lanes.values() {
            answered.extend(lane.queue.iter().flat_map(crate::lane::Work::offsets));
            let later = lane.trouble.iter().flat_map(|trouble| &trouble.later);
            answered.extend(later.flat_map(|later| later.done.iter().map(|(offset, _)| *offset)));
        }
        answered.extend(partition.unfit.keys());
        answered.extend(partition.unverified.iter().flatten());
        let mut ledger = partition.ledger.clone();
        let open: BTreeSet<Offset> = partition.ledger.open_offsets().filter(|offset| !ledger.is_decided(*offset)).collect();
        let once: BTreeSet<Offset> = answered.iter().copied().collect();
        assert_eq!(once.len(), answered.len(), "one work answers for an offset");
        assert_eq!(once, open, "somebody answers for every open offset");
    }

    /// A lane with something to do is never left behind: somebody will look at it again.
    fn check_lane(&self, partition: &Partition<P>, lane_ref: LaneRef, lane: &Lane<P>) {
        assert!(lane.queue.is_sorted_by(|a, b| a.version < b.version), "a lane is in order");
        let decided = lane.memory.as_ref().map(|memory| memory.decided);
        assert!(lane.queue.iter().skip(lane.fixed()).all(|work| decided.is_none_or(|decided| work.version > decided)), "newest wins");
        assert!(lane.queue.iter().all(|work| work.offsets().min() == Some(Offset(work.lowest()))), "the lowest offset is known");
        assert!(lane.queue.iter().all(|work| i64::from(work.below) < SPAN), "no work is out of the window's reach for ever");
        assert_eq!(lane.waiting_since.is_some(), !lane.queue.is_empty(), "only what waits counts for freshness");
        let timer = |at| self.timers.iter().any(|Reverse((due, lane))| *lane == lane_ref && *due <= at);
        match lane.busy {
            Busy::Call => assert_eq!(self.calls.values().filter(|call| call.lane == lane_ref).count(), 1, "one call of a lane"),
            Busy::Parking => assert!(partition.parking.values().any(|key| *key == lane_ref.key)),
            Busy::ParksAgain => assert!(lane.trouble.as_ref().is_some_and(|trouble| timer(trouble.due)), "a dead letter is written again"),
            Busy::No => {
                let old_call = self.old_calls.contains_key(&(lane_ref.partition, lane_ref.key));
                let armed = lane.trouble.as_ref().and_then(|trouble| trouble.armed).is_some_and(timer);
                let waits = lane.queued || armed || old_call || partition.draining.is_some();
                assert!(lane.queue.is_empty() || waits, "a lane that waits is woken");
            }
        }
        for later in lane.trouble.iter().flat_map(|trouble| &trouble.later) {
            assert!(timer(later.at) || partition.hold_until.is_some(), "what settles later settles");
        }
        let trouble = lane.trouble.as_ref();
        let kept = trouble.is_some_and(|trouble| !trouble.later.is_empty() || trouble.held.is_some() || trouble.ambiguous.is_some());
        assert!(!lane.queue.is_empty() || lane.busy != Busy::No || lane.queued || kept, "an idle lane goes to rest");
    }
}
