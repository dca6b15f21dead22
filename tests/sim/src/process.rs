//! One process: its driver, its poll thread, its Kafka client, and what befalls it as a whole.

use std::time::Duration;

use engine::{Config, Engine, Epoch, Now, OnUndecided, UnsupportedBusiness};

use crate::client::Client;
use crate::driver::Driver;
use crate::poller::Poller;
use crate::scenario::{HEARTBEAT, SESSION, Scenario, TIMEOUT};
use crate::world::{Event, World, rulebook, strict_rulebook};

/// What the engine keeps for a record: where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) partition: usize,
    pub(crate) index: usize,
}

/// One process.
pub(crate) struct Process {
    pub(crate) alive: bool,
    /// Grows by every start.
    pub(crate) life: u32,
    pub(crate) frozen_until: u64,
    pub(crate) stalled_until: u64,
    /// Cut off from the coordinator.
    pub(crate) cut_until: u64,
    /// What was asked of the coordinator last arrives then.
    pub(crate) last_arrival: u64,
    pub(crate) steps: u32,
    pub(crate) epochs: u32,
    pub(crate) driver: Driver,
    pub(crate) poller: Poller,
    pub(crate) client: Client,
}

impl World {
    pub(crate) fn new_process(&self, number: usize, life: u32) -> Process {
        let seed = self.scenario.seed ^ (number as u64) << 32 ^ u64::from(life) << 48;
        Process {
            alive: true,
            life,
            frozen_until: 0,
            stalled_until: 0,
            cut_until: 0,
            last_arrival: 0,
            steps: 0,
            epochs: 0,
            driver: Driver::new(self.engine(seed, number), self.group.owner.len()),
            poller: Poller::new(self.group.owner.len()),
            client: Client::default(),
        }
    }

    fn engine(&self, seed: u64, number: usize) -> Engine<Held> {
        let scenario = &self.scenario;
        let millis = Duration::from_millis;
        let undecided = OnUndecided::ParkAfter { after: millis(4_000), attempts: 4 };
        let config = Config {
            requests_per_second: scenario.rate,
            reserve_per_second: 0.0,
            max_in_flight: scenario.slots,
            retry_initial: millis(500),
            retry_max: millis(5_000),
            timeout: millis(TIMEOUT),
            late_apply: millis(scenario.late_apply),
            session_timeout: millis(SESSION),
            heartbeat: millis(HEARTBEAT),
            static_member: scenario.names[number].is_some(),
            max_open_records: scenario.records,
            max_open_bytes: u64::MAX,
            remembered_orders: 10_000,
            stall_after: millis(30_000),
            on_undecided: if scenario.parks_undecided { undecided } else { OnUndecided::Retry },
            unsupported_business: UnsupportedBusiness::Gate,
            outcomes: scenario.outcomes,
            rulebook: if scenario.strict { strict_rulebook() } else { rulebook() },
            cluster_id: "cluster".into(),
        };
        Engine::new(config, seed, self.engine_time()).with_rules(crate::mutants::rules(&self.off))
    }

    /// The time as the engines count it.
    pub(crate) fn engine_time(&self) -> Now {
        Now(Duration::from_millis(self.now))
    }

    /// A process begins.
    pub(crate) fn start(&mut self, process: usize) {
        let life = self.processes[process].life + 1;
        let handle = self.processes[process].client.handle;
        self.processes[process] = self.new_process(process, life);
        self.processes[process].client.handle = handle;
        self.say(|| format!("P{process} starts (life {life})"));
        self.start_client(process);
    }

    pub(crate) fn crash(&mut self, process: usize) {
        if self.processes[process].alive {
            self.say(|| format!("P{process} CRASHES"));
            let down = if self.random.chance(80) { self.random.between(20, 2_000) } else { SESSION + self.random.between(0, 4_000) };
            self.end(process, down);
        }
    }

    /// The process is gone, and comes back after so long.
    pub(crate) fn end(&mut self, process: usize, down: u64) {
        let known = &mut self.processes[process];
        known.alive = false;
        let life = known.life;
        self.at(self.now + down, Event::Restart(process, life));
    }

    pub(crate) fn freeze(&mut self, process: usize, duration: u64) {
        if self.processes[process].alive {
            self.say(|| format!("P{process} FREEZES for {duration}"));
            self.processes[process].frozen_until = self.now + duration;
        }
    }

    /// Another process with its name began after it: whoever runs them starts this one no more.
    pub(crate) fn is_succeeded(&self, process: usize) -> bool {
        let Scenario { names, begins, .. } = &self.scenario;
        let later = |other: &usize| names[*other] == names[process] && (begins[*other], *other) > (begins[process], process);
        let mut others = (0..names.len()).filter(later);
        names[process].is_some() && others.any(|other| begins[other] <= self.now)
    }

    /// The process goes one step further. False: it does not.
    pub(crate) fn step(&mut self, process: usize) -> bool {
        let known = &mut self.processes[process];
        if !known.alive || known.frozen_until > self.now {
            return false;
        }
        known.steps += 1;
        if !self.noisy() {
            return true;
        }
        let steps = self.processes[process].steps;
        if self.scenario.crash_at[process] == Some(steps) {
            self.scenario.crash_at[process] = None;
            self.crash(process);
            return false;
        }
        if let Some((_, duration)) = self.scenario.freeze_at[process].filter(|(at, _)| *at == steps) {
            self.scenario.freeze_at[process] = None;
            self.freeze(process, duration);
            return false;
        }
        true
    }

    pub(crate) fn next_epoch(&mut self, process: usize) -> Epoch {
        let epochs = &mut self.processes[process].epochs;
        *epochs += 1;
        Epoch(*epochs)
    }
}
