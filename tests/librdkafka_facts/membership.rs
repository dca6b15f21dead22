//! Who is told that it is no longer a member, and how.

use std::time::Duration;

use order_sync_tests::kafka::{Group, Kafka};
use order_sync_tests::wait::{PATIENCE, until};
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
