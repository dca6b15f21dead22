//! Freshness: how long the oldest modification has waited since its order's last accepted one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::{Engine, LaneRef};
use crate::io::Now;
use crate::lane::Moment;

/// Below this it is not worth cleaning up.
const FEW: usize = 1_024;

/// Waiting lanes by the arrival of what they wait with. An entry counts only while its lane still says the same.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    heap: BinaryHeap<Reverse<(Moment, LaneRef)>>,
    clean_at: usize,
}

impl<P: Clone> Engine<P> {
    /// The lane waits since this moment; `None`: it has nothing to wait with.
    pub(super) fn waits_since(&mut self, lane_ref: LaneRef, since: Option<Moment>) {
        let Some(lane) = self.lane_mut(lane_ref).filter(|lane| lane.waiting_since != since) else { return };
        lane.waiting_since = since;
        let Some(since) = since else { return };
        self.arrivals.heap.push(Reverse((since, lane_ref)));
        if self.arrivals.heap.len() > self.arrivals.clean_at.max(FEW) {
            let all = std::mem::take(&mut self.arrivals.heap).into_vec();
            let alive = all.into_iter().filter(|Reverse((since, lane))| self.still_waits(*lane, *since)).collect::<BinaryHeap<_>>();
            self.arrivals.clean_at = alive.len() * 2;
            self.arrivals.heap = alive;
        }
    }

    /// Age of the oldest.
    pub(super) fn freshness(&mut self, now: Now) -> Duration {
        while let Some(Reverse((since, lane))) = self.arrivals.heap.peek().copied() {
            if self.still_waits(lane, since) {
                return now.0.saturating_sub(since.time().0);
            }
            self.arrivals.heap.pop();
        }
        Duration::ZERO
    }

    fn still_waits(&self, lane: LaneRef, since: Moment) -> bool {
        let partition = self.partitions.get(&lane.partition).filter(|partition| partition.epoch == lane.epoch);
        partition.and_then(|partition| partition.lanes.get(&lane.key)).is_some_and(|lane| lane.waiting_since == Some(since))
    }
}
