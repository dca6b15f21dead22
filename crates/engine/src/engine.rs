//! The engine: one owner of every decision. Inputs go in with the time, effects come out.

mod answers;
mod commits;
mod dispatch;
mod intake;
mod rebalance;
mod settle;
mod statuses;
mod timers;
mod view;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use domain::BizType;

use crate::bucket::Bucket;
use crate::config::Config;
use crate::fuse::Fuse;
use crate::gate::Gate;
use crate::io::{CommitTicket, Effect, Epoch, GateReason, Input, Note, Now, PartitionId};
use crate::lane::Version;
use crate::partition::{Bounds, Partition};
use crate::retry::{Backoff, Rng};

pub use view::{Counters, GateView, LaneState, LaneView, PartitionView, Snapshot};

use statuses::Statuses;

/// A lane, by partition, assignment and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LaneRef {
    partition: PartitionId,
    epoch: Epoch,
    key: u64,
}

/// A call on its way.
#[derive(Debug, Clone, Copy)]
struct CallInfo {
    lane: LaneRef,
    version: Version,
    sent_at: Now,
    biz_type: BizType,
}

/// See the crate's documentation. `P` is what the driver needs to send or park a record; it is cloned for every call.
#[derive(Debug)]
pub struct Engine<P> {
    config: Config,
    rng: Rng,
    hasher: RandomState,
    partitions: BTreeMap<PartitionId, Partition<P>>,
    total_partitions: u32,
    /// Lanes that could send now, in fair order.
    ready: VecDeque<LaneRef>,
    /// Lanes (and partitions: key 0 of no lane) to look at again at a moment.
    timers: BinaryHeap<Reverse<(Now, LaneRef)>>,
    /// Lanes that wait for the gate of their type.
    type_blocked: BTreeMap<BizType, VecDeque<LaneRef>>,
    /// Lanes in the order in which their oldest unsent modification came, for freshness.
    arrivals: VecDeque<(Now, LaneRef)>,
    calls: HashMap<u64, CallInfo>,
    /// Calls of assignments that are gone: their orders wait for them, should they come back to us.
    old_calls: HashMap<(PartitionId, u64), u32>,
    commits: HashMap<CommitTicket, (PartitionId, Epoch)>,
    next_serial: u64,
    next_commit: u64,
    bucket: Bucket,
    token_at: Option<Now>,
    gate: Gate,
    type_gates: BTreeMap<BizType, Gate>,
    operator_hold: bool,
    fuse: Fuse,
    statuses: Statuses,
    /// Idle orders in the order in which they became idle: the oldest are forgotten first.
    idle: VecDeque<(PartitionId, u64)>,
    remembered: usize,
    forgotten: u32,
    /// In which partition an order is alive.
    homes: HashMap<u64, PartitionId>,
    /// When the last accepted commit was issued.
    lease_from: Option<Now>,
    lease_held: bool,
    unclean_take_overs: HashMap<PartitionId, (u32, i64)>,
    rebuilding: bool,
    counters: Counters,
    effects: VecDeque<Effect<P>>,
}

impl<P: Clone> Engine<P> {
    /// An engine without partitions. `seed`: for jitter only.
    pub fn new(config: Config, seed: u64, now: Now) -> Self {
        Self {
            config,
            rng: Rng::new(seed),
            hasher: RandomState::new(),
            partitions: BTreeMap::new(),
            total_partitions: 1,
            ready: VecDeque::new(),
            timers: BinaryHeap::new(),
            type_blocked: BTreeMap::new(),
            arrivals: VecDeque::new(),
            calls: HashMap::new(),
            old_calls: HashMap::new(),
            commits: HashMap::new(),
            next_serial: 1,
            next_commit: 1,
            bucket: Bucket::new(now),
            token_at: None,
            gate: Gate::default(),
            type_gates: BTreeMap::new(),
            operator_hold: false,
            fuse: Fuse::default(),
            statuses: Statuses::default(),
            idle: VecDeque::new(),
            remembered: 0,
            forgotten: 0,
            homes: HashMap::new(),
            lease_from: None,
            lease_held: true,
            unclean_take_overs: HashMap::new(),
            rebuilding: false,
            counters: Counters::default(),
            effects: VecDeque::new(),
        }
    }

    /// Takes one thing in.
    pub fn handle(&mut self, input: Input<P>, now: Now) {
        match input {
            Input::Assigned { partition, epoch, plan } => self.assigned(partition, epoch, plan, now),
            Input::Fetched { partition, epoch, record } => self.fetched(partition, epoch, record, now),
            Input::Position { partition, epoch, next } => self.position(partition, epoch, next, now),
            Input::LogEnd { partition, epoch, end } => {
                if let Some(partition) = self.current(partition, epoch) {
                    partition.log_end = Some(end);
                }
            }
            Input::CallFinished { ticket, outcome } => self.call_finished(ticket, outcome, now),
            Input::ParkFinished { partition, epoch, offset, confirmed } => self.park_finished(partition, epoch, offset, confirmed, now),
            Input::OutcomeWritten { partition, epoch, offset } => {
                if let Some(partition) = self.current(partition, epoch)
                    && partition.ledger.is_decided(offset)
                    && partition.ledger.settle(offset)
                {
                    partition.window.dirty(now);
                }
            }
            Input::CommitFinished { commit, result } => self.commit_finished(commit, result, now),
            Input::Revoking { partition, epoch, deadline } => self.revoking(partition, epoch, deadline, now),
            Input::Lost { partition, epoch } => self.lost(partition, epoch, now),
            Input::TotalPartitions(total) => {
                self.total_partitions = total.max(1);
                self.share(now);
            }
            Input::OperatorHold(on) => self.hold(on),
        }
    }

    /// Looks at everything that is due.
    pub fn handle_timeout(&mut self, now: Now) {
        self.run_timers(now);
        self.look_after_partitions(now);
        if self.bucket.restore(now) {
            self.note(Note::RateChanged { per_second: self.bucket.rate() });
        }
        self.check_lease(now);
        self.tell_forgotten();
    }

    /// The next thing for the driver to do.
    pub fn poll_effect(&mut self) -> Option<Effect<P>> {
        self.effects.pop_front()
    }

    fn current(&mut self, id: PartitionId, epoch: Epoch) -> Option<&mut Partition<P>> {
        self.partitions.get_mut(&id).filter(|partition| partition.epoch == epoch)
    }

    fn note(&mut self, note: Note) {
        self.effects.push_back(Effect::Note(note));
    }

    fn effect(&mut self, effect: Effect<P>) {
        self.effects.push_back(effect);
    }

    fn key(&self, order: &str) -> u64 {
        self.hasher.hash_one(order)
    }

    fn backoff(&self) -> Backoff {
        Backoff { initial: self.config.retry_initial, max: self.config.retry_max }
    }

    /// What one partition may hold: an equal part, so that any instance can own any set of partitions.
    fn bounds(&self) -> Bounds {
        let total = u64::from(self.total_partitions.max(u32::try_from(self.partitions.len()).unwrap_or(u32::MAX)));
        Bounds { records: (self.config.max_open_records / total).max(1), bytes: (self.config.max_open_bytes / total).max(1) }
    }

    /// This instance's share of the quota follows its partitions.
    fn share(&mut self, now: Now) {
        let total = f64::from(self.total_partitions);
        let ours = f64::from(u32::try_from(self.partitions.len()).unwrap_or(u32::MAX)).min(total);
        let quota = (self.config.requests_per_second - self.config.reserve_per_second).max(0.0);
        self.bucket.set_share(quota * ours / total, now);
        self.token_at = None;
    }

    fn hold(&mut self, on: bool) {
        if on != self.operator_hold {
            self.operator_hold = on;
            let note = match on {
                true => Note::GateClosed { biz_type: None, reason: GateReason::Operator },
                false => Note::GateOpened { biz_type: None },
            };
            self.note(note);
        }
    }

    fn wake_at(&mut self, at: Now, lane: LaneRef) {
        self.timers.push(Reverse((at, lane)));
    }

    /// Puts a lane at the end of the ready queue, unless it waits somewhere already.
    fn make_ready(&mut self, lane: LaneRef) {
        let Some(partition) = self.current(lane.partition, lane.epoch) else { return };
        let Some(found) = partition.lanes.get_mut(&lane.key).filter(|lane| !lane.queued && !lane.queue.is_empty()) else { return };
        found.queued = true;
        self.ready.push_back(lane);
    }
}
