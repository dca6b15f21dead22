//! Positions that move without a record: control records, compaction, aborted transactions.
//!
//! The consumer's own position counts what polling has returned and steps over control records, so everything below it was handed
//! over. From an assignment or a seek to the first record it is unknown; until then librdkafka's statistics help. Their `next_offset`
//! is what it will ask the broker for next: records below it may still wait in the consumer's queue, so it counts only once that queue
//! was seen empty, and only when it was written down long enough after the assignment, or it speaks of the one before.

use engine::Offset;
use rdkafka::TopicPartitionList;
use rdkafka::topic_partition_list::Offset as KafkaOffset;
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

/// What moved by the consumer's own account.
pub(crate) fn moved(positions: &TopicPartitionList, partitions: &mut Partitions) -> Vec<Position> {
    let mut found = Vec::new();
    for element in positions.elements() {
        let (KafkaOffset::Offset(next), Some(owned)) = (element.offset(), partitions.get_mut(element.topic(), element.partition())) else {
            continue;
        };
        owned.position_known = true;
        if owned.open && Offset(next) > owned.next {
            owned.next = Offset(next);
            found.push(Position { id: owned.id, epoch: owned.epoch, next: Some(owned.next), end: None });
        }
    }
    found
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
                let moved = owned.open && !owned.position_known && settled && !owned.paused && Offset(stats.next_offset) > owned.next;
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::*;
    use crate::kafka::context::{PartitionStats, TopicStats};

    fn partitions() -> Partitions {
        let mut partitions = Partitions::default();
        partitions.assign(&Arc::from("orders"), 0, Offset(10), true);
        partitions
    }

    fn stats(written: i64, next_offset: i64) -> Stats {
        let partition = PartitionStats { next_offset, ls_offset: 40 };
        let topic = TopicStats { partitions: HashMap::from([("0".to_owned(), partition), ("-1".to_owned(), partition)]) };
        Stats { ts: written, topics: HashMap::from([("orders".to_owned(), topic)]) }
    }

    fn list(offset: KafkaOffset) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset("orders", 0, offset).unwrap();
        list
    }

    #[test]
    fn the_consumers_own_position_counts_at_once_and_never_backwards() {
        let mut partitions = partitions();
        assert_eq!(moved(&list(KafkaOffset::Offset(12)), &mut partitions).first().unwrap().next, Some(Offset(12)));
        assert!(moved(&list(KafkaOffset::Offset(11)), &mut partitions).is_empty());
        assert!(moved(&list(KafkaOffset::Invalid), &mut partitions).is_empty());
    }

    #[test]
    fn statistics_count_only_when_they_speak_of_this_assignment() {
        let (mut partitions, mut positions) = (partitions(), Positions::default());
        positions.offer(stats(stats_clock(), 30));
        assert_eq!(positions.queue_was_empty(&mut partitions).first().unwrap().next, None);
        positions.offer(stats(stats_clock() + SETTLING_MICROS + 1_000_000, 30));
        assert_eq!(positions.queue_was_empty(&mut partitions).first().unwrap().next, Some(Offset(30)));
    }

    #[test]
    fn statistics_do_not_count_once_the_position_is_known() {
        let (mut partitions, mut positions) = (partitions(), Positions::default());
        moved(&list(KafkaOffset::Offset(12)), &mut partitions);
        positions.offer(stats(stats_clock() + SETTLING_MICROS + 1_000_000, 30));
        assert_eq!(positions.queue_was_empty(&mut partitions).first().unwrap().next, None);
    }

    #[test]
    fn the_log_end_is_told_either_way() {
        let (mut partitions, mut positions) = (partitions(), Positions::default());
        positions.offer(stats(0, 30));
        assert_eq!(positions.queue_was_empty(&mut partitions).first().unwrap().end, Some(Offset(40)));
        assert!(positions.queue_was_empty(&mut partitions).is_empty());
    }
}
