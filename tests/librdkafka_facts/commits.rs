//! What becomes of a commit.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use commit_queue::{Answer, Commit, CommitQueue};
use order_sync_tests::kafka::{Kafka, Topic};
use order_sync_tests::wait::{PATIENCE, until};
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use crate::member::{Member, commit};

/// Characters a broker stores beside an offset, with its default settings.
const METADATA_LIMIT: usize = 4_096;

fn list(topic: &Topic<'_>, offsets: &[(i32, i64, &str)]) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (partition, offset, metadata) in offsets {
        let mut entry = list.add_partition(topic.name(), *partition);
        entry.set_offset(Offset::Offset(*offset)).unwrap();
        entry.set_metadata(metadata);
    }
    list
}

#[test]
fn an_asynchronous_commit_of_rdkafka_never_calls_back_though_it_is_stored() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("silent"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    for offset in 1..=100 {
        member.consumer.commit(&list(&topic, &[(0, offset, "")]), CommitMode::Async).unwrap();
    }
    until("the last one is stored", PATIENCE, || {
        member.poll(Duration::from_millis(5));
        let offset = group.offsets(&topic)[0];
        if offset == 100 { Ok(()) } else { Err(offset.to_string()) }
    });
    for _ in 0..20 {
        member.poll(Duration::from_millis(5));
    }
    assert_eq!(
        member.watch().commit_callbacks.load(Ordering::Relaxed),
        0,
        "asynchronous commits answer now: the queue is no longer needed"
    );
}

#[test]
fn answers_come_in_the_order_of_the_commits_with_their_tickets() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 3), kafka.group("tickets"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    let queue = CommitQueue::new(&member.consumer);
    for ticket in 0..900 {
        let (partition, offset) = ((ticket % 3) as i32, ticket as i64);
        queue.commit(&Commit { topic: topic.name(), partition, offset, metadata: "", ticket }).unwrap();
    }
    for ticket in 0..900 {
        assert_eq!(queue.answer(PATIENCE), Some(Answer { ticket, result: Ok(()) }));
    }
    assert_eq!(group.offsets(&topic), [897, 898, 899]);
}

#[test]
fn one_failing_partition_of_a_list_marks_all_though_the_others_are_stored() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 2), kafka.group("list"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    let too_long = "x".repeat(METADATA_LIMIT + 1);
    let both = list(&topic, &[(0, 10, &too_long), (1, 20, "fine")]);
    let result = member.consumer.commit(&both, CommitMode::Sync);
    assert_eq!(result, Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::OffsetMetadataTooLarge)));
    let stored = group.committed(&topic);
    assert_eq!(stored[0], None);
    assert_eq!(stored[1].as_ref().map(|stored| stored.offset), Some(20), "the code of partition 0 was told for both");
}

#[test]
fn metadata_of_4096_characters_is_kept_and_one_more_is_refused() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("metadata"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    let full = "0123456789abcdef".repeat(METADATA_LIMIT / 16);
    assert_eq!(commit(&member.consumer, &topic, 0, 1, &full), Ok(()));
    assert_eq!(group.committed(&topic)[0].as_ref().unwrap().metadata, full);
    assert_eq!(commit(&member.consumer, &topic, 0, 2, &format!("{full}x")), Err(RDKafkaErrorCode::OffsetMetadataTooLarge));
    assert_eq!(group.offsets(&topic), [1]);
}

#[test]
fn the_metadata_limit_counts_characters_and_not_bytes() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("metadata"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    let wide = "單".repeat(METADATA_LIMIT);
    assert_eq!(commit(&member.consumer, &topic, 0, 1, &wide), Ok(()));
    assert_eq!(group.committed(&topic)[0].as_ref().unwrap().metadata, wide);
}

#[test]
fn the_same_offset_is_committed_again_with_new_metadata() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("marker"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    for marker in ["open", "closed"] {
        assert_eq!(commit(&member.consumer, &topic, 0, 5, marker), Ok(()));
        assert_eq!(group.committed(&topic)[0].as_ref().unwrap().metadata, marker);
    }
}

#[test]
fn a_lower_offset_and_one_past_the_end_are_accepted() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("offsets"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    for offset in [1_000_000, 3] {
        assert_eq!(commit(&member.consumer, &topic, 0, offset, ""), Ok(()));
        assert_eq!(group.offsets(&topic), [offset]);
    }
}

#[test]
fn a_partition_that_does_not_exist_is_told_so() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("partition"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    assert_eq!(commit(&member.consumer, &topic, 7, 1, ""), Err(RDKafkaErrorCode::UnknownTopicOrPartition));
}

#[test]
fn an_answer_needs_no_polling_of_the_consumer() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 1), kafka.group("answer"));
    let member = Member::alone(&kafka.member(group.id()), &topic);
    let before = Instant::now();
    for offset in 1..=50 {
        assert_eq!(commit(&member.consumer, &topic, 0, offset, ""), Ok(()));
    }
    assert!(before.elapsed() < Duration::from_secs(5), "50 commits one after the other: {:?}", before.elapsed());
}
