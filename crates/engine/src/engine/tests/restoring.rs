//! What the outcomes topic tells of orders, given out and taken back.

use domain::{MerchantBizNo, OrderStatus};

use super::rig::*;
use crate::Config;
use crate::io::*;

const EPOCH: i64 = 1_700_000_000_000;

fn with_outcomes() -> Config {
    Config { outcomes: true, ..config() }
}

/// A successor after an orderly end at `committed`, with `end` offsets in the log, that still restores.
fn successor(config: Config, committed: i64, end: i64, history: u64) -> Rig {
    let mut rig = Rig::idle(config);
    rig.assign(&facts(left(committed, true, committed + 16_384, &[]), end), history);
    rig.put(Input::Restoring { partition: P0, epoch: rig.epoch, on: true });
    rig
}

fn standing(at: i64, offset: i64, was_accepted: bool, accepted: Option<&str>) -> Standing {
    let accepted = accepted.map(|status| OrderStatus::parse(status).unwrap());
    Standing { at: EPOCH + at, offset: Offset(offset), content: at as u32, was_accepted, accepted }
}

fn tell(rig: &mut Rig, orders: Vec<(&str, Standing)>) {
    let orders = orders.into_iter().map(|(order, standing)| (MerchantBizNo::parse(order).unwrap(), standing)).collect();
    rig.put(Input::Restored { partition: P0, epoch: rig.epoch, orders });
}

fn over(rig: &mut Rig) {
    rig.put(Input::Restoring { partition: P0, epoch: rig.epoch, on: false });
}

#[test]
fn nothing_is_sent_before_everything_is_restored() {
    let mut rig = successor(with_outcomes(), 5, 5, 0);
    rig.read("A", 1, "USED");
    tell(&mut rig, vec![("B", standing(9, 2, true, Some("USED")))]);
    assert!(rig.calls.is_empty());
    assert!(rig.snapshot().partitions[0].restoring);
    over(&mut rig);
    assert_eq!(rig.called(), [5]);
}

#[test]
fn a_modification_that_is_older_than_a_restored_one_is_stale_whenever_it_was_read() {
    let mut rig = successor(with_outcomes(), 5, 6, 0);
    rig.read("A", 3, "USED");
    tell(&mut rig, vec![("A", standing(9, 2, true, Some("USED")))]);
    over(&mut rig);
    let late = rig.read("A", 4, "USED");
    let newer = rig.read("A", 10, "USED");
    assert_eq!(rig.end_of(5), Some(Disposition::Stale(StaleReason::Older)), "read before it was told");
    assert_eq!(rig.end_of(late), Some(Disposition::Stale(StaleReason::Older)), "read after");
    assert_eq!(rig.called(), [newer]);
}

#[test]
fn the_restored_modification_itself_is_not_sent_again_nor_is_its_copy() {
    let mut rig = successor(with_outcomes(), 5, 7, 0);
    rig.read("A", 9, "USED");
    tell(&mut rig, vec![("A", standing(9, 5, true, Some("USED")))]);
    over(&mut rig);
    rig.read("A", 9, "USED");
    assert!(rig.calls.is_empty());
    assert_eq!(rig.end_of(6), Some(Disposition::Stale(StaleReason::Duplicate)));
}

#[test]
fn what_stands_in_the_topic_goes_before_what_history_hints_at_and_newer_history_before_it() {
    let mut rig = successor(with_outcomes(), 2, 3, 2);
    rig.read("A", 5, "USED");
    rig.read("B", 9, "USED");
    tell(&mut rig, vec![("A", standing(7, 1, false, Some("TICKETED"))), ("B", standing(8, 0, true, Some("TICKETED")))]);
    over(&mut rig);
    rig.read("A", 6, "USED");
    rig.read("B", 8, "USED");
    assert!(rig.calls.is_empty());
    let told = rig.disposed.iter().map(|disposed| disposed.standing.clone().unwrap()).collect::<Vec<_>>();
    assert_eq!(told[0], standing(7, 1, false, Some("TICKETED")));
    assert_eq!((told[1].at, told[1].offset), (EPOCH + 9, Offset(1)));
}

#[test]
fn every_outcome_tells_how_its_order_stands() {
    let mut rig = Rig::new(with_outcomes());
    rig.read("A", 1, "TICKETED");
    rig.answer(accepted());
    rig.read("A", 2, "USED");
    rig.answer(rejected());
    rig.confirm(true);
    rig.read("A", 1, "TICKETED");
    let told = rig.disposed.iter().map(|disposed| disposed.standing.clone().unwrap()).collect::<Vec<_>>();
    assert_eq!(told[0], standing(1, 0, true, Some("TICKETED")));
    assert_eq!(told[1], standing(2, 1, false, Some("TICKETED")), "refused: what was accepted before stays so");
    assert_eq!(told[2], told[1], "a stale one tells it too, so that compaction may take the others");
}

#[test]
fn without_the_outcomes_topic_nobody_asks_how_an_order_stands() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.answer(accepted());
    assert_eq!(rig.disposed[0].standing, None);
}

#[test]
fn of_more_orders_than_are_remembered_those_told_first_are_forgotten() {
    let mut rig = successor(Config { remembered_orders: 2, ..with_outcomes() }, 5, 5, 0);
    tell(&mut rig, vec![("A", standing(9, 1, true, None)), ("B", standing(9, 2, true, None)), ("A", standing(9, 3, true, None))]);
    tell(&mut rig, vec![("C", standing(9, 4, true, None))]);
    over(&mut rig);
    for order in ["A", "B", "C"] {
        rig.read(order, 1, "USED");
    }
    assert_eq!(rig.called(), [6], "of B nobody knows any more");
    assert_eq!(rig.snapshot().counters.forgotten, 1);
}

#[test]
fn what_is_told_to_an_assignment_that_is_gone_is_forgotten() {
    let mut rig = successor(with_outcomes(), 5, 5, 0);
    let orders = vec![(MerchantBizNo::parse("A").unwrap(), standing(9, 2, true, None))];
    rig.put(Input::Restored { partition: P0, epoch: Epoch(99), orders });
    rig.put(Input::Restoring { partition: P0, epoch: Epoch(99), on: false });
    assert!(rig.snapshot().partitions[0].restoring);
    assert_eq!(rig.snapshot().remembered_orders, 0);
}

#[test]
fn whether_it_is_a_duplicate_is_known_only_when_everything_is_restored() {
    let mut rig = successor(with_outcomes(), 5, 6, 0);
    let [first, between] = [(1, 1), (2, 2)].map(|(offset, content)| Standing { content, ..standing(9, offset, true, None) });
    rig.read_as(domain::BizType::MovieTicket, "A", 9, "USED", 1);
    tell(&mut rig, vec![("A", first.clone())]);
    tell(&mut rig, vec![("A", between)]);
    rig.read_as(domain::BizType::MovieTicket, "B", 9, "USED", 1);
    tell(&mut rig, vec![("B", first)]);
    over(&mut rig);
    assert_eq!(rig.called(), [5], "it changes back what was between the two");
    assert_eq!(rig.end_of(6), Some(Disposition::Stale(StaleReason::Duplicate)));
}

#[test]
fn what_outcomes_tell_of_may_be_on_its_way_all_the_same_after_an_unclean_end() {
    let mut rig = Rig::idle(with_outcomes());
    rig.assign(&facts(left(4, false, 16_384, &[]), 8), 0);
    rig.put(Input::Restoring { partition: P0, epoch: rig.epoch, on: true });
    // Of A the record was decided, of B a later one; the record of C is older than one that its owner had read before it.
    tell(&mut rig, [("A", 4), ("B", 9), ("C", 2)].map(|(order, offset)| (order, standing(5, offset, false, None))).to_vec());
    over(&mut rig);
    let told = [("A", 5), ("B", 4), ("C", 3)].map(|(order, at)| rig.read(order, at, "USED"));
    let newer = rig.read("A", 6, "USED");
    let others = [("B", 6), ("C", 7)].map(|(order, at)| rig.read(order, at, "USED"));
    assert_eq!(rig.called(), [others[1]], "for C nothing can be on its way");
    assert_eq!(told.map(|offset| rig.end_of(offset).is_some()), [false, false, true], "what is held stays open for whoever takes over now");
    rig.secs(L);
    assert_eq!(rig.called(), [others[1], newer, others[0]]);
    assert_eq!(told.map(|offset| rig.end_of(offset).is_some()), [true; 3]);
}

#[test]
fn a_late_milestone_that_outcomes_tell_of_may_be_on_its_way_before_the_newest() {
    let mut rig = Rig::idle(with_outcomes());
    rig.assign(&facts(left(4, false, 16_384, &[]), 6), 0);
    rig.put(Input::Restoring { partition: P0, epoch: rig.epoch, on: true });
    let [newest, milestone] = [rig.read("A", 8, "USED"), rig.read("A", 7, "TICKETED")];
    tell(&mut rig, vec![("A", standing(7, milestone, false, None))]);
    over(&mut rig);
    rig.secs(L - 1);
    assert!(rig.called().is_empty(), "a call of the milestone may outlive the one that decided it");
    assert_eq!(rig.end_of(milestone), None, "so whoever takes over now has to hold the order too");
    rig.secs(1);
    assert_eq!(rig.called(), [newest]);
    assert!(rig.end_of(milestone).is_some());
}

#[test]
fn an_outcome_that_is_written_again_can_ask_how_its_order_stands_by_then() {
    let mut rig = Rig::new(with_outcomes());
    rig.read("A", 1, "TICKETED");
    rig.answer(accepted());
    rig.read("A", 9, "USED");
    rig.answer(accepted());
    let order = |order: &str| MerchantBizNo::parse(order).unwrap();
    let stands = |epoch, name: &str| rig.engine.standing_of(P0, epoch, &order(name)).map(|standing| (standing.at, standing.offset));
    assert_eq!(stands(rig.epoch, "A"), Some((EPOCH + 9, Offset(1))));
    assert_eq!(stands(rig.epoch, "B"), None);
    assert_eq!(stands(Epoch(rig.epoch.0 + 1), "A"), None, "of another assignment nothing is known");
}
