//! Commits: when, what, and how far the window goes.

use std::time::Duration;

use super::rig::*;
use crate::Config;
use crate::io::*;
use crate::metadata::SPAN;

#[test]
fn a_settlement_is_committed_within_two_hundred_milliseconds() {
    let mut rig = Rig::new(config());
    rig.secs(1);
    rig.read("A", 1, "USED");
    rig.answer(accepted());
    rig.pass(Duration::from_millis(200));
    assert_eq!(rig.told().0, 1);
}

#[test]
fn as_many_settled_calls_as_may_be_on_their_way_are_committed_at_once() {
    let mut rig = Rig::new(Config { max_in_flight: 2, ..config() });
    rig.secs(1);
    rig.read("A", 1, "USED");
    rig.answer(accepted());
    assert_eq!(rig.told().0, 0, "one alone waits for company");
    rig.read("B", 1, "USED");
    rig.answer(accepted());
    assert_eq!(rig.told().0, 2);
}

#[test]
fn what_is_settled_above_the_lowest_open_offset_is_in_the_map() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.read("B", 1, "USED");
    rig.skip();
    rig.calls.remove(0);
    rig.answer(accepted());
    rig.secs(1);
    let (offset, told) = rig.told();
    assert_eq!((offset, told.settled, told.closed), (0, vec![Offset(1), Offset(2)], false));
}

#[test]
fn one_commit_is_on_its_way_at_a_time() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.commit_answered_last(CommitResult::Accepted);
    let before = rig.commits.len();
    for order in ["A", "B", "C"] {
        rig.read(order, 1, "USED");
        rig.answer(accepted());
        rig.secs(1);
    }
    assert_eq!(rig.commits.len(), before + 1);
}

#[test]
fn an_ordinary_refusal_is_tried_again() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.secs(10);
    let before = rig.commits.len();
    rig.commit_answered_last(CommitResult::TryAgain);
    rig.secs(1);
    assert_eq!(rig.commits.len(), before, "one taken off, one more made");
    assert!(rig.others.is_empty(), "only UNKNOWN_MEMBER_ID means that we were expelled");
}

#[test]
fn metadata_that_is_too_large_goes_without_its_map() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.skip();
    rig.commits_pass = false;
    rig.secs(10);
    rig.commit_answered_last(CommitResult::MetadataTooLarge);
    rig.secs(1);
    assert!(rig.told().1.settled.is_empty());
}

#[test]
fn the_position_without_records_is_committed_too() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(accepted());
    rig.position(7);
    rig.secs(1);
    assert_eq!(rig.told().0, 7, "control records at the end of the log");
}

#[test]
fn the_window_runs_ahead_of_the_position_and_is_announced_at_half_way() {
    let mut rig = Rig::new(config());
    rig.secs(1);
    assert_eq!(rig.told().1.window, Offset(16_384));
    let before = rig.commits.len();
    rig.position(8_000);
    assert_eq!(rig.commits.len(), before);
    rig.position(8_200);
    assert!(rig.commits.len() > before);
    assert_eq!(rig.told().1.window, Offset(8_200 + 16_384));
}

#[test]
fn nothing_beyond_the_acknowledged_window_is_sent() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.position(16_380);
    rig.secs(1);
    for order in ["A", "B", "C", "D", "E", "F"] {
        rig.read(order, 1, "USED");
    }
    assert_eq!(rig.called(), [16_380, 16_381, 16_382, 16_383]);
    rig.commit_answered_last(CommitResult::Accepted);
    assert_eq!(rig.called().len(), 6);
}

#[test]
fn what_waits_for_an_overdue_commit_is_woken_a_session_after_that_was_refused() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.position(30_000);
    rig.secs(1);
    let overdue = rig.commits.pop().unwrap();
    rig.position(60_000);
    rig.secs(6);
    let newest = rig.commit_answered_last(CommitResult::Accepted);
    assert_ne!(newest.commit, overdue.commit);
    rig.read("A", 1, "USED");
    assert!(rig.calls.is_empty(), "the overdue one may still land and say less");
    rig.put(Input::CommitFinished { commit: overdue.commit, result: CommitResult::TryAgain });
    rig.turn();
    rig.commit_answered_last(CommitResult::Accepted);
    rig.commits_pass = true;
    rig.secs(44);
    assert!(rig.calls.is_empty(), "the client has sent it twice, and was told of one of them");
    rig.secs(3);
    assert_eq!(rig.called(), [60_000]);
}

#[test]
fn what_waits_for_a_commit_in_doubt_is_woken_a_session_after_a_later_one_was_accepted() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.position(30_000);
    rig.secs(1);
    rig.commit_answered_last(CommitResult::InDoubt);
    rig.position(60_000);
    rig.secs(1);
    rig.commit_answered_last(CommitResult::Accepted);
    rig.read("A", 1, "USED");
    rig.commits_pass = true;
    rig.secs(44);
    assert!(rig.calls.is_empty(), "the one in doubt may still land and say less");
    rig.secs(2);
    assert_eq!(rig.called(), [60_000]);
}

#[test]
fn commits_in_doubt_for_many_sessions_are_no_reason_to_leave_the_group_nor_is_giving_a_partition_up_with_them() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.secs(10);
    for _ in 0..1_000 {
        rig.commit_answered_last(CommitResult::InDoubt);
        rig.secs(1);
    }
    assert!(rig.others.is_empty(), "nothing of them is left in the client");
    rig.commit_answered_last(CommitResult::Accepted);
    rig.revoke(3);
    rig.secs(1);
    rig.commit_answered_last(CommitResult::Accepted);
    assert!(matches!(rig.others[..], [Effect::Release { .. }]), "{:?}", rig.others);
}

#[test]
fn the_window_is_never_beyond_the_span_of_the_format_and_reading_stops_before_it() {
    let mut rig = Rig::new(Config { requests_per_second: 1_000_000.0, ..config() });
    rig.read("A", 1, "USED");
    rig.position(SPAN - 16_384);
    rig.read("B", 1, "USED");
    assert!(rig.others.iter().any(|other| matches!(other, Effect::Pause { .. })));
    rig.secs(1);
    assert_eq!(rig.told().1.window, Offset(SPAN));
    rig.answer(accepted());
    rig.secs(1);
    assert!(rig.others.iter().any(|other| matches!(other, Effect::Resume { .. })));
}

#[test]
fn a_partition_pauses_when_its_part_is_full_and_goes_on_when_half_of_it_is_free() {
    let mut rig = Rig::new(Config { max_open_records: 8, requests_per_second: 1.0, ..config() });
    rig.put(Input::TotalPartitions(2));
    for order in ["A", "B", "C", "D"] {
        rig.read(order, 1, "USED");
    }
    assert!(matches!(rig.others[..], [Effect::Pause { .. }]), "four is half of eight");
    while rig.others.len() == 1 {
        rig.secs(3);
        rig.answer(accepted());
    }
    assert!(matches!(rig.others[1], Effect::Resume { .. }));
    assert_eq!(rig.snapshot().partitions[0].waiting, 2);
}

#[test]
fn a_static_member_says_how_long_it_may_still_be_heard_until_it_gives_the_partition_up() {
    let mut rig = Rig::new(Config { static_member: true, ..config() });
    rig.secs(1);
    assert_eq!(rig.told().1.lingers, Some(Duration::from_secs(42)), "session less a heartbeat: the lease, and then L");
    rig.read("A", 1, "USED");
    rig.revoke(3);
    rig.secs(2);
    let told = rig.told().1;
    assert_eq!((told.closed, told.lingers), (false, None), "only the call on its way may still be heard");
}

#[test]
fn the_settled_calls_of_all_partitions_together_are_bounded() {
    let mut rig = Rig::new(Config { max_in_flight: 4, ..config() });
    let plan = crate::takeover::plan(&facts(None, 0), 0, rig.now).unwrap();
    rig.put(Input::Assigned { partition: PartitionId(P0.0 + 1), epoch: rig.epoch, plan });
    rig.secs(1);
    let before = rig.commits.len();
    for order in ["A", "B"] {
        assert_eq!(rig.commits.len(), before, "one alone waits for company");
        rig.read(order, 1, "USED");
        rig.answer(accepted());
    }
    assert_eq!((rig.commits.len(), rig.told().0), (before + 1, 2), "half of four, for each of two partitions");
}
