//! Fetch positions that move without a record: control records, compaction, aborted transactions.
//!
//! librdkafka's statistics carry `next_offset`, the offset it will ask for next. When they are handled, records below it may
//! still wait in the consumer's queue. Once that queue was seen empty, everything below has been handed over. Statistics
//! written down before an assignment (or a seek) had settled in librdkafka's threads speak of the one before it, so they are not used.

use engine::Offset;
use rustix::time::{ClockId, clock_gettime};

use super::context::Stats;
use super::messages::Position;
use super::owned::Partitions;

/// How long after an assignment or a seek the statistics may still show the fetch position of before: twice their interval.
const SETTLING_MICROS: i64 = 2_000_000;

/// The clock of librdkafka's statistics, in microseconds.
pub(crate) fn stats_clock() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

/// Turns statistics into positions that are safe to act on.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    waiting: Option<Stats>,
}

impl Positions {
    /// New statistics arrived.
    pub(crate) fn offer(&mut self, stats: Stats) {
        self.waiting = Some(stats);
    }

    /// The consumer's queue was seen empty after the last [`Positions::offer`].
    pub(crate) fn queue_was_empty(&mut self, partitions: &mut Partitions) -> Vec<Position> {
        let Some(stats) = self.waiting.take() else { return Vec::new() };
        let stats_written = stats.ts;
        let mut found = Vec::new();
        for (topic, topic_stats) in &stats.topics {
            for (number, stats) in &topic_stats.partitions {
                let Some(owned) = number.parse().ok().and_then(|number| partitions.get_mut(topic, number)) else { continue };
                let settled = stats_written > owned.since_micros + SETTLING_MICROS;
                let moved = owned.open && settled && !owned.paused && Offset(stats.next_offset) > owned.next;
                if moved {
                    owned.next = Offset(stats.next_offset);
                }
                let end = (stats.ls_offset >= 0).then_some(Offset(stats.ls_offset));
                if moved || end.is_some() {
                    found.push(Position { id: owned.id, epoch: owned.epoch, next: moved.then_some(owned.next), end });
                }
            }
        }
        found
    }
}
