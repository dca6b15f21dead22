//! What the engine shows of itself: one moment for `/api/state` and metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::BizType;

use super::Engine;
use crate::io::{Disposition, Epoch, GateReason, Now, Offset, PartitionId};
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
    /// Orders with something to do.
    pub lanes: u64,
    /// Of these, held up by the partition: barrier, window, first commit.
    pub blocked: u64,
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
    /// As many may be on their way at once.
    pub max_in_flight: u32,
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
            max_in_flight: self.config.max_in_flight,
            share_per_second: self.bucket.share(),
            rate_per_second: self.bucket.rate(),
            tokens: self.bucket.tokens(now),
            fuse_tokens: self.fuse.tokens(),
            freshness: self.freshness(now),
            remembered_orders: self.remembered,
            partitions: self.partitions.values().map(partition_view).collect(),
        }
    }
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
        lanes: partition.lanes.len() as u64,
        blocked: if partition.speaks_below().is_some() { partition.blocked.len() } else { partition.lanes.len() } as u64,
        in_flight: partition.in_flight,
        paused: partition.paused,
        log_end: partition.log_end,
        window: partition.window.limit(),
        barrier: partition.barrier,
        restoring: partition.restoring,
    }
}
