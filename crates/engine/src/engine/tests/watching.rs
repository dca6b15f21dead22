//! No silent stall.

use domain::{BizType, Cause};

use super::rig::*;
use crate::Config;
use crate::io::*;
use crate::metadata::SPAN;

fn lag(rig: &mut Rig) {
    rig.put(Input::LogEnd { partition: P0, epoch: rig.epoch, end: Offset(1_000) });
}

#[test]
fn lag_without_arrivals_seeks_then_joins_anew_then_leaves() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    lag(&mut rig);
    rig.secs(31);
    assert!(matches!(rig.others[..], [Effect::Seek { offset: Offset(1), .. }]));
    rig.secs(31);
    assert!(matches!(rig.others[1], Effect::Rebuild { reason: RebuildReason::Stalled }));
    rig.assign(&facts(None, 0), 0);
    rig.read("A", 1, "USED");
    lag(&mut rig);
    rig.secs(31);
    assert!(matches!(rig.others[2], Effect::Exit { .. }), "what was tried outlives the assignment");
}

#[test]
fn an_end_that_is_heard_late_hides_no_lag() {
    let mut rig = Rig::new(config());
    for _ in 0..31 {
        lag(&mut rig);
        rig.put(Input::LogEnd { partition: P0, epoch: rig.epoch, end: Offset(0) });
        rig.secs(1);
    }
    assert!(matches!(rig.others[..], [Effect::Seek { .. }]));
}

#[test]
fn progress_begins_anew() {
    let mut rig = Rig::new(config());
    lag(&mut rig);
    rig.secs(31);
    rig.read("A", 1, "USED");
    rig.secs(31);
    assert!(matches!(rig.others[..], [Effect::Seek { .. }, Effect::Seek { .. }]));
}

#[test]
fn reading_history_is_progress() {
    let mut rig = Rig::idle(config());
    rig.assign(&facts(left(100, true, 16_384, &[]), 200), 100);
    for at in 0..10 {
        rig.secs(20);
        rig.read("A", at, "USED");
    }
    assert!(rig.others.is_empty());
}

#[test]
fn a_wait_for_a_schema_or_a_pause_of_ours_is_no_stall() {
    let mut rig = Rig::new(config());
    lag(&mut rig);
    rig.put(Input::WaitsOutside { partition: P0, epoch: rig.epoch, on: true });
    rig.secs(600);
    assert!(rig.others.is_empty());
    rig.put(Input::WaitsOutside { partition: P0, epoch: rig.epoch, on: false });
    rig.secs(31);
    assert!(matches!(rig.others[..], [Effect::Seek { .. }]));

    let mut rig = Rig::new(Config { max_open_records: 1, ..config() });
    rig.read("A", 1, "USED");
    lag(&mut rig);
    rig.secs(600);
    assert!(matches!(rig.others[..], [Effect::Pause { .. }]));
}

fn stalled(rig: &Rig, expected: StallReason) -> Option<(i64, String)> {
    rig.notes.iter().find_map(|note| match note {
        Note::Stalled { offset, order: Some(order), why, .. } if *why == expected => Some((offset.0, order.as_str().to_owned())),
        _ => None,
    })
}

#[test]
fn an_undecided_order_that_blocks_its_partition_is_named() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.position(SPAN / 2 + 2);
    for _ in 0..3 {
        rig.answer(timeout());
        rig.secs(61);
    }
    assert_eq!(stalled(&rig, StallReason::OrderUndecided), Some((0, "A".to_owned())));
}

#[test]
fn a_closed_type_gate_that_blocks_a_partition_is_named() {
    let mut rig = Rig::new(config());
    rig.read_as(BizType::SelfPick, "A", 1, "PENDING", 1);
    rig.position(SPAN / 2 + 2);
    for _ in 0..3 {
        rig.answer(indefinite(Cause::UnsupportedBusiness, true));
        rig.secs(61);
    }
    assert_eq!(stalled(&rig, StallReason::TypeGate), Some((0, "A".to_owned())));
}

#[test]
fn an_order_alone_in_half_of_the_window_is_parked_when_told_to() {
    let mut rig = Rig::new(Config { on_undecided: crate::OnUndecided::ParkWhenBlocking, ..config() });
    rig.read("A", 1, "USED");
    rig.answer(timeout());
    rig.secs(61);
    rig.answer(timeout());
    assert!(rig.parks.is_empty());
    rig.position(SPAN / 2 + 2);
    rig.secs(61);
    rig.answer(timeout());
    assert_eq!(rig.parks.len(), 1);
    rig.secs(L);
    rig.confirm(true);
    assert_eq!(rig.end_of(0), Some(Disposition::Parked(ParkKind::Undecided)));
}
