//! Who is told that it is no longer a member, and how.

use std::time::Duration;

use commit_queue::{Answer, Commit, CommitQueue};
use order_sync_tests::kafka::{Group, Kafka};
use order_sync_tests::proxy::api;
use order_sync_tests::wait::{PATIENCE, throughout, until};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use crate::member::{Event, Member, commit, drive, impatient};

/// Waits, without polling, until the group has no member but `left`.
fn until_expelled(group: &Group<'_>, left: usize, mut meanwhile: impl FnMut()) {
    until("the silent member is thrown out", PATIENCE, || {
        meanwhile();
        let (members, state) = group.members();
        if members == left { Ok(()) } else { Err(format!("{members} members, {state}")) }
    });
}

#[test]
fn an_outsider_with_the_id_of_a_living_group_may_not_commit() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("outsider"));
    let _member = Member::alone(&kafka.member(group.id()), &topic);
    let outsider: BaseConsumer = kafka.client().set("group.id", group.id()).create().unwrap();
    assert_eq!(commit(&outsider, &topic, 0, 9, ""), Err(RDKafkaErrorCode::UnknownMemberId));
    assert_eq!(group.offsets(&topic), [0]);
}

#[test]
fn a_member_that_left_by_not_polling_may_not_commit() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("expelled"));
    let member = Member::alone(&impatient(kafka, group.id()), &topic);
    let other = Member::new(&kafka.member(group.id()));
    other.join(&topic);
    drive(&[&member, &other], "two members", |_| group.members() == (2, "Stable".to_owned()));
    until_expelled(&group, 1, || drop(other.poll(Duration::from_millis(5))));
    assert_eq!(commit(&member.consumer, &topic, 0, 9, ""), Err(RDKafkaErrorCode::UnknownMemberId));
    assert!(!member.owned().is_empty(), "nothing else has told it yet");
}

#[test]
fn a_member_that_left_by_not_polling_may_not_commit_into_an_empty_group_either() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("gone"));
    let member = Member::alone(&impatient(kafka, group.id()), &topic);
    assert_eq!(commit(&member.consumer, &topic, 0, 5, ""), Ok(()));
    until_expelled(&group, 0, || ());
    assert_eq!(commit(&member.consumer, &topic, 0, 3, ""), Err(RDKafkaErrorCode::UnknownMemberId));
    assert_eq!(group.offsets(&topic), [5]);
}

#[test]
fn a_commit_that_waits_in_the_client_for_longer_than_its_membership_is_refused_by_an_empty_group() {
    let kafka = Kafka::start_with_doors(1, &[]);
    let (topic, group, line) = (kafka.topic("orders", 1), kafka.group("overdue"), kafka.door(0));
    let mut config = kafka.member(group.id());
    config.set("bootstrap.servers", line.address()).set("session.timeout.ms", "10000").set("reconnect.backoff.max.ms", "200");
    let member = Member::alone(&config, &topic);
    let queue = CommitQueue::new(&member.consumer);
    let hand_over = |offset, ticket| queue.commit(&Commit { topic: topic.name(), partition: 0, offset, metadata: "", ticket }).unwrap();
    hand_over(5, 1);
    assert_eq!(queue.answer(PATIENCE), Some(Answer { ticket: 1, result: Ok(()) }));
    line.refuse();
    line.reset();
    // The client keeps a commit for a session: this one is to outlive the membership by some seconds.
    throughout("a member still", Duration::from_secs(6), || if group.members().0 == 1 { Ok(()) } else { Err("expelled".to_owned()) });
    hand_over(3, 2);
    until_expelled(&group, 0, || ());
    until("the client's own end of the session", PATIENCE, || if member.consumer.assignment_lost() { Ok(()) } else { Err(String::new()) });
    let before = line.seen(api::OFFSET_COMMIT);
    line.heal();
    assert_eq!(queue.answer(PATIENCE), Some(Answer { ticket: 2, result: Err(RDKafkaErrorCode::UnknownMemberId) }));
    assert_eq!((line.seen(api::OFFSET_COMMIT), group.offsets(&topic)), (before + 1, vec![5]), "it was sent, and not taken");
}

#[test]
fn after_not_polling_a_member_hears_of_the_loss_by_poll_exceeded_and_a_lost_revoke() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("loss"));
    let member = Member::alone(&impatient(kafka, group.id()), &topic);
    member.watch().forget();
    until_expelled(&group, 0, || ());
    drive(&[&member], "a revoke", |members| members[0].owned().is_empty());
    let exceeded = Event::Error(RDKafkaErrorCode::PollExceeded);
    assert_eq!(member.watch().events(), [exceeded, Event::Revoked { partitions: vec![0], lost: true }]);
}

#[test]
fn a_revoke_that_waited_too_long_hides_the_loss_and_only_a_commit_tells_it() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 2), kafka.group("late"));
    let silent = Member::alone(&impatient(kafka, group.id()), &topic);
    silent.watch().forget();
    let other = Member::new(&kafka.member(group.id()));
    other.join(&topic);
    // The newcomer's share is asked of the silent one, which does not look; in the end the newcomer has everything.
    drive(&[&other], "everything", |members| members[0].owned() == [0, 1]);
    until("the queued revoke", PATIENCE, || {
        silent.poll(Duration::ZERO);
        if silent.watch().events().is_empty() { Err("nothing".to_owned()) } else { Ok(()) }
    });
    let Event::Revoked { partitions, lost } = silent.watch().events().remove(0) else { panic!("{:?}", silent.watch().events()) };
    assert_eq!((partitions.len(), lost), (1, false));
    assert!(!silent.consumer.assignment_lost());
    assert_eq!(commit(&silent.consumer, &topic, partitions[0], 9, ""), Err(RDKafkaErrorCode::UnknownMemberId));
    drive(&[&other, &silent], "the truth", |members| {
        members[1].watch().events().iter().any(|event| matches!(event, Event::Revoked { lost: true, .. }))
    });
}

#[test]
fn a_member_that_was_expelled_joins_again_by_polling() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("again"));
    let member = Member::alone(&impatient(kafka, group.id()), &topic);
    until_expelled(&group, 0, || ());
    drive(&[&member], "a revoke", |members| members[0].owned().is_empty());
    drive(&[&member], "the partition again", |members| members[0].owned() == [0]);
    assert_eq!(commit(&member.consumer, &topic, 0, 9, ""), Ok(()));
}
