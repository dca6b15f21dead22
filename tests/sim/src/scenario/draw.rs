//! The everyday mix: every seed draws its own faults and how many of them ("swarm testing": what is left out matters as much).

use sandbox::model::OrderRule;

use super::topic::{self, Shape};
use super::{Fault, Rates, SESSION, Scenario};
use crate::random::Random;

/// What a generator lets the draw have.
#[derive(Debug, Clone)]
pub(super) struct Mix {
    pub(super) shape: Shape,
    pub(super) partitions: u64,
    pub(super) processes: (u64, u64),
    pub(super) horizon: (u64, u64),
}

impl Mix {
    pub(super) fn draw(random: &mut Random) -> Self {
        let horizon = (4_000, 50_000);
        let arrives = if random.chance(50) { random.between(1_000, 40_000) } else { random.between(0, 3_000) };
        let wide = random.chance(8);
        let some = |random: &mut Random, most: u64| if random.chance(50) { random.between(1, most) } else { 0 };
        let shape = Shape {
            orders: random.between(1, 4) as usize,
            records: if wide { (4, 10) } else { (5, 16) },
            disorder: random.between(0, 8),
            milestones: some(random, 40),
            rejects: some(random, 20),
            unfit: some(random, 12),
            controls: some(random, 20),
            equal: some(random, 20),
            stride: if wide {
                random.pick(&[6_000, 20_000, 120_000])
            } else if random.chance(30) {
                4
            } else {
                1
            },
            arrives,
        };
        Self { shape, partitions: random.between(1, 2), processes: (2, 3), horizon }
    }
}

pub(super) fn scenario(seed: u64, mix: &Mix, random: &mut Random) -> Scenario {
    let logs: Vec<_> = (0..mix.partitions as usize).map(|partition| topic::log(partition, &mix.shape, random)).collect();
    let processes = random.between(mix.processes.0, mix.processes.1) as usize;
    let calm_from = random.between(mix.horizon.0, mix.horizon.1);
    let ordered = random.chance(15);
    let mut scenario = Scenario {
        seed,
        processes,
        names: vec![None; processes],
        begins: vec![0; processes],
        orders: mix.shape.orders,
        late_apply: if random.chance(50) { 0 } else { 4_000 },
        order_rule: if ordered { random.pick(&[OrderRule::Refuse, OrderRule::Ignore]) } else { OrderRule::Off },
        idempotency: random.chance(25),
        transitions: ordered && random.chance(50),
        strict: false,
        outcomes: random.chance(20),
        restores: false,
        max_age: None,
        eager: random.chance(20),
        rate: if random.chance(20) { random.pick(&[1.0, 3.0, 6.0]) } else { 1_000.0 },
        slots: random.between(1, 4) as u32,
        records: if random.chance(20) { random.between(2, 6) * mix.partitions } else { 1_000_000 },
        history: 100_000_000,
        parks_undecided: random.chance(10),
        rates: rates(random),
        faults: Vec::new(),
        crash_at: vec![None; processes],
        freeze_at: vec![None; processes],
        calm_from,
        quiet: false,
        prompt: false,
        turn: random.pick(&[1, 3, 20]),
        logs,
    };
    for _ in 0..random.between(0, 6) {
        let at = random.between(0, calm_from);
        let fault = fault(&scenario, random);
        scenario.faults.push((at, fault));
    }
    for process in 0..processes {
        if random.chance(20) {
            scenario.crash_at[process] = Some(random.between(0, 150) as u32);
        }
        if random.chance(20) {
            scenario.freeze_at[process] = Some((random.between(0, 150) as u32, freeze(random)));
        }
    }
    scenario
}

pub(super) fn freeze(random: &mut Random) -> u64 {
    if random.chance(70) { random.between(SESSION, SESSION + 20_000) } else { random.between(500, SESSION - 500) }
}

fn rates(random: &mut Random) -> Rates {
    let mut some = |most: u64| if random.chance(50) { random.between(1, most) } else { 0 };
    Rates {
        swallowed: some(20),
        late: some(25),
        answer_lost: some(20),
        indefinite: some(25),
        no_connection: some(10),
        slow_start: some(15),
        letter: some(40),
        commit_lost: some(15),
        commit_deferred: some(20),
        commit_answer: some(20),
        reorder: some(1) > 0,
        // Drawn where it is looked for, so that older seeds stay what they were.
        commit_doubtful: 0,
    }
}

fn fault(scenario: &Scenario, random: &mut Random) -> Fault {
    let process = random.index(scenario.processes);
    let partition = random.index(scenario.logs.len());
    match random.between(0, 99) {
        0..=21 => Fault::Crash(process),
        22..=31 => Fault::Shutdown(process),
        32..=43 => Fault::Freeze(process, freeze(random)),
        44..=53 => Fault::Cut(process, random.between(1_000, SESSION + 15_000)),
        54..=73 => Fault::Move(partition, random.index(scenario.processes)),
        74..=77 => Fault::Gone(random.between(500, SESSION + 10_000)),
        78..=81 => Fault::Stuck(random.between(500, SESSION + 10_000)),
        82..=86 => Fault::Outage(random.between(1_000, 15_000)),
        87..=88 => Fault::Stall(process, random.between(1_000, 70_000)),
        89..=91 => Fault::Reset(partition, random.between(0, 6) as i64),
        92..=95 => Fault::Damage(partition, random.between(0, 4) as u8),
        96 => Fault::Replace(partition),
        _ => Fault::CrashAll,
    }
}
