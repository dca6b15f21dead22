//! Parts of topics, and how far each was read.

use std::sync::Arc;

use rdkafka::TopicPartitionList;
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::Offset as KafkaOffset;

/// A part of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    /// Its first offset; of a part that is being read the next one.
    pub(crate) from: i64,
    /// The one behind its last.
    pub(crate) to: i64,
}

impl Part {
    /// How many offsets it has.
    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.to - self.from).unwrap_or(0)
    }
}

/// Parts that are being read.
#[derive(Debug)]
pub(super) struct Parts {
    parts: Vec<Part>,
    behind: u64,
    left: usize,
    /// Where the last record was: the next one is nearly always there too.
    last: usize,
}

/// What a record means for its part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// It lies in a part that is being read.
    pub(super) is_ours: bool,
    /// That part is over with it.
    pub(super) ends: Option<Part>,
}

impl Parts {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        let parts: Vec<Part> = parts.into_iter().filter(|part| part.len() > 0).collect();
        Self { left: parts.len(), parts, behind: 0, last: 0 }
    }

    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// Offsets that are read, or passed.
    pub(super) fn behind(&self) -> u64 {
        self.behind
    }

    pub(super) fn list(&self) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::with_capacity(self.parts.len());
        for part in &self.parts {
            list.add_partition_offset(&part.topic, part.partition, KafkaOffset::Offset(part.from))?;
        }
        Ok(list)
    }

    /// The parts that are not over.
    pub(super) fn left(&self) -> Vec<Part> {
        self.parts.iter().filter(|part| part.len() > 0).cloned().collect()
    }

    /// A record came.
    pub(super) fn takes(&mut self, topic: &str, partition: i32, offset: i64) -> Taken {
        let Some(index) = self.find(topic, partition) else { return Taken { is_ours: false, ends: None } };
        let Some(part) = self.parts.get(index) else { return Taken { is_ours: false, ends: None } };
        let (is_ours, open) = ((part.from..part.to).contains(&offset), part.len() > 0);
        let ends = open && self.goes_to(index, offset + 1);
        Taken { is_ours, ends: ends.then(|| self.parts.get(index).cloned()).flatten() }
    }

    /// Positions move also where no record lies: control records, compaction, aborted transactions.
    /// The parts that are over with that.
    pub(super) fn moved(&mut self, positions: &TopicPartitionList) -> Vec<Part> {
        let mut over = Vec::new();
        for element in positions.elements() {
            if let (KafkaOffset::Offset(next), Some(index)) = (element.offset(), self.find(element.topic(), element.partition()))
                && self.goes_to(index, next)
            {
                over.extend(self.parts.get(index).cloned());
            }
        }
        over
    }

    /// The log of a partition with this number ended; librdkafka tells us of which topic by nothing. With one candidate it is that one, as long
    /// as all that is over is paused: the log of another topic that is still fetched would end the wrong part.
    pub(super) fn log_ended(&mut self, partition: i32) -> Option<Part> {
        let mut candidates = (0..).zip(&self.parts).filter(|(_, part)| part.partition == partition && part.len() > 0);
        let (Some((index, part)), None) = (candidates.next(), candidates.next()) else { return None };
        let end = part.to;
        self.goes_to(index, end);
        self.parts.get(index).cloned()
    }

    /// A part begins later than was thought.
    pub(super) fn begins_at(&mut self, topic: &str, partition: i32, start: i64) -> Option<Part> {
        let index = self.find(topic, partition)?;
        if self.goes_to(index, start) { self.parts.get(index).cloned() } else { None }
    }

    fn find(&mut self, topic: &str, partition: i32) -> Option<usize> {
        let is = |part: &Part| part.partition == partition && &*part.topic == topic;
        if !self.parts.get(self.last).is_some_and(is) {
            self.last = self.parts.iter().position(is)?;
        }
        Some(self.last)
    }

    /// True: the part is over, and was not before.
    fn goes_to(&mut self, index: usize, next: i64) -> bool {
        let Some(part) = self.parts.get_mut(index) else { return false };
        let next = next.clamp(part.from, part.to);
        if part.from == part.to {
            return false;
        }
        self.behind += u64::try_from(next - part.from).unwrap_or(0);
        part.from = next;
        let over = part.from == part.to;
        self.left -= usize::from(over);
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(topic: &str, partition: i32, from: i64, to: i64) -> Part {
        Part { topic: topic.into(), partition, from, to }
    }

    fn ours(parts: &mut Parts, topic: &str, partition: i32, offset: i64) -> (bool, bool) {
        let taken = parts.takes(topic, partition, offset);
        (taken.is_ours, taken.ends.is_some())
    }

    #[test]
    fn a_part_is_over_with_its_last_record_and_later_ones_are_not_of_it() {
        let mut parts = Parts::new(vec![part("a", 0, 5, 7), part("a", 1, 3, 3)]);
        assert!(!parts.is_over(), "an empty part is over from the beginning, the other is not");
        assert_eq!(ours(&mut parts, "a", 0, 5), (true, false));
        assert_eq!(ours(&mut parts, "a", 0, 6), (true, true));
        assert!(parts.is_over());
        assert_eq!(ours(&mut parts, "a", 0, 7), (false, false));
        assert_eq!(parts.behind(), 2);
    }

    #[test]
    fn a_gap_at_the_end_is_passed_by_the_position_by_the_next_record_or_by_the_end_of_the_log() {
        let mut parts = Parts::new(vec![part("a", 0, 0, 10), part("b", 0, 0, 10), part("a", 1, 0, 10)]);
        assert_eq!(ours(&mut parts, "a", 0, 12), (false, true), "compaction took the rest");
        let mut positions = TopicPartitionList::new();
        positions.add_partition_offset("b", 0, KafkaOffset::Offset(10)).unwrap();
        positions.add_partition_offset("a", 1, KafkaOffset::Invalid).unwrap();
        assert_eq!(parts.moved(&positions), [part("b", 0, 10, 10)], "whatever is over is named, to be paused");
        assert_eq!(parts.left(), [part("a", 1, 0, 10)]);
        assert!(parts.moved(&positions).is_empty(), "once");
        assert_eq!(parts.log_ended(0), None);
        assert!(!parts.is_over());
        assert_eq!(parts.log_ended(1), Some(part("a", 1, 10, 10)));
        assert!(parts.is_over());
        assert_eq!(parts.behind(), 30);
    }

    #[test]
    fn the_end_of_one_of_two_partitions_with_one_number_is_nobody_s() {
        let mut parts = Parts::new(vec![part("a", 0, 0, 10), part("b", 0, 0, 10)]);
        parts.log_ended(0);
        assert_eq!(parts.left().len(), 2);
    }

    #[test]
    fn what_retention_took_is_passed() {
        let mut parts = Parts::new(vec![part("a", 0, 0, 10)]);
        assert_eq!(parts.begins_at("a", 0, 8), None);
        assert_eq!(parts.left(), [part("a", 0, 8, 10)]);
        assert_eq!(ours(&mut parts, "a", 0, 9), (true, true));
        let mut parts = Parts::new(vec![part("a", 0, 0, 10)]);
        assert_eq!(parts.begins_at("a", 0, 12), Some(part("a", 0, 10, 10)));
    }
}
