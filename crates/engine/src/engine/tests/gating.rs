//! Quota, slots, gates, fuse, lease.

use std::time::Duration;

use domain::{BizType, Cause};

use super::rig::*;
use crate::io::*;
use crate::{Config, GateView};

fn many(rig: &mut Rig, orders: std::ops::Range<i64>) {
    for order in orders {
        rig.read(&format!("O{order}"), 1, "USED");
    }
}

#[test]
fn no_more_calls_than_slots_and_old_ones_count() {
    let mut rig = Rig::new(Config { max_in_flight: 3, ..config() });
    many(&mut rig, 0..5);
    assert_eq!(rig.called(), [0, 1, 2]);
    rig.put(Input::Lost { partition: P0, epoch: rig.epoch });
    rig.assign(&facts(None, 0), 0);
    many(&mut rig, 10..12);
    rig.secs(1);
    assert_eq!(rig.called(), [0, 1, 2]);
    rig.answer(accepted());
    assert_eq!(rig.calls.len(), 3);
    assert_eq!(rig.snapshot().counters.fenced, 1);
}

#[test]
fn a_share_follows_the_partitions_and_is_nothing_while_their_number_is_unknown() {
    let mut rig = Rig::new(Config { requests_per_second: 20.0, reserve_per_second: 4.0, ..config() });
    rig.put(Input::TotalPartitions(8));
    assert!((rig.snapshot().share_per_second - 2.0).abs() < 1e-9);
    let mut engine = crate::Engine::<i64>::new(config(), 1, rig.now);
    let plan = crate::takeover::plan(&facts(None, 0), 0, rig.now).unwrap();
    engine.handle(Input::Assigned { partition: P0, epoch: Epoch(1), plan }, rig.now);
    assert!(engine.snapshot(rig.now).share_per_second.abs() < 1e-9);
}

#[test]
fn a_systemic_answer_closes_the_gate_and_one_due_call_probes() {
    let mut rig = Rig::new(config());
    many(&mut rig, 0..1);
    rig.answer(indefinite(Cause::Unverified, true));
    assert_eq!(rig.snapshot().gate, GateView::Closed(GateReason::Cause(Cause::Unverified)));
    many(&mut rig, 1..5);
    assert!(rig.calls.is_empty());
    rig.secs(1);
    assert_eq!(rig.calls.len(), 1, "one probe");
    rig.answer(indefinite(Cause::Undecided, true));
    assert!(rig.calls.is_empty(), "a probe that decided nothing waits longer");
    rig.secs(2);
    assert_eq!(rig.calls.len(), 1);
    rig.answer(accepted());
    assert_eq!(rig.snapshot().gate, GateView::Open);
    assert!(rig.calls.len() >= 3, "everybody else goes");
    assert_eq!(rig.parks.len(), 0);
}

#[test]
fn a_closed_gate_probes_though_every_order_is_in_backoff() {
    let mut rig = Rig::new(config());
    many(&mut rig, 0..8);
    while !rig.calls.is_empty() {
        rig.answer(indefinite(Cause::Timeout, true));
    }
    assert!(matches!(rig.snapshot().gate, GateView::Closed(_)));
    for _ in 0..20 {
        rig.secs(61);
        assert_eq!(rig.calls.len(), 1, "a due probe");
        rig.answer(indefinite(Cause::Timeout, true));
    }
}

#[test]
fn a_due_probe_without_a_token_or_a_slot_does_not_spin() {
    let mut rig = Rig::new(Config { requests_per_second: 0.1, max_in_flight: 1, ..config() });
    many(&mut rig, 0..3);
    rig.answer(indefinite(Cause::Refused, true));
    rig.secs(8);
    assert_eq!(rig.calls.len(), 0);
    rig.secs(3);
    assert_eq!(rig.calls.len(), 1);
    rig.secs(20);
}

#[test]
fn a_single_failed_order_among_good_ones_does_not_close_the_gate() {
    let mut rig = Rig::new(config());
    for round in 0..20 {
        rig.read("BAD", round, "USED");
        rig.secs(61);
        while !rig.calls.is_empty() {
            rig.answer(indefinite(Cause::Timeout, true));
        }
        many(&mut rig, round..round + 1);
        rig.answer(accepted());
    }
    assert_eq!(rig.snapshot().gate, GateView::Open);
}

#[test]
fn the_gate_of_one_type_closes_only_that_type() {
    let mut rig = Rig::new(config());
    rig.read_as(BizType::SelfPick, "A", 1, "CREATED", 1);
    rig.read_as(BizType::SelfPick, "B", 1, "CREATED", 1);
    rig.answer(indefinite(Cause::UnsupportedBusiness, true));
    rig.answer(indefinite(Cause::UnsupportedBusiness, true));
    for order in ["C", "D", "E"] {
        rig.read_as(BizType::SelfPick, order, 1, "CREATED", 1);
    }
    assert!(rig.calls.is_empty());
    rig.read("F", 1, "USED");
    assert_eq!(rig.answer(accepted()).offset, Offset(5));
    assert_eq!(rig.snapshot().gate, GateView::Open);
    rig.secs(61);
    assert_eq!(rig.calls.len(), 1, "one probe of the type");
    rig.answer(accepted());
    rig.secs(1);
    assert_eq!(rig.calls.len(), 4);
    assert!(rig.notes.contains(&Note::GateOpened { biz_type: Some(BizType::SelfPick) }));
}

#[test]
fn an_empty_fuse_closes_the_gate_until_something_is_delivered() {
    let mut rig = Rig::new(Config { max_in_flight: 1, ..config() });
    many(&mut rig, 0..120);
    let mut answered = 0;
    while !rig.calls.is_empty() {
        rig.answer(rejected());
        rig.confirm(true);
        answered += 1;
    }
    assert_eq!(answered, 100);
    assert_eq!(rig.snapshot().gate, GateView::Closed(GateReason::DeadLetterFuse));
    rig.secs(61);
    assert_eq!(rig.calls.len(), 1, "it probes");
    rig.answer(rejected());
    rig.secs(1);
    assert_ne!(rig.snapshot().gate, GateView::Open, "a rejection does not open it");
    rig.secs(61);
    rig.answer(accepted());
    assert_eq!(rig.snapshot().gate, GateView::Open);
}

#[test]
fn unfit_records_cost_the_fuse_nothing() {
    let mut rig = Rig::new(config());
    for _ in 0..200 {
        rig.unfit();
        rig.confirm(true);
    }
    assert_eq!(rig.snapshot().gate, GateView::Open);
}

#[test]
fn throttling_cuts_the_rate_and_quiet_time_restores_it() {
    let mut rig = Rig::new(Config { requests_per_second: 100.0, ..config() });
    many(&mut rig, 0..1);
    rig.answer(indefinite(Cause::Throttled, true));
    assert!((rig.snapshot().rate_per_second - 70.0).abs() < 1e-6);
    rig.secs(1);
    if !rig.calls.is_empty() {
        rig.answer(accepted());
    }
    rig.secs(60);
    assert!((rig.snapshot().rate_per_second - 100.0).abs() < 1e-6);
}

#[test]
fn another_quota_neither_refills_the_bucket_nor_forgives_its_debt() {
    let quota = |requests_per_second| Input::Quota { requests_per_second, reserve_per_second: 0.0 };
    for (new, after_a_second) in [(20.0, 30), (2.0, 12)] {
        let mut rig = Rig::new(Config { requests_per_second: 10.0, ..config() });
        many(&mut rig, 0..40);
        assert_eq!(rig.calls.len(), 10, "a second's share at once");
        rig.put(quota(new));
        assert_eq!(rig.calls.len(), 10, "{new}: no burst");
        rig.secs(1);
        assert_eq!(rig.calls.len(), after_a_second, "{new}");
    }
    let mut rig = Rig::new(Config { requests_per_second: 10.0, ..config() });
    rig.put(Input::Quota { requests_per_second: 10.0, reserve_per_second: 4.0 });
    assert!((rig.snapshot().rate_per_second - 6.0).abs() < 1e-6, "the reserve is taken off the share");
}

#[test]
fn while_the_operator_holds_nothing_is_sent_and_nothing_spins() {
    let mut rig = Rig::new(Config { requests_per_second: 1.0, ..config() });
    many(&mut rig, 0..3);
    rig.put(Input::OperatorHold(true));
    rig.secs(20);
    assert_eq!(rig.calls.len(), 1);
    assert_eq!(rig.snapshot().gate, GateView::Closed(GateReason::Operator));
    rig.put(Input::OperatorHold(false));
    assert_eq!(rig.calls.len(), 2);
}

#[test]
fn the_lease_silences_who_gets_no_commit_accepted() {
    let mut rig = Rig::new(config());
    rig.commits_pass = false;
    rig.commit_answered(CommitResult::Accepted);
    rig.read("A", 1, "USED");
    assert_eq!(rig.calls[0].write_by, rig.calls[0].deadline);
    // Session 45 s, L 15 s, heartbeat 3 s: silent after 27 s.
    rig.secs(20);
    rig.read("B", 1, "USED");
    assert_eq!(rig.calls[1].write_by, Now(rig.calls[1].deadline.0 - Duration::from_secs(8)), "no byte is written after the lease");
    rig.secs(7);
    rig.read("C", 1, "USED");
    assert_eq!(rig.called(), [0, 1]);
    assert!(rig.notes.contains(&Note::Lease { held: false }));
    let last = rig.commits.len() - 1;
    let newest = rig.commits.swap_remove(last);
    rig.put(Input::CommitFinished { commit: newest.commit, result: CommitResult::Accepted });
    rig.secs(1);
    assert_eq!(rig.called(), [0, 1, 2], "an accepted commit gives the lease back");
}

#[test]
fn an_idle_process_shows_every_fifth_of_the_session_that_it_is_a_member() {
    let mut rig = Rig::new(config());
    let before = rig.commits.len();
    rig.secs(90);
    assert_eq!(rig.commits.len() - before, 10);
}

#[test]
fn without_partitions_no_lease_is_missed() {
    let mut rig = Rig::new(config());
    rig.put(Input::Lost { partition: P0, epoch: rig.epoch });
    rig.secs(100);
    assert!(!rig.notes.contains(&Note::Lease { held: false }));
}
