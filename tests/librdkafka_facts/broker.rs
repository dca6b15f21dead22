//! A broker that dies, comes back or freezes.

use std::time::{Duration, Instant};

use commit_queue::{Answer, Commit, CommitQueue, leader_epoch};
use order_sync_tests::kafka::{Committed, Kafka, Record, Topic};
use order_sync_tests::wait::{PATIENCE, throughout, until};
use rdkafka::error::RDKafkaErrorCode;

use crate::member::{Event, Member, commit, drive};

fn order<'t>(topic: &'t Topic<'_>, offset: i64, ticket: u64) -> Commit<'t> {
    Commit { topic: topic.name(), partition: 0, offset, metadata: "map", ticket }
}

fn epoch_of_next_record(member: &Member) -> i32 {
    until("a record", PATIENCE, || match member.consumer.poll(Duration::from_millis(10)) {
        Some(Ok(record)) => leader_epoch(&record).ok_or_else(|| "a record without an epoch".to_owned()),
        other => Err(format!("{other:?}")),
    })
}

#[test]
fn a_killed_broker_comes_back_with_its_offsets_and_answers_what_was_outstanding() {
    let kafka = Kafka::start();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("patient"));
    topic.write(Record::keyless("before"));
    let member = Member::alone(kafka.member(group.id()).set("session.timeout.ms", "45000"), &topic);
    let epoch = epoch_of_next_record(&member);
    assert_eq!(commit(&member.consumer, &topic, 0, 1, "map"), Ok(()));
    kafka.kill();
    let queue = CommitQueue::new(&member.consumer);
    queue.commit(&order(&topic, 2, 7)).unwrap();
    kafka.restart();
    let answer = until("the answer", PATIENCE, || {
        member.poll(Duration::from_millis(10));
        queue.answer(Duration::ZERO).ok_or_else(String::new)
    });
    assert_eq!(answer, Answer { ticket: 7, result: Ok(()) });
    assert_eq!(group.committed(&topic), [Some(Committed { offset: 2, metadata: "map".to_owned() })]);
    topic.write(Record::keyless("after"));
    assert!(epoch_of_next_record(&member) > epoch, "a new leader writes under a new epoch");
    let rebalances: Vec<_> = member.watch().events().into_iter().filter(|event| !matches!(event, Event::Error(_))).collect();
    assert_eq!(rebalances, [Event::Assigned(vec![0])], "a member all the time");
}

#[test]
fn a_commit_to_a_broker_that_stays_away_fails_by_itself_after_the_session() {
    let kafka = Kafka::start();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("away"));
    let member = Member::alone(kafka.member(group.id()).set("session.timeout.ms", "2000"), &topic);
    kafka.stop();
    let (queue, before) = (CommitQueue::new(&member.consumer), Instant::now());
    queue.commit(&order(&topic, 2, 7)).unwrap();
    drive(&[&member], "the loss", |members| members[0].owned().is_empty());
    assert_eq!(queue.answer(PATIENCE), Some(Answer { ticket: 7, result: Err(RDKafkaErrorCode::WaitingForCoordinator) }));
    assert!(before.elapsed() > Duration::from_millis(1_500), "{:?}", before.elapsed());
}

#[test]
fn a_frozen_coordinator_blocks_nothing_and_answers_when_it_thaws() {
    let kafka = Kafka::start();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("frozen"));
    let member = Member::alone(kafka.member(group.id()).set("session.timeout.ms", "45000"), &topic);
    let queue = CommitQueue::new(&member.consumer);
    kafka.pause();
    let before = Instant::now();
    queue.commit(&order(&topic, 2, 7)).unwrap();
    assert_eq!(queue.answer(Duration::ZERO), None);
    member.poll(Duration::ZERO);
    assert!(before.elapsed() < Duration::from_millis(500), "{:?}", before.elapsed());
    throughout("no answer", Duration::from_secs(2), || queue.answer(Duration::ZERO).map_or(Ok(()), |answer| Err(format!("{answer:?}"))));
    kafka.resume();
    assert_eq!(queue.answer(PATIENCE), Some(Answer { ticket: 7, result: Ok(()) }));
    assert_eq!(group.offsets(&topic), [2]);
}
