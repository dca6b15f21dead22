//! The lease: for how long an accepted commit lets us speak. Session 45 s, L 15 s, heartbeat 3 s: for 27 s.

use std::time::Duration;

use super::rig::*;
use crate::io::*;

/// An engine whose commits are not answered any more; the last accepted one was issued at the 100th second.
fn unanswered() -> Rig {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.commits.clear();
    rig
}

#[test]
fn the_lease_counts_from_when_the_commit_was_issued_not_from_its_answer() {
    let mut rig = unanswered();
    rig.secs(14);
    assert_eq!(rig.commits.len(), 1, "an idle process commits every nine seconds");
    rig.commit_answered(CommitResult::Accepted);
    // Issued at the 109th second, answered at the 114th.
    rig.secs(21);
    rig.read("A", 1, "USED");
    assert_eq!(rig.called(), [0]);
    assert_eq!(rig.calls[0].write_by, Now(std::time::Duration::from_secs(136)));
    rig.secs(1);
    rig.read("B", 1, "USED");
    assert_eq!(rig.called(), [0]);
}

#[test]
fn the_late_answer_of_an_older_commit_does_not_shorten_the_lease() {
    let mut rig = unanswered();
    rig.secs(16);
    assert_eq!(rig.commits.len(), 2, "the first is overdue after an eighth of the session");
    rig.commit_answered_last(CommitResult::Accepted);
    rig.commit_answered(CommitResult::Accepted);
    rig.secs(25);
    rig.read("A", 1, "USED");
    assert_eq!(rig.called(), [0], "the newer one was issued at 114.6");
}

#[test]
fn an_outcome_is_handed_over_only_if_it_can_be_on_its_log_before_another_owner_writes() {
    let mut rig = unanswered();
    let (session, heartbeat, within) = (Duration::from_secs(45), Duration::from_secs(3), config().write_within());
    // The last accepted commit was issued at the 100th second; nobody else owns anything before a session later.
    let until = rig.engine.writes_until().unwrap();
    assert_eq!(until, Now(Duration::from_secs(121)));
    assert_eq!(until.0 + within, Duration::from_secs(100) + session - heartbeat);
    rig.secs(14);
    rig.commit_answered(CommitResult::Accepted);
    assert_eq!(rig.engine.writes_until(), Some(Now(until.0 + Duration::from_secs(9))), "issued at the 109th");
    assert!(rig.engine.owns(P0, rig.epoch) && !rig.engine.owns(P0, Epoch(rig.epoch.0 + 1)));
    rig.put(Input::Lost { partition: P0, epoch: rig.epoch });
    assert_eq!((rig.engine.writes_until(), rig.engine.owns(P0, rig.epoch)), (None, false));
}

#[test]
fn who_slept_for_a_session_joins_anew_before_it_commits() {
    for (asleep, joins) in [(41, false), (42, true)] {
        let mut rig = Rig::new(config());
        let before = rig.commits.len();
        rig.now = Now(rig.now.0 + Duration::from_secs(asleep));
        rig.turn();
        let rebuilt = rig.others.iter().any(|effect| matches!(effect, Effect::Rebuild { reason: RebuildReason::NotAMember }));
        assert_eq!((rebuilt, rig.commits.len() == before), (joins, joins), "after {asleep} s of a session of 45 s, less a heartbeat");
    }
}

#[test]
fn a_commit_says_until_when_it_may_be_handed_to_the_client() {
    let rig = Rig::new(config());
    assert_eq!(rig.commits[0].hand_by, Now(rig.now.0 + Duration::from_secs(45) / 8), "then it is overdue");
}
