//! How a partition goes from one member to the next.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use commit_queue::{Commit, CommitQueue};
use order_sync_tests::kafka::{Group, Kafka, Topic};
use order_sync_tests::wait::PATIENCE;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use crate::member::{Event, Member, Watch, answer, drive, impatient, sorted};

/// What a new owner finds committed inside its assign callback: (partition, offset).
type Start = Arc<Mutex<Vec<(i32, Offset)>>>;

fn noting_starts(starts: &Start) -> Watch {
    let starts = Arc::clone(starts);
    Watch::default().on_assign(move |consumer, list| {
        let stored = consumer.committed_offsets(list.clone(), PATIENCE).unwrap();
        starts.lock().unwrap().extend(stored.elements().iter().map(|entry| (entry.partition(), entry.offset())));
    })
}

fn commit_all(queue: &CommitQueue<'_>, topic: &str, list: &TopicPartitionList) {
    for partition in sorted(list) {
        let offset = 100 + i64::from(partition);
        queue.commit(&Commit { topic, partition, offset, metadata: "closed", ticket: 0 }).unwrap();
    }
}

#[track_caller]
fn assert_begins_where_the_other_stopped(starts: &Start, moved: usize) {
    let starts = starts.lock().unwrap();
    assert_eq!(starts.len(), moved);
    for (partition, offset) in starts.iter() {
        assert_eq!(*offset, Offset::Offset(100 + i64::from(*partition)), "partition {partition}");
    }
}

fn spread_evenly(members: &[&Member], topic: &Topic<'_>) -> bool {
    members.iter().all(|member| member.owned().len() == topic.partitions() as usize / members.len())
}

#[test]
fn a_commit_in_the_revoke_callback_is_where_the_next_owner_begins_even_without_waiting_for_its_answer() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 6), kafka.group("callback"));
    let name = topic.name().to_owned();
    let leaver = Member::with(
        &kafka.member(group.id()),
        Watch::default().on_revoke(move |consumer, list| commit_all(&CommitQueue::new(consumer), &name, list)),
    );
    leaver.join(&topic);
    drive(&[&leaver], "everything", |members| members[0].owned().len() == 6);
    let starts = Start::default();
    let newcomer = Member::with(&kafka.member(group.id()), noting_starts(&starts));
    newcomer.join(&topic);
    drive(&[&leaver, &newcomer], "halves", |members| spread_evenly(members, &topic));
    assert_begins_where_the_other_stopped(&starts, 3);
}

#[test]
fn answers_arrive_inside_the_revoke_callback() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 6), kafka.group("inside"));
    let name = topic.name().to_owned();
    let answered = Arc::new(Mutex::new(None));
    let note = Arc::clone(&answered);
    let leaver = Member::with(
        &kafka.member(group.id()),
        Watch::default().on_revoke(move |consumer, list| {
            let (queue, before) = (CommitQueue::new(consumer), Instant::now());
            commit_all(&queue, &name, list);
            let results: Vec<_> = (0..list.count()).map(|_| queue.answer(PATIENCE).unwrap().result).collect();
            *note.lock().unwrap() = Some((results, before.elapsed()));
        }),
    );
    leaver.join(&topic);
    drive(&[&leaver], "everything", |members| members[0].owned().len() == 6);
    let newcomer = Member::new(&kafka.member(group.id()));
    newcomer.join(&topic);
    drive(&[&leaver, &newcomer], "halves", |members| spread_evenly(members, &topic));
    let (results, took) = answered.lock().unwrap().take().expect("a revoke");
    assert_eq!(results, [Ok(()); 3]);
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// Joins with everything and hands half of it to a newcomer; `revoked` runs in the poll loop, after the callback has returned.
fn hand_over_outside(leaver: &Member, group: &Group<'_>, topic: &Topic<'_>, revoked: impl Fn(&BaseConsumer<Watch>, &TopicPartitionList)) {
    let turn = |give_up: &dyn Fn(&BaseConsumer<Watch>, &TopicPartitionList)| {
        leaver.poll(Duration::from_millis(5));
        for (assigned, list) in leaver.watch().deferred() {
            if !assigned {
                give_up(&leaver.consumer, &list);
            }
            answer(&leaver.consumer, assigned, &list);
        }
    };
    leaver.join(topic);
    drive(&[], "everything", |_| {
        turn(&revoked);
        leaver.owned().len() == topic.partitions() as usize
    });
    let starts = Start::default();
    let newcomer = Member::with(&Kafka::shared().member(group.id()), noting_starts(&starts));
    newcomer.join(topic);
    drive(&[&newcomer], "halves", |members| {
        turn(&revoked);
        spread_evenly(&[leaver, members[0]], topic)
    });
    assert_begins_where_the_other_stopped(&starts, topic.partitions() as usize / 2);
    drop(newcomer);
    // Closing waits for the answer to a last revoke, which nobody would give: leave first.
    leaver.consumer.unsubscribe();
    drive(&[], "nothing left", |_| {
        turn(&|_, _| ());
        leaver.owned().is_empty()
    });
}

#[test]
fn a_rebalance_may_be_answered_after_the_callback_has_returned() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 6), kafka.group("outside"));
    let leaver = Member::with(&kafka.member(group.id()), Watch::default().deferring());
    hand_over_outside(&leaver, &group, &topic, |consumer, list| {
        let queue = CommitQueue::new(consumer);
        commit_all(&queue, topic.name(), list);
        for _ in 0..list.count() {
            assert_eq!(queue.answer(PATIENCE).unwrap().result, Ok(()));
        }
    });
}

#[test]
fn a_drain_outside_of_the_callback_may_last_longer_than_max_poll_interval_as_polling_goes_on() {
    let kafka = Kafka::shared();
    let (topic, group) = (kafka.topic("orders", 2), kafka.group("drain"));
    let leaver = Member::with(&impatient(kafka, group.id()), Watch::default().deferring());
    hand_over_outside(&leaver, &group, &topic, |consumer, list| {
        let end = Instant::now() + Duration::from_millis(3_000);
        while Instant::now() < end {
            let polled = consumer.poll(Duration::from_millis(20));
            assert!(polled.is_none_or(|polled| polled.is_ok()), "still a member");
        }
        commit_all(&CommitQueue::new(consumer), topic.name(), list);
    });
    assert!(!leaver.watch().events().iter().any(|event| matches!(event, Event::Revoked { lost: true, .. } | Event::Error(_))));
}
