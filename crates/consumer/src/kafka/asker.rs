//! Questions to the broker, asked beside the poll thread: one that is not answered must not keep what is ours from being polled and committed.

use std::collections::{BTreeMap, BTreeSet};
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

/// One that was told: its first offset, and its last stable one.
pub(crate) type Told = (Read, (i64, i64));

/// What came of it.
#[derive(Debug)]
pub(crate) enum Reply {
    /// One for each partition that was asked about, in that order, found out after `asked_at`.
    TakeOver { partitions: Vec<(Arc<str>, i32)>, found: Vec<Found>, asked_at: Instant },
    /// The number.
    Count(KafkaResult<u32>),
    /// Those that were told, and those that nobody told of.
    Ends { told: Vec<Told>, untold: Vec<Read>, out_of_range: bool },
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
            let leaders = |topic: &str| topics::leaders_of(consumer, topic, ENDS);
            let (told, untold) = ends(of, leaders, |read| consumer.fetch_watermarks(&read.name.0, read.name.1, ENDS).ok());
            Reply::Ends { told, untold, out_of_range }
        }
    }
}

type Leaders = BTreeMap<i32, Option<i32>>;

/// Who was told, and who was not. A partition without a leader, or behind a broker that does not answer, keeps no other one from being told, and
/// no broker is waited for twice.
fn ends(
    of: Vec<Read>,
    leaders: impl Fn(&str) -> KafkaResult<Leaders>,
    ask: impl Fn(&Read) -> Option<(i64, i64)>,
) -> (Vec<Told>, Vec<Read>) {
    let (mut told, mut untold) = (Vec::new(), Vec::new());
    let (mut known, mut silent): (BTreeMap<Arc<str>, Leaders>, _) = (BTreeMap::new(), BTreeSet::new());
    let mut away = false;
    for read in of {
        let topic = &read.name.0;
        if !known.contains_key(topic) && !away {
            match leaders(topic) {
                Ok(leaders) => drop(known.insert(Arc::clone(topic), leaders)),
                Err(error) if topics::is_unknown(&error) => {}
                // Any broker could have answered that.
                Err(_) => away = true,
            }
        }
        let leader = known.get(topic).and_then(|leaders| *leaders.get(&read.name.1)?).filter(|leader| !silent.contains(leader));
        match leader.map(|leader| (leader, ask(&read))) {
            Some((_, Some(ends))) => told.push((read, ends)),
            Some((leader, None)) => {
                silent.insert(leader);
                untold.push(read);
            }
            None => untold.push(read),
        }
    }
    (told, untold)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    use super::*;

    fn read(topic: &str, partition: i32) -> Read {
        Read { name: (topic.into(), partition), id: PartitionId(partition.unsigned_abs()), epoch: Epoch(1), next: Offset(0) }
    }

    fn names(of: &[Read]) -> Vec<String> {
        of.iter().map(|read| format!("{}/{}", read.name.0, read.name.1)).collect()
    }

    #[test]
    fn a_partition_without_a_leader_or_behind_a_silent_broker_keeps_no_other_one_from_being_told() {
        let leaders = |topic: &str| match topic {
            "orders" => Ok(Leaders::from([(0, None), (1, Some(1)), (2, Some(2)), (3, Some(1)), (4, Some(2))])),
            _ => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)),
        };
        let asked = RefCell::new(Vec::new());
        let ask = |read: &Read| {
            asked.borrow_mut().push(read.name.1);
            (read.name.1 % 2 == 0).then_some((0, 9))
        };
        let of = vec![read("gone", 0), read("orders", 0), read("orders", 1), read("orders", 2), read("orders", 3), read("orders", 4)];
        let (told, untold) = ends(of, leaders, ask);
        assert_eq!(names(&told.into_iter().map(|(read, _)| read).collect::<Vec<_>>()), ["orders/2", "orders/4"]);
        assert_eq!(names(&untold), ["gone/0", "orders/0", "orders/1", "orders/3"]);
        assert_eq!(*asked.borrow(), [1, 2, 4], "a broker that does not answer is not waited for again");
    }

    #[test]
    fn where_no_broker_answers_nobody_is_told_and_that_is_waited_for_once() {
        let asked = RefCell::new(0);
        let leaders = |_: &str| {
            *asked.borrow_mut() += 1;
            Err(KafkaError::MetadataFetch(RDKafkaErrorCode::BrokerTransportFailure))
        };
        let (told, untold) = ends(vec![read("orders", 0), read("other", 0)], leaders, |_| None);
        assert_eq!((told.len(), names(&untold), *asked.borrow()), (0, vec!["orders/0".to_owned(), "other/0".to_owned()], 1));
    }
}
