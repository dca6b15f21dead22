//! Questions to the broker, asked beside the poll thread: one that is not answered must not keep what is ours from being polled and committed.

use std::sync::Arc;
use std::thread::Scope;
use std::time::{Duration, Instant};

use engine::{Epoch, Offset, PartitionId};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;

use super::assignment::{Found, look_up};
use super::context::PollContext;
use super::line::{self, Asking};
use super::poller::Poller;
use super::topics;

/// One look at the ends of a log waits this long.
const ENDS: Duration = Duration::from_secs(3);

/// What is asked.
#[derive(Debug)]
pub(crate) enum Question {
    /// How these partitions are to be taken over.
    TakeOver(Vec<(Arc<str>, i32)>),
    /// How many partitions the subscription has.
    Count,
    /// Where the logs of partitions that are read begin and end; `out_of_range`: because one of them has no longer what it was asked for.
    Ends { of: Vec<Read>, out_of_range: bool },
}

/// A partition that is read, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) name: (Arc<str>, i32),
    pub(crate) id: PartitionId,
    pub(crate) epoch: Epoch,
    /// The next offset to hand over, when it was asked.
    pub(crate) next: Offset,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Reply {
    /// One for each partition that was asked about, in that order, found out after `asked_at`.
    TakeOver { partitions: Vec<(Arc<str>, i32)>, found: Vec<Found>, asked_at: Instant },
    /// The number.
    Count(KafkaResult<u32>),
    /// First offset and last stable one of those that were told; a broker that does not answer ends the round.
    Ends { of: Vec<(Read, (i64, i64))>, out_of_range: bool },
}

/// The poll thread's end. The thread behind it ends with it, as soon as its last question is answered.
pub(crate) type Asker = Asking<Question, Reply>;

/// Starts the thread.
pub(crate) fn start<'s, 'e: 's>(
    scope: &'s Scope<'s, 'e>,
    poller: &'e Poller,
    consumer: &'e BaseConsumer<PollContext>,
) -> std::io::Result<Asker> {
    let (asking, answering) = line::line();
    let thread = std::thread::Builder::new().name("kafka-ask".to_owned());
    thread.spawn_scoped(scope, move || answering.serve(|question| answer(poller, consumer, question)))?;
    Ok(asking)
}

fn answer(poller: &Poller, consumer: &BaseConsumer<PollContext>, question: Question) -> Reply {
    match question {
        Question::TakeOver(partitions) => {
            let asked_at = Instant::now();
            let found = look_up(consumer, &poller.beginning, &partitions, || poller.now());
            Reply::TakeOver { partitions, found, asked_at }
        }
        Question::Count => Reply::Count(topics::total_partitions(consumer, &poller.topics)),
        Question::Ends { of, out_of_range } => {
            let told = of.into_iter().map_while(|read| {
                let ends = consumer.fetch_watermarks(&read.name.0, read.name.1, ENDS).ok()?;
                Some((read, ends))
            });
            Reply::Ends { of: told.collect(), out_of_range }
        }
    }
}
