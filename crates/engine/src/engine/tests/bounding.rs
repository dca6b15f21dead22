//! Memory: every partition has an equal part, in records and in bytes, and runs ahead only so far.

use super::rig::*;
use crate::Config;
use crate::io::*;
use crate::metadata::SPAN;

fn pauses(rig: &Rig) -> (usize, usize) {
    let count = |wanted: fn(&Effect<i64>) -> bool| rig.others.iter().filter(|other| wanted(other)).count();
    (count(|other| matches!(other, Effect::Pause { .. })), count(|other| matches!(other, Effect::Resume { .. })))
}

#[test]
fn bytes_bound_a_partition_as_records_do_and_each_has_its_part() {
    // A hundred bytes a record, half of eight hundred for each of two partitions.
    let mut rig = Rig::new(Config { max_open_bytes: 800, requests_per_second: 1.0, ..config() });
    rig.put(Input::TotalPartitions(2));
    for order in ["A", "B", "C"] {
        rig.read(order, 1, "USED");
    }
    assert_eq!(pauses(&rig), (0, 0));
    rig.read("D", 1, "USED");
    assert_eq!(pauses(&rig), (1, 0));
    rig.answer(accepted());
    rig.secs(3);
    assert_eq!(pauses(&rig), (1, 0), "three hundred are more than half");
    rig.answer(accepted());
    assert_eq!((pauses(&rig), rig.snapshot().partitions[0].waiting), ((1, 1), 2));
}

#[test]
fn what_is_parked_counts_until_its_letter_is_confirmed() {
    let mut rig = Rig::new(Config { max_open_records: 2, ..config() });
    rig.unfit();
    rig.unfit();
    assert_eq!(pauses(&rig), (1, 0));
    rig.confirm(false);
    assert_eq!(pauses(&rig), (1, 0));
    rig.confirm(true);
    assert_eq!(pauses(&rig), (1, 1));
}

#[test]
fn reading_that_ran_far_ahead_goes_on_only_when_the_lowest_open_offset_has_followed() {
    let mut rig = Rig::new(config());
    rig.read("A", 1, "USED");
    rig.position(10_000);
    rig.read("B", 1, "USED");
    rig.position(SPAN - 16_384);
    rig.read("C", 1, "USED");
    assert_eq!(pauses(&rig), (1, 0));
    rig.answer(accepted());
    assert_eq!(pauses(&rig), (1, 0), "ten thousand are not a quarter");
    rig.answer(accepted());
    assert_eq!(pauses(&rig), (1, 1));
}
