use engine::takeover::{Facts, plan};
use engine::{Now, Offset};

use super::*;

fn name(partition: i32) -> Name {
    ("orders".into(), partition)
}

fn found(metadata: Option<&str>) -> Found {
    let facts = Facts {
        topic: "orders".into(),
        partition: 0,
        cluster_id: "c".into(),
        committed: metadata.map(|metadata| (Offset(5), metadata.to_owned())),
        log_start: Offset(0),
        last_stable: Offset(9),
        start: Offset(0),
    };
    Ok(plan(&facts, 0, Now::default()))
}

/// What a static member leaves that may be heard for 40 s; and one that left in order.
fn left(closed: bool) -> String {
    let place = engine::metadata::Place { cluster_id: "c", topic: "orders", partition: 0 };
    let lingers = Some(Duration::from_secs(40));
    let metadata = engine::metadata::Metadata { closed, lingers, window: Offset(100), leader_epoch: None, settled: Vec::new() };
    engine::metadata::encode(place, Offset(5), &metadata)
}

fn held(now: Instant) -> Held {
    let mut held = Held::default();
    held.add([name(0), name(1)], now);
    held
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn one_that_cannot_be_looked_up_holds_no_other_up_and_is_asked_about_again() {
    let now = Instant::now();
    let mut held = held(now);
    assert_eq!(held.due(now), [name(0), name(1)]);
    assert!(held.due(now).is_empty(), "one question at a time");
    held.answered();
    assert!(
        matches!(held.next(&name(0), Err("it has no leader".to_owned()), now, None, now), Next::Wait(Some(why)) if why.contains("leader"))
    );
    assert!(matches!(held.next(&name(1), found(None), now, None, now), Next::Take(Ok(_))));
    held.remove("orders", 1);
    assert!(held.due(now).is_empty());
    let later = now + AGAIN;
    assert_eq!(held.due(later), [name(0)]);
    held.answered();
    assert!(matches!(held.next(&name(0), Err("it has no leader".to_owned()), later, None, later), Next::Wait(None)), "said once");
}

#[test]
fn a_static_member_that_did_not_leave_in_order_is_waited_for_and_looked_up_anew() {
    let now = Instant::now();
    let mut held = held(now);
    let open = left(false);
    assert!(matches!(held.next(&name(0), found(Some(&open)), now, None, now), Next::Wait(Some(why)) if why.contains("may still be heard")));
    assert_eq!(held.due(now + secs(39)), [name(1)]);
    held.answered();
    let later = now + secs(41);
    assert!(matches!(held.next(&name(0), found(Some(&open)), now + secs(39), None, later), Next::Wait(_)), "found out too early");
    assert!(matches!(held.next(&name(0), found(Some(&open)), now + secs(40), None, later), Next::Take(Ok(_))));
}

#[test]
fn one_that_left_in_order_is_not_waited_for_nor_is_nobody() {
    let now = Instant::now();
    let lingers = Some(secs(40));
    assert!(matches!(held(now).next(&name(0), found(Some(&left(true))), now, lingers, now), Next::Take(Ok(_))));
    assert!(matches!(held(now).next(&name(0), found(None), now, lingers, now), Next::Take(Ok(_))));
}

#[test]
fn metadata_that_does_not_tell_is_waited_for_as_long_as_one_of_ours_would_be_heard() {
    let now = Instant::now();
    assert!(matches!(held(now).next(&name(0), found(Some("?")), now, None, now), Next::Take(Ok(_))));
    assert!(matches!(held(now).next(&name(0), found(Some("?")), now, Some(secs(40)), now), Next::Wait(Some(_))));
}

#[test]
fn what_is_halted_is_not_waited_for() {
    let now = Instant::now();
    let halt = Ok(Err(Halt::BeyondLog { committed: Offset(9), log_end: Offset(3) }));
    assert!(matches!(held(now).next(&name(0), halt, now, Some(secs(40)), now), Next::Take(Err(_))));
}

#[test]
fn an_answer_about_an_earlier_assignment_does_not_count() {
    let now = Instant::now();
    let mut held = held(now);
    held.remove("orders", 0);
    assert!(matches!(held.next(&name(0), found(None), now, None, now), Next::Gone));
    held.add([name(0)], now + secs(1));
    assert!(matches!(held.next(&name(0), found(None), now, None, now + secs(1)), Next::Gone));
}
