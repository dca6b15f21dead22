//! A world: virtual time, one queue of events, and all that takes part.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, OnceLock};

use alipayhk::Reading;
use domain::{BizType, MerchantBizNo, Mode, Overrides, Rulebook};
use engine::{Epoch, Offset, Standing};
use sandbox::model::{Model, Stands};

use crate::alipayhk_side::{Reply, Sent};
use crate::group::{Asker, Committing, Group, Request, Response};
use crate::mutants::Mutant;
use crate::oracle::{Oracle, Violation};
use crate::process::Process;
use crate::random::Random;
use crate::scenario::{Fault, PATIENCE, Scenario};

/// More events than any schedule has.
const STORM: u64 = 400_000;

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Drive(usize, u32),
    Poll(usize, u32),
    Client(Asker),
    NewClient(Asker),
    Deferred(Asker),
    Request(Asker, Request),
    Response(Asker, Response),
    SessionCheck(usize),
    RoundEnds,
    Assign(u32),
    CoordinatorBack,
    Write(usize),
    Decide(usize, Reply),
    Answer(usize, Box<Reading>),
    Deadline(usize),
    Letter {
        process: usize,
        life: u32,
        partition: usize,
        epoch: Epoch,
        offset: Offset,
        index: usize,
        taken: bool,
        told: Option<bool>,
    },
    Written {
        process: usize,
        life: u32,
        partition: usize,
        epoch: Epoch,
        offset: Offset,
        told: Option<Box<(MerchantBizNo, Standing)>>,
        taken: bool,
    },
    Restore {
        process: usize,
        life: u32,
        partition: usize,
        epoch: Epoch,
    },
    Appended(usize),
    Fault(Fault),
    Operator(Fault),
    Restart(usize, u32),
}

/// A world.
pub struct World {
    pub(crate) now: u64,
    pub(crate) scenario: Scenario,
    pub(crate) random: Random,
    /// Rules that this world does without.
    pub(crate) off: Vec<Mutant>,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: Vec<Option<Event>>,
    pub(crate) handled: u64,
    pub(crate) group: Group,
    pub(crate) processes: Vec<Process>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) commits: Vec<Committing>,
    pub(crate) model: Model,
    /// What the outcomes topic has of each partition.
    pub(crate) outcomes: Vec<Vec<(MerchantBizNo, Standing)>>,
    pub(crate) oracle: Oracle,
    pub(crate) outage_until: u64,
    /// The operator waits for an empty group.
    pub(crate) operators: u32,
    /// Applications that are still to come.
    pub(crate) to_come: u32,
    trace: Option<Vec<String>>,
}

/// What a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What was found.
    pub violation: Option<Violation>,
    /// Events handled.
    pub events: u64,
    /// Milliseconds of virtual time.
    pub time: u64,
    /// Calls made.
    pub calls: u64,
    /// Applications of what was applied before.
    pub repeats: u64,
    /// The steps of each process in its first life.
    pub steps: Vec<u32>,
    /// A number made of everything that happened: equal runs, equal numbers.
    pub print: u64,
}

pub(crate) fn rulebook() -> Arc<Rulebook> {
    static RULEBOOK: OnceLock<Arc<Rulebook>> = OnceLock::new();
    Arc::clone(RULEBOOK.get_or_init(|| Arc::new(Rulebook::standard())))
}

/// The same for who sends nothing that it forbids.
pub(crate) fn strict_rulebook() -> Arc<Rulebook> {
    static RULEBOOK: OnceLock<Arc<Rulebook>> = OnceLock::new();
    let strict = || Overrides { mode: Mode::Strict, ..Overrides::default() };
    let rulebook = || Rulebook::with(&BizType::ALL.map(|biz_type| (biz_type, strict())).into());
    Arc::clone(RULEBOOK.get_or_init(|| Arc::new(rulebook().expect("nothing but the mode is another"))))
}

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(scenario: Scenario) -> Self {
        Self::without(&[], scenario)
    }

    /// The same without some rules.
    pub fn without(off: &[Mutant], scenario: Scenario) -> Self {
        let partitions = scenario.logs.len();
        let stands = Stands {
            order_rule: scenario.order_rule,
            idempotency: scenario.idempotency,
            transitions: scenario.transitions,
            required_extras: false,
            order_ids: false,
            unsupported_types: Vec::new(),
        };
        let mut world = Self {
            now: 0,
            off: off.to_vec(),
            random: Random::new(scenario.seed ^ 0x5eed),
            queue: BinaryHeap::new(),
            events: Vec::new(),
            handled: 0,
            group: Group::new(partitions),
            processes: Vec::new(),
            sent: Vec::new(),
            commits: Vec::new(),
            model: Model::new(stands),
            outcomes: vec![Vec::new(); partitions],
            oracle: Oracle::new(&scenario),
            outage_until: 0,
            operators: 0,
            to_come: 0,
            trace: None,
            scenario,
        };
        for process in 0..world.scenario.processes {
            let mut begun = world.new_process(process, 1);
            let begins = world.scenario.begins[process];
            begun.alive = begins == 0;
            world.processes.push(begun);
            if begins == 0 {
                world.start_client(process);
            } else {
                world.at(begins, Event::Restart(process, 1));
            }
        }
        for partition in 0..partitions {
            for index in 0..world.scenario.logs[partition].entries.len() {
                let at = world.scenario.logs[partition].entries[index].at;
                world.at(at, Event::Appended(partition));
            }
        }
        for (at, fault) in world.scenario.faults.clone() {
            world.at(at, Event::Fault(fault));
        }
        world
    }

    /// Keeps what happens as text.
    pub fn traced(mut self) -> Self {
        let mut trace = Vec::new();
        for (partition, log) in self.scenario.logs.iter().enumerate() {
            trace.extend(log.entries.iter().map(|entry| format!("p{partition} {entry}")));
        }
        self.trace = Some(trace);
        self
    }

    /// What was kept.
    pub fn trace(&self) -> &[String] {
        self.trace.as_deref().unwrap_or_default()
    }

    /// Runs until everything is settled, or something is found.
    pub fn run(&mut self) -> Ended {
        let limit = self.scenario.calm_from + PATIENCE;
        while let Some(Reverse((at, number))) = self.queue.pop() {
            self.now = at;
            self.handled += 1;
            if at > limit || self.handled > STORM {
                self.unsettled();
                break;
            }
            if let Some(event) = self.events[number as usize].take() {
                self.handle(event);
            }
            if self.oracle.violation.is_some() {
                break;
            }
            if self.handled.is_multiple_of(16) && self.settled() {
                self.check_end();
                break;
            }
        }
        Ended {
            violation: self.oracle.violation.clone(),
            events: self.handled,
            time: self.now,
            calls: self.sent.len() as u64,
            repeats: self.oracle.repeats,
            steps: self.processes.iter().map(|process| process.steps).collect(),
            print: self.random.next() ^ self.now << 20 ^ self.handled,
        }
    }

    pub(crate) fn at(&mut self, at: u64, event: Event) {
        self.events.push(Some(event));
        self.queue.push(Reverse((at.max(self.now), self.events.len() as u64 - 1)));
    }

    pub(crate) fn say(&mut self, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>7} {}", self.now, text()));
        }
    }

    /// Faults still happen.
    pub(crate) fn noisy(&self) -> bool {
        self.now < self.scenario.calm_from
    }

    /// A modification that is skipped for its age when it is read now.
    pub(crate) fn is_too_old(&self, partition: usize, index: usize) -> bool {
        let made = |version: &crate::log::Version| version.time as u64;
        let age = self.scenario.logs[partition].version(index).map(|version| self.now.saturating_sub(made(version)));
        self.scenario.max_age.zip(age).is_some_and(|(max, age)| age > max)
    }

    /// Everything is committed, nothing is on its way.
    fn settled(&self) -> bool {
        let committed = |(partition, stored): (usize, &Option<(Offset, String)>)| {
            let end = self.scenario.logs[partition].entries.last().map_or(0, |last| last.offset + 1);
            stored.as_ref().map_or(0, |(offset, _)| offset.0) >= end
        };
        self.now >= self.scenario.calm_from
            && self.to_come == 0
            && self.operators == 0
            && self.group.stored.iter().enumerate().all(committed)
    }

    /// The process an event happens in, and whether it can happen there now: else it waits or is lost.
    fn happens(&mut self, event: &Event) -> bool {
        let (process, life, handle) = match event {
            Event::Drive(process, life) | Event::Poll(process, life) => (*process, *life, None),
            // What is on its way to a broker arrives, whatever becomes of its sender.
            Event::Letter { taken: true, .. } => return true,
            Event::Letter { process, life, .. } | Event::Written { process, life, .. } | Event::Restore { process, life, .. } => {
                (*process, *life, None)
            }
            Event::Client(asker) | Event::NewClient(asker) | Event::Deferred(asker) | Event::Response(asker, _) => {
                (asker.process, asker.life, Some(asker.handle))
            }
            Event::Write(call) | Event::Answer(call, _) | Event::Deadline(call) => (self.sent[*call].process, self.sent[*call].life, None),
            Event::Request(..)
            | Event::SessionCheck(_)
            | Event::RoundEnds
            | Event::Assign(_)
            | Event::CoordinatorBack
            | Event::Decide(..)
            | Event::Appended(_)
            | Event::Fault(_)
            | Event::Operator(_)
            | Event::Restart(..) => return true,
        };
        let known = &self.processes[process];
        let same = known.alive && known.life == life && handle.is_none_or(|handle| handle == known.client.handle);
        if !same {
            if let Event::Written { partition, told, taken: true, .. } = event {
                self.outcome_arrives(*partition, told);
            }
            return false;
        }
        if known.frozen_until > self.now {
            let at = known.frozen_until + self.random.between(0, 3);
            self.at(at, event.clone());
            match event {
                Event::Drive(..) => self.processes[process].driver.turn_at = Some(at),
                Event::Poll(..) => self.processes[process].poller.turn_at = Some(at),
                _ => {}
            }
            return false;
        }
        true
    }

    fn handle(&mut self, event: Event) {
        if !self.happens(&event) {
            return;
        }
        match event {
            Event::Drive(process, _) => self.drive(process),
            Event::Poll(process, _) => self.poll(process),
            Event::Client(asker) => self.client_timer(asker),
            Event::NewClient(asker) => self.start_client(asker.process),
            Event::Deferred(asker) => self.send_deferred(asker.process),
            Event::Request(asker, request) => self.request(asker, request),
            Event::Response(asker, response) => self.response(asker, response),
            Event::SessionCheck(member) => self.session_check(member),
            Event::RoundEnds => self.complete_round(),
            Event::Assign(generation) => self.assign_round(generation),
            Event::CoordinatorBack => self.coordinator_is_back(),
            Event::Write(call) => self.write(call),
            Event::Decide(call, reply) => self.decide(call, reply),
            Event::Answer(call, reading) => self.finish(call, *reading),
            Event::Deadline(call) => self.finish(call, Reading::Transport(alipayhk::Transport::Timeout)),
            Event::Letter { process, partition, epoch, offset, index, taken, told, .. } => {
                self.letter(process, (partition, epoch, offset), index, taken, told);
            }
            Event::Written { process, partition, epoch, offset, told, taken, .. } => {
                self.written(process, (partition, epoch, offset), told, taken);
            }
            Event::Restore { process, partition, epoch, .. } => self.restore(process, partition, epoch),
            Event::Appended(partition) => self.appended(partition),
            Event::Fault(fault) => self.fault(fault),
            Event::Operator(fault) => self.operator(fault),
            Event::Restart(process, life) => self.restart(process, life),
        }
    }

    fn appended(&mut self, partition: usize) {
        for process in 0..self.processes.len() {
            if self.processes[process].alive && self.processes[process].poller.owned[partition].is_some() {
                self.wake_poller(process);
            }
        }
    }
}
