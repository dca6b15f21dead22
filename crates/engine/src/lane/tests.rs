use proptest::prelude::*;

use super::*;

fn lane() -> Lane<i64> {
    Lane::new(MerchantBizNo::parse("A").unwrap(), None)
}

fn work(at: i64, offset: i64, status: u16, milestone: bool) -> Work<i64> {
    Work {
        version: Version { at, offset },
        content: (at as u64) << 16 | u64::from(status),
        payload: offset,
        riders: ThinVec::new(),
        below: 0,
        arrived: Now::default().into(),
        bytes: 1,
        status: StatusId(status),
        biz_type: BizType::MovieTicket,
        milestone,
        tries: None,
    }
}

#[test]
fn what_an_idle_order_costs_is_thirty_two_bytes() {
    assert!(size_of::<(u64, Memory)>() <= 32);
}

#[test]
fn an_order_with_one_work_and_a_payload_of_two_words_is_a_hundred_and_sixty_bytes() {
    assert!(size_of::<Lane<[usize; 2]>>() <= 160, "{}", size_of::<Lane<[usize; 2]>>());
}

#[test]
fn a_rider_knows_its_offset_and_its_end() {
    for offset in [0, 1, i64::MAX >> 2] {
        assert_eq!((Rider::superseded(offset).offset(), Rider::superseded(offset).stale_reason()), (Offset(offset), None));
        for reason in [StaleReason::Older, StaleReason::Duplicate] {
            let rider = Rider::stale(offset, reason);
            assert_eq!((rider.offset(), rider.stale_reason()), (Offset(offset), Some(reason)));
        }
    }
}

#[test]
fn memory_keeps_the_newest_decision_and_the_last_accepted_status() {
    let mut lane = lane();
    lane.remember(Version { at: 5, offset: 1 }, 50, Some(StatusId(3)));
    lane.remember(Version { at: 7, offset: 2 }, 70, None);
    lane.remember(Version { at: 6, offset: 3 }, 60, Some(StatusId(9)));
    assert_eq!(lane.memory.unwrap().decided, Version { at: 7, offset: 2 });
    assert_eq!(lane.accepted(), Some(StatusId(3)));
}

proptest! {
    /// Records of one order, some of them milestones, while nothing can be sent.
    #[test]
    fn what_waits_is_the_newest_and_the_milestones_and_nobody_is_left_out(
        records in prop::collection::vec((0..12_i64, 0..4_u16), 1..40)
    ) {
        let mut lane = lane();
        let milestone = |status| status >= 2;
        for (offset, (at, status)) in (0..).zip(&records) {
            lane.arrive(work(*at, offset, *status, milestone(*status)), false);
        }
        let newest = records.iter().map(|(at, _)| *at).max();
        prop_assert_eq!(lane.queue.last().map(|work| work.version.at), newest);
        prop_assert!(lane.queue.is_sorted_by(|a, b| a.version < b.version));
        prop_assert!(lane.queue.iter().rev().skip(1).all(|work| work.milestone), "besides the newest only milestones wait");
        let mut offsets: Vec<i64> = lane.queue.iter().flat_map(Work::offsets).map(|offset| offset.0).collect();
        offsets.sort_unstable();
        prop_assert_eq!(offsets, (0..records.len() as i64).collect::<Vec<_>>());
        for (at, status) in records.iter().filter(|(_, status)| milestone(*status)) {
            let sent = lane.queue.iter().any(|work| work.status == StatusId(*status) && work.version.at >= *at);
            prop_assert!(sent, "a milestone's status reaches AlipayHK");
        }
        for work in &lane.queue {
            for rider in work.riders.iter().filter(|rider| rider.stale_reason().is_none()) {
                let (at, _) = records[rider.offset().0 as usize];
                prop_assert!((Version { at, offset: rider.offset().0 }) < work.version, "superseded by a newer one");
            }
        }
    }
}
