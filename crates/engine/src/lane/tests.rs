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

#[derive(Debug, Clone, Copy)]
enum Step {
    Arrive(i64, u16),
    Call,
    Accept,
    Undecided,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0..12_i64, 0..4_u16).prop_map(|(at, status)| Step::Arrive(at, status)),
        2 => Just(Step::Call),
        1 => Just(Step::Accept),
        1 => Just(Step::Undecided),
    ];
    prop::collection::vec(step, 1..60)
}

/// Everything that was read of one order, and what of it is still open.
#[derive(Default)]
struct Naive {
    records: Vec<(i64, u16)>,
    open: std::collections::BTreeSet<i64>,
    /// Milestones that came when something newer was on its way already.
    too_late: std::collections::BTreeSet<i64>,
    decided: Option<Version>,
    /// What reached AlipayHK.
    accepted: Vec<(i64, u16)>,
}

const MILESTONES: std::ops::Range<u16> = 2..4;

impl Naive {
    fn arrive(&mut self, lane: &mut Lane<i64>, at: i64, status: u16) {
        let offset = self.records.len() as i64;
        self.records.push((at, status));
        let on_its_way = lane.queue.first().filter(|_| lane.fixed() > 0).map(|work| work.version);
        // Of equal times the newest counts: one that waits is newer than the one that was decided.
        let waits = lane.queue.iter().any(|work| work.version.at == at);
        let known = lane.memory.map(|memory| (memory.decided.at, memory.content)).filter(|_| !waits);
        let work = work(at, offset, status, MILESTONES.contains(&status));
        let (version, content) = (work.version, work.content as u32);
        let stale = match lane.arrive(work, false) {
            Arrival::Stale(reason) => Some(reason),
            Arrival::Attached | Arrival::Survivor { .. } | Arrival::Queued { .. } => None,
        };
        let expected = if known == Some((at, content)) {
            Some(StaleReason::Duplicate)
        } else {
            self.decided.filter(|decided| version <= *decided).map(|_| StaleReason::Older)
        };
        assert_eq!(stale, expected, "stale is what is not newer than what was decided");
        if stale.is_none() {
            self.open.insert(offset);
        }
        if on_its_way.is_some_and(|newer| newer > version) {
            self.too_late.insert(offset);
        }
    }

    fn accept(&mut self, lane: &mut Lane<i64>) {
        lane.busy = Busy::No;
        let work = lane.queue.remove(0);
        assert!(self.decided.is_none_or(|decided| work.version > decided), "newest wins");
        self.decided = Some(work.version);
        self.accepted.push((work.version.at, work.status.0));
        lane.remember(work.version, work.content, Some(work.status));
        work.offsets().for_each(|offset| assert!(self.open.remove(&offset.0), "one work answers for an offset"));
    }

    fn check(&self, lane: &Lane<i64>) {
        let newest = self.open.iter().map(|offset| self.records[*offset as usize].0).max();
        assert_eq!(lane.queue.last().map(|work| work.version.at), newest, "the newest is among what waits");
        assert!(lane.queue.is_sorted_by(|a, b| a.version < b.version));
        let beside = lane.queue.iter().skip(lane.fixed()).rev().skip(1);
        assert!(beside.clone().all(|work| work.milestone), "besides the newest only milestones wait");
        let answered: Vec<i64> = lane.queue.iter().flat_map(Work::offsets).map(|offset| offset.0).collect();
        assert_eq!(answered.len(), self.open.len());
        assert!(answered.iter().all(|offset| self.open.contains(offset)), "everybody has somebody who answers for him");
        for offset in self.open.difference(&self.too_late) {
            let (at, status) = self.records[*offset as usize];
            let waits = lane.queue.iter().map(|work| (work.version.at, work.status.0));
            let sent = waits.chain(self.accepted.iter().copied()).any(|(newer, same)| same == status && newer >= at);
            assert!(sent || !MILESTONES.contains(&status), "a milestone's status reaches AlipayHK");
        }
        for work in &lane.queue {
            for rider in &work.riders {
                let offset = rider.offset().0;
                let (at, status) = self.records[offset as usize];
                match rider.stale_reason() {
                    None => assert!(Version { at, offset } < work.version, "superseded by a newer one"),
                    Some(StaleReason::Duplicate) => {
                        let same = self.records.iter().take(offset as usize).any(|other| *other == (at, status));
                        assert!(same, "a duplicate of an earlier one");
                    }
                    Some(StaleReason::Older | StaleReason::PeerAhead) => {
                        let newer = self.records.iter().take(offset as usize).any(|(other, _)| *other > at);
                        assert!(newer, "older than an earlier one");
                    }
                }
            }
        }
    }
}

proptest! {
    /// Records of one order, some of them milestones, and calls that decide or do not.
    #[test]
    fn what_waits_is_the_newest_and_the_milestones_and_nobody_is_left_out(steps in steps()) {
        let (mut lane, mut naive) = (lane(), Naive::default());
        for step in steps {
            let calls = matches!(lane.busy, Busy::Call);
            match step {
                Step::Arrive(at, status) => naive.arrive(&mut lane, at, status),
                Step::Call if !calls && !lane.queue.is_empty() => lane.busy = Busy::Call,
                Step::Accept if calls => naive.accept(&mut lane),
                Step::Undecided if calls => {
                    lane.busy = Busy::No;
                    lane.collapse_front();
                }
                Step::Call | Step::Accept | Step::Undecided => {}
            }
            naive.check(&lane);
        }
    }
}
