//! The driver: takes what happened, lets the engine decide, performs what it asks for. As the product's, without sockets.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{MerchantBizNo, ModifiedAt, Outcome};
use engine::{
    Call, CommitResult, CommitTicket, Content, Effect, Engine, Epoch, Input, Modification, Now, Offset, PartitionId, Plan, Record,
    SkipReason, Standing, Ticket, UnfitReason,
};

use crate::log::{Kind, TIME_ZERO};
use crate::mutants::Mutant;
use crate::poller::Command;
use crate::process::Held;
use crate::scenario::DRAIN;
use crate::world::{Event, World};

/// So long after the end of a drain the consumer is closed whatever is open.
const MARGIN: u64 = 500;

/// What comes in.
#[derive(Debug)]
pub(crate) enum Mail {
    Assigned { partition: usize, epoch: Epoch, plan: Box<Plan> },
    Total,
    Revoking { partition: usize, epoch: Epoch },
    Lost { partition: usize, epoch: Epoch },
    Record { partition: usize, epoch: Epoch, index: usize },
    Position { partition: usize, epoch: Epoch, next: i64 },
    LogEnd { partition: usize, epoch: Epoch, end: i64 },
    Committed { commit: CommitTicket, result: CommitResult },
    Call { ticket: Ticket, outcome: Outcome },
    Letter { partition: usize, epoch: Epoch, offset: Offset, confirmed: bool },
    Outcome { partition: usize, epoch: Epoch, offset: Offset },
    Restored { partition: usize, epoch: Epoch, orders: Vec<(MerchantBizNo, Standing)> },
    RestoreOver { partition: usize, epoch: Epoch },
}

/// The driver of one process.
pub(crate) struct Driver {
    pub(crate) engine: Engine<Held>,
    pub(crate) mail: VecDeque<Mail>,
    pub(crate) turn_at: Option<u64>,
    ours: Vec<Option<Epoch>>,
    stopping: Option<Now>,
    told_to_close: bool,
    /// Asked for, and not performed when the process froze.
    left: Option<Effect<Held>>,
    /// When the engine last decided.
    decided_at: u64,
}

impl Driver {
    pub(crate) fn new(engine: Engine<Held>, partitions: usize) -> Self {
        Self {
            engine,
            mail: VecDeque::new(),
            turn_at: None,
            ours: vec![None; partitions],
            stopping: None,
            told_to_close: false,
            left: None,
            decided_at: 0,
        }
    }
}

fn id(partition: usize) -> PartitionId {
    PartitionId(partition as u32)
}

/// The millisecond in which a moment has passed.
pub(crate) fn millis(moment: Now) -> u64 {
    moment.0.as_nanos().div_ceil(1_000_000) as u64
}

impl World {
    /// Something for the driver.
    pub(crate) fn tell(&mut self, process: usize, mail: Mail) {
        self.processes[process].driver.mail.push_back(mail);
        let at = self.now + self.random.between(0, self.scenario.turn);
        self.drive_at(process, at);
    }

    pub(crate) fn drive_at(&mut self, process: usize, at: u64) {
        let known = &mut self.processes[process];
        if known.driver.turn_at.is_none_or(|turn| turn > at) {
            known.driver.turn_at = Some(at);
            let life = known.life;
            self.at(at, Event::Drive(process, life));
        }
    }

    /// One turn of the loop.
    pub(crate) fn drive(&mut self, process: usize) {
        let now = self.now;
        let driver = &mut self.processes[process].driver;
        if driver.turn_at.is_none_or(|at| at > now) {
            return;
        }
        driver.turn_at = None;
        if self.turn(process) {
            let driver = &self.processes[process].driver;
            let next = driver.engine.poll_timeout().map(|at| millis(at).max(now));
            let more = (!driver.mail.is_empty()).then_some(now + 1);
            let closing = driver.stopping.filter(|_| !driver.told_to_close).map(|deadline| (millis(deadline) + MARGIN + 1).max(now + 1));
            if let Some(next) = [next, more, closing].into_iter().flatten().min() {
                // Asked for at once again: the same millisecond is over.
                self.drive_at(process, next.max(now + u64::from(next == now)));
            }
        } else if self.processes[process].alive {
            let thaw = self.processes[process].frozen_until;
            self.drive_at(process, thaw.max(now + 1));
        }
    }

    /// False: the process crashed or froze on the way.
    fn turn(&mut self, process: usize) -> bool {
        // What was left when it froze.
        if !self.perform(process) {
            return false;
        }
        self.processes[process].driver.decided_at = self.now;
        for _ in 0..64 {
            if self.processes[process].driver.mail.is_empty() {
                break;
            }
            if !self.step(process) {
                return false;
            }
            if let Some(mail) = self.processes[process].driver.mail.pop_front() {
                self.take(process, mail);
            }
        }
        let time = self.engine_time();
        let engine = &mut self.processes[process].driver.engine;
        engine.handle_timeout(time);
        engine.schedule(time);
        if !self.perform(process) {
            return false;
        }
        self.give_back_when_stopping(process);
        true
    }

    fn input(&mut self, process: usize, input: Input<Held>) {
        let time = self.engine_time();
        self.processes[process].driver.engine.handle(input, time);
    }

    fn take(&mut self, process: usize, mail: Mail) {
        let time = self.engine_time();
        match mail {
            Mail::Assigned { partition, epoch, plan } => {
                self.say(|| format!("P{process} takes p{partition} epoch {} {}", epoch.0, told(&plan)));
                self.processes[process].driver.ours[partition] = Some(epoch);
                self.counts_partitions(process);
                if self.scenario.restores {
                    self.restore_later(process, partition, epoch, 2_500);
                }
                let partition = id(partition);
                self.input(process, Input::Assigned { partition, epoch, plan: *plan });
                if self.scenario.restores && !self.off.contains(&Mutant::RestoredFirst) {
                    self.input(process, Input::Restoring { partition, epoch, on: true });
                }
                if let Some(deadline) = self.processes[process].driver.stopping {
                    self.input(process, Input::Revoking { partition, epoch, deadline });
                }
            }
            Mail::Total => self.input(process, Input::TotalPartitions(self.scenario.logs.len() as u32)),
            Mail::Revoking { partition, epoch } => {
                self.say(|| format!("P{process} drains p{partition}"));
                let deadline = Now(time.0 + Duration::from_millis(DRAIN));
                self.input(process, Input::Revoking { partition: id(partition), epoch, deadline });
            }
            Mail::Lost { partition, epoch } => {
                self.say(|| format!("P{process} has lost p{partition}"));
                self.give_up(process, partition, epoch);
                self.input(process, Input::Lost { partition: id(partition), epoch });
            }
            Mail::Record { partition, epoch, index } => {
                let record = self.record(partition, index);
                self.input(process, Input::Fetched { partition: id(partition), epoch, record });
                self.fetched(process, partition, epoch, index);
            }
            Mail::Position { partition, epoch, next } => {
                self.input(process, Input::Position { partition: id(partition), epoch, next: Offset(next) });
            }
            Mail::LogEnd { partition, epoch, end } => {
                self.input(process, Input::LogEnd { partition: id(partition), epoch, end: Offset(end) });
            }
            Mail::Committed { commit, result } => self.input(process, Input::CommitFinished { commit, result }),
            Mail::Call { ticket, outcome } => {
                self.answered(process, ticket, &outcome);
                self.input(process, Input::CallFinished { ticket, outcome });
            }
            Mail::Letter { partition, epoch, offset, confirmed } => {
                self.input(process, Input::ParkFinished { partition: id(partition), epoch, offset, confirmed });
            }
            Mail::Outcome { partition, epoch, offset } => {
                self.input(process, Input::OutcomeWritten { partition: id(partition), epoch, offset });
            }
            Mail::Restored { partition, epoch, orders } => {
                self.say(|| format!("P{process} p{partition} restores {}", orders.len()));
                self.input(process, Input::Restored { partition: id(partition), epoch, orders });
            }
            Mail::RestoreOver { partition, epoch } => {
                self.input(process, Input::Restoring { partition: id(partition), epoch, on: false });
            }
        }
    }

    fn record(&self, partition: usize, index: usize) -> Record<Held> {
        let entry = &self.scenario.logs[partition].entries[index];
        let payload = Held { partition, index };
        let content = match &entry.kind {
            Kind::Order(version) => {
                let modification = Modification {
                    order: version.name.clone(),
                    biz_type: version.biz_type,
                    status: version.status.clone(),
                    modified_at: ModifiedAt::parse(TIME_ZERO + version.time, TIME_ZERO * 2).expect("a time of an order"),
                    content: version.content,
                    payload,
                };
                match self.is_too_old(partition, index) {
                    true if self.off.contains(&Mutant::TooOldIsKnown) => Content::Skip(SkipReason::TooOld),
                    true => Content::TooOld(modification),
                    false => Content::Modification(modification),
                }
            }
            Kind::Unfit => Content::Unfit { reason: UnfitReason::Invalid, message: "unfit".into(), payload },
            Kind::Skip | Kind::Control => Content::Skip(SkipReason::NotOurs),
        };
        Record { offset: Offset(entry.offset), leader_epoch: Some(entry.leader_epoch), bytes: 100, content }
    }

    /// Performs what the engine asks for. False: the process crashed or froze on the way.
    fn perform(&mut self, process: usize) -> bool {
        loop {
            let driver = &mut self.processes[process].driver;
            let Some(effect) = driver.left.take().or_else(|| driver.engine.poll_effect()) else { return true };
            if !self.step(process) {
                // A process that froze performs it when it wakes.
                self.processes[process].driver.left = Some(effect);
                return false;
            }
            self.effect(process, effect);
            if !self.processes[process].alive {
                return false;
            }
        }
    }

    fn effect(&mut self, process: usize, effect: Effect<Held>) {
        match effect {
            Effect::Call(call) => self.call(process, call),
            Effect::Park(park) => {
                self.say(|| format!("P{process} p{} parks @{}: {:?}", park.partition.0, park.offset, park.reason));
                self.write_letter(process, park.payload, park.epoch, park.offset);
                if self.off.contains(&Mutant::LetterConfirmed) {
                    let (partition, epoch, offset) = (park.payload.partition, park.epoch, park.offset);
                    self.tell(process, Mail::Letter { partition, epoch, offset, confirmed: true });
                }
            }
            Effect::Disposed(disposed) => {
                self.disposed(process, &disposed);
                if self.scenario.outcomes {
                    self.write_outcome(process, disposed);
                }
            }
            Effect::Commit(commit) => {
                let issued = self.processes[process].driver.decided_at;
                self.command(process, Command::Commit(commit, issued));
            }
            Effect::Pause { partition, epoch } => {
                self.command(process, Command::Fetch { partition: partition.0 as usize, epoch, on: false })
            }
            Effect::Resume { partition, epoch } => {
                self.command(process, Command::Fetch { partition: partition.0 as usize, epoch, on: true })
            }
            Effect::Release { partition, epoch } => {
                let partition = partition.0 as usize;
                self.say(|| format!("P{process} gives p{partition} back"));
                self.give_up(process, partition, epoch);
                self.command(process, Command::Release { partition, epoch });
            }
            Effect::Seek { partition, epoch, offset } => {
                self.command(process, Command::Seek { partition: partition.0 as usize, epoch, offset });
            }
            Effect::Rebuild { reason } => {
                self.say(|| format!("P{process} joins anew: {reason:?}"));
                self.command(process, Command::Rebuild);
            }
            Effect::Exit { reason } => {
                self.say(|| format!("P{process} gives up: {reason}"));
                self.command(process, Command::Stop);
            }
            Effect::Note(note) => self.say(|| format!("P{process} notes {note:?}")),
        }
    }

    fn command(&mut self, process: usize, command: Command) {
        self.processes[process].poller.commands.push_back(command);
        self.wake_poller(process);
    }

    fn give_up(&mut self, process: usize, partition: usize, epoch: Epoch) {
        let ours = &mut self.processes[process].driver.ours[partition];
        *ours = ours.filter(|ours| *ours != epoch);
        self.counts_partitions(process);
    }

    fn counts_partitions(&mut self, process: usize) {
        let count = self.processes[process].driver.ours.iter().flatten().count();
        self.has_partitions(process, count);
    }

    fn call(&mut self, process: usize, call: Call<Held>) {
        let began = self.called(process, &call);
        let slow = self.noisy() && self.random.chance(self.scenario.rates.slow_start);
        let start = if slow { self.random.between(100, 8_000) } else { self.random.between(0, 5) };
        self.at(self.now + start, Event::Write(began));
        self.at(millis(call.deadline), Event::Deadline(began));
    }

    /// SIGTERM.
    pub(crate) fn stop(&mut self, process: usize) {
        let known = &mut self.processes[process];
        if !known.alive || known.driver.stopping.is_some() {
            return;
        }
        self.say(|| format!("P{process} is told to stop"));
        let deadline = Now(self.engine_time().0 + Duration::from_millis(DRAIN));
        self.processes[process].driver.stopping = Some(deadline);
        for partition in 0..self.scenario.logs.len() {
            if let Some(epoch) = self.processes[process].driver.ours[partition] {
                self.input(process, Input::Revoking { partition: id(partition), epoch, deadline });
            }
        }
        self.drive_at(process, self.now);
    }

    fn give_back_when_stopping(&mut self, process: usize) {
        let now = self.now;
        let driver = &mut self.processes[process].driver;
        let Some(deadline) = driver.stopping else { return };
        if !driver.told_to_close && (now > millis(deadline) + MARGIN || driver.ours.iter().all(Option::is_none)) {
            driver.told_to_close = true;
            self.command(process, Command::Stop);
        }
    }
}

fn told(plan: &Plan) -> String {
    format!("from @{} barrier @{} end @{} {:?}", plan.from, plan.barrier, plan.last_stable, plan.inherited)
}
