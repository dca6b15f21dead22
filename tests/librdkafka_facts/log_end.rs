//! Where a reader stands when offsets pass without a record: control records and aborted transactions.

use std::time::{Duration, Instant};

use order_sync_tests::kafka::{Kafka, Record, Topic};
use order_sync_tests::wait::{PATIENCE, throughout, until};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::statistics::Partition;
use rdkafka::{Offset, TopicPartitionList};

use crate::member::Member;

/// A topic of one partition with three records, offsets 0 to 2.
fn three_records(kafka: &Kafka) -> Topic<'_> {
    let topic = kafka.topic("orders", 1);
    topic.write_all((0..3).map(|n| Record::keyless(n.to_string())));
    topic
}

/// Opens a transaction with two records: they lie in the log, and a reader of committed records may not have them.
fn open_transaction(kafka: &Kafka, topic: &Topic<'_>) -> BaseProducer {
    let producer: BaseProducer = kafka.client().set("transactional.id", kafka.name("open")).create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    for value in ["a", "b"] {
        producer.send(BaseRecord::<(), str>::to(topic.name()).payload(value)).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
    producer
}

fn reader(kafka: &Kafka, settings: &[(&str, &str)]) -> Member {
    let mut config = kafka.member(&kafka.name("reader"));
    for (key, value) in settings {
        config.set(*key, *value);
    }
    Member::new(&config)
}

fn assign(member: &Member, topic: &Topic<'_>) {
    let mut list = TopicPartitionList::new();
    for partition in 0..topic.partitions() {
        list.add_partition_offset(topic.name(), partition, Offset::Beginning).unwrap();
    }
    member.consumer.assign(&list).unwrap();
}

fn position(member: &Member) -> Offset {
    member.consumer.position().unwrap().elements()[0].offset()
}

/// Polls until the position is there; gives the records on the way.
#[track_caller]
fn until_position(member: &Member, wanted: i64) -> Vec<i64> {
    let mut records = Vec::new();
    until("the position", PATIENCE, || {
        records.extend(member.poll(Duration::from_millis(2)).and_then(Result::ok));
        let position = position(member);
        if position == Offset::Offset(wanted) { Ok(()) } else { Err(format!("{position:?}, after {records:?}")) }
    });
    records
}

/// The next statistics of a partition, and the polls in between.
fn statistics(member: &Member, topic: &Topic<'_>, partition: i32, wanted: impl Fn(&Partition) -> bool) -> Partition {
    until("statistics", PATIENCE, || {
        member.poll(Duration::from_millis(2));
        let all = member.watch().statistics();
        let mut told = all.into_iter().filter_map(|all| all.topics.get(topic.name())?.partitions.get(&partition).cloned());
        told.find(|told| wanted(told)).ok_or_else(|| "others".to_owned())
    })
}

#[test]
fn watermarks_asked_by_a_reader_of_committed_records_end_at_the_last_stable_offset() {
    let kafka = Kafka::shared();
    let topic = three_records(kafka);
    let producer = open_transaction(kafka, &topic);
    let committed: BaseConsumer = kafka.client().set("isolation.level", "read_committed").create().unwrap();
    let uncommitted: BaseConsumer = kafka.client().set("isolation.level", "read_uncommitted").create().unwrap();
    assert_eq!(committed.fetch_watermarks(topic.name(), 0, PATIENCE).unwrap(), (0, 3));
    assert_eq!(uncommitted.fetch_watermarks(topic.name(), 0, PATIENCE).unwrap(), (0, 5));
    producer.abort_transaction(PATIENCE).unwrap();
    until("the marker is written", PATIENCE, || match committed.fetch_watermarks(topic.name(), 0, PATIENCE).unwrap() {
        (0, 6) => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

#[test]
fn reading_committed_records_is_the_default() {
    let kafka = Kafka::shared();
    let topic = three_records(kafka);
    let _producer = open_transaction(kafka, &topic);
    let plain: BaseConsumer = kafka.client().create().unwrap();
    assert_eq!(plain.fetch_watermarks(topic.name(), 0, PATIENCE).unwrap(), (0, 3));
}

#[test]
fn the_position_steps_over_an_aborted_transaction_at_the_log_end_without_a_record() {
    let kafka = Kafka::shared();
    let topic = three_records(kafka);
    let member = reader(kafka, &[]);
    assign(&member, &topic);
    assert_eq!(until_position(&member, 3), [0, 1, 2]);
    let producer = open_transaction(kafka, &topic);
    assert_eq!(topic.ends(), [(0, 5)]);
    for _ in 0..50 {
        assert!(member.poll(Duration::from_millis(5)).is_none());
        assert_eq!(position(&member), Offset::Offset(3), "while the transaction is open");
    }
    producer.abort_transaction(PATIENCE).unwrap();
    let before = Instant::now();
    assert!(until_position(&member, 6).is_empty(), "two records and the marker are passed in silence");
    assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
}

#[test]
fn the_position_counts_what_poll_has_returned_and_not_what_is_fetched() {
    let kafka = Kafka::shared();
    let topic = three_records(kafka);
    let member = reader(kafka, &[("statistics.interval.ms", "20")]);
    assign(&member, &topic);
    until("the first record", PATIENCE, || member.poll(Duration::from_millis(2)).map(Result::unwrap).ok_or_else(String::new));
    assert_eq!(position(&member), Offset::Offset(1));
}

#[test]
fn the_position_is_unknown_from_an_assignment_or_a_seek_to_the_first_record() {
    let kafka = Kafka::shared();
    let topic = three_records(kafka);
    let member = reader(kafka, &[]);
    assign(&member, &topic);
    assert_eq!(position(&member), Offset::Invalid);
    until_position(&member, 3);
    member.consumer.seek(topic.name(), 0, Offset::Offset(1), PATIENCE).unwrap();
    assert_eq!(position(&member), Offset::Invalid);
    assert_eq!(until_position(&member, 3), [1, 2]);
    for _ in 0..3 {
        member.consumer.unassign().unwrap();
        assign(&member, &topic);
        assert_eq!(position(&member), Offset::Invalid, "and not the one of the assignment before");
        assert_eq!(until_position(&member, 3), [0, 1, 2]);
    }
}

#[test]
fn statistics_pass_an_aborted_transaction_too() {
    let kafka = Kafka::shared();
    let topic = three_records(kafka);
    let member = reader(kafka, &[("statistics.interval.ms", "50")]);
    assign(&member, &topic);
    until_position(&member, 3);
    let producer = open_transaction(kafka, &topic);
    let open = statistics(&member, &topic, 0, |told| told.hi_offset == 5);
    assert_eq!((open.next_offset, open.app_offset, open.eof_offset, open.ls_offset), (3, 3, 3, 3));
    producer.abort_transaction(PATIENCE).unwrap();
    let told = statistics(&member, &topic, 0, |told| told.eof_offset == 6);
    assert_eq!((told.next_offset, told.app_offset, told.eof_offset, told.ls_offset), (6, 6, 6, 6));
}

#[test]
fn statistics_overtake_the_records_they_count_and_know_only_one_queue_for_all_partitions() {
    let kafka = Kafka::shared();
    let topic = kafka.topic("orders", 2);
    topic.write_all((0..300).map(|n| Record::keyless("x").to(n % 2)));
    let member = reader(kafka, &[("statistics.interval.ms", "20")]);
    assign(&member, &topic);
    // Everything is fetched while nobody polls: only statistics can be first.
    throughout("nobody polls", Duration::from_millis(1_000), || Ok(()));
    let first = until("the first record", PATIENCE, || member.poll(Duration::from_millis(2)).map(Result::unwrap).ok_or_else(String::new));
    assert_eq!(first, 0);
    let told = member.watch().statistics();
    let last = told.last().unwrap().topics.get(topic.name()).unwrap();
    for partition in [&last.partitions[&0], &last.partitions[&1]] {
        assert_eq!((partition.next_offset, partition.app_offset), (150, -1_001), "fetched, not yet seen");
        assert!(partition.fetchq_cnt >= 300, "the length of the queue of both partitions: {}", partition.fetchq_cnt);
    }
}

#[test]
fn the_end_of_a_partition_is_told_without_its_topic_and_its_offset() {
    let kafka = Kafka::shared();
    let topic = three_records(kafka);
    let member = reader(kafka, &[("enable.partition.eof", "true")]);
    assign(&member, &topic);
    let end = until("the end", PATIENCE, || match member.poll(Duration::from_millis(2)) {
        Some(Err(error)) => Ok(error),
        other => Err(format!("{other:?}")),
    });
    assert_eq!(end, KafkaError::PartitionEOF(0));
    assert_eq!(position(&member), Offset::Offset(3), "it comes after the last record");
    assert_eq!(member.watch().errors(), ["Fetch from broker 1 reached end of partition at offset 3 (HighwaterMark 3)"]);
}
