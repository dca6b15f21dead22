//! Giving back, and what the first commit after a take-over has to say: each of these was missed when its rule was switched off.

use std::time::Duration;

use super::rig::*;
use crate::Config;
use crate::io::*;
use crate::metadata::SPAN;

#[test]
fn a_call_that_outlives_the_drain_leaves_the_marker_open() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.revoke(20);
    rig.secs(14);
    let (offset, told) = rig.told();
    assert_eq!((offset, told.closed, rig.calls.len()), (0, false, 1));
}

#[test]
fn the_last_commit_waits_for_the_one_on_its_way() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.secs(10);
    let before = rig.commits.len();
    rig.revoke(20);
    assert_eq!(rig.commits.len(), before, "one at a time");
    rig.commit_answered_last(CommitResult::Accepted);
    assert!(rig.told().1.closed);
}

#[test]
fn the_last_commit_waits_for_letters_and_outcomes_too() {
    let mut rig = Rig::new(config());
    rig.unfit();
    let before = rig.commits.len();
    rig.revoke(20);
    rig.secs(1);
    assert_eq!(rig.commits.len(), before);
    rig.confirm(true);
    assert_eq!(rig.told().0, 1);

    let mut rig = Rig::new(Config { outcomes: true, ..config() });
    rig.skip();
    let before = rig.commits.len();
    rig.revoke(20);
    rig.secs(1);
    assert_eq!(rig.commits.len(), before);
    rig.put(Input::OutcomeWritten { partition: P0, epoch: rig.epoch, offset: Offset(0) });
    assert_eq!(rig.told().0, 1);
}

#[test]
fn the_first_commit_announces_no_less_than_what_was_inherited_and_the_barrier() {
    let first = |left, end, after| {
        let mut rig = Rig::idle(config());
        rig.commits_pass = false;
        rig.assign(&facts(left, end), 0);
        rig.pass(after);
        rig.told().1.window
    };
    assert_eq!(first(left(0, true, 100_000, &[]), 200_000, Duration::from_millis(1)), Offset(100_000));
    assert_eq!(first(Some((0, "somebody else's".to_owned())), SPAN * 3, Duration::from_secs(L)), Offset(SPAN));
}

#[test]
fn the_overdue_answer_of_one_last_commit_releases_nothing_while_another_is_on_its_way() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.commits.clear();
    rig.revoke(40);
    rig.secs(7);
    assert_eq!(rig.commits.len(), 2, "the first is overdue after an eighth of the session");
    let released = |rig: &Rig| rig.others.iter().any(|effect| matches!(effect, Effect::Release { .. }));
    rig.commit_answered(CommitResult::Accepted);
    assert!(!released(&rig), "the second may still land");
    rig.commit_answered_last(CommitResult::Accepted);
    assert!(released(&rig));
    assert!(!rig.others.iter().any(|effect| matches!(effect, Effect::Rebuild { .. })), "nothing is unanswered");
}

#[test]
fn what_a_predecessor_may_have_sent_is_told_once_however_often_it_is_tried() {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left(0, false, 16_384, &[]), 1), 0);
    rig.secs(1);
    rig.read("A", 1, "USED");
    rig.answer(timeout());
    rig.secs(L);
    assert_eq!(rig.called(), [0], "tried again");
    assert_eq!(rig.notes.iter().filter(|note| matches!(note, Note::Repeated { .. })).count(), 1);
}
