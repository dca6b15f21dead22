//! Which order is called next. A token is given to a lane, and the lane then sends its newest.

use domain::{BizType, Mode, Step};

use super::{CallInfo, Engine, LaneRef};
use crate::gate::Pass;
use crate::io::{Call, Effect, Note, Now, Offset, ParkReason, Ticket, UnfitReason};
use crate::lane::{Busy, Candidates, Lane, StatusId, Version, Work};
use crate::partition::Partition;
use crate::rules::{Rule, Rules};

/// What a parked record says in `strict` mode.
const FORBIDDEN: &str = "orderStatus: the business type's table forbids this step from the last accepted status (mode = strict)";

/// What a lane is told when it asks to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It may.
    Go,
    /// Not before this moment.
    NotBefore(Now),
    /// Its partition cannot speak so far yet.
    Partition,
    /// The gate of its type is closed.
    Type(BizType),
    /// Something of it is on its way, or nothing waits.
    Nothing,
}

impl<P: Clone> Engine<P> {
    /// Hands out calls, as far as slots, tokens and gates allow. The driver calls it once it has taken everything in that was there.
    pub fn schedule(&mut self, now: Now) {
        self.ready_at = None;
        if self.operator_hold || !self.lease_holds(now) {
            return;
        }
        let mut looked_at = self.ready.len();
        while looked_at > 0 && self.in_flight() < self.config.max_in_flight {
            let probe = match self.gates.all.pass(now) {
                Pass::Open => false,
                Pass::Probe => true,
                Pass::NotBefore(at) => {
                    self.ready_at = Some(at);
                    return;
                }
                Pass::Probing => return,
            };
            let Some(lane) = self.ready.pop_front() else { return };
            looked_at -= 1;
            let turn = self.turn(lane, now);
            if turn == Turn::Go && !self.parks(lane, 0) {
                if let Err(at) = self.bucket.take(now) {
                    // It keeps its place.
                    self.ready.push_front(lane);
                    self.ready_at = at;
                    return;
                }
                self.call(lane, probe, now);
            } else {
                self.not_called(lane, turn, now);
            }
            self.gates.had_turn(lane);
        }
    }

    /// Calls on their way, those of assignments that are gone included.
    pub(super) fn in_flight(&self) -> u32 {
        u32::try_from(self.calls.len()).unwrap_or(u32::MAX)
    }

    fn not_called(&mut self, lane_ref: LaneRef, turn: Turn, now: Now) {
        match turn {
            Turn::Partition => {
                if let Some(partition) = self.current(lane_ref.partition, lane_ref.epoch) {
                    partition.blocked.push(lane_ref.key);
                    partition.unblocked_to = partition.speaks_below();
                }
                return;
            }
            Turn::Type(biz_type) => return self.gates.block(biz_type, lane_ref),
            Turn::NotBefore(_) | Turn::Nothing | Turn::Go => {}
        }
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        lane.queued = false;
        match turn {
            Turn::NotBefore(at) if lane.trouble().armed.is_none_or(|armed| armed > at) => {
                lane.trouble().armed = Some(at);
                self.wake_at(at, lane_ref);
            }
            Turn::Go => self.park(lane_ref, ParkReason::Unfit(UnfitReason::Invalid, FORBIDDEN.into()), None),
            Turn::Nothing => self.retire(lane_ref, now),
            Turn::NotBefore(_) | Turn::Partition | Turn::Type(_) => {}
        }
    }

    pub(super) fn turn(&self, lane_ref: LaneRef, now: Now) -> Turn {
        let Some(partition) = self.partitions.get(&lane_ref.partition).filter(|partition| partition.epoch == lane_ref.epoch) else {
            return Turn::Nothing;
        };
        let Some(lane) = partition.lanes.get(&lane_ref.key) else { return Turn::Nothing };
        let Some(work) = lane.queue.first().filter(|_| lane.busy == Busy::No && partition.draining.is_none()) else { return Turn::Nothing };
        if self.old_calls.contains_key(&(lane_ref.partition, lane_ref.key)) && !self.rules.lack(Rule::OwnOldCall) {
            // Its own old call still runs; when that ends, it is woken.
            return Turn::Nothing;
        }
        if partition.speaks_below().is_none_or(|limit| Offset(work.version.offset) >= limit) {
            return Turn::Partition;
        }
        if let Some(at) = waits_until(partition, lane, work.version, now) {
            return Turn::NotBefore(at);
        }
        match self.gates.pass_type(work.biz_type, now) {
            Pass::Open | Pass::Probe => Turn::Go,
            Pass::NotBefore(_) | Pass::Probing => Turn::Type(work.biz_type),
        }
    }

    /// The work at this place of a lane is parked, as AlipayHK holds now what its type's table forbids it to follow (`strict`).
    pub(super) fn parks(&self, lane_ref: LaneRef, place: usize) -> bool {
        self.waiting(lane_ref, place).is_some_and(|(partition, lane, work)| {
            self.is_strict(partition, work.biz_type, Offset(work.version.offset))
                && self.forbids(work.biz_type, lane.accepted(), work.status)
        })
    }

    fn waiting(&self, lane_ref: LaneRef, place: usize) -> Option<(&Partition<P>, &Lane<P>, &Work<P>)> {
        let partition = self.partitions.get(&lane_ref.partition)?;
        let lane = partition.lanes.get(&lane_ref.key)?;
        lane.queue.get(place).map(|work| (partition, &**lane, work))
    }

    /// What its type's table forbids is parked. Of what a predecessor may have sent nobody knows in which order that one came to it, and what
    /// was accepted in between: there the newest counts, as in `observe`, or what AlipayHK holds already could be parked behind what it held before.
    pub(super) fn is_strict(&self, partition: &Partition<P>, biz_type: BizType, offset: Offset) -> bool {
        let may_be_sent = offset < partition.barrier && !self.rules.lack(Rule::LeftUnjudged);
        self.config.rulebook.of(biz_type).mode() == Mode::Strict && !may_be_sent
    }

    /// The table forbids this step. What it does not know it does not forbid.
    pub(super) fn forbids(&self, biz_type: BizType, from: Option<StatusId>, to: StatusId) -> bool {
        let from = from.and_then(|from| self.statuses.name(from));
        let Some(to) = self.statuses.name(to) else { return false };
        match self.config.rulebook.of(biz_type).step(from, to) {
            Step::Forbidden(_) => true,
            Step::Allowed | Step::Repeated | Step::Unknown => false,
        }
    }

    fn call(&mut self, lane_ref: LaneRef, probe: bool, now: Now) {
        let serial = self.next_serial;
        self.next_serial += 1;
        let (timeout, lease) = (self.config.timeout, self.lease_until());
        let violates = self.waiting(lane_ref, 0).is_some_and(|(_, lane, work)| self.forbids(work.biz_type, lane.accepted(), work.status));
        let Some(partition) = self.current(lane_ref.partition, lane_ref.epoch) else { return };
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key) else { return };
        let Some(work) = lane.queue.first_mut() else { return };
        let tries = work.tries();
        tries.attempts = tries.attempts.saturating_add(1);
        let (attempt, generation) = (tries.attempts, tries.generation);
        let (offset, version, biz_type) = (Offset(work.version.offset), work.version, work.biz_type);
        let (payload, answers_for) = (work.payload.clone(), work.answers_for());
        lane.queued = false;
        lane.busy = Busy::Call;
        partition.in_flight += 1;
        // After an unclean hand-over whoever had the partition may have sent it, as far as the barrier.
        let repeated = attempt == 1 && partition.unclean && offset < partition.barrier;
        let ticket = Ticket { partition: lane_ref.partition, epoch: lane_ref.epoch, serial };
        self.calls.insert(serial, CallInfo { lane: lane_ref, version, sent_at: now, biz_type });
        self.counters.calls_attempted += 1;
        self.gates.calling(serial, biz_type, probe);
        if repeated {
            self.note(Note::Repeated { partition: lane_ref.partition, offset });
        }
        if violates && attempt == 1 {
            self.note(Note::TransitionViolated { partition: lane_ref.partition, offset, biz_type });
        }
        let deadline = Now(now.0 + timeout);
        let write_by = lease.map_or(deadline, |lease| deadline.min(lease));
        self.effect(Effect::Call(Call { ticket, offset, payload, attempt, generation, answers_for, write_by, deadline }));
    }
}

/// What a lane has to wait for: its backoff, a call that may still be applied, an unclean hand-over.
fn waits_until<P>(partition: &Partition<P>, lane: &Lane<P>, version: Version, now: Now) -> Option<Now> {
    let mut until = Now::default();
    if let Some(trouble) = &lane.trouble {
        until = until.max(trouble.due);
        if let Some((sent, alive_until)) = trouble.ambiguous
            && sent != version
            && !partition.rules().lack(Rule::AmbiguousWait)
        {
            until = until.max(alive_until);
        }
    }
    if let Some(hold) = partition.hold_until.filter(|hold| *hold > now) {
        let held = lane.trouble.as_ref().and_then(|trouble| trouble.held);
        let free = match (partition.foreign, held) {
            // Nobody knows how far the predecessor has spoken: a call of any order may be alive, of records before the offset too.
            (true, _) => false,
            (false, None) => true,
            (false, Some(candidates)) => is_free(partition.rules(), candidates, version),
        };
        if !free {
            until = until.max(hold);
        }
    }
    (until > now).then_some(until)
}

/// The only version that may have been on its way may be sent again at once; whatever else is in a held lane waits.
fn is_free(rules: Rules, candidates: Candidates, version: Version) -> bool {
    match candidates {
        Candidates::One(only) if only == version => !rules.lack(Rule::SingleResend),
        Candidates::One(_) => rules.lack(Rule::OthersHeld),
        Candidates::Several => rules.lack(Rule::SeveralHeld),
    }
}
