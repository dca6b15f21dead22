//! Where the logs of our partitions end, asked of the broker itself: what is fetched tells that too, but a partition whose fetching has silently
//! stopped would then never be missed. And what to do about one whose next offset is no longer in its log.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Epoch, Halt, Offset, PartitionId};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;

use super::Session;
use crate::kafka::asker::{Question, Read, Told};
use crate::kafka::messages::{Event, Position};

/// How often, and about how many partitions at once.
const EVERY: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 64;
/// How soon those are asked about again that nobody told of, while one of them may be out of range.
const AGAIN: Duration = Duration::from_secs(3);

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Ends {
    /// A question is on its way.
    asking: bool,
    /// The next round.
    round_at: Instant,
    from: usize,
    /// One of ours is out of range, whichever.
    out_of_range: bool,
    /// It may be one of these: of them nobody has told anything since.
    doubted: BTreeSet<(PartitionId, Epoch)>,
    doubted_at: Instant,
}

impl Ends {
    pub(super) fn new(now: Instant) -> Self {
        Self { asking: false, round_at: now + EVERY, from: 0, out_of_range: false, doubted: BTreeSet::new(), doubted_at: now }
    }

    /// librdkafka has asked for an offset that is not in the log, and does not tell of which partition.
    pub(super) fn out_of_range(&mut self) {
        self.out_of_range = true;
    }

    fn is_due(&self, now: Instant) -> bool {
        !self.asking && (self.out_of_range || now >= self.round_at || (!self.doubted.is_empty() && now >= self.doubted_at))
    }

    /// Of all that are read, those to be asked about now; and whether that is because one of them may be out of range.
    fn choose(&mut self, mut all: Vec<Read>, now: Instant) -> (Vec<Read>, bool) {
        all.sort_unstable_by_key(|read| read.id);
        if std::mem::take(&mut self.out_of_range) {
            self.round_at = now + EVERY;
            return (all, true);
        }
        if now < self.round_at {
            all.retain(|read| self.doubted.contains(&(read.id, read.epoch)));
            self.doubted.clear();
            return (all, true);
        }
        self.round_at = now + EVERY;
        if all.len() > AT_ONCE {
            let from = self.from % all.len();
            all.rotate_left(from);
            all.truncate(AT_ONCE);
            self.from = from + AT_ONCE;
        }
        (all, false)
    }

    /// Whoever was not told may still be the one that is out of range.
    fn told(&mut self, untold: &[Read], out_of_range: bool, now: Instant) {
        self.asking = false;
        if out_of_range {
            self.doubted = untold.iter().map(|read| (read.id, read.epoch)).collect();
            self.doubted_at = now + AGAIN;
        }
    }
}

impl Session<'_> {
    pub(super) fn ask_for_ends(&mut self) {
        let now = Instant::now();
        if !self.ends.is_due(now) {
            return;
        }
        let read = self.partitions.all().filter(|(_, _, owned)| owned.open).map(|(topic, partition, owned)| Read {
            name: (Arc::clone(topic), partition),
            id: owned.id,
            epoch: owned.epoch,
            next: owned.next,
        });
        let (of, out_of_range) = self.ends.choose(read.collect(), now);
        if !of.is_empty() {
            self.ends.asking = true;
            self.asker.ask(Question::Ends { of, out_of_range });
        }
    }

    pub(super) fn ends_told(&mut self, of: Vec<Told>, untold: &[Read], out_of_range: bool) {
        self.ends.told(untold, out_of_range, Instant::now());
        let ends = of.iter().map(|(read, (_, end))| Position { id: read.id, epoch: read.epoch, next: None, end: Some(Offset(*end)) });
        self.tell(Event::Positions(ends.collect()));
        if !out_of_range {
            return;
        }
        for (read, (log_start, log_end)) in of {
            let (log_start, log_end, committed) = (Offset(log_start), Offset(log_end), read.next);
            if committed < log_start {
                self.halt(&read, Halt::BehindLog { committed, log_start });
            } else if committed > log_end {
                self.halt(&read, Halt::BeyondLog { committed, log_end });
            } else if let Some((_, _, owned)) = self.partitions.current(read.id, read.epoch) {
                // librdkafka has given up fetching one of these, and does not say which.
                let next = owned.next;
                self.seek(read.id, read.epoch, next);
            }
        }
    }

    /// Nothing more of it is read: it is held, so that nobody else takes it for free.
    fn halt(&mut self, read: &Read, halt: Halt) {
        let Some((topic, partition, owned)) = self.partitions.current(read.id, read.epoch) else { return };
        (owned.open, owned.halted) = (false, true);
        let mut list = TopicPartitionList::new();
        list.add_partition(&topic, partition);
        if let Err(error) = self.consumer.pause(&list) {
            self.tell(Event::Trouble { what: format!("pausing {topic}/{partition}: {error}") });
        }
        self.tell(Event::Halted { id: read.id, epoch: read.epoch, halt });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(id: u32, epoch: u32) -> Read {
        Read { name: ("orders".into(), 0), id: PartitionId(id), epoch: Epoch(epoch), next: Offset(0) }
    }

    fn ids((of, out_of_range): (Vec<Read>, bool)) -> (Vec<u32>, bool) {
        (of.into_iter().map(|read| read.id.0).collect(), out_of_range)
    }

    fn three() -> Vec<Read> {
        vec![read(2, 1), read(0, 1), read(1, 1)]
    }

    #[test]
    fn while_one_is_out_of_range_those_that_nobody_told_of_are_asked_about_again_and_no_others() {
        let began = Instant::now();
        let mut ends = Ends::new(began);
        assert!(!ends.is_due(began));
        ends.out_of_range();
        assert!(ends.is_due(began));
        assert_eq!(ids(ends.choose(three(), began)), (vec![0, 1, 2], true));
        ends.asking = true;
        assert!(!ends.is_due(began + EVERY), "one question at a time");
        // The broker of 0 and 1 does not answer.
        ends.told(&[read(0, 1), read(1, 1)], true, began);
        assert!(!ends.is_due(began) && ends.is_due(began + AGAIN));
        assert_eq!(ids(ends.choose(vec![read(0, 1), read(1, 2), read(2, 1)], began + AGAIN)), (vec![0], true), "1 was taken over anew");
        ends.told(&[read(0, 1)], true, began + AGAIN);
        assert_eq!(ids(ends.choose(three(), began + AGAIN * 2)), (vec![0], true), "for as long as it takes");
        ends.told(&[], true, began + AGAIN * 2);
        assert!(!ends.is_due(began + AGAIN * 3) && ends.is_due(began + EVERY));
    }

    #[test]
    fn rounds_go_on_beside_a_doubt_and_do_not_end_it() {
        let began = Instant::now();
        let mut ends = Ends::new(began);
        ends.out_of_range();
        ends.choose(three(), began);
        ends.told(&[read(0, 1)], true, began);
        assert_eq!(ids(ends.choose(three(), began + EVERY)), (vec![0, 1, 2], false));
        ends.told(&[read(0, 1)], false, began + EVERY);
        assert!(ends.is_due(began + EVERY));
        assert_eq!(ids(ends.choose(three(), began + EVERY)), (vec![0], true));
    }

    #[test]
    fn a_round_of_many_goes_on_where_the_last_one_ended() {
        let began = Instant::now();
        let mut ends = Ends::new(began);
        let all = || (0..100).map(|id| read(id, 1)).collect::<Vec<_>>();
        let (first, _) = ids(ends.choose(all(), began + EVERY));
        let (second, _) = ids(ends.choose(all(), began + EVERY * 2));
        assert_eq!((first.len(), first[0], second.len(), second[0]), (64, 0, 64, 64));
    }
}
