//! Where the logs of our partitions end, asked of the broker itself: what is fetched tells that too, but a partition whose fetching has silently
//! stopped would then never be missed. And what to do about one whose next offset is no longer in its log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Halt, Offset};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;

use super::Session;
use crate::kafka::asker::{Question, Read};
use crate::kafka::messages::{Event, Position};

/// How often, and about how many partitions at once.
const EVERY: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 64;

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Ends {
    /// `None`: a question is on its way.
    ask_at: Option<Instant>,
    out_of_range: bool,
    from: usize,
}

impl Ends {
    pub(super) fn new(now: Instant) -> Self {
        Self { ask_at: Some(now + EVERY), out_of_range: false, from: 0 }
    }

    /// librdkafka has asked for an offset that is not in the log, and does not tell of which partition.
    pub(super) fn out_of_range(&mut self) {
        self.out_of_range = true;
    }
}

impl Session<'_> {
    pub(super) fn ask_for_ends(&mut self) {
        let now = Instant::now();
        if self.ends.ask_at.is_none_or(|at| at > now && !self.ends.out_of_range) {
            return;
        }
        let read = self.partitions.all().filter(|(_, _, owned)| owned.open).map(|(topic, partition, owned)| Read {
            name: (Arc::clone(topic), partition),
            id: owned.id,
            epoch: owned.epoch,
            next: owned.next,
        });
        let mut of: Vec<Read> = read.collect();
        of.sort_unstable_by_key(|read| read.id);
        if of.is_empty() {
            self.ends = Ends::new(now);
            return;
        }
        let out_of_range = std::mem::take(&mut self.ends.out_of_range);
        if !out_of_range && of.len() > AT_ONCE {
            let from = self.ends.from % of.len();
            of.rotate_left(from);
            of.truncate(AT_ONCE);
            self.ends.from = from + AT_ONCE;
        }
        self.ends.ask_at = None;
        self.asker.ask(Question::Ends { of, out_of_range });
    }

    pub(super) fn ends_told(&mut self, of: Vec<(Read, (i64, i64))>, out_of_range: bool) {
        self.ends.ask_at = Some(Instant::now() + EVERY);
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
