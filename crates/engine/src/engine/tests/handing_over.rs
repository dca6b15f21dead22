//! Taking a partition over and giving it back. C1 to C9 are hand-overs that a simulation once found to go wrong.

use std::time::Duration;

use super::rig::*;
use crate::Config;
use crate::io::*;
use crate::metadata::{self, Fault, SPAN};

/// Takes over what a predecessor left, with the log's end at `end`.
fn after(left: Option<(i64, String)>, end: i64) -> Rig {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left, end), 10);
    rig
}

#[test]
fn without_a_commit_nobody_has_spoken_so_nothing_is_waited_for() {
    let mut rig = after(None, 1_000);
    rig.read("A", 1, "USED");
    assert_eq!(rig.called(), [0]);
}

#[test]
fn nothing_is_sent_before_the_position_is_at_the_barrier() {
    let mut rig = after(left(0, true, 16_384, &[]), 3);
    rig.read("A", 1, "USED");
    rig.read("A", 2, "USED");
    assert!(rig.calls.is_empty());
    rig.read("B", 1, "USED");
    assert_eq!(rig.called(), [2, 1], "the older one was collapsed, as the predecessor may have done");
}

#[test]
fn the_position_may_reach_the_barrier_without_a_record() {
    let mut rig = after(left(0, true, 16_384, &[]), 3);
    rig.read("A", 1, "USED");
    rig.position(3);
    assert_eq!(rig.called(), [0]);
}

#[test]
fn below_the_barrier_no_mark_pauses_reading() {
    let mut rig = Rig::idle(Config { max_open_records: 1, ..config() });
    rig.assign(&facts(left(0, true, 16_384, &[]), 4), 10);
    for order in ["A", "B", "C"] {
        rig.read(order, 1, "USED");
    }
    assert!(rig.others.is_empty());
    rig.read("D", 1, "USED");
    assert!(matches!(rig.others[..], [Effect::Pause { .. }]));
}

#[test]
fn c1_the_first_call_waits_for_an_own_accepted_commit_that_says_open() {
    let mut rig = Rig::idle(config());
    rig.commits_pass = false;
    rig.assign(&facts(left(0, true, 500, &[]), 1), 10);
    rig.read("A", 1, "USED");
    assert!(rig.calls.is_empty());
    let (_, told) = rig.told();
    assert!(!told.closed && told.window >= Offset(500), "it inherits what was announced");
    rig.commit_answered(CommitResult::Accepted);
    assert_eq!(rig.called(), [0]);
}

#[test]
fn what_the_map_marks_is_not_sent_again_and_teaches_its_order() {
    let mut rig = after(left(0, true, 16_384, &[1]), 2);
    rig.read("A", 1, "USED");
    rig.read("A", 2, "USED");
    rig.secs(1);
    assert!(rig.calls.is_empty());
    assert_eq!(rig.end_of(0), Some(Disposition::Stale(StaleReason::Older)), "older than what the map tells of");
    assert_eq!(rig.snapshot().counters.records_read, 1, "what was read before is not counted again");
    assert_eq!(rig.committable(), 2);
}

#[test]
fn mapped_records_that_compaction_took_hold_nothing_up() {
    let mut rig = after(left(0, true, 16_384, &[1, 3]), 6);
    rig.read("A", 1, "USED");
    rig.position(4);
    rig.read("B", 1, "USED");
    rig.read("C", 1, "USED");
    while !rig.calls.is_empty() {
        rig.answer(accepted());
    }
    assert_eq!(rig.committable(), 6);
}

#[test]
fn the_history_window_only_teaches() {
    let mut rig = after(left(5, true, 16_384, &[]), 5);
    for at in 1..=5 {
        rig.read("A", at, "USED");
    }
    rig.read("A", 4, "USED");
    assert_eq!(rig.end_of(5), Some(Disposition::Stale(StaleReason::Older)));
    assert!(rig.calls.is_empty());
    assert_eq!(rig.snapshot().counters.records_read, 1);
}

#[test]
fn c3_a_held_order_re_sends_its_one_candidate_and_settles_after_l() {
    let mut rig = after(left(0, false, 16_384, &[]), 1);
    rig.read("A", 1, "USED");
    assert_eq!(rig.called(), [0], "the only version that could have been on its way");
    rig.answer(accepted());
    assert_eq!((rig.end_of(0), rig.committable()), (None, 0));
    rig.read("A", 2, "USED");
    assert!(rig.calls.is_empty(), "any other version waits, from whatever offset");
    rig.read("B", 1, "USED");
    assert_eq!(rig.called(), [2], "other orders start at once");
    rig.secs(L);
    assert_eq!((rig.end_of(0), rig.called()), (Some(Disposition::Delivered), vec![2, 1]));
}

#[test]
fn with_several_candidates_all_wait() {
    let mut rig = after(left(0, false, 16_384, &[]), 2);
    rig.read("A", 1, "USED");
    rig.read("A", 2, "USED");
    rig.secs(L - 1);
    assert!(rig.calls.is_empty());
    rig.secs(1);
    assert_eq!(rig.called(), [1]);
}

#[test]
fn an_older_one_is_no_second_candidate() {
    let mut rig = after(left(0, false, 16_384, &[]), 2);
    rig.read("A", 2, "USED");
    rig.read("A", 1, "USED");
    assert_eq!(rig.called(), [0]);
}

#[test]
fn closed_is_written_only_when_nothing_may_still_be_applied() {
    let mut rig = after(left(0, false, 16_384, &[]), 0);
    rig.revoke(20);
    assert!(!rig.told().1.closed, "an inherited wait is open");

    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(timeout());
    rig.revoke(20);
    assert!(!rig.told().1.closed, "an ambiguous call may still be applied");

    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(indefinite(domain::Cause::NotSent, false));
    rig.revoke(20);
    assert!(rig.told().1.closed, "a backoff harms nobody");
}

#[test]
fn a_revoke_waits_for_calls_commits_and_releases() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.read("A", 2, "USED");
    rig.commits_pass = false;
    rig.revoke(20);
    let before = rig.commits.len();
    rig.secs(1);
    rig.answer(accepted());
    assert!(rig.calls.is_empty(), "nothing new is sent");
    assert_eq!(rig.commits.len(), before + 1);
    let (offset, told) = rig.told();
    assert_eq!((offset, told.closed), (1, true));
    assert!(rig.others.is_empty(), "not before the commit is answered");
    let last = rig.commits.pop().unwrap();
    rig.put(Input::CommitFinished { commit: last.commit, result: CommitResult::Accepted });
    assert!(matches!(rig.others[..], [Effect::Release { .. }]));
}

#[test]
fn what_is_read_while_draining_is_not_passed_over() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.revoke(20);
    rig.read("B", 1, "USED");
    rig.position(50);
    rig.answer(accepted());
    assert_eq!(rig.told().0, 1);
}

#[test]
fn a_dead_letter_that_outlives_the_drain_is_left_to_the_next_owner() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.unfit();
    rig.answer(accepted());
    rig.revoke(20);
    rig.secs(20);
    assert_eq!(rig.told().0, 1);
    assert!(matches!(rig.others[..], [Effect::Release { .. }]));
    rig.confirm(true);
    assert_eq!(rig.end_of(1), None);
}

#[test]
fn c4_who_gives_up_a_partition_with_an_unanswered_commit_leaves_the_group_first() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.read("A", 1, "USED");
    rig.answer(accepted());
    rig.secs(1);
    rig.revoke(5);
    rig.secs(6);
    assert!(matches!(rig.others[..], [Effect::Rebuild { reason: RebuildReason::UnansweredCommit }, Effect::Release { .. }]));

    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.secs(10);
    rig.put(Input::Lost { partition: P0, epoch: rig.epoch });
    assert!(matches!(rig.others[..], [Effect::Rebuild { reason: RebuildReason::UnansweredCommit }]));
}

#[test]
fn what_is_not_ours_is_released_at_once() {
    let mut rig = Rig::idle(config());
    rig.revoke(20);
    assert!(matches!(rig.others[..], [Effect::Release { .. }]));
}

#[test]
fn lost_is_not_revoked_nothing_is_committed() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    let before = rig.commits.len();
    rig.put(Input::Lost { partition: P0, epoch: rig.epoch });
    rig.answer(accepted());
    rig.secs(60);
    assert_eq!(rig.commits.len(), before);
    assert_eq!((rig.disposed.len(), rig.snapshot().counters.fenced), (0, 1));
}

#[test]
fn c5_who_was_expelled_is_silent_at_once() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.secs(10);
    rig.commit_answered_last(CommitResult::NotAMember);
    rig.read("A", 1, "USED");
    assert!(rig.calls.is_empty() && rig.snapshot().partitions.is_empty());
    assert!(matches!(rig.others[..], [Effect::Rebuild { reason: RebuildReason::NotAMember }]));
}

#[test]
fn c6_foreign_metadata_means_the_widest_barrier_and_everybody_waits() {
    let mut rig = after(Some((0, "somebody else's".to_owned())), 2);
    assert!(rig.notes.contains(&Note::ForeignMetadata { partition: P0, fault: Fault::NotOurs }));
    rig.read("A", 1, "USED");
    rig.read("B", 1, "USED");
    rig.read("C", 1, "USED");
    rig.secs(L - 1);
    assert_eq!((rig.called().len(), rig.commits.len()), (0, 0), "what lies above the barrier, too; what was left there stays");
    rig.secs(1);
    let mut called = rig.called();
    called.sort_unstable();
    assert_eq!((called, rig.commits.is_empty()), (vec![0, 1, 2], false));

    let mut far = after(Some((0, String::new())), SPAN * 3);
    assert_eq!(far.snapshot().partitions[0].barrier, Offset(SPAN));
}

#[test]
fn who_gives_foreign_metadata_up_before_the_wait_is_over_leaves_it_as_it_was() {
    let mut rig = after(Some((0, "somebody else's".to_owned())), 2);
    rig.read("A", 1, "USED");
    rig.put(Input::Revoking { partition: P0, epoch: rig.epoch, deadline: Now(Duration::from_secs(120)) });
    assert!(rig.commits.is_empty(), "whoever comes next has to wait as well");
    assert!(matches!(rig.others[..], [Effect::Release { .. }]));
}

#[test]
fn c7_a_milestone_beyond_the_map_may_be_repeated_and_the_newest_is_sent_after_it() {
    let mut rig = after(left(0, true, 16_384, &[]), 2);
    rig.read("A", 1, "TICKETED");
    rig.read("A", 2, "USED");
    assert_eq!(rig.answer(accepted()).offset, Offset(0));
    assert_eq!(rig.answer(accepted()).offset, Offset(1));
}

/// Metadata whose map reaches to offset 2, written under leader epoch 5.
fn left_under_epoch_5() -> Option<(i64, String)> {
    let settled = vec![Offset(1), Offset(2)];
    let metadata = crate::metadata::Metadata { closed: true, lingers: None, window: Offset(16_384), leader_epoch: Some(5), settled };
    Some((0, metadata::encode(place(), Offset(0), &metadata)))
}

fn record(rig: &mut Rig, epoch: i32) {
    let skip = Content::Skip(SkipReason::NotOurs);
    rig.record(skip, Some(epoch));
}

#[test]
fn c8_a_map_counts_only_once_its_highest_record_was_read_under_its_leader_epoch() {
    let mut rig = after(left_under_epoch_5(), 4);
    record(&mut rig, 4);
    record(&mut rig, 4);
    assert_eq!(rig.committable(), 1, "not believed yet");
    rig.secs(1);
    let (_, told) = rig.told();
    assert_eq!((told.settled, told.leader_epoch), (vec![Offset(1), Offset(2)], Some(5)), "but passed on, with its own epoch");
    record(&mut rig, 5);
    assert_eq!(rig.committable(), 3);
}

#[test]
fn c8_under_another_leader_epoch_the_map_is_foreign() {
    let mut rig = after(left_under_epoch_5(), 4);
    record(&mut rig, 4);
    record(&mut rig, 6);
    record(&mut rig, 6);
    assert!(rig.notes.contains(&Note::ForeignMetadata { partition: P0, fault: Fault::Log }));
    assert!(matches!(rig.others[..], [Effect::Rebuild { reason: RebuildReason::ForeignLog }]));
    rig.assign(&facts(left_under_epoch_5(), 4), 10);
    for _ in 0..4 {
        rig.read("A", 1, "USED");
    }
    assert_eq!(rig.snapshot().counters.records_read, 5, "everything is read again, without the map");
}

#[test]
fn c9_an_overdue_commit_bounds_the_window_and_its_late_answer_asks_for_a_new_one() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    let announced = rig.told().1.window;
    rig.position(20_000);
    rig.secs(6);
    let window = |rig: &mut Rig| rig.snapshot().partitions[0].window;
    assert_eq!(window(&mut rig), Some(announced));
    let overdue = rig.commits[1].clone();
    let newest = rig.commits.last().unwrap().clone();
    assert_ne!(overdue.commit, newest.commit);
    rig.position(40_000);
    rig.put(Input::CommitFinished { commit: newest.commit, result: CommitResult::Accepted });
    let told = |commit: &Commit| metadata::decode(place(), commit.offset, &commit.metadata).unwrap().window;
    assert_eq!(window(&mut rig), Some(announced.max(told(&overdue))), "the overdue one may still land");
    rig.put(Input::CommitFinished { commit: overdue.commit, result: CommitResult::Accepted });
    rig.commit_answered_last(CommitResult::Accepted);
    rig.turn();
    rig.commit_answered_last(CommitResult::Accepted);
    assert_eq!(window(&mut rig), Some(told(&overdue)), "sent twice it may land once more");
    rig.commits_pass = true;
    rig.secs(46);
    assert!(window(&mut rig) > Some(told(&overdue)), "it is put right");
}

#[test]
fn a_commit_unanswered_for_a_whole_session_needs_a_new_consumer() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.secs(70);
    assert!(matches!(rig.others[..], [Effect::Rebuild { reason: RebuildReason::UnansweredCommit }]));
}

#[test]
fn an_order_that_comes_back_to_the_same_process_waits_for_its_own_old_call() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.put(Input::Lost { partition: P0, epoch: rig.epoch });
    rig.assign(&facts(left(0, true, 16_384, &[]), 1), 10);
    rig.read("A", 1, "USED");
    rig.secs(5);
    assert_eq!(rig.calls.len(), 1);
    rig.answer(accepted());
    assert_eq!(rig.called(), [0]);
    assert_eq!(rig.calls[0].ticket.epoch, rig.epoch);
}

#[test]
fn three_unclean_take_overs_without_progress_raise_an_alarm() {
    let mut rig = Rig::idle(config());
    let alarm = Note::Stalled { partition: P0, offset: Offset(0), order: None, why: StallReason::UncleanTakeOvers };
    for round in 1..=3 {
        rig.assign(&facts(left(0, false, 16_384, &[]), 5), 10);
        assert_eq!(rig.notes.contains(&alarm), round == 3);
    }
}

#[test]
fn held_orders_are_told_once() {
    let mut rig = after(left(0, false, 16_384, &[]), 2);
    rig.read("A", 1, "USED");
    rig.read("B", 1, "USED");
    rig.secs(5);
    let held = rig.notes.iter().filter(|note| matches!(note, Note::Held { orders: 2, .. })).count();
    assert_eq!(held, 1);
    let until = Now(Duration::from_secs(100 + L));
    assert!(rig.notes.contains(&Note::Held { partition: P0, orders: 2, until }));
}
