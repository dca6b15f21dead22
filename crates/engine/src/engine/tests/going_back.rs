//! Orders that are further on at AlipayHK than what is sent of them: after a hand-over, and for their age.

use std::time::Duration;

use domain::Cause;

use super::rig::*;
use crate::Config;
use crate::io::*;

/// After an unclean end, with a milestone and what came after it open, and read.
fn milestone_and_newer() -> Rig {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left(0, false, 16_384, &[]), 2), 10);
    rig.read("A", 1, "TICKETED");
    rig.read("A", 2, "USED");
    rig.secs(L);
    rig
}

#[test]
fn what_follows_an_older_call_after_a_hand_over_has_a_request_id_of_its_own() {
    let mut rig = milestone_and_newer();
    let first = rig.answer(accepted());
    let second = rig.answer(timeout());
    rig.secs(60);
    let again = rig.answer(accepted());
    assert_eq!((first.offset, second.offset, again.offset), (Offset(0), Offset(1), Offset(1)));
    assert_eq!((first.generation, again.generation), (0, second.generation), "retries keep it");
    assert!(second.generation > 1 << 30, "far from those that count failures");
    assert_ne!(second.generation, { milestone_and_newer_elsewhere() }, "and unlike that of any other assignment");
}

/// The same in the next assignment of the same process.
fn milestone_and_newer_elsewhere() -> u32 {
    let mut rig = milestone_and_newer();
    rig.put(Input::Lost { partition: P0, epoch: rig.epoch });
    rig.answer(accepted());
    rig.assign(&facts(left(0, false, 16_384, &[]), 2), 10);
    rig.read("A", 1, "TICKETED");
    rig.read("A", 2, "USED");
    rig.secs(L);
    rig.answer(accepted());
    rig.answer(accepted()).generation
}

#[test]
fn an_older_one_settles_with_what_may_have_been_sent_before_it() {
    let mut rig = milestone_and_newer();
    rig.answer(accepted());
    rig.secs(1);
    assert_eq!((rig.end_of(0), rig.told().1.settled), (None, Vec::new()), "a successor has to know that the order went back");
    rig.answer(accepted());
    assert_eq!((rig.end_of(0), rig.end_of(1)), (Some(Disposition::Delivered), Some(Disposition::Delivered)));
}

#[test]
fn if_what_followed_is_refused_the_next_one_takes_it_over() {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left(0, false, 16_384, &[]), 4), 10);
    let [first, refused, last] = [("TICKETED", 1), ("TICKETED", 3), ("USED", 9)].map(|(status, at)| {
        // A change in between keeps the two milestones apart.
        if at == 3 {
            rig.read("A", 2, "REFUNDED");
        }
        rig.read("A", at, status)
    });
    rig.secs(L);
    rig.answer(accepted());
    rig.answer(rejected());
    rig.confirm(true);
    assert_eq!((rig.end_of(first), rig.end_of(refused).is_some()), (None, true));
    rig.answer(accepted());
    assert_eq!((rig.end_of(first), rig.end_of(last)), (Some(Disposition::Delivered), Some(Disposition::Delivered)));
}

#[test]
fn if_what_followed_is_absorbed_undecided_the_next_one_has_a_request_id_of_its_own_too() {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left(0, false, 16_384, &[]), 5), 10);
    for (at, status) in (1..).zip(["TICKETED", "REFUNDED", "TICKETED", "REFUNDED", "TICKETED"]) {
        rig.read("A", at, status);
    }
    rig.secs(L);
    let older = rig.answer(accepted());
    let undecided = rig.answer(indefinite(Cause::NotSent, false));
    rig.secs(60);
    let newest = rig.answer(accepted());
    assert_eq!([older.offset, undecided.offset, newest.offset], [0, 2, 4].map(Offset));
    assert_eq!((older.generation, newest.generation), (0, undecided.generation), "AlipayHK may know its usual one");
    assert!(newest.generation > 0);
}

#[test]
fn if_an_older_one_may_have_been_applied_and_what_absorbed_it_is_refused_the_next_one_has_a_request_id_of_its_own() {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left(0, false, 16_384, &[]), 4), 10);
    for (at, status) in (1..).zip(["TICKETED", "REFUNDED", "TICKETED", "USED"]) {
        rig.read("A", at, status);
    }
    rig.secs(L);
    let older = rig.answer(timeout());
    rig.secs(60);
    let refused = rig.answer(rejected());
    rig.confirm(true);
    assert_eq!((rig.end_of(0), rig.end_of(2).is_some()), (None, true), "a successor has to know that the order went back");
    let newest = rig.answer(accepted());
    assert_eq!([older.offset, refused.offset, newest.offset], [0, 2, 3].map(Offset));
    assert_eq!((older.generation, newest.generation), (0, refused.generation), "AlipayHK may know its usual one");
    assert_eq!(rig.end_of(0), Some(Disposition::Superseded { by: Offset(3) }));
}

#[test]
fn what_nobody_can_have_sent_before_keeps_its_request_id_and_lets_the_older_one_settle() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "TICKETED");
    rig.read("A", 2, "USED");
    rig.answer(accepted());
    assert_eq!(rig.end_of(0), Some(Disposition::Delivered));
    assert_eq!(rig.answer(accepted()).generation, 0);
}

#[test]
fn what_is_too_old_now_may_be_on_its_way_from_when_it_was_not() {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left(0, false, 16_384, &[]), 2), 10);
    let skipped = rig.too_old(1);
    let newer = rig.read("A", 2, "USED");
    rig.secs(L - 1);
    assert!(rig.called().is_empty(), "its predecessor's call may still be applied");
    assert_eq!(rig.end_of(skipped), None, "so it stays open, for whoever takes over now");
    rig.secs(1);
    assert_eq!(rig.end_of(skipped), Some(Disposition::Skipped(SkipReason::TooOld)));
    assert_eq!(rig.called(), [newer]);
}

#[test]
fn a_late_milestone_that_is_too_old_now_may_be_on_its_way_before_the_newest() {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left(0, false, 16_384, &[]), 2), 10);
    let newest = rig.read("A", 2, "USED");
    let skipped = rig.too_old_as(1, "TICKETED");
    rig.secs(L - 1);
    assert!(rig.called().is_empty(), "which of the two its predecessor had on its way is not known");
    assert_eq!(rig.end_of(skipped), None);
    rig.secs(1);
    assert_eq!(rig.end_of(skipped), Some(Disposition::Skipped(SkipReason::TooOld)));
    assert_eq!(rig.called(), [newest]);
}

#[test]
fn nothing_older_is_sent_in_place_of_what_is_too_old() {
    let mut rig = Rig::new(Config { requests_per_second: 1.0, ..config() });
    for other in ["B", "C"] {
        rig.read(other, 1, "USED");
    }
    let older = rig.read("A", 1, "USED");
    let newer = rig.too_old(2);
    rig.pass(Duration::from_secs(5));
    assert!(rig.called().contains(&newer) && !rig.called().contains(&older));
    let learnt = left(3, true, 16_384, &[]);
    rig.assign(&facts(learnt, 4), 10);
    rig.next = 0;
    rig.too_old(5);
    rig.next = 3;
    let stale = rig.read("A", 4, "USED");
    assert_eq!(rig.end_of(stale), Some(Disposition::Stale(StaleReason::Older)), "also below the committed offset it teaches");
}
