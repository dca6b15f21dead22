//! A log, a peer that applies what it is sent, a coordinator, a dead-letter topic: what happens to the engine, and what is checked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use domain::{BizType, Cause, MerchantBizNo, ModifiedAt, OrderStatus, Outcome, Verdict};

use super::random::{Answer, Kind, Setting, Step};
use super::rig::*;
use crate::Engine;
use crate::config::Config;
use crate::io::*;
use crate::takeover;

mod checks;
mod ledger;

use ledger::Unwritten;

const EPOCH: i64 = 1_700_000_000_000;

/// A call that was sent, of whatever assignment, with all that a check needs.
#[derive(Debug, Clone, Copy)]
struct Sent {
    ticket: Ticket,
    offset: i64,
    at: Now,
}

pub(super) struct World {
    config: Config,
    history: u64,
    log: Vec<Kind>,
    pub(super) engine: Engine<i64>,
    pub(super) now: Now,
    epoch: Epoch,
    owned: bool,
    next: usize,
    paused: bool,
    sent: Vec<Sent>,
    letters: Vec<(Epoch, Offset)>,
    /// Offsets whose letter the broker confirmed in this assignment.
    confirmed: BTreeSet<Offset>,
    unwritten: Vec<Unwritten>,
    /// What a compacted outcomes topic has kept of each order.
    ledger: BTreeMap<MerchantBizNo, Standing>,
    /// What of it this assignment has not been told yet; `None`: it knows all.
    untold: Option<VecDeque<(MerchantBizNo, Standing)>>,
    commits: Vec<Commit>,
    /// What the coordinator has.
    stored: Option<(Offset, String)>,
    /// Offsets with a disposition, of this process and of those before.
    ended: BTreeSet<i64>,
    /// Of this assignment.
    ended_now: BTreeMap<i64, Disposition>,
    /// Offsets the engine may commit: their disposition is written.
    done: BTreeSet<i64>,
    last_commit: Option<Offset>,
    /// Per order: the newest version that a definitive answer decided in this assignment.
    decided: BTreeMap<u8, (u8, i64)>,
    /// Per order: the version of the last ambiguous call, and until when it may be applied.
    alive: BTreeMap<u8, ((u8, i64), Now)>,
}

impl World {
    pub(super) fn new(setting: &Setting, log: Vec<Kind>) -> Self {
        let config = Config {
            requests_per_second: setting.rate,
            max_in_flight: setting.slots,
            outcomes: setting.outcomes,
            max_open_records: setting.records,
            on_undecided: setting.undecided,
            late_apply: Duration::from_secs(setting.late_apply),
            remembered_orders: 100,
            ..config()
        };
        let now = Now(Duration::from_secs(100));
        let mut world = Self {
            engine: Engine::new(config.clone(), 1, now),
            config,
            history: setting.history,
            log,
            now,
            epoch: Epoch(0),
            owned: false,
            next: 0,
            paused: false,
            sent: Vec::new(),
            letters: Vec::new(),
            confirmed: BTreeSet::new(),
            unwritten: Vec::new(),
            ledger: BTreeMap::new(),
            untold: None,
            commits: Vec::new(),
            stored: None,
            ended: BTreeSet::new(),
            ended_now: BTreeMap::new(),
            done: BTreeSet::new(),
            last_commit: None,
            decided: BTreeMap::new(),
            alive: BTreeMap::new(),
        };
        world.put(Input::TotalPartitions(1));
        world.assign();
        world
    }

    fn end(&self) -> i64 {
        self.log.len() as i64
    }

    fn assign(&mut self) {
        self.epoch.0 += 1;
        self.owned = true;
        self.paused = false;
        let stored = self.stored.clone().map(|(offset, text)| (offset.0, text));
        let plan = takeover::plan(&facts(stored, self.end()), self.history, self.now).unwrap();
        self.next = plan.read_from.0 as usize;
        self.last_commit = None;
        // What the metadata tells is settled; the rest begins anew.
        let settled: BTreeSet<i64> = match &plan.inherited {
            takeover::Inherited::Ours(found) => found.settled.iter().map(|offset| offset.0).collect(),
            takeover::Inherited::Nothing | takeover::Inherited::Foreign(_) => BTreeSet::new(),
        };
        for offset in (0..plan.from.0).chain(settled.iter().copied()) {
            assert!(self.ended.contains(&offset) || self.is_gap(offset), "what was committed or mapped was done: {offset}");
        }
        // What is read again, as history or by the map, teaches.
        self.decided.clear();
        for offset in (plan.read_from.0..plan.from.0).chain(settled.iter().copied()) {
            if let Some((order, version, _)) = self.version(offset) {
                let decided = self.decided.entry(order).or_insert(version);
                *decided = version.max(*decided);
            }
        }
        self.done = (0..plan.from.0).chain(settled).collect();
        self.ended_now.clear();
        self.letters.clear();
        self.confirmed.clear();
        self.unwritten.clear();
        let (partition, epoch) = (P0, self.epoch);
        self.engine.handle(Input::Assigned { partition, epoch, plan }, self.now);
        self.untold = self.config.outcomes.then(|| self.ledger.clone().into_iter().collect());
        if self.untold.is_some() {
            self.engine.handle(Input::Restoring { partition, epoch, on: true }, self.now);
        }
        self.turn();
    }

    fn is_gap(&self, offset: i64) -> bool {
        self.log.get(offset as usize) == Some(&Kind::Gap)
    }

    fn version(&self, offset: i64) -> Option<(u8, (u8, i64), bool)> {
        match self.log.get(offset as usize)? {
            Kind::Order { order, at, status } => Some((*order, (*at, offset), *status == 1)),
            Kind::Unfit | Kind::Skip | Kind::Gap => None,
        }
    }

    fn put(&mut self, input: Input<i64>) {
        self.engine.handle(input, self.now);
        self.turn();
    }

    fn turn(&mut self) {
        for round in 0.. {
            assert!(round < 50, "the engine must not spin");
            self.engine.handle_timeout(self.now);
            self.engine.schedule(self.now);
            self.engine.check_invariants();
            while let Some(effect) = self.engine.poll_effect() {
                self.effect(effect);
            }
            if self.engine.poll_timeout().is_none_or(|at| at > self.now) {
                return;
            }
        }
    }

    fn effect(&mut self, effect: Effect<i64>) {
        match effect {
            Effect::Call(call) => self.called(&call),
            Effect::Park(park) => {
                assert!(!self.letters.contains(&(park.epoch, park.offset)), "one letter at a time");
                self.letters.push((park.epoch, park.offset));
            }
            Effect::Disposed(disposed) => self.disposed(&disposed),
            Effect::Commit(commit) => self.committed(commit),
            Effect::Pause { .. } => self.paused = true,
            Effect::Resume { .. } => self.paused = false,
            Effect::Release { epoch, .. } => self.gone(epoch),
            Effect::Rebuild { .. } => {
                self.commits.clear();
                self.gone(self.epoch);
            }
            Effect::Seek { .. } | Effect::Exit { .. } | Effect::Note(_) => {}
        }
    }

    fn gone(&mut self, epoch: Epoch) {
        if epoch == self.epoch {
            self.owned = false;
        }
    }

    fn answer(&mut self, which: u8, answer: Answer) {
        if self.sent.is_empty() {
            return;
        }
        let sent = self.sent.remove(usize::from(which) % self.sent.len());
        let (order, version, _) = self.version(sent.offset).unwrap();
        let outcome = match answer {
            Answer::Accepted => accepted(),
            Answer::Rejected => rejected(),
            Answer::PeerAhead => Outcome::Definitive(Verdict::PeerAhead),
            Answer::HeldAlready => Outcome::Definitive(Verdict::HeldAlready),
            Answer::Undecided { ambiguous } => indefinite(Cause::Undecided, ambiguous),
            Answer::Transport => indefinite(Cause::Timeout, true),
            Answer::Throttled => indefinite(Cause::Throttled, true),
            Answer::Unsupported => indefinite(Cause::UnsupportedBusiness, true),
            Answer::Refused => indefinite(Cause::Refused, true),
        };
        let ours = self.owned && sent.ticket.epoch == self.epoch;
        match &outcome {
            Outcome::Definitive(Verdict::Accepted | Verdict::PeerAhead) if ours => {
                let decided = self.decided.entry(order).or_insert(version);
                *decided = version.max(*decided);
            }
            Outcome::Indefinite(indefinite) if ours && indefinite.ambiguous => {
                let until = Now(sent.at.0 + self.config.timeout + self.config.late_apply);
                let known = self.alive.get(&order).map_or(until, |(_, known)| until.max(*known));
                self.alive.insert(order, (version, known));
            }
            Outcome::Definitive(_) | Outcome::Indefinite(_) => {}
        }
        self.put(Input::CallFinished { ticket: sent.ticket, outcome });
    }

    fn read(&mut self) {
        // A paused partition still hands over what was fetched before.
        if !self.owned || self.next >= self.log.len() {
            return;
        }
        let offset = self.next as i64;
        self.next += 1;
        let content = match self.log[offset as usize] {
            Kind::Gap => return,
            Kind::Unfit => Content::Unfit { reason: UnfitReason::Invalid, message: "no".into(), payload: offset },
            Kind::Skip => Content::Skip(SkipReason::NotOurs),
            Kind::Order { order, at, status } => Content::Modification(Modification {
                order: MerchantBizNo::parse(&format!("O{order}")).unwrap(),
                biz_type: if order == 3 { BizType::SelfPick } else { BizType::MovieTicket },
                status: OrderStatus::parse(["CREATED", "TICKETED", "USED"][usize::from(status)]).unwrap(),
                modified_at: ModifiedAt::parse(EPOCH + i64::from(at), EPOCH * 2).unwrap(),
                content: u64::from(at) << 8 | u64::from(status),
                payload: offset,
            }),
        };
        let record = Record { offset: Offset(offset), leader_epoch: Some(3), bytes: 10, content };
        self.put(Input::Fetched { partition: P0, epoch: self.epoch, record });
    }

    fn position(&mut self) {
        let next = Offset(self.next as i64);
        self.put(Input::Position { partition: P0, epoch: self.epoch, next });
    }

    fn letter(&mut self, which: u8, confirmed: bool) {
        if !self.letters.is_empty() {
            let (epoch, offset) = self.letters.remove(usize::from(which) % self.letters.len());
            if confirmed {
                self.confirmed.insert(offset);
            }
            self.put(Input::ParkFinished { partition: P0, epoch, offset, confirmed });
        }
    }

    fn commit(&mut self, which: u8, result: CommitResult) {
        if !self.commits.is_empty() {
            let commit = self.commits.remove(usize::from(which) % self.commits.len());
            let member = self.owned && commit.epoch == self.epoch;
            if result == CommitResult::Accepted && member {
                self.stored = Some((commit.offset, commit.metadata));
            }
            self.put(Input::CommitFinished { commit: commit.commit, result });
        }
    }

    fn pass(&mut self, millis: u64) {
        let end = Now(self.now.0 + Duration::from_millis(millis));
        while let Some(at) = self.engine.poll_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.expire();
            self.turn();
        }
        self.now = end;
        self.expire();
        self.turn();
    }

    /// Calls end at their deadline.
    fn expire(&mut self) {
        let late = |world: &Self| world.sent.iter().position(|sent| sent.at.0 + world.config.timeout <= world.now.0);
        while let Some(late) = late(self) {
            self.answer(late as u8, Answer::Transport);
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Read(records) => (0..records).for_each(|_| self.read()),
            Step::Position => self.position(),
            Step::Answer(which, answer) => self.answer(which, answer),
            Step::Letter(which, confirmed) => self.letter(which, confirmed),
            Step::Written(which) => self.written(which),
            Step::Commit(which, result) => self.commit(which, result),
            Step::Pass(millis) => self.pass(u64::from(millis)),
            Step::Restore(orders) => self.restore(orders),
            Step::Revoke => {
                let deadline = Now(self.now.0 + Duration::from_secs(20));
                self.put(Input::Revoking { partition: P0, epoch: self.epoch, deadline });
            }
            Step::Lose => {
                if self.owned {
                    self.gone(self.epoch);
                    self.put(Input::Lost { partition: P0, epoch: self.epoch });
                }
            }
            Step::Crash => {
                self.sent.clear();
                self.commits.clear();
                self.engine = Engine::new(self.config.clone(), 1, self.now);
                self.put(Input::TotalPartitions(1));
                self.alive.clear();
                self.assign();
            }
        }
        if !self.owned {
            // Commits of the consumer before are answered by nobody.
            self.commits.clear();
            self.assign();
        }
    }

    /// Everything is answered well from here on: everything settles.
    pub(super) fn calm_down(&mut self) {
        for _ in 0..5_000 {
            self.read();
            self.position();
            self.restore(u8::MAX);
            while !self.commits.is_empty() {
                self.commit(0, CommitResult::Accepted);
            }
            if !self.owned {
                self.commits.clear();
                self.assign();
            }
            self.answer(0, Answer::Accepted);
            self.letter(0, true);
            self.written(0);
            if self.settled() {
                break;
            }
            self.pass(200);
        }
        let snapshot = self.engine.snapshot(self.now);
        let partition = &snapshot.partitions[0];
        assert_eq!((partition.committable, partition.open, partition.waiting), (Offset(self.end()), 0, 0), "everything settles");
        assert_eq!(partition.committed, Some(Offset(self.end())), "and is committed");
        assert_eq!(snapshot.freshness, Duration::ZERO, "nothing waits");
        assert!(!partition.paused);
        let counters = snapshot.counters;
        let ends = counters.delivered + counters.superseded + counters.stale + counters.rejected + counters.parked + counters.skipped;
        assert_eq!(ends, counters.records_read, "dispositions add up to records read");
        for offset in 0..self.end() {
            assert!(self.ended.contains(&offset) || self.is_gap(offset), "every record ended: {offset}");
        }
    }

    fn settled(&mut self) -> bool {
        let end = self.end();
        let snapshot = self.engine.snapshot(self.now);
        let done = |partition: &crate::PartitionView| partition.committed == Some(Offset(end)) && partition.open == 0;
        snapshot.partitions.first().is_some_and(done) && self.sent.is_empty()
    }
}
