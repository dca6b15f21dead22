use domain::BizType;
use proptest::prelude::*;

use super::*;
use crate::io::Disposition;

const HERE: Circumstances = Circumstances { alone: false, restoring: false };

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
    assert!(size_of::<Lane<[usize; 2]>>() <= 144, "{}", size_of::<Lane<[usize; 2]>>());
}

#[test]
fn a_rider_knows_its_offset_and_its_end() {
    for offset in [0, 1, i64::MAX >> 2] {
        let by = Offset(7);
        let ends = [
            (Rider::superseded(offset), Disposition::Superseded { by }),
            (Rider::stale(offset, StaleReason::Older), Disposition::Stale(StaleReason::Older)),
            (Rider::stale(offset, StaleReason::Duplicate), Disposition::Stale(StaleReason::Duplicate)),
            (Rider::delivered(offset), Disposition::Delivered),
        ];
        for (rider, end) in ends {
            assert_eq!((rider.offset(), rider.end(by)), (Offset(offset), end));
        }
    }
}

#[test]
fn memory_keeps_the_newest_decision_and_the_last_accepted_status() {
    let mut lane = lane();
    lane.remember(Version { at: 5, offset: 1 }, 50, Some(StatusId(3)));
    lane.remember(Version { at: 7, offset: 2 }, 70, None);
    lane.remember(Version { at: 6, offset: 3 }, 60, Some(StatusId(9)));
    assert_eq!(lane.memory.as_ref().unwrap().decided, Version { at: 7, offset: 2 });
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
        let known = lane.memory.as_ref().map(|memory| (memory.decided.at, memory.content)).filter(|_| !waits);
        let work = work(at, offset, status, MILESTONES.contains(&status));
        let (version, content) = (work.version, work.content as u32);
        let (duplicate, alone) = (known == Some((at, content)), lane.queue.is_empty());
        let stale = match lane.arrive(work, HERE) {
            Arrival::Stale(reason) => Some(reason),
            Arrival::Attached | Arrival::Survivor { .. } | Arrival::Queued { .. } => None,
        };
        let expected = if self.decided.is_some_and(|decided| version <= decided) {
            Some(if duplicate { StaleReason::Duplicate } else { StaleReason::Older })
        } else {
            (duplicate && alone).then_some(StaleReason::Duplicate)
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
                match rider.end(Offset(0)) {
                    Disposition::Superseded { .. } => assert!(Version { at, offset } < work.version, "superseded by a newer one"),
                    Disposition::Stale(StaleReason::Duplicate) => {
                        let same = self.records.iter().take(offset as usize).any(|other| *other == (at, status));
                        assert!(same, "a duplicate of an earlier one");
                    }
                    Disposition::Stale(StaleReason::Older) => {
                        let newer = self.records.iter().take(offset as usize).any(|(other, _)| *other > at);
                        assert!(newer, "older than an earlier one");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

/// A lane of which this was decided, and then this waits.
fn decided_then(decided: Work<i64>, waits: Work<i64>) -> Lane<i64> {
    let mut lane = lane();
    lane.remember(decided.version, decided.content, Some(decided.status));
    assert_eq!(lane.arrive(waits, HERE), Arrival::Queued { equal_times: false });
    lane
}

#[test]
fn what_equals_the_decided_one_ends_with_the_newer_one_that_waits() {
    // Between the two there may have been another of their time, which the newer one has absorbed.
    let mut lane = decided_then(work(1, 0, 0, false), work(2, 1, 0, false));
    assert_eq!(lane.arrive(work(1, 2, 0, false), HERE), Arrival::Attached);
    assert_eq!(lane.queue[0].riders[..], [Rider::stale(2, StaleReason::Duplicate)]);
}

#[test]
fn a_change_back_is_no_duplicate_of_what_was_decided_before_it() {
    let [first, other, back] = [work(1, 0, 0, false), work(1, 1, 1, false), work(1, 2, 0, false)];
    let mut lane = lane();
    let told = (first.version, first.content);
    for work in [other, back] {
        lane.arrive(work, HERE);
    }
    lane.remember(told.0, told.1, Some(StatusId(0)));
    assert!(lane.take_stale(true).is_empty(), "it was read before it was told what had been decided");
    lane.queue[0].riders.clear();
    assert_eq!(lane.take_stale(true).len(), 1, "with nothing in between it is a duplicate");
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
                    lane.collapse_front(Before { end: Offset(0), generation: 1 });
                }
                Step::Call | Step::Accept | Step::Undecided => {}
            }
            naive.check(&lane);
        }
    }
}

#[test]
fn what_is_a_whole_span_ahead_absorbs_nothing() {
    let (old, ahead) = (work(1, 0, 1, false), |offset| work(2, offset, 1, false));
    assert!(ahead(SPAN - 1).may_absorb(&old) && !ahead(SPAN).may_absorb(&old));
}

#[test]
fn only_what_lies_before_the_end_of_then_may_have_been_called_by_a_predecessor() {
    for (end, again) in [(10, false), (11, true)] {
        let mut next = work(2, 10, 1, false);
        assert_eq!(next.follows(Before { end: Offset(end), generation: 5 }), again);
        assert_eq!(next.tries().generation == 5, again, "a request id of its own");
    }
}

#[test]
fn what_absorbs_a_call_that_nobody_can_apply_keeps_its_request_id() {
    let before = Before { end: Offset(100), generation: 5 };
    for alive in [false, true] {
        let (old, mut lane) = (work(1, 0, 1, false), lane());
        if alive {
            lane.trouble().ambiguous = Some((old.version, Now::default()));
        }
        lane.queue.push(old);
        lane.queue.push(work(2, 1, 1, false));
        assert!(lane.collapse_front(before).is_some());
        assert_eq!(lane.queue[0].tries().generation, if alive { 5 } else { 0 });
    }
}
