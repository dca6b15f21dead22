//! What the engine shows of orders: one order for `/api/orders`, and those that wait longest.

use std::time::Duration;

use domain::{BizType, Cause, MerchantBizNo};

use super::dispatch::Turn;
use super::freshness::Arrivals;
use super::{Engine, LaneRef};
use crate::io::{GateReason, Now, Offset, PartitionId, Ticket};
use crate::lane::{Busy, Lane, Memory, Work};
use crate::partition::Partition;

/// Offsets that are shown of one modification.
const OFFSETS: usize = 128;

/// What an order's lane is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneState {
    /// Nothing waits.
    Idle,
    /// It could be sent: a slot or a token is missing.
    Ready,
    /// A call is on its way.
    InFlight,
    /// Its dead letter is being written.
    Parking,
    /// It waits for a moment: backoff, a call that may still be applied, or an unclean hand-over.
    Waiting(Now),
    /// It waits for its partition: the read barrier, the window, the first commit.
    Partition,
    /// The gate of all calls is closed.
    Gate(GateReason),
    /// The gate of its business type is closed.
    TypeGate(GateReason),
}

/// One order in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneView {
    /// Which order, where something of it is held.
    pub order: Option<MerchantBizNo>,
    /// Where.
    pub partition: PartitionId,
    /// What it does.
    pub state: LaneState,
    /// Offsets and statuses that wait, oldest first.
    pub waiting: Vec<(Offset, String)>,
    /// The business type of the one in front.
    pub biz_type: Option<BizType>,
    /// Business time of the one in front, in milliseconds.
    pub front_modified_at: Option<i64>,
    /// The offsets that the one in front answers for, the newest 128.
    pub offsets: Vec<Offset>,
    /// Attempts with the one in front.
    pub attempts: u32,
    /// Failures in a row.
    pub failures: u32,
    /// Why the last of these failed.
    pub last_failure: Option<Cause>,
    /// Since the first modification after the last accepted one arrived.
    pub waits_for: Option<Duration>,
    /// Business time (milliseconds) and offset of what was decided last.
    pub decided: Option<(i64, Offset)>,
}

impl<P: Clone> Engine<P> {
    /// What is known of one order, in every partition.
    pub fn lanes_of(&self, order: &MerchantBizNo, now: Now) -> Vec<LaneView> {
        let key = self.key(order.as_str());
        let view = |partition: &Partition<P>| match partition.lanes.get(&key).filter(|lane| lane.order == *order) {
            Some(lane) => Some(self.lane_view(partition, key, lane, now)),
            None => partition.remembered.get(&key).map(|memory| remembered(partition.id, *memory)),
        };
        self.partitions.values().filter_map(view).collect()
    }

    /// The orders that wait longest, at most so many, the longest first. It looks at every lane until it has met all that wait that long, so
    /// it is asked now and then, not in every turn.
    pub fn oldest(&self, most: usize, now: Now) -> Vec<LaneView> {
        let Some((step, count)) = self.arrivals.oldest(most as u64) else { return Vec::new() };
        let lanes = self.partitions.values().flat_map(|of| of.lanes.iter().map(move |(key, lane)| (of, *key, lane)));
        let waiting = lanes.filter_map(|(of, key, lane)| lane.waiting_since.map(|since| (since, of, key, lane)));
        let met = waiting.filter(|(since, ..)| Arrivals::is_within(*since, step));
        let mut met: Vec<_> = met.take(usize::try_from(count).unwrap_or(usize::MAX)).collect();
        met.sort_unstable_by_key(|(since, of, key, _)| (*since, of.id, *key));
        met.iter().take(most).map(|(_, of, key, lane)| self.lane_view(of, *key, lane, now)).collect()
    }

    /// The newest offsets that a call on its way answers for beside its own, newest first. Only who follows records asks.
    pub fn absorbed_by(&self, ticket: Ticket, most: usize) -> Vec<Offset> {
        let Some(of) = self.calls.get(&ticket.serial) else { return Vec::new() };
        let partition = self.partitions.get(&ticket.partition).filter(|partition| partition.epoch == ticket.epoch);
        let work = partition.and_then(|partition| partition.lanes.get(&of.lane.key)?.queue.first());
        let Some(work) = work.filter(|work| work.version == of.version) else { return Vec::new() };
        let newest_first = |a: &Offset, b: &Offset| b.cmp(a);
        let mut offsets: Vec<Offset> = work.riders.iter().map(|rider| rider.offset()).collect();
        if offsets.len() > most {
            offsets.select_nth_unstable_by(most, newest_first);
            offsets.truncate(most);
        }
        offsets.sort_unstable_by(newest_first);
        offsets
    }

    fn lane_view(&self, partition: &Partition<P>, key: u64, lane: &Lane<P>, now: Now) -> LaneView {
        let status = |work: &Work<P>| self.statuses.name(work.status).map_or_else(String::new, |name| name.as_str().to_owned());
        let front = lane.queue.first();
        let failures = lane.trouble.as_ref().map_or(0, |trouble| trouble.failures);
        LaneView {
            order: Some(lane.order.clone()),
            partition: partition.id,
            state: self.lane_state(partition, key, lane, now),
            waiting: lane.queue.iter().map(|work| (Offset(work.version.offset), status(work))).collect(),
            biz_type: front.map(|work| work.biz_type),
            front_modified_at: front.map(|work| work.version.at),
            offsets: front.map(offsets).unwrap_or_default(),
            attempts: front.and_then(|work| work.tries.as_ref()).map_or(0, |tries| tries.attempts),
            failures,
            last_failure: lane.trouble.as_ref().and_then(|trouble| trouble.cause).filter(|_| failures > 0),
            waits_for: lane.waiting_since.map(|since| now.0.saturating_sub(since.time().0)),
            decided: lane.memory.as_deref().copied().map(decided),
        }
    }

    fn lane_state(&self, partition: &Partition<P>, key: u64, lane: &Lane<P>, now: Now) -> LaneState {
        match lane.busy {
            Busy::Call => return LaneState::InFlight,
            Busy::Parking | Busy::ParksAgain => return LaneState::Parking,
            Busy::No => {}
        }
        let Some(front) = lane.queue.first() else { return LaneState::Idle };
        let lane_ref = LaneRef { partition: partition.id, epoch: partition.epoch, key };
        match self.turn(lane_ref, now) {
            Turn::NotBefore(at) => return LaneState::Waiting(at),
            // Nothing: the partition is being given up, or an own call of an earlier assignment still runs.
            Turn::Partition | Turn::Nothing => return LaneState::Partition,
            Turn::Type(_) | Turn::Go => {}
        }
        let all = if self.operator_hold { Some(GateReason::Operator) } else { self.gates.all.closed().map(|(reason, _)| reason) };
        let of_type = self.gates.types.get(&front.biz_type).and_then(|of_type| of_type.gate.closed());
        match (all, of_type) {
            (Some(reason), _) => LaneState::Gate(reason),
            (None, Some((reason, _))) => LaneState::TypeGate(reason),
            (None, None) => LaneState::Ready,
        }
    }
}

fn remembered(partition: PartitionId, memory: Memory) -> LaneView {
    LaneView {
        order: None,
        partition,
        state: LaneState::Idle,
        waiting: Vec::new(),
        biz_type: None,
        front_modified_at: None,
        offsets: Vec::new(),
        attempts: 0,
        failures: 0,
        last_failure: None,
        waits_for: None,
        decided: Some(decided(memory)),
    }
}

fn decided(memory: Memory) -> (i64, Offset) {
    (memory.decided.at, Offset(memory.decided.offset))
}

fn offsets<P>(work: &Work<P>) -> Vec<Offset> {
    let mut offsets: Vec<Offset> = work.offsets().collect();
    offsets.sort_unstable_by(|a, b| b.cmp(a));
    offsets.truncate(OFFSETS);
    offsets
}
