//! Which order is called next. A token is given to a lane, and the lane then sends its newest.

use domain::{BizType, Mode, Step};

use super::{CallInfo, Engine, LaneRef};
use crate::gate::Pass;
use crate::io::{Call, Effect, Note, Now, Offset, ParkReason, Ticket, UnfitReason};
use crate::lane::{Busy, Candidates, Lane, StatusId, Version};
use crate::partition::Partition;

/// What a lane is told when it asks to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
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
        if self.operator_hold || !self.lease_holds(now) {
            return;
        }
        let mut looked_at = self.ready.len();
        while looked_at > 0 && self.in_flight() < self.config.max_in_flight {
            let probe = match self.gate.pass(now) {
                Pass::Open => false,
                Pass::Probe => true,
                Pass::NotBefore(_) | Pass::Probing => return,
            };
            let Some(lane) = self.ready.pop_front() else { return };
            looked_at -= 1;
            match self.turn(lane, now) {
                Turn::Go => {}
                Turn::NotBefore(at) => {
                    self.unqueue(lane);
                    self.wake_at(at, lane);
                    continue;
                }
                Turn::Partition => {
                    if let Some(partition) = self.current(lane.partition, lane.epoch) {
                        partition.blocked.push(lane.key);
                    }
                    continue;
                }
                Turn::Type(biz_type) => {
                    self.type_blocked.entry(biz_type).or_default().push_back(lane);
                    continue;
                }
                Turn::Nothing => {
                    self.unqueue(lane);
                    continue;
                }
            }
            if self.parks_before_the_call(lane, now) {
                continue;
            }
            match self.bucket.take(now) {
                Ok(()) => self.call(lane, probe, now),
                Err(at) => {
                    // It keeps its place.
                    self.ready.push_front(lane);
                    self.token_at = at;
                    return;
                }
            }
        }
    }

    /// Calls on their way, those of assignments that are gone included.
    pub(super) fn in_flight(&self) -> u32 {
        u32::try_from(self.calls.len()).unwrap_or(u32::MAX)
    }

    fn unqueue(&mut self, lane_ref: LaneRef) {
        if let Some(lane) = self.lane_mut(lane_ref) {
            lane.queued = false;
        }
    }

    pub(super) fn lane_mut(&mut self, lane: LaneRef) -> Option<&mut Lane<P>> {
        self.current(lane.partition, lane.epoch)?.lanes.get_mut(&lane.key).map(|lane| &mut **lane)
    }

    fn turn(&self, lane_ref: LaneRef, now: Now) -> Turn {
        let Some(partition) = self.partitions.get(&lane_ref.partition).filter(|partition| partition.epoch == lane_ref.epoch) else {
            return Turn::Nothing;
        };
        let Some(lane) = partition.lanes.get(&lane_ref.key) else { return Turn::Nothing };
        let Some(work) = lane.queue.first().filter(|_| lane.busy == Busy::No && partition.draining.is_none()) else { return Turn::Nothing };
        if self.old_calls.contains_key(&(lane_ref.partition, lane_ref.key)) {
            // Its own old call still runs; when that ends, it is woken.
            return Turn::Nothing;
        }
        if !partition.may_speak() || partition.window.limit().is_none_or(|limit| Offset(work.version.offset) >= limit) {
            return Turn::Partition;
        }
        if let Some(at) = waits_until(partition, lane, work.version, now) {
            return Turn::NotBefore(at);
        }
        match self.type_gates.get(&lane.biz_type).map(|gate| gate.pass(now)) {
            None | Some(Pass::Open | Pass::Probe) => Turn::Go,
            Some(Pass::NotBefore(_) | Pass::Probing) => Turn::Type(lane.biz_type),
        }
    }

    /// `strict` mode parks a step that the type's table forbids; `observe` counts it. True: nothing is sent now.
    fn parks_before_the_call(&mut self, lane_ref: LaneRef, now: Now) -> bool {
        let Some(lane) = self.lane_mut(lane_ref) else { return true };
        let accepted = lane.memory.and_then(|memory| memory.accepted).map(|id| StatusId(id.get() - 1));
        let Some(work) = lane.queue.first() else { return true };
        let (biz_type, status, offset, first) = (lane.biz_type, work.status, work.version.offset, work.tries.is_none());
        let Some(to) = self.statuses.name(status) else { return false };
        let from = accepted.and_then(|from| self.statuses.name(from));
        let rules = self.config.rulebook.of(biz_type);
        match (rules.step(from, to), rules.mode()) {
            (Step::Allowed | Step::Repeated | Step::Unknown, Mode::Observe | Mode::Strict) => false,
            (Step::Forbidden(_), Mode::Observe) => {
                if first {
                    self.note(Note::TransitionViolated { partition: lane_ref.partition, offset: Offset(offset), biz_type });
                }
                false
            }
            (Step::Forbidden(_), Mode::Strict) => {
                let message = "orderStatus: the business type's table forbids this step from the last accepted status (mode = strict)";
                self.unqueue(lane_ref);
                self.park(lane_ref, ParkReason::Unfit(UnfitReason::Invalid, message.into()), now);
                true
            }
        }
    }

    fn call(&mut self, lane_ref: LaneRef, probe: bool, now: Now) {
        let serial = self.next_serial;
        self.next_serial += 1;
        let (timeout, lease) = (self.config.timeout, self.lease_until());
        let Some(partition) = self.current(lane_ref.partition, lane_ref.epoch) else { return };
        let repeated = partition.window.committed.is_some() && Offset(partition.from.0) < partition.barrier;
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key) else { return };
        let Some(work) = lane.queue.first_mut() else { return };
        let tries = work.tries();
        tries.attempts = tries.attempts.saturating_add(1);
        let (attempt, generation) = (tries.attempts, tries.generation);
        lane.queued = false;
        lane.busy = Busy::Call(serial);
        let biz_type = lane.biz_type;
        let Some(work) = lane.queue.first() else { return };
        let (offset, version, payload, answers_for) = (Offset(work.version.offset), work.version, work.payload.clone(), work.answers_for());
        partition.in_flight += 1;
        let repeated = repeated && attempt == 1 && offset < partition.barrier;
        let ticket = Ticket { partition: lane_ref.partition, epoch: lane_ref.epoch, serial };
        self.calls.insert(serial, CallInfo { lane: lane_ref, version, sent_at: now, biz_type });
        self.counters.calls_attempted += 1;
        if probe {
            self.gate.probing(serial);
        }
        if let Some(gate) = self.type_gates.get_mut(&biz_type) {
            gate.probing(serial);
        }
        if repeated {
            self.note(Note::Repeated { partition: lane_ref.partition, offset });
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
        {
            until = until.max(alive_until);
        }
    }
    if let Some(hold) = partition.hold_until.filter(|hold| *hold > now) {
        let held = lane.trouble.as_ref().and_then(|trouble| trouble.held);
        let free = match (partition.foreign, held) {
            (true, held) => held.is_none() && Offset(version.offset) >= partition.barrier,
            (false, None) => true,
            (false, Some(candidates)) => candidates == Candidates::One(version),
        };
        if !free {
            until = until.max(hold);
        }
    }
    (until > now).then_some(until)
}
