//! Where to look: the everyday mix, and schedules aimed at one kind of trouble.

use sandbox::model::OrderRule;

use super::draw::{self, Mix};
use super::turns::{accept, chain, closed, crossed, faultless, one_log, quiet, strict, successors};
use super::{Fault, SESSION, Scenario};
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
    /// Commits that the client says have failed, and that are stored all the same, perhaps over newer ones.
    Doubtful,
    /// Offsets so far apart that window and span are reached.
    Wide,
    /// Foreign and damaged metadata, moved offsets, replaced ends of logs.
    Foreign,
    /// Nothing goes wrong but the partitions move all the time.
    Storm,
    /// After an orderly end the next owner has the partition for a moment only, and its commits get lost.
    Closed,
    /// Many modifications are refused for good, after calls that decided nothing.
    Refused,
    /// Nothing goes wrong: partitions move, processes are stopped and begin again, all in order.
    Orderly,
    /// Few calls a second.
    Quota,
    /// Offsets are moved by hand, and the next owners die soon.
    Moved,
    /// Static members, whose places are taken while they still run.
    Static,
    /// What orders have had decided comes from the outcomes topic; of the records before the committed offset hardly any are read.
    Restored,
    /// The same where a call that decided nothing outlives the end of its order and of its owner.
    Told,
    /// Two of the others at once.
    Crossed,
    /// `strict`: what a business type's table forbids is not sent, and what is accepted in between changes what that is.
    Strict,
    /// AlipayHK repeats its answer to a known `requestId`, and there are many milestones.
    Cached,
    /// Modifications get too old between two owners.
    Aged,
    /// One of two wakes from a session's sleep when the other one has just left.
    Alone,
    /// One process crashes, and nothing else goes wrong.
    Prompt,
    /// Nothing goes wrong at all: the base of sweeps.
    Calm,
}

impl Generator {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Mixed,
        Self::Small,
        Self::Chain,
        Self::Freeze,
        Self::Cut,
        Self::Commits,
        Self::Doubtful,
        Self::Wide,
        Self::Foreign,
        Self::Storm,
        Self::Closed,
        Self::Refused,
        Self::Orderly,
        Self::Quota,
        Self::Moved,
        Self::Static,
        Self::Restored,
        Self::Told,
        Self::Cached,
        Self::Aged,
        Self::Alone,
        Self::Prompt,
        Self::Crossed,
        Self::Strict,
        Self::Calm,
    ];

    /// What the long run goes through, one seed after the other.
    pub const RUN: [Self; 33] = [
        Self::Mixed,
        Self::Chain,
        Self::Mixed,
        Self::Freeze,
        Self::Mixed,
        Self::Cut,
        Self::Doubtful,
        Self::Small,
        Self::Commits,
        Self::Mixed,
        Self::Doubtful,
        Self::Wide,
        Self::Chain,
        Self::Foreign,
        Self::Storm,
        Self::Orderly,
        Self::Closed,
        Self::Small,
        Self::Refused,
        Self::Quota,
        Self::Moved,
        Self::Static,
        Self::Restored,
        Self::Static,
        Self::Restored,
        Self::Cached,
        Self::Aged,
        Self::Alone,
        Self::Prompt,
        Self::Told,
        Self::Crossed,
        Self::Crossed,
        Self::Strict,
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
            Self::Doubtful => "doubtful",
            Self::Wide => "wide",
            Self::Foreign => "foreign",
            Self::Storm => "storm",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Orderly => "orderly",
            Self::Quota => "quota",
            Self::Moved => "moved",
            Self::Static => "static",
            Self::Restored => "restored",
            Self::Told => "told",
            Self::Crossed => "crossed",
            Self::Strict => "strict",
            Self::Cached => "cached",
            Self::Aged => "aged",
            Self::Alone => "alone",
            Self::Prompt => "prompt",
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
            Self::Doubtful if random.chance(70) => {
                (mix.partitions, mix.shape.records) = (1, (4, 12));
                mix.shape.stride = random.pick(&[6_000, 20_000, 120_000]);
            }
            Self::Calm => (mix.shape.rejects, mix.shape.unfit) = (10, 5),
            Self::Closed => {
                (mix.partitions, mix.shape.orders, mix.shape.arrives) = (2, 1, random.between(10_000, 40_000));
                mix.shape.records = (10, 30);
            }
            Self::Refused => {
                (mix.partitions, mix.shape.orders, mix.shape.milestones) = (1, random.between(1, 2) as usize, 0);
                (mix.shape.rejects, mix.shape.disorder) = (40, 6);
            }
            Self::Restored => (mix.partitions, mix.shape.orders) = (1, random.between(1, 3) as usize),
            Self::Told => {
                (mix.partitions, mix.shape.orders, mix.shape.milestones) = (1, random.between(1, 2) as usize, 0);
                (mix.shape.disorder, mix.shape.arrives) = (random.between(3, 8), random.between(3_000, 12_000));
            }
            Self::Strict => {
                (mix.partitions, mix.shape.orders) = (1, random.between(1, 2) as usize);
                (mix.shape.disorder, mix.shape.arrives) = (random.between(1, 8), random.between(3_000, 12_000));
                mix.shape.rejects = random.pick(&[0, 20, 40]);
            }
            Self::Moved | Self::Aged => mix.partitions = 1,
            Self::Crossed => {
                (mix.partitions, mix.shape.orders) = (1, random.between(1, 2) as usize);
                (mix.shape.disorder, mix.shape.arrives) = (random.between(1, 8), random.between(1_000, 15_000));
                (mix.shape.records, mix.shape.stride) = ((8, 20), random.pick(&[1, 1, 4, 6_000, 20_000, 120_000]));
                mix.shape.rejects = random.pick(&[0, 0, 20, 40]);
            }
            Self::Cached => {
                (mix.partitions, mix.shape.orders, mix.shape.milestones) = (1, random.between(1, 2) as usize, random.between(20, 60));
                (mix.shape.disorder, mix.shape.arrives) = (random.between(2, 8), random.between(1_000, 20_000));
            }
            Self::Chain
            | Self::Freeze
            | Self::Cut
            | Self::Commits
            | Self::Doubtful
            | Self::Foreign
            | Self::Storm
            | Self::Orderly
            | Self::Quota
            | Self::Static => {}
            Self::Alone => (mix.partitions, mix.shape.arrives) = (1, random.between(500, 3_000)),
            // A position that moves without a record is known late.
            Self::Prompt => mix.shape.controls = 0,
        }
        if !matches!(self, Self::Wide | Self::Doubtful | Self::Crossed) {
            mix.shape.stride = mix.shape.stride.min(4);
        }
        if matches!(self, Self::Chain | Self::Freeze | Self::Cut | Self::Static) {
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

    pub(super) fn aim(self, scenario: &mut Scenario, random: &mut Random) {
        let process = |scenario: &Scenario, random: &mut Random| random.index(scenario.processes);
        match self {
            Self::Mixed => {}
            Self::Wide => {
                let rates = &mut scenario.rates;
                (rates.commit_answer, rates.commit_lost, rates.commit_deferred) = (20, 10, 10);
            }
            Self::Small => scenario.faults.truncate(random.between(1, 3) as usize),
            Self::Chain => {
                let from = random.between(0, 15_000);
                chain(scenario, from, random);
            }
            Self::Aged => {
                scenario.max_age = Some(random.between(2_000, 25_000));
                let from = random.between(0, 15_000);
                chain(scenario, from, random);
            }
            Self::Cached => {
                scenario.idempotency = true;
                let from = random.between(0, 15_000);
                chain(scenario, from, random);
            }
            Self::Moved => {
                let at = random.between(500, 15_000);
                let back = if random.chance(60) { 0 } else { random.between(1, 6) as i64 };
                scenario.faults.push((at, Fault::Reset(0, back)));
                chain(scenario, at + random.between(500, 4_000), random);
            }
            Self::Static => successors(scenario, random),
            Self::Restored => {
                (scenario.outcomes, scenario.restores, scenario.history) = (true, true, random.between(0, 2));
                scenario.rates.letter = random.between(0, 60);
                one_log(scenario);
                let from = random.between(0, 15_000);
                chain(scenario, from, random);
            }
            Self::Told => {
                (scenario.outcomes, scenario.restores, scenario.history) = (true, true, random.between(0, 2));
                (scenario.parks_undecided, scenario.late_apply) = (random.chance(50), 4_000);
                faultless(scenario);
                scenario.rates.indefinite = random.between(20, 60);
                for _ in 0..random.between(1, 3) {
                    let (at, who) = (random.between(500, 15_000), process(scenario, random));
                    scenario.faults.push((at, if random.chance(70) { Fault::Move(0, who) } else { Fault::Shutdown(who) }));
                }
            }
            Self::Crossed => crossed(scenario, random),
            Self::Strict => strict(scenario, random),
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
                    // Its driver is not told either.
                    if random.chance(50) {
                        scenario.faults.push((at + random.between(0, 10_000), Fault::Stall(who, SESSION + random.between(0, 15_000))));
                    }
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
            Self::Doubtful => {
                scenario.rates.commit_doubtful = random.between(10, 50);
                for _ in 0..random.between(0, 3) {
                    let (at, to) = (random.between(0, 30_000), process(scenario, random));
                    let fault = if random.chance(50) { Fault::Move(0, to) } else { Fault::Crash(to) };
                    scenario.faults.push((at, fault));
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
            Self::Closed => closed(scenario, random),
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
            Self::Alone => {
                faultless(scenario);
                let slept = SESSION + random.between(1_000, 12_000);
                scenario.rates.commit_deferred = 50;
                (scenario.freeze_at[0], scenario.calm_from) = (Some((random.between(5, 60) as u32, slept)), 60_000);
                scenario.faults.extend((1..scenario.processes).map(|who| (slept + random.between(0, 3_000), Fault::Shutdown(who))));
            }
            Self::Prompt => {
                faultless(scenario);
                scenario.prompt = true;
                let who = process(scenario, random);
                scenario.crash_at[who] = Some(random.between(5, 120) as u32);
                (scenario.records, scenario.slots, scenario.outcomes) = (1_000_000, 16, false);
                scenario.logs.iter_mut().flat_map(|log| &mut log.entries).for_each(accept);
            }
            Self::Calm => quiet(scenario),
        }
    }
}
