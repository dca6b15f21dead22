//! The lease: for how long an accepted commit lets us speak. Session 45 s, L 15 s, heartbeat 3 s: for 27 s.

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
