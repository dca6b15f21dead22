//! What is told of orders that wait.

use domain::{BizType, Cause, MerchantBizNo};

use super::rig::*;
use crate::engine::{LaneState, LaneView};
use crate::io::*;

fn oldest(rig: &Rig, most: usize) -> Vec<LaneView> {
    rig.engine.oldest(most, rig.now)
}

fn names(views: &[LaneView]) -> Vec<&str> {
    views.iter().map(|view| view.order.as_ref().map_or("", MerchantBizNo::as_str)).collect()
}

#[test]
fn the_order_that_waits_longest_comes_first_and_no_more_than_asked_for() {
    let mut rig = Rig::new(config());
    for order in ["A", "B", "C", "D"] {
        rig.read(order, 1, "USED");
        rig.secs(1);
    }
    assert_eq!(names(&oldest(&rig, 3)), ["A", "B", "C"]);
    assert_eq!(oldest(&rig, 1)[0].waits_for.unwrap().as_secs(), 4);
    rig.answer(accepted());
    assert_eq!(names(&oldest(&rig, 10)), ["B", "C", "D"], "what was accepted does not wait");
}

#[test]
fn orders_that_came_in_one_moment_are_all_looked_at() {
    let mut rig = Rig::new(crate::Config { max_in_flight: 2, ..config() });
    let orders: Vec<String> = (0..50).map(|number| format!("O{number:02}")).collect();
    for order in &orders {
        rig.read(order, 1, "USED");
    }
    let mut all: Vec<_> = oldest(&rig, 50).iter().filter_map(|view| Some(view.order.as_ref()?.as_str().to_owned())).collect();
    all.sort_unstable();
    assert_eq!(all, orders);
    assert_eq!(oldest(&rig, 7).len(), 7);
}

#[test]
fn an_order_tells_why_it_waits() {
    let mut rig = Rig::new(crate::Config { max_in_flight: 1, ..config() });
    rig.read("A", 1, "USED");
    rig.read("B", 1, "USED");
    let states: Vec<_> = oldest(&rig, 9).iter().map(|view| view.state).collect();
    assert_eq!(states, [LaneState::InFlight, LaneState::Ready]);

    rig.answer(timeout());
    let waits = oldest(&rig, 9).into_iter().find(|view| names(std::slice::from_ref(view)) == ["A"]).unwrap();
    assert!(matches!(waits.state, LaneState::Waiting(until) if until > rig.now), "{waits:?}");
    assert_eq!((waits.failures, waits.last_failure, waits.biz_type), (1, Some(Cause::Undecided), Some(BizType::MovieTicket)));

    rig.answer(rejected());
    rig.confirm(false);
    assert!(oldest(&rig, 9).iter().any(|view| view.state == LaneState::Parking));
}

#[test]
fn a_closed_gate_is_the_reason_of_every_order_behind_it() {
    let mut rig = Rig::new(crate::Config { max_in_flight: 1, ..config() });
    rig.read("A", 1, "USED");
    rig.answer(indefinite(Cause::Systemic, false));
    rig.read("B", 1, "USED");
    let closed = LaneState::Gate(GateReason::Cause(Cause::Systemic));
    assert_eq!(oldest(&rig, 9).iter().find(|view| names(std::slice::from_ref(view)) == ["B"]).unwrap().state, closed);
    rig.put(Input::OperatorHold(true));
    let states: Vec<_> = oldest(&rig, 9).iter().map(|view| view.state).collect();
    assert!(states.contains(&LaneState::Gate(GateReason::Operator)), "{states:?}");
}

#[test]
fn the_closed_gate_of_a_type_is_the_reason_of_its_orders_only() {
    let mut rig = Rig::new(crate::Config { max_in_flight: 1, ..config() });
    rig.read("A", 1, "USED");
    rig.answer(indefinite(Cause::UnsupportedBusiness, false));
    rig.read("B", 1, "USED");
    rig.read_as(BizType::LineUp, "C", 1, "CALL_NUM", 1);
    let of = |rig: &Rig, order: &str| {
        let views = oldest(rig, 9);
        views.into_iter().find(|view| view.order.as_ref().is_some_and(|known| known.as_str() == order)).map(|view| view.state)
    };
    assert_eq!(of(&rig, "B"), Some(LaneState::TypeGate(GateReason::Cause(Cause::UnsupportedBusiness))));
    assert_eq!(of(&rig, "C"), Some(LaneState::InFlight));
}

#[test]
fn an_order_that_rests_shows_what_it_had_decided() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(accepted());
    let views = rig.engine.lanes_of(&MerchantBizNo::parse("A").unwrap(), rig.now);
    assert_eq!((views.len(), views[0].state, views[0].decided.unwrap().1), (1, LaneState::Idle, Offset(0)));
    assert!(oldest(&rig, 9).is_empty());
}

#[test]
fn a_partition_counts_its_lanes_and_those_it_holds_up() {
    let mut rig = Rig::idle(config());
    rig.commits_pass = false;
    rig.assign(&facts(None, 0), 0);
    rig.read("A", 1, "USED");
    rig.read("B", 1, "USED");
    rig.read("A", 2, "USED");
    let partition = &rig.snapshot().partitions[0];
    assert_eq!((partition.lanes, partition.blocked), (2, 2), "nothing is sent before the first commit");
    assert!(oldest(&rig, 9).iter().all(|view| view.state == LaneState::Partition));
}
