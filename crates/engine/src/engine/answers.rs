//! What comes back: answers of AlipayHK, and confirmations of the dead-letter topic.

use domain::{Cause, Indefinite, Outcome, Reaction, ResultCode, Verdict};

use super::{CallInfo, Engine, LaneRef};
use crate::config::{OnUndecided, UnsupportedBusiness};
use crate::io::{Disposition, Effect, Epoch, GateReason, Note, Now, Offset, Park, ParkKind, ParkReason, PartitionId, StaleReason, Ticket};
use crate::lane::{Busy, Candidates};
use crate::metadata::SPAN;

impl<P: Clone> Engine<P> {
    pub(super) fn call_finished(&mut self, ticket: Ticket, outcome: Outcome, now: Now) {
        let Some(call) = self.calls.remove(&ticket.serial) else { return };
        self.judge_gates(&call, ticket.serial, &outcome, now);
        let fenced = self.current(ticket.partition, ticket.epoch).is_none();
        if fenced {
            self.counters.fenced += 1;
            self.note(Note::Fenced { ticket });
            return self.old_call_ended(call.lane, now);
        }
        if let Some(partition) = self.current(ticket.partition, ticket.epoch) {
            partition.in_flight = partition.in_flight.saturating_sub(1);
        }
        let Some(lane) = self.lane_mut(call.lane).filter(|lane| lane.busy == Busy::Call(ticket.serial)) else { return };
        lane.busy = Busy::No;
        match outcome {
            Outcome::Definitive(Verdict::Accepted) => self.accepted(call, ticket, now),
            Outcome::Definitive(Verdict::HeldAlready) => {
                let status = lane.queue.first().and_then(|work| work.status.packed());
                let other_content = lane
                    .memory
                    .zip(lane.queue.first())
                    .is_some_and(|(memory, work)| memory.accepted == status && memory.content != work.content as u32);
                if other_content {
                    self.rejected(call, ResultCode::lenient("ORDER_STATUS_INVALID"), now);
                } else {
                    self.accepted(call, ticket, now);
                }
            }
            Outcome::Definitive(Verdict::PeerAhead) => {
                self.counters.peer_ahead += 1;
                self.decided(call, Disposition::Stale(StaleReason::PeerAhead), false, Some(ticket), now);
            }
            Outcome::Definitive(Verdict::Rejected(code)) => self.rejected(call, code, now),
            Outcome::Indefinite(indefinite) => self.undecided(call, &indefinite, now),
        }
        self.go_on(call.lane, now);
    }

    fn accepted(&mut self, call: CallInfo, ticket: Ticket, now: Now) {
        self.fuse.earn();
        self.counters.calls_delivered += 1;
        self.decided(call, Disposition::Delivered, true, Some(ticket), now);
    }

    /// A copy goes aside first; only its confirmation settles.
    fn rejected(&mut self, call: CallInfo, code: ResultCode, now: Now) {
        self.fuse_spend(now);
        self.park(call.lane, ParkReason::Rejected(code), now);
    }

    fn fuse_spend(&mut self, now: Now) {
        if !self.fuse.spend() {
            let backoff = self.backoff();
            if self.gate.close(GateReason::DeadLetterFuse, None, now, backoff, &mut self.rng) {
                self.note(Note::GateClosed { biz_type: None, reason: GateReason::DeadLetterFuse });
            }
        }
    }

    /// The front work of a lane is written to the dead-letter topic.
    pub(super) fn park(&mut self, lane_ref: LaneRef, reason: ParkReason, now: Now) {
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        let Some(work) = lane.queue.first_mut() else { return };
        lane.busy = Busy::Parking;
        let offset = Offset(work.version.offset);
        let payload = work.payload.clone();
        let tries = work.tries();
        tries.parking = Some(reason.clone());
        let failures = tries.first_failure.zip(tries.last_failure).or((tries.attempts > 0).then_some((now, now)));
        let attempts = tries.attempts;
        let (partition, epoch) = (lane_ref.partition, lane_ref.epoch);
        if let Some(partition) = self.current(partition, epoch) {
            partition.parking.insert(offset, lane_ref.key);
        }
        self.effect(Effect::Park(Park { partition, epoch, offset, reason, payload, attempts, failures }));
    }

    /// Nothing is decided: backoff, and who else has to wait.
    fn undecided(&mut self, call: CallInfo, indefinite: &Indefinite, now: Now) {
        let (backoff, alive) = (self.backoff(), self.config.alive());
        let mut rng = self.rng.clone();
        let Some(partition) = self.current(call.lane.partition, call.lane.epoch) else { return };
        let reach = partition.ledger.committable().0 + SPAN;
        let Some(lane) = partition.lanes.get_mut(&call.lane.key) else { return };
        let trouble = lane.trouble.get_or_insert_default();
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.due = backoff.due(now, trouble.failures, indefinite.retry_after, &mut rng);
        if indefinite.ambiguous {
            let until = Now(call.sent_at.0 + alive);
            let known = trouble.ambiguous.map_or(Now::default(), |(_, until)| until);
            trouble.ambiguous = Some((call.version, known.max(until)));
            if partition.hold_until.is_some_and(|hold| hold > now) && trouble.held.is_some() {
                trouble.held = Some(Candidates::One(call.version));
            }
        }
        if let Some(work) = lane.queue.first_mut() {
            let tries = work.tries();
            tries.generation += u32::from(indefinite.renew_request_id);
            tries.first_failure.get_or_insert(now);
            tries.last_failure = Some(now);
        }
        if let Some(freed) = lane.collapse_front(reach) {
            partition.waiting = partition.waiting.saturating_sub(1);
            partition.bytes = partition.bytes.saturating_sub(u64::from(freed));
            self.counters.collapsed += 1;
        }
        self.rng = rng;
        if self.gives_up(call.lane, indefinite.cause, now) {
            self.fuse_spend(now);
            self.park(call.lane, ParkReason::Undecided(indefinite.cause), now);
        }
    }

    /// `delivery.on_undecided`, and `unsupported_business = "park"`.
    fn gives_up(&mut self, lane_ref: LaneRef, cause: Cause, now: Now) -> bool {
        let policy = self.config.on_undecided;
        if cause == Cause::UnsupportedBusiness {
            return self.config.unsupported_business == UnsupportedBusiness::Park;
        }
        // While nobody's orders are decided it is an outage, and an outage parks nothing.
        let alone = match cause.reaction() {
            Reaction::Retry => true,
            Reaction::RetryTransport => self.gate.failures_in_a_row() <= 2,
            Reaction::SlowDown | Reaction::CloseType | Reaction::CloseGate => false,
        };
        let outage = self.gate.closed().is_some() || !alone;
        let Some(partition) = self.current(lane_ref.partition, lane_ref.epoch) else { return false };
        let blocking = partition.run_ahead() > SPAN / 2;
        let lowest = partition.ledger.committable();
        let Some(lane) = partition.lanes.get(&lane_ref.key) else { return false };
        let Some(work) = lane.queue.first() else { return false };
        let holds_it = Offset(work.version.offset) == lowest || work.riders.iter().any(|rider| rider.offset() == lowest);
        let tries = work.tries.as_deref();
        let old_enough = |after, attempts| {
            tries.is_some_and(|t| t.attempts >= attempts && t.first_failure.is_some_and(|first| now.0.saturating_sub(first.0) >= after))
        };
        let gives_up = match policy {
            OnUndecided::Retry => false,
            OnUndecided::ParkWhenBlocking => blocking && holds_it,
            OnUndecided::ParkAfter { after, attempts } => old_enough(after, attempts),
        };
        gives_up && !outage
    }

    /// What one answer means for the gates and the rate.
    fn judge_gates(&mut self, call: &CallInfo, serial: u64, outcome: &Outcome, now: Now) {
        let (backoff, biz_type) = (self.backoff(), call.biz_type);
        match outcome {
            Outcome::Definitive(verdict) => {
                self.gate.answered();
                let blown = matches!(self.gate.closed(), Some((GateReason::DeadLetterFuse, _)));
                let success = match verdict {
                    Verdict::Accepted | Verdict::HeldAlready | Verdict::PeerAhead => true,
                    Verdict::Rejected(_) => !blown,
                };
                if success && self.gate.open() {
                    self.note(Note::GateOpened { biz_type: None });
                } else if !success {
                    self.gate.close(GateReason::DeadLetterFuse, Some(serial), now, backoff, &mut self.rng);
                }
                if self.type_gates.get_mut(&biz_type).is_some_and(crate::gate::Gate::open) {
                    self.note(Note::GateOpened { biz_type: Some(biz_type) });
                    self.open_type(biz_type);
                }
            }
            Outcome::Indefinite(indefinite) => {
                let reason = GateReason::Cause(indefinite.cause);
                match indefinite.cause.reaction() {
                    Reaction::Retry => self.gate.answered(),
                    Reaction::RetryTransport => {
                        if self.gate.failed(reason, serial, now, backoff, &mut self.rng) {
                            self.note(Note::GateClosed { biz_type: None, reason });
                        }
                    }
                    Reaction::SlowDown => {
                        self.gate.answered();
                        if self.bucket.cut(now) {
                            self.note(Note::RateChanged { per_second: self.bucket.rate() });
                        }
                    }
                    Reaction::CloseGate => {
                        if self.gate.close(reason, Some(serial), now, backoff, &mut self.rng) {
                            self.note(Note::GateClosed { biz_type: None, reason });
                        }
                    }
                    Reaction::CloseType => {
                        self.gate.answered();
                        if self.config.unsupported_business == UnsupportedBusiness::Gate {
                            let gate = self.type_gates.entry(biz_type).or_default();
                            if gate.close(reason, Some(serial), now, backoff, &mut self.rng) {
                                self.note(Note::GateClosed { biz_type: Some(biz_type), reason });
                            }
                        }
                    }
                }
                self.gate.probe_over(serial);
                if let Some(gate) = self.type_gates.get_mut(&biz_type) {
                    gate.probe_over(serial);
                }
            }
        }
    }

    fn open_type(&mut self, biz_type: domain::BizType) {
        self.ready.extend(self.type_blocked.remove(&biz_type).unwrap_or_default());
    }

    pub(super) fn park_finished(&mut self, id: PartitionId, epoch: Epoch, offset: Offset, confirmed: bool, now: Now) {
        let (backoff, mut rng) = (self.backoff(), self.rng.clone());
        let Some(partition) = self.current(id, epoch) else { return };
        if let Some(unfit) = partition.unfit.get_mut(&offset) {
            if confirmed {
                let kind = ParkKind::from(unfit.reason);
                partition.unfit.remove(&offset);
                self.dispose(id, offset, Disposition::Parked(kind), None, None, now);
            } else {
                unfit.failures += 1;
                let at = backoff.due(now, unfit.failures, None, &mut rng);
                unfit.again_at = Some(at);
                self.rng = rng;
                self.wake_at(at, LaneRef { partition: id, epoch, key: 0 });
            }
            return;
        }
        let parking = |lane: &crate::lane::Lane<P>| {
            lane.busy == Busy::Parking && lane.queue.first().is_some_and(|work| work.version.offset == offset.0)
        };
        let Some(key) = partition.parking.remove(&offset).filter(|key| partition.lanes.get(key).is_some_and(|lane| parking(lane))) else {
            return;
        };
        let lane_ref = LaneRef { partition: id, epoch, key };
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        let Some(work) = lane.queue.first() else { return };
        let (version, biz_type) = (work.version, lane.biz_type);
        let Some(reason) = work.tries.as_ref().and_then(|tries| tries.parking.clone()) else { return };
        if !confirmed {
            let at = backoff.due(now, 3, None, &mut self.rng);
            return self.wake_at(at, lane_ref);
        }
        lane.busy = Busy::No;
        let disposition = match reason {
            ParkReason::Rejected(code) => Disposition::Rejected(code),
            ParkReason::Unfit(reason, _) => Disposition::Parked(ParkKind::from(reason)),
            ParkReason::Undecided(_) => Disposition::Parked(ParkKind::Undecided),
        };
        let call = CallInfo { lane: lane_ref, version, sent_at: now, biz_type };
        self.decided(call, disposition, false, None, now);
        self.go_on(lane_ref, now);
    }

    /// The lane's next work, if there is one; else it goes to rest.
    pub(super) fn go_on(&mut self, lane_ref: LaneRef, now: Now) {
        let Some(lane) = self.lane_mut(lane_ref) else { return };
        if lane.queue.is_empty() {
            self.retire(lane_ref, now);
        } else if lane.busy == Busy::No {
            self.make_ready(lane_ref);
        }
    }

    fn old_call_ended(&mut self, lane: LaneRef, now: Now) {
        let key = (lane.partition, lane.key);
        if let Some(left) = self.old_calls.get_mut(&key) {
            *left -= 1;
            if *left == 0 {
                self.old_calls.remove(&key);
                if let Some(epoch) = self.partitions.get(&lane.partition).map(|partition| partition.epoch) {
                    self.go_on(LaneRef { epoch, ..lane }, now);
                }
            }
        }
    }
}
