//! On librdkafka's mock broker; what a real broker answers is pinned in `tests/librdkafka_facts`.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Instant;

use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

fn broker() -> MockCluster<'static, DefaultProducerContext> {
    let broker = MockCluster::new(1).unwrap();
    broker.create_topic("orders", 2, 1).unwrap();
    broker
}

fn consumer(broker: &MockCluster<'_, DefaultProducerContext>) -> BaseConsumer {
    ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).set("group.id", "group").create().unwrap()
}

fn commit(partition: i32, offset: i64, metadata: &str, ticket: u64) -> Commit<'_> {
    Commit { topic: "orders", partition, offset, metadata, ticket }
}

fn stored(consumer: &BaseConsumer, partition: i32) -> (Offset, String) {
    let mut list = TopicPartitionList::new();
    list.add_partition("orders", partition);
    let list = consumer.committed_offsets(list, PATIENCE).unwrap();
    let entry = list.find_partition("orders", partition).unwrap();
    (entry.offset(), entry.metadata().to_owned())
}

#[test]
fn answers_carry_their_tickets_in_the_order_of_the_commits() {
    let broker = broker();
    let consumer = consumer(&broker);
    let queue = CommitQueue::new(&consumer);
    let tickets = [7, 0, u64::MAX, 1 << 40];
    for ticket in tickets {
        queue.commit(&commit(0, 5, "map", ticket)).unwrap();
    }
    for ticket in tickets {
        assert_eq!(queue.answer(PATIENCE), Some(Answer { ticket, result: Ok(()) }));
    }
    assert_eq!(queue.answer(Duration::ZERO), None);
    assert_eq!(stored(&consumer, 0), (Offset::Offset(5), "map".to_owned()));
}

#[test]
fn one_commit_touches_one_partition_only() {
    let broker = broker();
    let consumer = consumer(&broker);
    let queue = CommitQueue::new(&consumer);
    queue.commit(&commit(1, 9, "", 1)).unwrap();
    assert!(queue.answer(PATIENCE).unwrap().result.is_ok());
    assert_eq!(stored(&consumer, 0).0, Offset::Invalid);
    assert_eq!(stored(&consumer, 1), (Offset::Offset(9), String::new()));
}

#[test]
fn what_cannot_be_committed_is_refused_before_it_is_sent() {
    let broker = broker();
    let consumer = consumer(&broker);
    let queue = CommitQueue::new(&consumer);
    assert_eq!(queue.commit(&commit(0, -1, "", 1)), Err(RDKafkaErrorCode::InvalidArgument));
    assert_eq!(queue.commit(&Commit { topic: "or\0ders", ..commit(0, 1, "", 1) }), Err(RDKafkaErrorCode::InvalidTopic));
    assert_eq!(queue.answer(Duration::ZERO), None);
}

#[test]
fn a_consumer_without_a_group_is_told_so() {
    let broker = broker();
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().unwrap();
    assert_eq!(CommitQueue::new(&consumer).commit(&commit(0, 1, "", 1)), Err(RDKafkaErrorCode::UnknownGroup));
}

#[test]
fn looking_for_an_answer_does_not_wait() {
    let broker = broker();
    let consumer = consumer(&broker);
    let queue = CommitQueue::new(&consumer);
    let before = Instant::now();
    assert_eq!(queue.answer(Duration::ZERO), None);
    assert!(before.elapsed() < Duration::from_millis(50));
}

#[test]
fn a_queue_dropped_before_its_answers_leaves_the_consumer_usable() {
    let broker = broker();
    let consumer = consumer(&broker);
    for offset in 1..=50 {
        CommitQueue::new(&consumer).commit(&commit(0, offset, "", 0)).unwrap();
    }
    let queue = CommitQueue::new(&consumer);
    queue.commit(&commit(0, 60, "", 60)).unwrap();
    assert_eq!(queue.answer(PATIENCE), Some(Answer { ticket: 60, result: Ok(()) }));
    assert_eq!(stored(&consumer, 0).0, Offset::Offset(60));
}

#[test]
fn a_sharing_queue_keeps_its_consumer_alive_and_lets_it_go() {
    let broker = broker();
    let consumer = Arc::new(consumer(&broker));
    let watch = Arc::downgrade(&consumer);
    let queue = CommitQueue::sharing(&consumer);
    drop(consumer);
    queue.commit(&commit(0, 3, "", 3)).unwrap();
    assert_eq!(queue.answer(PATIENCE), Some(Answer { ticket: 3, result: Ok(()) }));
    drop(queue);
    assert!(watch.upgrade().is_none());
}
