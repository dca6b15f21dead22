//! A lane: what is sent, what is absorbed, what is stale.

use domain::BizType;

use super::rig::*;
use crate::io::*;

#[test]
fn calm_a_modification_is_sent_at_once() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "TICKETED");
    assert_eq!(rig.called(), [0]);
}

#[test]
fn while_a_call_is_in_flight_newer_ones_wait_behind_it_and_collapse() {
    let mut rig = Rig::new(config());
    for at in 1..=4 {
        rig.read("A", at, "USED");
    }
    assert_eq!(rig.called(), [0]);
    rig.answer(accepted());
    assert_eq!(rig.called(), [3]);
    assert_eq!(rig.calls[0].answers_for, 3);
    assert_eq!(rig.committable(), 1);
    rig.answer(accepted());
    let by = Disposition::Superseded { by: Offset(3) };
    assert_eq!([1, 2, 3].map(|offset| rig.end_of(offset)), [Some(by.clone()), Some(by), Some(Disposition::Delivered)]);
    assert_eq!(rig.committable(), 4);
}

#[test]
fn a_call_names_the_newest_it_answers_for_as_long_as_it_is_on_its_way() {
    let mut rig = Rig::new(config());
    for at in 1..=6 {
        rig.read("A", at, "USED");
    }
    rig.answer(accepted());
    let ticket = rig.calls[0].ticket;
    let absorbed = |rig: &Rig, most| rig.engine.absorbed_by(ticket, most).into_iter().map(|offset| offset.0).collect::<Vec<_>>();
    assert_eq!(absorbed(&rig, 128), [4, 3, 2, 1]);
    assert_eq!(absorbed(&rig, 2), [4, 3]);
    rig.answer(accepted());
    assert_eq!(absorbed(&rig, 128), [] as [i64; 0]);
}

#[test]
fn older_than_decided_is_stale_and_equal_is_a_duplicate() {
    let mut rig = Rig::new(config());
    rig.read("A", 5, "USED");
    rig.answer(accepted());
    rig.read("A", 4, "USED");
    rig.read("A", 5, "USED");
    assert_eq!(rig.end_of(1), Some(Disposition::Stale(StaleReason::Older)));
    assert_eq!(rig.end_of(2), Some(Disposition::Stale(StaleReason::Duplicate)));
    assert!(rig.calls.is_empty());
}

#[test]
fn c2_what_was_rejected_is_decided_too() {
    let mut rig = Rig::new(config());
    rig.read("A", 5, "USED");
    rig.answer(rejected());
    rig.confirm(true);
    rig.read("A", 4, "USED");
    assert_eq!(rig.end_of(1), Some(Disposition::Stale(StaleReason::Older)));
}

#[test]
fn older_than_what_is_held_ends_with_its_holder() {
    let mut rig = Rig::new(config());
    rig.read("A", 5, "USED");
    rig.read("A", 4, "USED");
    assert_eq!(rig.end_of(1), None);
    rig.answer(accepted());
    assert_eq!(rig.end_of(1), Some(Disposition::Stale(StaleReason::Older)));
}

#[test]
fn equal_time_and_other_content_is_newer_and_counted() {
    let mut rig = Rig::new(config());
    rig.read_as(BizType::MovieTicket, "A", 5, "USED", 1);
    rig.read_as(BizType::MovieTicket, "A", 5, "USED", 2);
    assert!(rig.notes.contains(&Note::EqualTimes { partition: P0, offset: Offset(1) }));
    rig.answer(accepted());
    assert_eq!(rig.called(), [1]);
}

#[test]
fn a_change_back_at_an_equal_time_is_newer_than_both() {
    let mut rig = Rig::new(config());
    for content in [1, 2, 1] {
        rig.read_as(BizType::SelfPick, "A", 5, "PENDING", content);
    }
    rig.answer(accepted());
    assert_eq!(rig.called(), [2]);
    rig.answer(accepted());
    assert_eq!(rig.end_of(1), Some(Disposition::Superseded { by: Offset(2) }));
    rig.read_as(BizType::SelfPick, "A", 5, "PENDING", 1);
    assert_eq!(rig.end_of(3), Some(Disposition::Stale(StaleReason::Duplicate)));
}

#[test]
fn milestones_are_sent_in_order_and_absorbed_by_their_own_status_only() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.read("A", 2, "TICKETED");
    rig.read("A", 3, "TICKETED");
    rig.read("A", 4, "USED");
    rig.read("A", 5, "USED");
    let mut sent = Vec::new();
    while !rig.calls.is_empty() {
        sent.push(rig.answer(accepted()).offset.0);
    }
    assert_eq!(sent, [0, 2, 4]);
}

#[test]
fn a_late_milestone_goes_before_what_was_not_sent() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "CREATED");
    rig.read("A", 5, "USED");
    rig.read("A", 3, "TICKETED");
    rig.answer(accepted());
    assert_eq!(rig.answer(accepted()).offset, Offset(2));
    assert_eq!(rig.answer(accepted()).offset, Offset(1));
}

#[test]
fn a_late_milestone_stays_behind_what_may_have_been_applied() {
    let mut rig = Rig::new(config());
    rig.read("A", 5, "USED");
    rig.answer(timeout());
    rig.read("A", 3, "TICKETED");
    rig.secs(2);
    assert_eq!(rig.called(), [0]);
    rig.answer(accepted());
    rig.secs(L);
    assert_eq!(rig.end_of(1), Some(Disposition::Stale(StaleReason::Older)));
}

#[test]
fn a_milestone_older_than_decided_is_stale() {
    let mut rig = Rig::new(config());
    rig.read("A", 5, "USED");
    rig.answer(accepted());
    rig.read("A", 3, "TICKETED");
    assert_eq!(rig.end_of(1), Some(Disposition::Stale(StaleReason::Older)));
}

#[test]
fn in_backoff_the_newer_one_inherits_deadline_and_exponent() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    let mut at = 1;
    let mut attempts = 0;
    for _ in 0..600 {
        rig.pass(std::time::Duration::from_millis(100));
        if !rig.calls.is_empty() {
            attempts += 1;
            rig.answer(indefinite(domain::Cause::Undecided, false));
        }
        at += 1;
        rig.read("A", at, "USED");
    }
    // Full jitter under a doubling ceiling: a minute has room for about ten attempts. A reset at each arrival would make hundreds.
    assert!((3..25).contains(&attempts), "{attempts}");
}

#[test]
fn what_cannot_be_decoded_parks_alone_and_supersedes_nothing() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.unfit();
    assert_eq!(rig.parks.len(), 1);
    rig.answer(accepted());
    assert_eq!(rig.committable(), 1);
    rig.confirm(true);
    assert_eq!(rig.end_of(1), Some(Disposition::Parked(ParkKind::Undecodable)));
    assert_eq!(rig.committable(), 2);
}

#[test]
fn a_token_is_given_to_a_lane_which_then_sends_its_newest() {
    let mut rig = Rig::new(crate::Config { requests_per_second: 1.0, ..config() });
    rig.read("A", 1, "USED");
    rig.read("B", 1, "USED");
    rig.read("C", 1, "USED");
    rig.read("B", 2, "USED");
    assert_eq!(rig.called(), [0]);
    rig.secs(1);
    assert_eq!(rig.called(), [0, 3], "first in, first out over lanes; the newest of the lane");
}

#[test]
fn idle_orders_beyond_the_bound_are_forgotten_the_oldest_first_and_counted() {
    let mut rig = Rig::new(crate::Config { remembered_orders: 2, ..config() });
    for (at, order) in [(1, "A"), (1, "B"), (2, "A"), (1, "C")] {
        rig.read(order, at, "USED");
        rig.answer(accepted());
    }
    assert_eq!(rig.snapshot().remembered_orders, 2);
    assert!(rig.notes.contains(&Note::Forgotten { orders: 1 }));
    rig.read("A", 1, "USED");
    assert!(rig.calls.is_empty(), "A came back, so B was the oldest");
    rig.read("B", 1, "USED");
    assert_eq!(rig.called(), [5]);
}

#[test]
fn what_the_window_could_never_reach_absorbs_nothing() {
    let mut rig = Rig::new(crate::Config { requests_per_second: 1.0, ..config() });
    rig.read("A", 1, "USED");
    rig.read("B", 1, "USED");
    rig.position(400_000);
    rig.read("B", 2, "USED");
    rig.answer(accepted());
    rig.secs(2);
    assert_eq!(rig.called(), [1]);
    rig.answer(accepted());
    rig.secs(2);
    assert_eq!(rig.called(), [400_000]);
    rig.answer(accepted());
    assert_eq!(rig.committable(), 400_001);
}

#[test]
fn a_late_milestone_does_not_go_before_what_would_keep_the_window_from_it() {
    let mut rig = Rig::new(crate::Config { requests_per_second: 1.0, ..config() });
    rig.read("A", 1, "USED");
    rig.read("B", 5, "USED");
    rig.position(400_000);
    rig.read("B", 3, "TICKETED");
    rig.answer(accepted());
    rig.secs(2);
    assert_eq!(rig.called(), [1]);
    rig.answer(accepted());
    assert_eq!(rig.end_of(400_000), Some(Disposition::Stale(StaleReason::Older)));
    assert_eq!(rig.committable(), 400_001);
}
