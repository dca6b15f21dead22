//! An order that lives in two partitions is told, once: when it is first met in the second one.

use domain::MerchantBizNo;

use super::rig::*;
use crate::Config;
use crate::io::*;

const P1: PartitionId = PartitionId(1);
const E1: Epoch = Epoch(9);
const EPOCH: i64 = 1_700_000_000_000;

/// A second partition besides the rig's own.
struct Other {
    next: i64,
}

impl Other {
    fn assigned(rig: &mut Rig) -> Self {
        let plan = crate::takeover::plan(&facts(None, 0), 0, rig.now).unwrap();
        rig.put(Input::Assigned { partition: P1, epoch: E1, plan });
        Self { next: 0 }
    }

    fn read(&mut self, rig: &mut Rig, order: &str, at: i64) {
        let content = rig.modification(order, at, "USED");
        let record = Record { offset: Offset(self.next), leader_epoch: None, bytes: 1, content };
        self.next += 1;
        rig.put(Input::Fetched { partition: P1, epoch: E1, record });
    }
}

/// In which partitions an order was found that lives in another one too.
fn told(rig: &Rig) -> Vec<u32> {
    let partition = |note: &Note| match note {
        Note::OrderInSeveralPartitions { partition, .. } => Some(partition.0),
        _ => None,
    };
    rig.notes.iter().filter_map(partition).collect()
}

#[test]
fn an_order_that_is_alive_in_two_partitions_is_told() {
    let mut rig = Rig::new(config());
    let mut other = Other::assigned(&mut rig);
    rig.read("A", 1, "USED");
    other.read(&mut rig, "B", 1);
    assert!(told(&rig).is_empty());
    other.read(&mut rig, "A", 1);
    rig.read("B", 1, "USED");
    other.read(&mut rig, "A", 2);
    assert_eq!(told(&rig), [1, 0], "in the second one, whichever that is, and only once");
}

#[test]
fn an_order_that_rests_in_one_partition_and_comes_in_another_is_told_once() {
    let mut rig = Rig::new(config());
    let mut other = Other::assigned(&mut rig);
    rig.read("A", 1, "USED");
    rig.answer(accepted());
    rig.read("B", 1, "USED");
    rig.answer(accepted());
    rig.secs(60);
    other.read(&mut rig, "A", 2);
    assert_eq!(told(&rig), [1]);
    rig.answer(accepted());
    rig.secs(60);
    other.read(&mut rig, "A", 3);
    rig.answer(accepted());
    rig.read("A", 4, "USED");
    rig.answer(accepted());
    other.read(&mut rig, "C", 1);
    assert_eq!(told(&rig), [1], "both have met it");
}

/// Outcomes of the partition tell of `A`.
fn restore(rig: &mut Rig, partition: PartitionId) {
    let epoch = if partition == P1 { E1 } else { rig.epoch };
    let standing = Standing { at: EPOCH + 9, offset: Offset(2), content: 0, was_accepted: false, accepted: None };
    rig.put(Input::Restored { partition, epoch, orders: vec![(MerchantBizNo::parse("A").unwrap(), standing)] });
}

#[test]
fn what_was_restored_counts_as_known() {
    let mut rig = Rig::new(config());
    let mut other = Other::assigned(&mut rig);
    restore(&mut rig, P0);
    other.read(&mut rig, "A", 10);
    assert_eq!(told(&rig), [1]);
}

#[test]
fn what_was_restored_of_both_is_told_with_its_first_record() {
    let mut rig = Rig::new(config());
    let mut other = Other::assigned(&mut rig);
    restore(&mut rig, P0);
    restore(&mut rig, P1);
    assert!(told(&rig).is_empty());
    for at in [10, 11] {
        other.read(&mut rig, "A", at);
        rig.answer(accepted());
    }
    assert_eq!(told(&rig), [1]);
}

#[test]
fn what_was_forgotten_is_not_known() {
    let mut rig = Rig::new(Config { remembered_orders: 1, ..config() });
    let mut other = Other::assigned(&mut rig);
    for order in ["A", "B"] {
        rig.read(order, 1, "USED");
        rig.answer(accepted());
        rig.secs(60);
    }
    other.read(&mut rig, "A", 2);
    assert!(told(&rig).is_empty());
}

#[test]
fn what_was_only_passed_over_is_not_known() {
    let mut rig = Rig::new(config());
    let mut other = Other::assigned(&mut rig);
    rig.too_old(1);
    other.read(&mut rig, "A", 2);
    assert!(told(&rig).is_empty());
}
