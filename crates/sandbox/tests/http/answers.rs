use std::time::{Duration, Instant};

use alipayhk::exchange::KeyUse;
use alipayhk::{Code, SignatureNote};
use domain::{Cause, Outcome, Verdict};
use sandbox::decision::ResultStatus;
use sandbox::faults::{Damage, Fault, Rule};
use sandbox::model::{Kind, OrderRule};
use sandbox::{Orders, Span};

use crate::harness::{Ends, accepted, cause, client_config, event, indefinite, setup};

fn result(code: &str, status: ResultStatus, apply: bool) -> Fault {
    Fault::Result { code: code.into(), status, message: "scripted".into(), order_status: None, apply }
}

fn latency(millis: u64) -> Fault {
    Fault::Latency { delay: Span::millis(millis), jitter: Span::default() }
}

#[tokio::test]
async fn a_modification_is_accepted_and_held() {
    let ends = Ends::new().await;
    let answer = ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
    assert!(accepted(&answer), "{answer:?}");
    assert_eq!(answer.notes.signature, SignatureNote::Verified(KeyUse::Named(1)));
    assert!(answer.notes.order_id.is_some() && answer.notes.tracer_id.is_some() && !answer.notes.clock_alarm);
    assert_eq!(answer.notes.order_status.as_deref(), Some("CALL_NUM"));
    assert_eq!(ends.sandbox.order("ORD-1").unwrap().status.as_str(), "CALL_NUM");
    assert_eq!(ends.sandbox.state(Orders::All).counters.answers["SUCCESS S"], 1);
}

#[tokio::test]
async fn a_repeat_of_the_same_bytes_gets_the_same_answer_and_is_applied_once() {
    let ends = Ends::new().await;
    let first = ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
    let second = ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
    assert_eq!((accepted(&first), &first.notes.order_id), (accepted(&second), &second.notes.order_id));
    let state = ends.sandbox.state(Orders::None);
    assert_eq!((state.counters.applied, state.counters.repeats), (1, 1));
}

#[tokio::test]
async fn an_older_modification_is_refused_with_what_is_held_or_applied_when_nothing_orders_it() {
    let ends = Ends::new().await;
    ends.call(&event("ORD-1", "FINISHED", 10)).await;
    let older = ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
    assert_eq!(older.outcome, Outcome::Definitive(Verdict::PeerAhead));

    let mut lax = setup();
    lax.stands.order_rule = OrderRule::Off;
    lax.stands.transitions = false;
    let ends = Ends::with(lax, client_config()).await;
    ends.call(&event("ORD-1", "FINISHED", 10)).await;
    assert!(accepted(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await));
    assert_eq!(ends.sandbox.state(Orders::None).violations_of(Kind::OlderAfterNewer), 1);
}

#[tokio::test]
async fn every_documented_code_can_be_scripted_with_every_status() {
    let ends = Ends::new().await;
    let mut number = 0;
    for code in Code::ALL {
        for status in [ResultStatus::S, ResultStatus::F, ResultStatus::U] {
            number += 1;
            ends.sandbox.set_faults(vec![Rule::always(result(code.name(), status, false))]).unwrap();
            let answer = ends.call(&event(&format!("ORD-{number}"), "CALL_NUM", 0)).await;
            assert!(matches!(answer.notes.signature, SignatureNote::Verified(_)));
            assert_eq!((answer.notes.code, answer.notes.message.as_deref()), (Some(code), Some("scripted")));
            assert_eq!(answer.notes.status.map(|status| status.name()), Some(format!("{status:?}")).as_deref(), "{code:?}");
        }
    }
    assert_eq!(ends.sandbox.state(Orders::None).orders_held, 0);
}

#[tokio::test]
async fn an_unknown_exception_with_f_sticks_to_its_request_id_until_a_new_one_comes() {
    let ends = Ends::new().await;
    ends.sandbox.set_faults(vec![Rule::times(result("UNKNOWN_EXCEPTION", ResultStatus::F, false), 1)]).unwrap();
    let event = event("ORD-1", "CALL_NUM", 0);
    assert!(indefinite(&ends.call(&event).await).renew_request_id);
    assert!(indefinite(&ends.call(&event).await).renew_request_id, "the gateway repeats its answer");
    let renewed = ends.send(&ends.request(&ends.client.body(&event, 1)), crate::harness::PATIENCE).await.unwrap();
    assert!(accepted(&ends.judge(&event, Ok(&renewed))));
}

#[tokio::test]
async fn a_scripted_failure_can_hide_that_the_modification_was_applied() {
    let ends = Ends::faulty(result("SYSTEM_ERROR", ResultStatus::U, true)).await;
    let indefinite = indefinite(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await);
    assert_eq!((indefinite.cause, indefinite.ambiguous), (Cause::Undecided, true));
    assert_eq!(ends.sandbox.order("ORD-1").unwrap().applied, 1);
}

#[tokio::test]
async fn an_http_status_arrives_with_its_retry_after_and_applies_nothing() {
    let ends = Ends::new().await;
    for (status, expected) in
        [(503, Cause::HttpStatus), (500, Cause::HttpStatus), (401, Cause::Refused), (403, Cause::Refused), (429, Cause::Throttled)]
    {
        let fault = Fault::Http { status, retry_after: Some("7".into()), apply: false };
        ends.sandbox.set_faults(vec![Rule::always(fault)]).unwrap();
        let indefinite = indefinite(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await);
        assert_eq!((indefinite.cause, indefinite.retry_after), (expected, Some(Duration::from_secs(7))), "{status}");
    }
    let state = ends.sandbox.state(Orders::None);
    assert_eq!((state.orders_held, state.counters.http["429"], state.counters.faults["http"]), (0, 1, 5));
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let elsewhere = Ends::new().await;
    let ends = Ends::faulty(Fault::Redirect { location: elsewhere.sandbox.base_url(), apply: false }).await;
    let answer = ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
    assert_eq!((cause(&answer), answer.notes.http_status), (Cause::HttpStatus, Some(302)));
    assert_eq!(elsewhere.sandbox.state(Orders::None).counters.requests, 0);
}

#[tokio::test]
async fn html_is_unreadable_though_it_is_signed() {
    let ends = Ends::faulty(Fault::NotJson { apply: false }).await;
    let answer = ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
    assert_eq!(cause(&answer), Cause::Unreadable);
    assert!(matches!(answer.notes.signature, SignatureNote::Verified(_)));
}

#[tokio::test]
async fn an_oversize_answer_is_given_up() {
    let ends = Ends::faulty(Fault::Oversize { bytes: 64 * 1024 * 1024, apply: true }).await;
    assert_eq!(cause(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await), Cause::Broken);
    assert_eq!(ends.sandbox.order("ORD-1").unwrap().applied, 1);
}

#[tokio::test]
async fn every_damaged_signature_is_refused_and_every_odd_one_put_up_with() {
    let ends = Ends::new().await;
    for how in [
        Damage::Absent,
        Damage::Flipped,
        Damage::OtherContent,
        Damage::OtherAlgorithm,
        Damage::OtherClient,
        Damage::WhiteSpace,
        Damage::Duplicate,
        Damage::OtherTime,
    ] {
        ends.sandbox.set_faults(vec![Rule::always(Fault::BadlySigned { how })]).unwrap();
        let indefinite = indefinite(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await);
        assert_eq!((indefinite.cause, indefinite.ambiguous), (Cause::Unverified, true), "{how:?}");
    }
    assert!(ends.sandbox.order("ORD-1").is_some(), "what was answered badly was applied all the same");
    for (how, key, alarm) in [
        (Damage::UnknownKeyVersion, KeyUse::Tried(1), false),
        (Damage::NoKeyVersion, KeyUse::Tried(1), false),
        (Damage::StaleTime, KeyUse::Named(1), true),
    ] {
        ends.sandbox.set_faults(vec![Rule::always(Fault::BadlySigned { how })]).unwrap();
        let answer = ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
        assert!(accepted(&answer), "{how:?}");
        assert_eq!((answer.notes.signature, answer.notes.clock_alarm), (SignatureNote::Verified(key), alarm), "{how:?}");
    }
}

#[tokio::test]
async fn an_unsigned_answer_closes_the_gate() {
    let ends = Ends::faulty(Fault::Unsigned).await;
    assert_eq!(cause(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await), Cause::Unverified);
}

#[tokio::test]
async fn latency_delays_the_answer_by_at_least_what_was_asked() {
    let ends = Ends::faulty(latency(150)).await;
    let begun = Instant::now();
    assert!(accepted(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await));
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn what_was_begun_is_applied_though_the_client_has_gone() {
    let ends = Ends::faulty(latency(1000)).await;
    let answer = ends.call_within(&event("ORD-1", "CALL_NUM", 0), Duration::from_millis(50)).await;
    assert_eq!(cause(&answer), Cause::Timeout);
    assert!(ends.sandbox.order("ORD-1").is_none());
    ends.until("the order is applied", |sandbox| sandbox.order("ORD-1").is_some()).await;
}

#[tokio::test]
async fn a_late_application_lands_after_the_answer() {
    let late = Fault::ApplyLate { delay: Span::millis(1000) };
    let ends = Ends::faulty(late).await;
    assert!(accepted(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await));
    assert!(ends.sandbox.order("ORD-1").is_none());
    ends.until("the order is applied", |sandbox| sandbox.order("ORD-1").is_some()).await;
    assert_eq!(ends.sandbox.state(Orders::None).counters.applied_late, 1);
}

#[tokio::test]
async fn a_late_application_over_a_newer_one_is_caught() {
    let mut lax = setup();
    lax.stands.order_rule = OrderRule::Off;
    let ends = Ends::with(lax, client_config()).await;
    let late = Fault::ApplyLate { delay: Span::millis(1000) };
    ends.sandbox.set_faults(vec![Rule::times(late, 1), Rule::times(Fault::Close { apply: false }, 1)]).unwrap();
    assert_eq!(cause(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await), Cause::Broken);
    assert!(accepted(&ends.call(&event("ORD-1", "CALL_NUM", 5)).await));
    ends.until("the older one lands", |sandbox| sandbox.state(Orders::None).violations_of(Kind::OlderAfterNewer) == 1).await;
}
