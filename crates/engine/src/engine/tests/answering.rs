//! What each class of outcome does, and how records end.

use std::sync::Arc;
use std::time::Duration;

use domain::{BizType, Cause, Indefinite, Mode, Outcome, Overrides, Rulebook, Verdict};

use super::rig::*;
use crate::io::*;
use crate::{Config, OnUndecided, UnsupportedBusiness};

#[test]
fn a_rejected_record_settles_only_when_its_dead_letter_is_confirmed() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(rejected());
    assert!(matches!(rig.parks[0].reason, ParkReason::Rejected(_)));
    assert_eq!((rig.parks[0].attempts, rig.parks[0].failures), (1, Some((rig.now, rig.now))), "a refusal is a failed attempt");
    assert_eq!((rig.committable(), rig.end_of(0)), (0, None));
    rig.confirm(true);
    assert!(matches!(rig.end_of(0), Some(Disposition::Rejected(_))));
    assert!(rig.disposed[0].ticket.is_some(), "what the answer said goes into its outcome");
    assert_eq!(rig.committable(), 1);
}

#[test]
fn a_dead_letter_that_was_not_taken_is_written_again() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.unfit();
    rig.answer(rejected());
    rig.confirm(false);
    rig.confirm(false);
    assert_eq!((rig.parks.len(), rig.committable()), (0, 0));
    rig.secs(3);
    assert_eq!(rig.parks.len(), 2);
    rig.confirm(true);
    rig.confirm(true);
    assert_eq!((rig.parks.len(), rig.committable()), (0, 2));
}

#[test]
fn peer_ahead_is_stale_and_counted_on_its_own() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "CREATED");
    rig.answer(Outcome::Definitive(Verdict::PeerAhead));
    assert_eq!(rig.end_of(0), Some(Disposition::Stale(StaleReason::PeerAhead)));
    assert_eq!(rig.snapshot().counters.peer_ahead, 1);
}

#[test]
fn held_already_counts_as_accepted() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(timeout());
    rig.secs(1);
    rig.answer(Outcome::Definitive(Verdict::HeldAlready));
    rig.secs(L);
    assert_eq!(rig.end_of(0), Some(Disposition::Delivered));
}

#[test]
fn held_already_is_a_rejection_when_the_last_accepted_one_had_that_status_with_other_content() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(accepted());
    rig.read("A", 2, "USED");
    rig.answer(Outcome::Definitive(Verdict::HeldAlready));
    assert!(matches!(rig.parks[0].reason, ParkReason::Rejected(_)));
}

#[test]
fn held_already_counts_as_accepted_when_only_the_time_is_another() {
    let mut rig = Rig::new(config());
    rig.read_as(BizType::MovieTicket, "A", 1, "USED", 7);
    rig.answer(accepted());
    rig.read_as(BizType::MovieTicket, "A", 2, "USED", 7);
    rig.answer(Outcome::Definitive(Verdict::HeldAlready));
    assert_eq!((rig.end_of(1), rig.parks.len()), (Some(Disposition::Delivered), 0));
}

#[test]
fn held_already_is_a_rejection_when_that_content_was_itself_refused_before() {
    let mut rig = Rig::new(config());
    for (at, content) in [(1, 7), (2, 8), (3, 8)] {
        rig.read_as(BizType::MovieTicket, "A", at, "USED", content);
        rig.answer(if at == 1 { accepted() } else { Outcome::Definitive(Verdict::HeldAlready) });
        if at > 1 {
            rig.confirm(true);
        }
        rig.secs(1);
    }
    assert!([1, 2].iter().all(|offset| matches!(rig.end_of(*offset), Some(Disposition::Rejected(_)))), "AlipayHK still holds the first");
}

#[test]
fn after_an_ambiguous_call_the_same_version_goes_at_once_and_a_newer_one_waits() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(timeout());
    rig.secs(1);
    assert_eq!(rig.called(), [0], "the same version, after its backoff");
    rig.read("A", 2, "USED");
    rig.answer(accepted());
    assert!(rig.calls.is_empty(), "the accepted retry does not lift the wait");
    assert_eq!((rig.end_of(0), rig.committable()), (None, 0), "nor is it settled before");
    rig.secs(L - 2);
    assert!(rig.calls.is_empty());
    rig.secs(2);
    assert_eq!(rig.called(), [1]);
    assert_eq!((rig.end_of(0), rig.committable()), (Some(Disposition::Delivered), 1));
}

#[test]
fn an_ambiguous_call_that_was_overtaken_is_absorbed_but_waited_for() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.read("A", 2, "USED");
    rig.answer(timeout());
    rig.secs(L - 1);
    assert!(rig.calls.is_empty());
    rig.secs(1);
    assert_eq!(rig.called(), [1]);
    rig.answer(accepted());
    assert_eq!(rig.end_of(0), Some(Disposition::Superseded { by: Offset(1) }));
}

#[test]
fn what_was_never_written_lets_a_newer_one_go() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.read("A", 2, "USED");
    rig.answer(indefinite(Cause::NotSent, false));
    rig.secs(1);
    assert_eq!(rig.called(), [1]);
}

#[test]
fn a_retry_keeps_its_generation_unless_a_new_request_id_is_asked_for() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    assert_eq!(rig.answer(timeout()).generation, 0);
    rig.secs(1);
    let renew = Indefinite { cause: Cause::Undecided, ambiguous: true, renew_request_id: true, retry_after: None };
    assert_eq!(rig.answer(Outcome::Indefinite(renew)).generation, 0);
    rig.secs(2);
    assert_eq!((rig.calls[0].generation, rig.calls[0].attempt), (1, 3));
}

#[test]
fn retry_after_is_honoured_up_to_the_longest_backoff() {
    let mut rig = Rig::new(Config { retry_max: Duration::from_secs(10), ..config() });
    rig.read("A", 1, "USED");
    let later =
        Indefinite { cause: Cause::Throttled, ambiguous: true, renew_request_id: false, retry_after: Some(Duration::from_secs(900)) };
    rig.answer(Outcome::Indefinite(later));
    rig.pass(Duration::from_millis(9_990));
    assert!(rig.calls.is_empty());
    rig.pass(Duration::from_millis(20));
    assert_eq!(rig.calls.len(), 1);
}

#[test]
fn one_order_that_stays_undecided_is_tried_for_ever_unless_told_otherwise() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    for _ in 0..50 {
        rig.answer(timeout());
        rig.secs(61);
    }
    assert_eq!((rig.calls.len(), rig.parks.len()), (1, 0));
}

#[test]
fn an_order_is_given_up_after_a_time_and_attempts_though_newer_ones_keep_coming() {
    let after = Duration::from_secs(100);
    let mut rig =
        Rig::new(Config { on_undecided: OnUndecided::ParkAfter { after, attempts: 3 }, retry_max: Duration::from_secs(20), ..config() });
    let mut at = 0;
    while rig.parks.is_empty() {
        at += 1;
        assert!(at < 40, "parked in time");
        rig.read("A", at, "USED");
        rig.secs(21);
        if !rig.calls.is_empty() {
            rig.answer(timeout());
        }
    }
    assert!(rig.now.0 >= Duration::from_secs(200), "not before its time");
    assert!(matches!(rig.parks[0].reason, ParkReason::Undecided(Cause::Undecided)));
}

#[test]
fn an_outage_gives_nothing_up() {
    let policy = OnUndecided::ParkAfter { after: Duration::from_secs(1), attempts: 1 };
    let mut rig = Rig::new(Config { on_undecided: policy, ..config() });
    for order in ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"] {
        rig.read(order, 1, "USED");
    }
    for _ in 0..40 {
        while !rig.calls.is_empty() {
            rig.answer(indefinite(Cause::Timeout, true));
        }
        rig.secs(61);
    }
    assert_eq!(rig.parks.len(), 0);
}

#[test]
fn unsupported_business_is_parked_when_told_to() {
    let mut rig = Rig::new(Config { unsupported_business: UnsupportedBusiness::Park, ..config() });
    rig.read("A", 1, "USED");
    rig.answer(indefinite(Cause::UnsupportedBusiness, true));
    assert_eq!(rig.parks[0].reason, ParkReason::Rejected(domain::ResultCode::lenient("UN_SUPPORT_BUSINESS")));
    assert!(rig.snapshot().type_gates.is_empty());
}

#[test]
fn with_the_outcomes_topic_an_offset_settles_only_when_its_outcome_is_written() {
    let mut rig = Rig::new(Config { outcomes: true, ..config() });
    rig.read("A", 1, "USED");
    rig.skip();
    rig.answer(accepted());
    assert_eq!((rig.disposed.len(), rig.committable()), (2, 0));
    for offset in [1, 0] {
        rig.put(Input::OutcomeWritten { partition: P0, epoch: rig.epoch, offset: Offset(offset) });
    }
    assert_eq!(rig.committable(), 2);
}

fn strict() -> Config {
    let extra_statuses = vec![domain::OrderStatus::parse("MOVED").unwrap()];
    let overrides = Overrides { mode: Mode::Strict, extra_statuses, ..Overrides::default() };
    Config { rulebook: Arc::new(Rulebook::with(&[(BizType::SelfPick, overrides)].into()).unwrap()), ..config() }
}

fn pick(rig: &mut Rig, at: i64, status: &str) -> i64 {
    rig.read_as(BizType::SelfPick, "A", at, status, at as u64)
}

/// AlipayHK holds the order as ready.
fn ready_to_pick_up(config: Config) -> Rig {
    let mut rig = Rig::new(config);
    pick(&mut rig, 1, "TO_PICK_UP");
    rig.answer(accepted());
    rig
}

#[test]
fn strict_parks_a_forbidden_step_before_the_call() {
    let mut rig = Rig::new(strict());
    pick(&mut rig, 1, "FINISHED");
    rig.answer(accepted());
    pick(&mut rig, 2, "PENDING");
    assert!(rig.calls.is_empty());
    assert!(matches!(rig.parks[0].reason, ParkReason::Unfit(UnfitReason::Invalid, _)));
    rig.confirm(true);
    assert_eq!(rig.end_of(1), Some(Disposition::Parked(ParkKind::Invalid)));
}

#[test]
fn strict_a_forbidden_step_supersedes_nothing_that_is_allowed() {
    let mut rig = ready_to_pick_up(Config { requests_per_second: 1.0, ..strict() });
    pick(&mut rig, 2, "FINISHED");
    pick(&mut rig, 3, "PENDING");
    rig.secs(1);
    assert_eq!(rig.answer(timeout()).offset, Offset(1), "nor when the attempt decided nothing");
    assert_eq!(rig.parks.len(), 0, "what was accepted by then decides");
    rig.secs(3);
    assert_eq!(rig.answer(accepted()).offset, Offset(1));
    rig.secs(L);
    assert_eq!((rig.parks.len(), rig.parks[0].offset), (1, Offset(2)));
}

#[test]
fn strict_of_forbidden_steps_behind_one_that_stays_undecided_the_newest_waits() {
    let mut rig = ready_to_pick_up(strict());
    pick(&mut rig, 2, "FINISHED");
    rig.answer(timeout());
    let forbidden = ["CLOSED", "REFUNDED", "PENDING"].iter().zip(3..).map(|(status, at)| pick(&mut rig, at, status)).max();
    assert_eq!(rig.snapshot().partitions[0].waiting, 2, "what may be sent, and the newest");
    rig.secs(3);
    rig.answer(accepted());
    rig.secs(L);
    assert_eq!(rig.parks.iter().map(|park| Some(park.offset.0)).collect::<Vec<_>>(), [forbidden]);
}

#[test]
fn strict_a_step_that_what_is_on_its_way_will_forbid_supersedes_nothing() {
    let mut rig = Rig::new(strict());
    let [_, allowed, forbidden] = [(1, "TO_PICK_UP"), (2, "FINISHED"), (3, "CLOSED")].map(|(at, status)| pick(&mut rig, at, status));
    rig.answer(accepted());
    assert_eq!(rig.answer(accepted()).offset, Offset(allowed));
    assert_eq!((rig.parks.len(), rig.parks[0].offset), (1, Offset(forbidden)));
}

#[test]
fn strict_whoever_takes_over_does_not_take_for_accepted_what_was_parked() {
    let mut rig = Rig::idle(strict());
    rig.assign(&facts(left(2, true, 3, &[]), 2), 2);
    rig.next = 0;
    pick(&mut rig, 1, "TO_PICK_UP");
    pick(&mut rig, 2, "CLOSED");
    let finished = pick(&mut rig, 3, "FINISHED");
    assert_eq!((rig.called(), rig.parks.len()), (vec![finished], 0), "it is allowed after the one, and would not be after the other");
}

#[test]
fn strict_what_a_predecessor_may_have_sent_is_not_judged() {
    let mut rig = Rig::idle(strict());
    rig.assign(&facts(left(1, true, 16_384, &[]), 2), 1);
    rig.next = 0;
    pick(&mut rig, 1, "TO_PICK_UP");
    let newest = pick(&mut rig, 2, "CLOSED");
    assert_eq!(rig.answer(accepted()).offset, Offset(newest), "it may be what AlipayHK holds");
    pick(&mut rig, 3, "PENDING");
    assert_eq!(rig.parks.len(), 1, "what came since is");
}

#[test]
fn strict_a_step_that_is_allowed_only_after_what_waits_goes_behind_it() {
    let mut rig = ready_to_pick_up(Config { requests_per_second: 1.0, ..strict() });
    pick(&mut rig, 2, "MOVED");
    pick(&mut rig, 3, "CLOSED");
    rig.secs(1);
    assert_eq!(rig.answer(accepted()).offset, Offset(1));
    rig.secs(1);
    assert_eq!(rig.answer(accepted()).offset, Offset(2));
    assert_eq!(rig.parks.len(), 0);
}

#[test]
fn observe_sends_a_forbidden_step_and_counts_it_once() {
    let mut rig = Rig::new(Config { requests_per_second: 1.0, ..config() });
    rig.read_as(BizType::TrainTicket, "A", 1, "REFUNDED", 1);
    rig.answer(accepted());
    rig.read_as(BizType::TrainTicket, "A", 2, "TICKETED", 2);
    rig.turn();
    rig.secs(2);
    assert_eq!(rig.called(), [1]);
    rig.answer(timeout());
    rig.secs(3);
    let counted = rig.notes.iter().filter(|note| matches!(note, Note::TransitionViolated { .. })).count();
    assert_eq!(counted, 1);
}

#[test]
fn freshness_is_the_age_of_the_oldest_first_arrival_since_the_last_accepted_one() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.secs(2);
    rig.read("A", 2, "USED");
    rig.secs(3);
    rig.read("A", 3, "USED");
    assert_eq!(rig.snapshot().freshness, Duration::from_secs(5));
    rig.answer(accepted());
    assert_eq!(rig.snapshot().freshness, Duration::from_secs(3), "the second arrived three seconds ago, though the third goes out");
    rig.answer(rejected());
    rig.confirm(true);
    assert_eq!(rig.snapshot().freshness, Duration::ZERO, "nothing waits");
}
