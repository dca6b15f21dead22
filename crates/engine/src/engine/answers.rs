//! What comes back from AlipayHK.

use domain::{Cause, Indefinite, Outcome, Reaction, ResultCode, Verdict};

use super::{CallInfo, Engine, LaneRef};
use crate::config::{OnUndecided, UnsupportedBusiness};
use crate::io::{Disposition, Note, Now, ParkReason, StaleReason, Ticket};
use crate::lane::{Busy, Candidates};
use crate::metadata::SPAN;
use crate::rules::Rule;

/// The code that an order parked by `unsupported_business = "park"` is filed under.
const UNSUPPORTED: &str = "UN_SUPPORT_BUSINESS";
/// The code that AlipayHK gives with the status it holds.
const STATUS_INVALID: &str = "ORDER_STATUS_INVALID";

impl<P: Clone> Engine<P> {
    pub(super) fn call_finished(&mut self, ticket: Ticket, outcome: Outcome, now: Now) {
        let Some(mut call) = self.calls.remove(&ticket.serial) else { return };
        let mut ticket = ticket;
        if self.rules.lack(Rule::FenceAnswers) {
            self.unfenced(&mut call, &mut ticket, now);
        }
        self.judge_gates(&call, ticket.serial, &outcome, now);
        self.touch(ticket.partition);
        let Some(partition) = self.current(ticket.partition, ticket.epoch) else {
            self.counters.fenced += 1;
            self.note(Note::Fenced { ticket });
            return self.old_call_ended(call.lane, now);
        };
        partition.in_flight = partition.in_flight.saturating_sub(1);
        let Some(lane) = self.lane_mut(call.lane).filter(|lane| lane.busy == Busy::Call) else { return };
        lane.busy = Busy::No;
        match outcome {
            Outcome::Definitive(Verdict::Accepted) => self.accepted(call, ticket, now),
            Outcome::Definitive(Verdict::HeldAlready) => {
                let held = lane.memory.as_deref().zip(lane.queue.first());
                if held.is_some_and(|(memory, work)| memory.holds_other_content(work)) {
                    self.rejected(call.lane, ResultCode::lenient(STATUS_INVALID), ticket, now);
                } else {
                    self.accepted(call, ticket, now);
                }
            }
            Outcome::Definitive(Verdict::PeerAhead) => {
                self.counters.peer_ahead += 1;
                self.decided(call.lane, Disposition::Stale(StaleReason::PeerAhead), false, Some(ticket), now);
            }
            Outcome::Definitive(Verdict::Rejected(code)) => self.rejected(call.lane, code, ticket, now),
            Outcome::Indefinite(indefinite) => self.undecided(call, &indefinite, ticket, now),
        }
        self.go_on(call.lane, now);
    }

    fn accepted(&mut self, call: CallInfo, ticket: Ticket, now: Now) {
        self.fuse.earn();
        self.counters.calls_delivered += 1;
        if self.rules.lack(Rule::RetryLiftsNothing)
            && let Some(trouble) = self.lane_mut(call.lane).and_then(|lane| lane.trouble.as_mut())
        {
            trouble.ambiguous = None;
        }
        self.decided(call.lane, Disposition::Delivered, true, Some(ticket), now);
    }

    /// A copy goes aside first; only its confirmation settles.
    fn rejected(&mut self, lane: LaneRef, code: ResultCode, ticket: Ticket, now: Now) {
        self.fuse_spend(now);
        if let Some(work) = self.lane_mut(lane).and_then(|lane| lane.queue.first_mut()) {
            // A refusal is a failed attempt too: the dead letter says when.
            let tries = work.tries();
            tries.first_failure.get_or_insert(now);
            tries.last_failure = Some(now);
        }
        self.park(lane, ParkReason::Rejected(code), Some(ticket));
    }

    /// Nothing is decided: backoff, and who else has to wait.
    fn undecided(&mut self, call: CallInfo, indefinite: &Indefinite, ticket: Ticket, now: Now) {
        let (backoff, alive) = (self.backoff(), self.config.alive());
        let Some(partition) = self.partitions.get_mut(&call.lane.partition) else { return };
        let holds = partition.holds(now);
        let Some(lane) = partition.lanes.get_mut(&call.lane.key) else { return };
        let trouble = lane.trouble.get_or_insert_default();
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.since.get_or_insert(now);
        trouble.cause = Some(indefinite.cause);
        trouble.due = backoff.due(now, trouble.failures, indefinite.retry_after, &mut self.rng);
        if indefinite.ambiguous {
            let until = Now(call.sent_at.0 + alive);
            let known = trouble.ambiguous.map_or(Now::default(), |(_, until)| until);
            trouble.ambiguous = Some((call.version, known.max(until)));
            if holds && trouble.held.is_some() {
                trouble.held = Some(Candidates::One(call.version));
            }
        }
        if let Some(work) = lane.queue.first_mut() {
            let tries = work.tries();
            tries.generation += u32::from(indefinite.renew_request_id);
            tries.first_failure.get_or_insert(now);
            tries.last_failure = Some(now);
        }
        if let Some(reason) = self.gives_up(call.lane, indefinite.cause, now) {
            self.fuse_spend(now);
            return self.park(call.lane, reason, Some(ticket));
        }
        // What is behind it may be forbidden unless it is accepted.
        let stays = self.parks(call.lane, 1);
        let Some(partition) = self.partitions.get_mut(&call.lane.partition) else { return };
        let before = partition.before;
        if !stays && let Some(freed) = partition.lanes.get_mut(&call.lane.key).and_then(|lane| lane.collapse_front(before)) {
            partition.waiting = partition.waiting.saturating_sub(1);
            partition.bytes = partition.bytes.saturating_sub(u64::from(freed));
            self.counters.collapsed += 1;
        }
    }

    /// `delivery.on_undecided`, and `unsupported_business = "park"`.
    fn gives_up(&self, lane_ref: LaneRef, cause: Cause, now: Now) -> Option<ParkReason> {
        if cause == Cause::UnsupportedBusiness {
            let parks = self.config.unsupported_business == UnsupportedBusiness::Park;
            return parks.then(|| ParkReason::Rejected(ResultCode::lenient(UNSUPPORTED)));
        }
        // While nobody's orders are decided it is an outage, and an outage parks nothing.
        let alone = match cause.reaction() {
            Reaction::Retry => true,
            Reaction::RetryTransport => self.gates.all.failures_in_a_row() <= 2,
            Reaction::SlowDown | Reaction::CloseType | Reaction::CloseGate => false,
        };
        let trouble = self.partitions.get(&lane_ref.partition)?.lanes.get(&lane_ref.key)?.trouble.as_ref()?;
        let gives_up = match self.config.on_undecided {
            OnUndecided::Retry => false,
            OnUndecided::ParkWhenBlocking => self.holds_half(lane_ref),
            OnUndecided::ParkAfter { after, attempts } => {
                trouble.failures >= attempts && trouble.since.is_some_and(|since| now.0.saturating_sub(since.0) >= after)
            }
        };
        (gives_up && alone && self.gates.all.closed().is_none()).then_some(ParkReason::Undecided(cause))
    }

    /// The lane alone holds more than half of its partition's window: everything open in the first half is its own.
    fn holds_half(&self, lane_ref: LaneRef) -> bool {
        let Some(partition) = self.partitions.get(&lane_ref.partition) else { return false };
        let half = partition.ledger.committable().0 + SPAN / 2;
        if partition.ledger.position().0 <= half {
            return false;
        }
        let Some(lane) = partition.lanes.get(&lane_ref.key) else { return false };
        let own: std::collections::HashSet<_> = lane.queue.iter().flat_map(crate::lane::Work::offsets).collect();
        partition.ledger.open_offsets().take_while(|offset| offset.0 < half).all(|offset| own.contains(&offset))
    }

    /// The lane's next work, if there is one; else it goes to rest.
    pub(super) fn go_on(&mut self, lane_ref: LaneRef, now: Now) {
        match self.lane_mut(lane_ref) {
            Some(lane) if lane.queue.is_empty() => self.retire(lane_ref, now),
            Some(_) => self.make_ready(lane_ref),
            None => {}
        }
    }

    /// An answer to an assignment that is gone, taken as one to the present one.
    fn unfenced(&mut self, call: &mut CallInfo, ticket: &mut Ticket, now: Now) {
        let Some(epoch) = self.partitions.get(&ticket.partition).map(|partition| partition.epoch) else { return };
        if epoch != ticket.epoch {
            self.old_call_ended(call.lane, now);
            (call.lane.epoch, ticket.epoch) = (epoch, epoch);
            if let Some(lane) = self.lane_mut(call.lane).filter(|lane| lane.busy == Busy::No && !lane.queue.is_empty()) {
                lane.busy = Busy::Call;
            }
        }
    }

    fn old_call_ended(&mut self, lane: LaneRef, now: Now) {
        let key = (lane.partition, lane.key);
        let Some(left) = self.old_calls.get_mut(&key) else { return };
        *left -= 1;
        if *left == 0 {
            self.old_calls.remove(&key);
            if let Some(epoch) = self.partitions.get(&lane.partition).map(|partition| partition.epoch) {
                self.go_on(LaneRef { epoch, ..lane }, now);
            }
        }
    }
}
