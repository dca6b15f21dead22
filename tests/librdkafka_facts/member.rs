//! A group member that notes everything it is told.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use commit_queue::{Answer, Commit, CommitQueue};
use order_sync_tests::kafka::{Kafka, Topic};
use order_sync_tests::wait::PATIENCE;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Message, Statistics, TopicPartitionList};

pub(crate) type Partitions = Vec<i32>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Assigned(Partitions),
    Revoked { partitions: Partitions, lost: bool },
    Error(RDKafkaErrorCode),
}

/// Runs inside the rebalance callback, before the partitions are taken over or given up.
type Hook = Box<dyn Fn(&BaseConsumer<Watch>, &TopicPartitionList) + Send + Sync>;

#[derive(Default)]
pub(crate) struct Watch {
    events: Mutex<Vec<Event>>,
    statistics: Mutex<Vec<Statistics>>,
    errors: Mutex<Vec<String>>,
    pub(crate) commit_callbacks: AtomicUsize,
    on_assign: Option<Hook>,
    on_revoke: Option<Hook>,
    /// Rebalances are put here instead of being answered, for the poll loop to answer them.
    deferred: Option<Mutex<Vec<(bool, TopicPartitionList)>>>,
}

pub(crate) struct Member {
    pub(crate) consumer: Closing,
}

/// A consumer that is closed as the product closes its own: beside the test, which waits a moment at most. Closing may never return when a
/// revoke that it brings is answered too late for librdkafka's group thread, which has ended by then.
pub(crate) struct Closing(Option<BaseConsumer<Watch>>);

const CLOSE: Duration = Duration::from_secs(5);

impl Deref for Closing {
    type Target = BaseConsumer<Watch>;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref().expect("it is taken only when it is dropped")
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        let consumer = self.0.take();
        let (done, closed) = channel();
        std::thread::spawn(move || {
            drop(consumer);
            let _ = done.send(());
        });
        let _ = closed.recv_timeout(CLOSE);
    }
}

impl Member {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        Self::with(config, Watch::default())
    }

    pub(crate) fn with(config: &ClientConfig, watch: Watch) -> Self {
        Self { consumer: Closing(Some(config.create_with_context(watch).unwrap())) }
    }

    /// A member that has joined and has all partitions of the topic.
    pub(crate) fn alone(config: &ClientConfig, topic: &Topic<'_>) -> Self {
        let member = Self::new(config);
        member.join(topic);
        drive(&[&member], "all partitions", |members| members[0].owned().len() == topic.partitions() as usize);
        member
    }

    pub(crate) fn join(&self, topic: &Topic<'_>) {
        self.consumer.subscribe(&[topic.name()]).unwrap();
    }

    pub(crate) fn watch(&self) -> &Watch {
        self.consumer.context()
    }

    pub(crate) fn owned(&self) -> Partitions {
        sorted(&self.consumer.assignment().unwrap())
    }

    /// Polls once; gives the offset of a record, or the error.
    pub(crate) fn poll(&self, timeout: Duration) -> Option<KafkaResult<i64>> {
        let polled = self.consumer.poll(timeout).map(|polled| polled.map(|message| message.offset()));
        if let Some(Err(KafkaError::MessageConsumption(code))) = &polled {
            lock(&self.watch().events).push(Event::Error(*code));
        }
        polled
    }
}

impl Watch {
    pub(crate) fn on_assign(mut self, hook: impl Fn(&BaseConsumer<Watch>, &TopicPartitionList) + Send + Sync + 'static) -> Self {
        self.on_assign = Some(Box::new(hook));
        self
    }

    pub(crate) fn on_revoke(mut self, hook: impl Fn(&BaseConsumer<Watch>, &TopicPartitionList) + Send + Sync + 'static) -> Self {
        self.on_revoke = Some(Box::new(hook));
        self
    }

    pub(crate) fn deferring(mut self) -> Self {
        self.deferred = Some(Mutex::default());
        self
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        lock(&self.events).clone()
    }

    pub(crate) fn forget(&self) {
        lock(&self.events).clear();
    }

    /// Rebalances nobody has answered yet: whether it is an assignment, and of what.
    pub(crate) fn deferred(&self) -> Vec<(bool, TopicPartitionList)> {
        self.deferred.as_ref().map(|deferred| std::mem::take(&mut *lock(deferred))).unwrap_or_default()
    }

    pub(crate) fn statistics(&self) -> Vec<Statistics> {
        std::mem::take(&mut *lock(&self.statistics))
    }

    pub(crate) fn errors(&self) -> Vec<String> {
        lock(&self.errors).clone()
    }
}

impl ClientContext for Watch {
    fn stats(&self, statistics: Statistics) {
        lock(&self.statistics).push(statistics);
    }

    fn error(&self, _: KafkaError, reason: &str) {
        lock(&self.errors).push(reason.to_owned());
    }
}

impl ConsumerContext for Watch {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, what: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let assigned = what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let partitions = sorted(list);
        let lost = consumer.assignment_lost();
        lock(&self.events).push(if assigned { Event::Assigned(partitions) } else { Event::Revoked { partitions, lost } });
        if let Some(deferred) = &self.deferred {
            lock(deferred).push((assigned, list.clone()));
            return;
        }
        if let Some(hook) = if assigned { &self.on_assign } else { &self.on_revoke } {
            hook(consumer, list);
        }
        answer(consumer, assigned, list);
    }

    fn commit_callback(&self, _: KafkaResult<()>, _: &TopicPartitionList) {
        self.commit_callbacks.fetch_add(1, Ordering::Relaxed);
    }
}

/// Takes over or gives up what a rebalance says.
pub(crate) fn answer(consumer: &BaseConsumer<Watch>, assigned: bool, list: &TopicPartitionList) {
    let answered = if assigned { consumer.incremental_assign(list) } else { consumer.incremental_unassign(list) };
    answered.unwrap();
}

/// Polls all members in turn until they are as wanted.
#[track_caller]
pub(crate) fn drive(members: &[&Member], what: &str, mut done: impl FnMut(&[&Member]) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(members) {
        let seen: Vec<_> = members.iter().map(|member| (member.owned(), member.watch().events())).collect();
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}; last seen: {seen:?}");
        for member in members {
            member.poll(Duration::from_millis(5));
        }
    }
}

/// Commits one offset through a queue of its own and waits for the answer.
pub(crate) fn commit<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &Topic<'_>,
    partition: i32,
    offset: i64,
    metadata: &str,
) -> Result<(), RDKafkaErrorCode> {
    let queue = CommitQueue::new(consumer);
    queue.commit(&Commit { topic: topic.name(), partition, offset, metadata, ticket: 1 }).unwrap();
    let Answer { result, .. } = queue.answer(PATIENCE).expect("an answer");
    result
}

/// Settings of a member that is thrown out soon after it has stopped polling.
pub(crate) fn impatient(kafka: &Kafka, group: &str) -> ClientConfig {
    let mut config = kafka.member(group);
    config.set("session.timeout.ms", "1500").set("heartbeat.interval.ms", "300").set("max.poll.interval.ms", "1500");
    config
}

pub(crate) fn sorted(list: &TopicPartitionList) -> Partitions {
    let mut partitions: Vec<i32> = list.elements().iter().map(|entry| entry.partition()).collect();
    partitions.sort_unstable();
    partitions
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
