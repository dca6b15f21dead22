//! Where to look: the everyday mix, and schedules aimed at one kind of trouble.

use sandbox::model::OrderRule;

use super::draw::{self, Mix};
use super::{Fault, Rates, SESSION, Scenario};
use crate::random::Random;

/// A way to make scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generator {
    /// Everything, each seed its own share of it.
    Mixed,
    /// One partition, one or two orders, one to three faults.
    Small,
    /// Crashes and shutdowns within L of each other.
    Chain,
    /// Freezes longer than the session, soon after records came.
    Freeze,
    /// Members that lose the coordinator and go on living.
    Cut,
    /// Commits that are late, lost, overtaken, or answered late.
    Commits,
    /// Offsets so far apart that window and span are reached.
    Wide,
    /// Foreign and damaged metadata, moved offsets, replaced ends of logs.
    Foreign,
    /// Nothing goes wrong but the partitions move all the time.
    Storm,
    /// After an orderly end the next owner dies soon, and its commits get lost.
    Closed,
    /// Many modifications are refused for good, after calls that decided nothing.
    Refused,
    /// Nothing goes wrong: partitions move, processes are stopped and begin again, all in order.
    Orderly,
    /// Few calls a second.
    Quota,
    /// Nothing goes wrong at all: the base of sweeps.
    Calm,
}

impl Generator {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Mixed,
        Self::Small,
        Self::Chain,
        Self::Freeze,
        Self::Cut,
        Self::Commits,
        Self::Wide,
        Self::Foreign,
        Self::Storm,
        Self::Closed,
        Self::Refused,
        Self::Orderly,
        Self::Quota,
        Self::Calm,
    ];

    /// What the long run goes through, one seed after the other.
    pub const RUN: [Self; 18] = [
        Self::Mixed,
        Self::Chain,
        Self::Mixed,
        Self::Freeze,
        Self::Mixed,
        Self::Cut,
        Self::Small,
        Self::Commits,
        Self::Mixed,
        Self::Wide,
        Self::Chain,
        Self::Foreign,
        Self::Storm,
        Self::Orderly,
        Self::Closed,
        Self::Small,
        Self::Refused,
        Self::Quota,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Small => "small",
            Self::Chain => "chain",
            Self::Freeze => "freeze",
            Self::Cut => "cut",
            Self::Commits => "commits",
            Self::Wide => "wide",
            Self::Foreign => "foreign",
            Self::Storm => "storm",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Orderly => "orderly",
            Self::Quota => "quota",
            Self::Calm => "calm",
        }
    }

    /// The one of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|generator| generator.name() == name)
    }

    /// The scenario of a seed.
    pub fn scenario(self, seed: u64) -> Scenario {
        let mut random = Random::new(seed);
        let random = &mut random;
        let mut mix = Mix::draw(random);
        match self {
            Self::Mixed => return draw::scenario(seed, &mix, random),
            Self::Small => (mix.partitions, mix.shape.orders, mix.shape.records) = (1, random.between(1, 2) as usize, (2, 8)),
            Self::Wide => {
                (mix.partitions, mix.shape.records) = (1, (4, 12));
                mix.shape.stride = random.pick(&[6_000, 20_000, 120_000]);
            }
            Self::Calm => (mix.shape.rejects, mix.shape.unfit) = (10, 5),
            Self::Closed => (mix.partitions, mix.shape.orders, mix.shape.arrives) = (1, 1, random.between(0, 6_000)),
            Self::Refused => {
                (mix.partitions, mix.shape.orders, mix.shape.milestones) = (1, random.between(1, 2) as usize, 0);
                (mix.shape.rejects, mix.shape.disorder) = (40, 6);
            }
            Self::Chain | Self::Freeze | Self::Cut | Self::Commits | Self::Foreign | Self::Storm | Self::Orderly | Self::Quota => {}
        }
        if !matches!(self, Self::Wide) {
            mix.shape.stride = mix.shape.stride.min(4);
        }
        if matches!(self, Self::Chain | Self::Freeze | Self::Cut) {
            mix.partitions = 1;
            mix.shape.arrives = random.between(0, 20_000);
        }
        let mut scenario = draw::scenario(seed, &mix, random);
        if self != Self::Quota {
            (scenario.rate, scenario.parks_undecided) = (1_000.0, false);
        }
        scenario.order_rule = OrderRule::Off;
        (scenario.transitions, scenario.idempotency) = (false, false);
        self.aim(&mut scenario, random);
        scenario
    }

    fn aim(self, scenario: &mut Scenario, random: &mut Random) {
        let process = |scenario: &Scenario, random: &mut Random| random.index(scenario.processes);
        match self {
            Self::Mixed => {}
            Self::Wide => {
                let rates = &mut scenario.rates;
                (rates.commit_answer, rates.commit_lost, rates.commit_deferred) = (20, 10, 10);
            }
            Self::Small => scenario.faults.truncate(random.between(1, 3) as usize),
            Self::Chain => {
                let mut at = random.between(0, 15_000);
                for _ in 0..random.between(2, 5) {
                    let who = process(scenario, random);
                    let fault = match random.between(0, 5) {
                        0..=2 => Fault::Crash(who),
                        3 => Fault::Shutdown(who),
                        4 => Fault::CrashAll,
                        _ => Fault::Move(0, who),
                    };
                    scenario.faults.push((at, fault));
                    at += random.between(50, scenario.alive());
                }
                scenario.calm_from = scenario.calm_from.max(at);
            }
            Self::Freeze => {
                for _ in 0..random.between(1, 3) {
                    let (at, who) = (random.between(0, 20_000), process(scenario, random));
                    scenario.faults.push((at, Fault::Freeze(who, SESSION + random.between(0, 8_000))));
                }
            }
            Self::Cut => {
                for _ in 0..random.between(1, 3) {
                    let (at, who) = (random.between(0, 20_000), process(scenario, random));
                    scenario.faults.push((at, Fault::Cut(who, SESSION + random.between(0, 15_000))));
                }
            }
            Self::Commits => {
                let rates = &mut scenario.rates;
                (rates.commit_deferred, rates.commit_answer, rates.commit_lost) = (30, 30, 15);
                rates.reorder = true;
                for _ in 0..random.between(1, 6) {
                    let (at, to) = (random.between(0, 30_000), process(scenario, random));
                    let partition = random.index(scenario.logs.len());
                    scenario.faults.push((at, Fault::Move(partition, to)));
                }
            }
            Self::Foreign => {
                for _ in 0..random.between(1, 3) {
                    let (at, partition) = (random.between(500, 20_000), random.index(scenario.logs.len()));
                    let fault = match random.between(0, 3) {
                        0 => Fault::Reset(partition, random.between(0, 6) as i64),
                        1 | 2 => Fault::Damage(partition, random.between(0, 4) as u8),
                        _ => Fault::Replace(partition),
                    };
                    scenario.faults.push((at, fault));
                    scenario.faults.push((at, Fault::CrashAll));
                }
            }
            Self::Storm => {
                let mut at = 0;
                while at < scenario.calm_from {
                    let (partition, to) = (random.index(scenario.logs.len()), process(scenario, random));
                    scenario.faults.push((at, Fault::Move(partition, to)));
                    at += random.between(100, 4_000);
                }
            }
            Self::Closed => {
                scenario.rates = Rates { late: 50, commit_lost: 40, ..Rates::default() };
                scenario.faults.clear();
                let mut at = random.between(500, 6_000);
                for who in 0..scenario.processes {
                    scenario.faults.push((at, if who == 0 { Fault::Shutdown(0) } else { Fault::Crash(who) }));
                    at += random.between(20, 1_500);
                }
                (scenario.late_apply, scenario.calm_from) = (4_000, 20_000);
            }
            Self::Refused => {
                (scenario.rates.indefinite, scenario.rates.late, scenario.rates.answer_lost) = (40, 20, 20);
            }
            Self::Orderly => {
                quiet(scenario);
                for _ in 0..random.between(1, 6) {
                    let (at, who) = (random.between(0, 30_000), process(scenario, random));
                    let partition = random.index(scenario.logs.len());
                    let fault = if random.chance(40) { Fault::Shutdown(who) } else { Fault::Move(partition, who) };
                    scenario.faults.push((at, fault));
                }
            }
            Self::Quota => {
                scenario.rate = random.pick(&[1.0, 2.0, 4.0]);
                for _ in 0..random.between(0, 8) {
                    let (at, to) = (random.between(0, 10_000), process(scenario, random));
                    let partition = random.index(scenario.logs.len());
                    scenario.faults.push((at, Fault::Move(partition, to)));
                }
            }
            Self::Calm => quiet(scenario),
        }
    }
}

/// Nothing goes wrong.
fn quiet(scenario: &mut Scenario) {
    scenario.faults.clear();
    scenario.rates = Rates::default();
    scenario.crash_at.fill(None);
    scenario.freeze_at.fill(None);
    scenario.quiet = true;
}
