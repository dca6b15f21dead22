//! The engine: one owner of every decision. Inputs go in with the time, effects come out.

mod answers;
mod commits;
mod dispatch;
mod freshness;
mod gates;
mod intake;
#[cfg(test)]
mod invariants;
mod lanes;
mod parking;
mod rebalance;
mod remembering;
mod restoring;
mod settle;
mod statuses;
mod takeovers;
mod timers;
mod view;
mod watchdog;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::BizType;

use crate::bucket::Bucket;
use crate::config::Config;
use crate::fuse::Fuse;
use crate::io::{CommitTicket, Effect, Epoch, GateReason, Input, Note, Now, Offset, PartitionId};
use crate::lane::{Busy, Lane, Version};
use crate::partition::{Bounds, Partition};
use crate::retry::{Backoff, Rng};
use crate::rules::{Rule, Rules};

pub use lanes::{LaneState, LaneView};
pub use view::{Counters, GateView, PartitionView, Snapshot};

use freshness::Arrivals;
use gates::Gates;
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
    rules: Rules,
    rng: Rng,
    /// Fed with the seed: the key of the orders' hashes.
    hasher: DefaultHasher,
    partitions: BTreeMap<PartitionId, Partition<P>>,
    /// Of the whole subscription; without that number nobody knows his share, and nothing is sent.
    total_partitions: Option<u32>,
    bounds: Bounds,
    /// Partitions to which something happened.
    touched: Vec<PartitionId>,
    /// Partitions by the moment at which they have to be looked after.
    due: BTreeSet<(Now, PartitionId)>,
    /// Lanes that could send now, in fair order.
    ready: VecDeque<LaneRef>,
    /// What the ready lanes wait for, as far as it is a moment.
    ready_at: Option<Now>,
    /// Lanes (and partitions: key 0 of no lane) to look at again at a moment.
    timers: BinaryHeap<Reverse<(Now, LaneRef)>>,
    arrivals: Arrivals,
    calls: HashMap<u64, CallInfo>,
    /// Calls of assignments that are gone: their orders wait for them, should they come back to us.
    old_calls: HashMap<(PartitionId, u64), u32>,
    commits: HashMap<CommitTicket, (PartitionId, Epoch)>,
    next_serial: u64,
    next_commit: u64,
    bucket: Bucket,
    gates: Gates,
    operator_hold: bool,
    fuse: Fuse,
    statuses: Statuses,
    /// Idle orders in the order in which they became idle: the oldest are forgotten first.
    idle: VecDeque<(PartitionId, u16, u64)>,
    remembered: usize,
    forgotten: u32,
    /// When the last accepted commit was issued.
    lease_from: Option<Now>,
    lease_held: bool,
    /// When it was last asked.
    awake_at: Now,
    unclean_take_overs: HashMap<PartitionId, (u32, i64)>,
    /// Steps the watchdog took at an offset; they outlive the assignment.
    stalls: HashMap<PartitionId, (u8, Offset)>,
    /// Commits whose map speaks of another log.
    disowned: HashMap<PartitionId, Offset>,
    rebuilding: bool,
    counters: Counters,
    effects: VecDeque<Effect<P>>,
}

impl<P: Clone> Engine<P> {
    /// An engine without partitions. `seed`: for jitter, and the key of the orders' hashes, so it is nobody's to guess.
    pub fn new(config: Config, seed: u64, now: Now) -> Self {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        Self {
            config,
            rules: Rules::default(),
            rng: Rng::new(seed),
            hasher,
            partitions: BTreeMap::new(),
            total_partitions: None,
            bounds: Bounds::default(),
            touched: Vec::new(),
            due: BTreeSet::new(),
            ready: VecDeque::new(),
            ready_at: None,
            timers: BinaryHeap::new(),
            arrivals: Arrivals::default(),
            calls: HashMap::new(),
            old_calls: HashMap::new(),
            commits: HashMap::new(),
            next_serial: 1,
            next_commit: 1,
            bucket: Bucket::new(now),
            gates: Gates::default(),
            operator_hold: false,
            fuse: Fuse::default(),
            statuses: Statuses::default(),
            idle: VecDeque::new(),
            remembered: 0,
            forgotten: 0,
            lease_from: None,
            lease_held: true,
            awake_at: now,
            unclean_take_overs: HashMap::new(),
            stalls: HashMap::new(),
            disowned: HashMap::new(),
            rebuilding: false,
            counters: Counters::default(),
            effects: VecDeque::new(),
        }
    }

    /// The same with some rules switched off.
    #[cfg(feature = "mutants")]
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Takes one thing in.
    pub fn handle(&mut self, input: Input<P>, now: Now) {
        self.wake(now);
        match input {
            Input::Assigned { partition, epoch, plan } => self.assigned(partition, epoch, plan, now),
            Input::Fetched { partition, epoch, record } => self.fetched(partition, epoch, record, now),
            Input::Position { partition, epoch, next } => self.position(partition, epoch, next, now),
            Input::LogEnd { partition, epoch, end } => {
                if let Some(found) = self.current(partition, epoch) {
                    // What is heard of it late must not hide what is known already.
                    found.log_end = found.log_end.max(Some(end));
                    self.touch(partition);
                }
            }
            Input::WaitsOutside { partition, epoch, on } => {
                if let Some(found) = self.current(partition, epoch) {
                    found.waits_outside = on;
                    self.touch(partition);
                }
            }
            Input::Restoring { partition, epoch, on } => self.restoring(partition, epoch, on, now),
            Input::Restored { partition, epoch, orders } => self.restored(partition, epoch, orders, now),
            Input::CallFinished { ticket, outcome } => self.call_finished(ticket, outcome, now),
            Input::ParkFinished { partition, epoch, offset, confirmed } => self.park_finished(partition, epoch, offset, confirmed, now),
            Input::OutcomeWritten { partition, epoch, offset } => self.outcome_written(partition, epoch, offset, now),
            Input::CommitFinished { commit, result } => self.commit_finished(commit, result, now),
            Input::Revoking { partition, epoch, deadline } => self.revoking(partition, epoch, deadline, now),
            Input::Lost { partition, epoch } => self.lost(partition, epoch, now),
            Input::TotalPartitions(total) => {
                self.total_partitions = Some(total.max(1));
                self.share(now);
            }
            Input::OperatorHold(on) => self.hold(on),
            Input::Quota { requests_per_second, reserve_per_second } => {
                (self.config.requests_per_second, self.config.reserve_per_second) = (requests_per_second, reserve_per_second);
                self.share(now);
            }
        }
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

    /// Never 0: that is no lane's.
    fn key(&self, order: &str) -> u64 {
        let mut hasher = self.hasher.clone();
        order.hash(&mut hasher);
        hasher.finish().max(1)
    }

    fn lane_mut(&mut self, lane: LaneRef) -> Option<&mut Lane<P>> {
        self.current(lane.partition, lane.epoch)?.lanes.get_mut(&lane.key).map(|lane| &mut **lane)
    }

    /// The partition has to be looked after.
    fn touch(&mut self, id: PartitionId) {
        if let Some(partition) = self.partitions.get_mut(&id).filter(|partition| !partition.touched) {
            partition.touched = true;
            self.touched.push(id);
        }
    }

    fn backoff(&self) -> Backoff {
        Backoff { initial: self.config.retry_initial, max: self.config.retry_max }
    }

    /// What every partition may hold and what this instance may send follow its partitions. Any instance can own any set of partitions, so
    /// each gets an equal part.
    fn share(&mut self, now: Now) {
        let ours = u32::try_from(self.partitions.len()).unwrap_or(u32::MAX);
        let total = self.total_partitions.unwrap_or(1).max(ours).max(1);
        let part = |whole: u64| (whole / u64::from(total)).max(1);
        self.bounds = Bounds { records: part(self.config.max_open_records), bytes: part(self.config.max_open_bytes) };
        let quota = (self.config.requests_per_second - self.config.reserve_per_second).max(0.0);
        let known = if self.total_partitions.is_some() { f64::from(ours) / f64::from(total) } else { 0.0 };
        if self.rules.lack(Rule::QuotaKept) {
            self.bucket = Bucket::new(now);
        }
        self.bucket.set_share(quota * known, now);
        for id in self.partitions.keys().copied().collect::<Vec<_>>() {
            self.touch(id);
        }
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
        let Some(found) = self.lane_mut(lane) else { return };
        if found.queued || found.queue.is_empty() || found.busy != Busy::No {
            return;
        }
        found.queued = true;
        self.ready.push_back(lane);
    }
}

#[cfg(test)]
mod tests;
