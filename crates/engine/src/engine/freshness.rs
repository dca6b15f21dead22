//! Freshness: how long the oldest modification has waited since its order's last accepted one.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Engine, LaneRef};
use crate::io::Now;
use crate::lane::Moment;

/// Arrivals are told apart to this many nanoseconds, a sixtieth of a second: a power of two.
const STEP_BITS: u32 = 24;

/// How many lanes wait, by the time since when. A heap of lanes would tell it to the nanosecond, and took 42 bytes of each.
#[derive(Debug, Default)]
pub(super) struct Arrivals(BTreeMap<u64, Step>);

/// The lanes that wait since the same step of time.
#[derive(Debug)]
struct Step {
    lanes: u64,
    /// The first of all that were counted here.
    first: Moment,
}

impl Arrivals {
    fn add(&mut self, since: Moment) {
        let step = self.0.entry(since.step(STEP_BITS)).or_insert(Step { lanes: 0, first: since });
        step.lanes += 1;
        step.first = step.first.min(since);
    }

    /// A lane does not wait since then any more.
    pub(super) fn remove(&mut self, since: Moment) {
        let Some(step) = self.0.get_mut(&since.step(STEP_BITS)) else { return };
        step.lanes -= 1;
        if step.lanes == 0 {
            self.0.remove(&since.step(STEP_BITS));
        }
    }

    /// The step up to which at least so many lanes wait, and how many those are.
    pub(super) fn oldest(&self, most: u64) -> Option<(u64, u64)> {
        let mut met = 0;
        let mut steps = self.0.iter().map(|(step, of)| {
            met += of.lanes;
            (*step, met)
        });
        let found = steps.by_ref().find(|(_, met)| *met >= most);
        found.or_else(|| self.0.last_key_value().map(|(step, _)| (*step, met)))
    }

    /// Whether who waits since then is among those up to a step.
    pub(super) fn is_within(since: Moment, step: u64) -> bool {
        since.step(STEP_BITS) <= step
    }

    /// Panics unless exactly these are counted.
    #[cfg(test)]
    pub(super) fn check(&self, waiting: impl Iterator<Item = Moment>) {
        let mut counts = BTreeMap::<u64, u64>::new();
        waiting.for_each(|since| *counts.entry(since.step(STEP_BITS)).or_default() += 1);
        assert_eq!(self.0.iter().map(|(step, of)| (*step, of.lanes)).collect::<BTreeMap<_, _>>(), counts, "who waits is counted");
    }
}

impl<P: Clone> Engine<P> {
    /// The lane waits since this moment; `None`: it has nothing to wait with.
    pub(super) fn waits_since(&mut self, lane_ref: LaneRef, since: Option<Moment>) {
        let Some(lane) = self.lane_mut(lane_ref).filter(|lane| lane.waiting_since != since) else { return };
        let before = std::mem::replace(&mut lane.waiting_since, since);
        if let Some(before) = before {
            self.arrivals.remove(before);
        }
        if let Some(since) = since {
            self.arrivals.add(since);
        }
    }

    /// Age of the oldest, or a step more.
    pub(super) fn freshness(&self, now: Now) -> Duration {
        self.arrivals.0.first_key_value().map_or(Duration::ZERO, |(_, step)| now.0.saturating_sub(step.first.time().0))
    }
}
