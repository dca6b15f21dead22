//! An engine with one partition, and everything it asked for.

use std::sync::Arc;
use std::time::Duration;

use domain::{BizType, Cause, Indefinite, MerchantBizNo, ModifiedAt, OrderStatus, Outcome, ResultCode, Rulebook, Verdict};

use crate::config::{Config, OnUndecided, UnsupportedBusiness};
use crate::io::*;
use crate::metadata::{self, Metadata, Place};
use crate::takeover::{self, Facts};
use crate::{Engine, Snapshot};

pub(super) const P0: PartitionId = PartitionId(0);
/// Business time 0 of the tests.
const EPOCH: i64 = 1_700_000_000_000;
pub(super) const L: u64 = 15;

pub(super) fn config() -> Config {
    Config {
        requests_per_second: 1_000.0,
        reserve_per_second: 0.0,
        max_in_flight: 64,
        retry_initial: Duration::from_millis(500),
        retry_max: Duration::from_secs(60),
        timeout: Duration::from_secs(L),
        late_apply: Duration::ZERO,
        session_timeout: Duration::from_secs(45),
        heartbeat: Duration::from_secs(3),
        static_member: false,
        max_open_records: 1_000_000,
        max_open_bytes: 1 << 30,
        remembered_orders: 1_000,
        stall_after: Duration::from_secs(30),
        on_undecided: OnUndecided::Retry,
        unsupported_business: UnsupportedBusiness::Gate,
        outcomes: false,
        rulebook: Arc::new(Rulebook::standard()),
        cluster_id: "c".into(),
    }
}

pub(super) fn place() -> Place<'static> {
    Place { cluster_id: "c", topic: "orders", partition: 0 }
}

pub(super) fn facts(committed: Option<(i64, String)>, last_stable: i64) -> Facts {
    Facts {
        topic: "orders".into(),
        partition: 0,
        cluster_id: "c".into(),
        committed: committed.map(|(offset, text)| (Offset(offset), text)),
        log_start: Offset(0),
        last_stable: Offset(last_stable),
        start: Offset(0),
    }
}

/// Metadata of a predecessor.
pub(super) fn left(committed: i64, closed: bool, window: i64, settled: &[i64]) -> Option<(i64, String)> {
    let settled = settled.iter().copied().map(Offset).collect();
    let metadata = Metadata { closed, lingers: None, window: Offset(window), leader_epoch: None, settled };
    Some((committed, metadata::encode(place(), Offset(committed), &metadata)))
}

pub(super) fn indefinite(cause: Cause, ambiguous: bool) -> Outcome {
    Outcome::Indefinite(Indefinite { cause, ambiguous, renew_request_id: false, retry_after: None })
}

pub(super) fn timeout() -> Outcome {
    indefinite(Cause::Undecided, true)
}

pub(super) fn accepted() -> Outcome {
    Outcome::Definitive(Verdict::Accepted)
}

pub(super) fn rejected() -> Outcome {
    Outcome::Definitive(Verdict::Rejected(ResultCode::lenient("PARAM_ILLEGAL")))
}

pub(super) struct Rig {
    pub(super) engine: Engine<i64>,
    pub(super) now: Now,
    pub(super) epoch: Epoch,
    pub(super) next: i64,
    /// Commits are accepted at once.
    pub(super) commits_pass: bool,
    pub(super) calls: Vec<Call<i64>>,
    pub(super) parks: Vec<Park<i64>>,
    pub(super) disposed: Vec<Disposed>,
    pub(super) commits: Vec<Commit>,
    pub(super) notes: Vec<Note>,
    /// Everything else.
    pub(super) others: Vec<Effect<i64>>,
}

impl Rig {
    /// An engine that owns nothing.
    pub(super) fn idle(config: Config) -> Self {
        let mut engine = Engine::new(config, 7, Now::default());
        engine.handle(Input::TotalPartitions(1), Now::default());
        let (calls, parks, disposed) = (Vec::new(), Vec::new(), Vec::new());
        let (commits, notes, others) = (Vec::new(), Vec::new(), Vec::new());
        let now = Now(Duration::from_secs(100));
        Self { engine, now, epoch: Epoch(0), next: 0, commits_pass: true, calls, parks, disposed, commits, notes, others }
    }

    /// An engine that owns a fresh partition.
    pub(super) fn new(config: Config) -> Self {
        let mut rig = Self::idle(config);
        rig.assign(&facts(None, 0), 0);
        rig
    }

    pub(super) fn assign(&mut self, facts: &Facts, history: u64) {
        self.epoch.0 += 1;
        let plan = takeover::plan(facts, history, self.now).unwrap();
        self.next = plan.read_from.0;
        self.put(Input::Assigned { partition: P0, epoch: self.epoch, plan });
    }

    pub(super) fn put(&mut self, input: Input<i64>) {
        self.engine.handle(input, self.now);
        self.turn();
    }

    /// One turn of the driver, as often as the engine asks for another one at once.
    pub(super) fn turn(&mut self) {
        for round in 0.. {
            assert!(round < 100, "the engine must not spin");
            self.engine.handle_timeout(self.now);
            self.engine.schedule(self.now);
            self.engine.check_invariants();
            let mut answers = Vec::new();
            while let Some(effect) = self.engine.poll_effect() {
                match effect {
                    Effect::Call(call) => self.calls.push(call),
                    Effect::Park(park) => self.parks.push(park),
                    Effect::Disposed(disposed) => self.disposed.push(disposed),
                    Effect::Commit(commit) => {
                        answers.push(commit.commit);
                        self.commits.push(commit);
                    }
                    Effect::Note(note) => self.notes.push(note),
                    other => self.others.push(other),
                }
            }
            if self.commits_pass {
                for commit in answers {
                    self.engine.handle(Input::CommitFinished { commit, result: CommitResult::Accepted }, self.now);
                }
            }
            if self.engine.poll_timeout().is_none_or(|at| at > self.now) {
                return;
            }
        }
    }

    /// Time passes; everything that is due on the way happens at its moment.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = Now(self.now.0 + time);
        while let Some(at) = self.engine.poll_timeout().filter(|at| *at <= end) {
            assert!(at > self.now, "the engine must not spin");
            self.now = at;
            self.turn();
        }
        self.now = end;
        self.turn();
    }

    pub(super) fn secs(&mut self, secs: u64) {
        self.pass(Duration::from_secs(secs));
    }

    /// The next record: a modification. Returns its offset.
    pub(super) fn read(&mut self, order: &str, at: i64, status: &str) -> i64 {
        self.read_as(BizType::MovieTicket, order, at, status, at as u64)
    }

    pub(super) fn modification(&self, order: &str, at: i64, status: &str) -> Content<i64> {
        self.modification_as(BizType::MovieTicket, order, at, status, at as u64)
    }

    pub(super) fn read_as(&mut self, biz_type: BizType, order: &str, at: i64, status: &str, content: u64) -> i64 {
        let content = self.modification_as(biz_type, order, at, status, content);
        self.record(content, None)
    }

    fn modification_as(&self, biz_type: BizType, order: &str, at: i64, status: &str, content: u64) -> Content<i64> {
        Content::Modification(Modification {
            order: MerchantBizNo::parse(order).unwrap(),
            biz_type,
            status: OrderStatus::parse(status).unwrap(),
            modified_at: ModifiedAt::parse(EPOCH + at, EPOCH * 2).unwrap(),
            content,
            payload: self.next,
        })
    }

    pub(super) fn record(&mut self, content: Content<i64>, leader_epoch: Option<i32>) -> i64 {
        let offset = self.next;
        self.next += 1;
        let record = Record { offset: Offset(offset), leader_epoch, bytes: 100, content };
        self.put(Input::Fetched { partition: P0, epoch: self.epoch, record });
        offset
    }

    /// The next record: a modification of `A` that `delivery.max_age` skips.
    pub(super) fn too_old(&mut self, at: i64) -> i64 {
        self.too_old_as(at, "USED")
    }

    pub(super) fn too_old_as(&mut self, at: i64, status: &str) -> i64 {
        let Content::Modification(modification) = self.modification("A", at, status) else { unreachable!() };
        self.record(Content::TooOld(modification), None)
    }

    pub(super) fn unfit(&mut self) -> i64 {
        self.record(Content::Unfit { reason: UnfitReason::Undecodable, message: "no".into(), payload: self.next }, None)
    }

    pub(super) fn skip(&mut self) -> i64 {
        self.record(Content::Skip(SkipReason::Tombstone), None)
    }

    pub(super) fn position(&mut self, next: i64) {
        self.next = next;
        self.put(Input::Position { partition: P0, epoch: self.epoch, next: Offset(next) });
    }

    /// The offsets called and not answered yet, in order.
    pub(super) fn called(&self) -> Vec<i64> {
        self.calls.iter().map(|call| call.offset.0).collect()
    }

    /// Answers the oldest call.
    pub(super) fn answer(&mut self, outcome: Outcome) -> Call<i64> {
        let call = self.calls.remove(0);
        self.put(Input::CallFinished { ticket: call.ticket, outcome });
        call
    }

    pub(super) fn confirm(&mut self, confirmed: bool) -> Park<i64> {
        let park = self.parks.remove(0);
        self.put(Input::ParkFinished { partition: P0, epoch: park.epoch, offset: park.offset, confirmed });
        park
    }

    pub(super) fn commit_answered(&mut self, result: CommitResult) -> Commit {
        let commit = self.commits.remove(0);
        self.put(Input::CommitFinished { commit: commit.commit, result });
        commit
    }

    pub(super) fn commit_answered_last(&mut self, result: CommitResult) -> Commit {
        let commit = self.commits.pop().unwrap();
        self.put(Input::CommitFinished { commit: commit.commit, result });
        commit
    }

    pub(super) fn revoke(&mut self, within: u64) {
        let deadline = Now(self.now.0 + Duration::from_secs(within));
        self.put(Input::Revoking { partition: P0, epoch: self.epoch, deadline });
    }

    /// How these offsets ended; `None`: they did not.
    pub(super) fn end_of(&self, offset: i64) -> Option<Disposition> {
        let mut ends = self.disposed.iter().filter(|disposed| disposed.offset.0 == offset && disposed.epoch == self.epoch);
        let end = ends.next().map(|disposed| disposed.disposition.clone());
        assert!(ends.next().is_none(), "a record ends once");
        end
    }

    pub(super) fn snapshot(&mut self) -> Snapshot {
        self.engine.snapshot(self.now)
    }

    pub(super) fn committable(&mut self) -> i64 {
        self.snapshot().partitions[0].committable.0
    }

    /// What the last commit told.
    pub(super) fn told(&self) -> (i64, Metadata) {
        let commit = self.commits.last().unwrap();
        (commit.offset.0, metadata::decode(place(), commit.offset, &commit.metadata).unwrap())
    }
}
