//! What the engine shows of itself: one moment for `/api/state` and metrics, one order for `/api/orders`.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{BizType, MerchantBizNo};

use super::Engine;
use crate::io::{Disposition, Epoch, GateReason, Now, Offset, PartitionId, Ticket};
use crate::lane::Busy;
use crate::partition::{Partition, Phase};

/// Numbers since the process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Records read for the first time. Those that had no disposition when their partition was given up are taken off: they are counted
    /// where they are read again.
    pub records_read: u64,
    /// Dispositions: delivered.
    pub delivered: u64,
    /// Dispositions: superseded.
    pub superseded: u64,
    /// Dispositions: stale.
    pub stale: u64,
    /// Dispositions: rejected.
    pub rejected: u64,
    /// Dispositions: parked.
    pub parked: u64,
    /// Dispositions: skipped.
    pub skipped: u64,
    /// Calls begun.
    pub calls_attempted: u64,
    /// Calls accepted.
    pub calls_delivered: u64,
    /// Modifications absorbed by a newer one: calls saved.
    pub collapsed: u64,
    /// Verdicts that AlipayHK is ahead.
    pub peer_ahead: u64,
    /// Answers to assignments that are gone.
    pub fenced: u64,
    /// Remembered orders that were forgotten.
    pub forgotten: u64,
}

/// One gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateView {
    /// Calls are made.
    Open,
    /// No calls until the next probe.
    Closed(GateReason),
    /// One call finds out.
    Probing(GateReason),
}

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionView {
    /// Which.
    pub partition: PartitionId,
    /// In which assignment.
    pub epoch: Epoch,
    /// Where in its life.
    pub phase: Phase,
    /// The next offset to read.
    pub position: Offset,
    /// The lowest open offset, else the position.
    pub committable: Offset,
    /// What the broker has stored.
    pub committed: Option<Offset>,
    /// Records read and not settled.
    pub open: u64,
    /// Modifications that wait.
    pub waiting: u64,
    /// Calls on their way.
    pub in_flight: u32,
    /// Reading pauses: enough is held.
    pub paused: bool,
    /// The last stable offset as last heard.
    pub log_end: Option<Offset>,
    /// Nothing at or above it is sent.
    pub window: Option<Offset>,
    /// No call before the position is here.
    pub barrier: Offset,
    /// What orders have had decided is being read from the outcomes topic; until then no call.
    pub restoring: bool,
}

/// One moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Numbers that only grow.
    pub counters: Counters,
    /// Calls on their way.
    pub in_flight: u32,
    /// The gate of all calls.
    pub gate: GateView,
    /// The gates of single types that are not open.
    pub type_gates: BTreeMap<BizType, GateView>,
    /// This instance's part of the quota, calls a second.
    pub share_per_second: f64,
    /// The rate in force, cuts included.
    pub rate_per_second: f64,
    /// Calls that could be made at once.
    pub tokens: f64,
    /// What the dead-letter fuse has left.
    pub fuse_tokens: f64,
    /// Age of the oldest modification that its order has waited with since the last accepted one.
    pub freshness: Duration,
    /// Idle orders that are remembered.
    pub remembered_orders: usize,
    /// Every partition that is ours.
    pub partitions: Vec<PartitionView>,
}

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
}

/// One order in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneView {
    /// Where.
    pub partition: PartitionId,
    /// What it does.
    pub state: LaneState,
    /// Offsets and statuses that wait, oldest first.
    pub waiting: Vec<(Offset, String)>,
    /// Business time of the one in front, in milliseconds.
    pub front_modified_at: Option<i64>,
    /// The offsets that the one in front answers for, the newest 128.
    pub offsets: Vec<Offset>,
    /// Attempts with the one in front.
    pub attempts: u32,
    /// Failures in a row.
    pub failures: u32,
    /// Business time (milliseconds) and offset of what was decided last.
    pub decided: Option<(i64, Offset)>,
}

impl Counters {
    pub(super) fn count(&mut self, disposition: &Disposition) {
        let counter = match disposition {
            Disposition::Delivered => &mut self.delivered,
            Disposition::Superseded { .. } => &mut self.superseded,
            Disposition::Stale(_) => &mut self.stale,
            Disposition::Rejected(_) => &mut self.rejected,
            Disposition::Parked(_) => &mut self.parked,
            Disposition::Skipped(_) => &mut self.skipped,
        };
        *counter += 1;
    }
}

impl<P: Clone> Engine<P> {
    /// This moment.
    pub fn snapshot(&mut self, now: Now) -> Snapshot {
        let view = |closed: Option<(GateReason, bool)>| match closed {
            None => GateView::Open,
            Some((reason, false)) => GateView::Closed(reason),
            Some((reason, true)) => GateView::Probing(reason),
        };
        let gate = if self.operator_hold { GateView::Closed(GateReason::Operator) } else { view(self.gates.all.closed()) };
        let types = self.gates.types.iter().filter_map(|(biz_type, of_type)| Some((*biz_type, view(Some(of_type.gate.closed()?)))));
        Snapshot {
            gate,
            type_gates: types.collect(),
            counters: self.counters,
            in_flight: self.in_flight(),
            share_per_second: self.bucket.share(),
            rate_per_second: self.bucket.rate(),
            tokens: self.bucket.tokens(now),
            fuse_tokens: self.fuse.tokens(),
            freshness: self.freshness(now),
            remembered_orders: self.remembered,
            partitions: self.partitions.values().map(partition_view).collect(),
        }
    }

    /// What is known of one order, in every partition.
    pub fn lanes_of(&self, order: &MerchantBizNo, now: Now) -> Vec<LaneView> {
        let key = self.key(order.as_str());
        let mut found = Vec::new();
        for partition in self.partitions.values() {
            let decided = |memory: crate::lane::Memory| (memory.decided.at, Offset(memory.decided.offset));
            let Some(lane) = partition.lanes.get(&key).filter(|lane| lane.order == *order) else {
                if let Some(memory) = partition.remembered.get(&key) {
                    let (partition, decided) = (partition.id, Some(decided(*memory)));
                    found.push(LaneView {
                        partition,
                        state: LaneState::Idle,
                        waiting: Vec::new(),
                        front_modified_at: None,
                        offsets: Vec::new(),
                        attempts: 0,
                        failures: 0,
                        decided,
                    });
                }
                continue;
            };
            let failures = lane.trouble.as_ref().map_or(0, |trouble| trouble.failures);
            let due = self.timers.iter().filter(|t| t.0.1.key == key && t.0.1.partition == partition.id).map(|t| t.0.0).min();
            let state = match lane.busy {
                Busy::Call => LaneState::InFlight,
                Busy::Parking | Busy::ParksAgain => LaneState::Parking,
                Busy::No if lane.queue.is_empty() => LaneState::Idle,
                Busy::No if partition.blocked.contains(&key) => LaneState::Partition,
                Busy::No => due.filter(|due| *due > now && !lane.queued).map_or(LaneState::Ready, LaneState::Waiting),
            };
            let status =
                |work: &crate::lane::Work<P>| self.statuses.name(work.status).map_or_else(String::new, |name| name.as_str().to_owned());
            found.push(LaneView {
                partition: partition.id,
                state,
                waiting: lane.queue.iter().map(|work| (Offset(work.version.offset), status(work))).collect(),
                front_modified_at: lane.queue.first().map(|work| work.version.at),
                offsets: lane.queue.first().map(offsets).unwrap_or_default(),
                attempts: lane.queue.first().and_then(|work| work.tries.as_ref()).map_or(0, |tries| tries.attempts),
                failures,
                decided: lane.memory.as_deref().copied().map(decided),
            });
        }
        found
    }
}

impl<P: Clone> Engine<P> {
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
}

fn offsets<P>(work: &crate::lane::Work<P>) -> Vec<Offset> {
    let mut offsets: Vec<Offset> = work.offsets().collect();
    offsets.sort_unstable_by(|a, b| b.cmp(a));
    offsets.truncate(128);
    offsets
}

fn partition_view<P>(partition: &Partition<P>) -> PartitionView {
    PartitionView {
        partition: partition.id,
        epoch: partition.epoch,
        phase: partition.phase,
        position: partition.ledger.position(),
        committable: partition.ledger.committable(),
        committed: partition.window.committed,
        open: partition.ledger.open_count(),
        waiting: partition.waiting,
        in_flight: partition.in_flight,
        paused: partition.paused,
        log_end: partition.log_end,
        window: partition.window.limit(),
        barrier: partition.barrier,
        restoring: partition.restoring,
    }
}
