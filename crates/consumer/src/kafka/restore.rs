//! Reads back from the outcomes topic what orders have had decided, on a thread of its own: partition by partition, each from its start
//! to where it ends when its turn comes. One that cannot be read is tried again beside the others.

mod jobs;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvError, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use domain::MerchantBizNo;
use engine::{Epoch, Offset, PartitionId, Standing};
use rdkafka::message::Message;
use tokio::sync::mpsc;

use super::reader::{ReadError, Reader};
use crate::config::Kafka;
use crate::schema::outcome::Told;
use jobs::{Asked, Jobs, Next};

/// Outcomes are passed on in such parts, and so few of them may wait: what is restored is held once, by the engine.
const PART: usize = 4_096;
const WAITING: usize = 4;

/// A partition whose orders are to be restored.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: PartitionId,
    pub(crate) epoch: Epoch,
    /// The source's topic and number; the outcomes lie in the partition with the same number.
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    /// Somebody has decided records of it before.
    pub(crate) has_past: bool,
}

/// What the thread tells.
#[derive(Debug)]
pub(crate) enum Restored {
    /// How orders stand, in the order of the topic.
    Orders { id: PartitionId, epoch: Epoch, orders: Vec<(MerchantBizNo, Standing)> },
    /// That was all.
    Over { id: PartitionId, epoch: Epoch, found: Found, outcomes: u64, took: Duration },
    /// It cannot be read now, and is tried again; the others go on.
    Trouble { id: PartitionId, epoch: Epoch, what: String },
}

/// How much of the past the topic told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// All of it.
    Whole,
    /// Its beginning is gone, or it knows nothing of a partition that has a past.
    Short,
    /// There is no such topic or partition any more.
    Missing,
}

/// The thread's end.
#[derive(Debug)]
pub(crate) struct Restorer {
    asks: Sender<Asked>,
}

impl Restorer {
    /// Starts the thread.
    pub(crate) fn start(kafka: Kafka, topic: String) -> std::io::Result<(Self, mpsc::Receiver<Restored>)> {
        let (asks, asked) = channel();
        let (told, restored) = mpsc::channel(WAITING);
        std::thread::Builder::new().name("restore".to_owned()).spawn(move || run(&kafka, &topic, &asked, &told))?;
        Ok((Self { asks }, restored))
    }

    /// Asks for a partition; [`Restored::Over`] follows in any case, unless it goes before, or the process ends.
    pub(crate) fn restore(&self, job: Job) {
        let _ = self.asks.send(Asked::Restore(job));
    }

    /// It is ours no longer.
    pub(crate) fn gone(&self, id: PartitionId, epoch: Epoch) {
        let _ = self.asks.send(Asked::Gone(id, epoch));
    }
}

fn run(kafka: &Kafka, topic: &str, asked: &Receiver<Asked>, told: &mpsc::Sender<Restored>) {
    let mut jobs = Jobs::default();
    // Made when it is needed: most of the time nothing is restored.
    let mut reader: Option<Reader> = None;
    loop {
        match asked.try_recv() {
            Ok(asked) => {
                jobs.hear(asked);
                continue;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return,
        }
        let job = match jobs.next(Instant::now()) {
            Next::Read(job) => job,
            Next::Wait(time) => match asked.recv_timeout(time) {
                Ok(asked) => {
                    jobs.hear(asked);
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            },
            Next::Nothing => match asked.recv() {
                Ok(asked) => {
                    jobs.hear(asked);
                    continue;
                }
                Err(RecvError) => return,
            },
        };
        let began = Instant::now();
        let tried = match reader.take().map_or_else(|| Reader::new(kafka).map_err(ReadError::from), Ok) {
            Ok(made) => restore(reader.insert(made), topic, &job, told),
            Err(error) => Err(error),
        };
        let Job { id, epoch, .. } = job;
        let over = |(found, outcomes)| Restored::Over { id, epoch, found, outcomes, took: began.elapsed() };
        let tell = match tried {
            Ok(found) => over(found),
            Err(ReadError::Missing(_)) => over((Found::Missing, 0)),
            Err(error @ (ReadError::NoLeader { .. } | ReadError::Kafka(_))) => {
                if matches!(error, ReadError::Kafka(_)) {
                    reader = None;
                }
                jobs.failed(job, Instant::now());
                Restored::Trouble { id, epoch, what: error.to_string() }
            }
        };
        if told.blocking_send(tell).is_err() {
            return;
        }
    }
}

/// Passes on what one partition tells of one partition of a source.
fn restore(reader: &Reader, topic: &str, job: &Job, told: &mpsc::Sender<Restored>) -> Result<(Found, u64), ReadError> {
    if !reader.has(topic, job.partition)? {
        return Ok((Found::Missing, 0));
    }
    let (from, to) = reader.bounds(topic, job.partition)?;
    let part = super::reader::Part { topic: topic.into(), partition: job.partition, from, to };
    let (mut outcomes, mut orders) = (0, Vec::new());
    let pass_on = |orders: &mut Vec<_>| {
        let part = Restored::Orders { id: job.id, epoch: job.epoch, orders: std::mem::take(orders) };
        told.blocking_send(part).is_ok()
    };
    reader.read(vec![part], |message, _| {
        let Some(message) = message else {
            return if told.is_closed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        };
        if let Some(found) = message.payload().and_then(|value| of(job, value)) {
            outcomes += 1;
            orders.extend(found);
        }
        if orders.len() >= PART && !pass_on(&mut orders) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    pass_on(&mut orders);
    let is_short = from > 0 || (job.has_past && outcomes == 0);
    Ok((if is_short { Found::Short } else { Found::Whole }, outcomes))
}

/// What a value tells of this source; the inner `None`: not how an order stands.
fn of(job: &Job, value: &[u8]) -> Option<Option<(MerchantBizNo, Standing)>> {
    let told = Told::read(value).ok().filter(|told| told.partition == job.partition && *told.topic == *job.topic)?;
    let order = told.order.and_then(|order| MerchantBizNo::parse(order).ok());
    Some(order.zip(told.standing()))
}

impl Job {
    /// A partition that became ours.
    pub(crate) fn new(id: PartitionId, epoch: Epoch, topic: Arc<str>, partition: i32, plan: &engine::Plan) -> Self {
        let has_past = plan.inherited != engine::takeover::Inherited::Nothing && plan.from > Offset(0);
        Self { id, epoch, topic, partition, has_past }
    }
}

#[cfg(test)]
mod tests {
    use engine::Disposition;

    use super::*;
    use crate::schema::outcome::{Facts, encode};

    fn value(topic: &str, partition: i32, order: Option<&str>, standing: Option<&Standing>) -> Vec<u8> {
        encode(&Facts {
            topic,
            partition,
            offset: 7,
            order,
            disposition: &Disposition::Delivered,
            event: None,
            request_id: None,
            notes: None,
            at_millis: 9,
            standing,
        })
    }

    #[test]
    fn only_outcomes_of_the_same_source_count_and_only_orders_stand() {
        let job = Job { id: PartitionId(0), epoch: Epoch(1), topic: "orders".into(), partition: 3, has_past: true };
        let standing = Standing { at: 5, offset: Offset(7), content: 1, was_accepted: true, accepted: None };
        let order = MerchantBizNo::parse("A").unwrap();
        assert_eq!(of(&job, &value("orders", 3, Some("A"), Some(&standing))), Some(Some((order, standing.clone()))));
        assert_eq!(of(&job, &value("orders", 3, None, None)), Some(None));
        assert_eq!(of(&job, &value("orders", 4, Some("A"), Some(&standing))), None);
        assert_eq!(of(&job, &value("others", 3, Some("A"), Some(&standing))), None);
        assert_eq!(of(&job, b"no outcome"), None);
    }
}
