//! Turns of events that several generators have in common, and the longer ones of a single one.

use super::{Fault, Generator, Rates, SESSION, Scenario};
use crate::log::{Entry, Kind};
use crate::random::Random;

/// Crashes, stops and moves within L of each other.
pub(super) fn chain(scenario: &mut Scenario, from: u64, random: &mut Random) {
    let mut at = from;
    for _ in 0..random.between(2, 5) {
        let who = random.index(scenario.processes);
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

/// Every member has a name, perhaps but one; others with the same names begin while they run, and often cannot be told so.
pub(super) fn successors(scenario: &mut Scenario, random: &mut Random) {
    let first = scenario.processes;
    scenario.names = (0..first).map(Some).collect();
    if random.chance(40) {
        scenario.names[first - 1] = None;
    }
    scenario.faults.truncate(2);
    for _ in 0..random.between(1, 2) {
        let (of, at) = (random.index(first - 1), random.between(1_000, 20_000));
        scenario.names.push(Some(of));
        scenario.begins.push(at);
        scenario.crash_at.push(None);
        scenario.freeze_at.push(None);
        let before = at.saturating_sub(random.between(0, 2_000));
        match random.between(0, 9) {
            0..=5 => scenario.faults.push((before, Fault::Cut(of, random.between(5_000, SESSION + 10_000)))),
            6 | 7 => scenario.faults.push((before, Fault::Freeze(of, random.between(1_000, SESSION)))),
            _ => {}
        }
        for _ in 0..random.between(0, 2) {
            let to = random.index(first);
            scenario.faults.push((at + random.between(100, SESSION), Fault::Move(0, to)));
        }
        scenario.calm_from = scenario.calm_from.max(at + SESSION + random.between(0, 10_000));
    }
    scenario.processes = scenario.names.len();
}

/// What two generators aim at, in one world.
pub(super) fn crossed(scenario: &mut Scenario, random: &mut Random) {
    const KINDS: [Generator; 14] = [
        Generator::Chain,
        Generator::Freeze,
        Generator::Cut,
        Generator::Commits,
        Generator::Doubtful,
        Generator::Foreign,
        Generator::Storm,
        Generator::Moved,
        Generator::Static,
        Generator::Restored,
        Generator::Told,
        Generator::Cached,
        Generator::Aged,
        Generator::Refused,
    ];
    let first = random.index(KINDS.len());
    // Never twice the same: a place that is taken twice is more than successors are drawn for.
    let second = (first + random.between(1, KINDS.len() as u64 - 1) as usize) % KINDS.len();
    [first, second].into_iter().for_each(|kind| KINDS[kind].aim(scenario, random));
    if scenario.restores {
        one_log(scenario);
    }
}

/// The outcomes topic tells of one log only, and an offset moved by hand is not what it knows.
pub(super) fn one_log(scenario: &mut Scenario) {
    scenario.faults.retain(|(_, fault)| !matches!(fault, Fault::Replace(_) | Fault::Reset(..)));
}

/// The partition goes to one that has another one, and so a lease, and soon away from it, while commits get lost.
pub(super) fn closed(scenario: &mut Scenario, random: &mut Random) {
    let commit_lost = random.between(40, 85);
    faultless(scenario);
    scenario.rates = Rates { late: 60, commit_lost, ..Rates::default() };
    let mut at = random.between(500, 6_000);
    for _ in 0..4 {
        scenario.faults.push((at, Fault::Move(0, 1)));
        at += random.between(100, 3_000);
        scenario.faults.push((at, Fault::Move(0, 0)));
        at += random.between(500, 12_000);
    }
    (scenario.late_apply, scenario.calm_from) = (4_000, at);
}

/// Calls that decide nothing, and hand-overs, where what is accepted changes what may be sent.
pub(super) fn strict(scenario: &mut Scenario, random: &mut Random) {
    (scenario.strict, scenario.late_apply, scenario.outcomes) = (true, 4_000, random.chance(50));
    scenario.restores = scenario.outcomes;
    if scenario.outcomes {
        scenario.history = random.between(0, 3);
    }
    one_log(scenario);
    scenario.faults.retain(|(_, fault)| !matches!(fault, Fault::Damage(..)));
    (scenario.rates.indefinite, scenario.rates.late) = (random.between(10, 60), random.between(0, 20));
    let from = random.between(0, 15_000);
    chain(scenario, from, random);
}

/// It is not refused.
pub(super) fn accept(entry: &mut Entry) {
    if let Kind::Order(version) = &mut entry.kind {
        version.rejects = false;
    }
}

/// Nothing goes wrong, and the oracle counts on it.
pub(super) fn quiet(scenario: &mut Scenario) {
    faultless(scenario);
    scenario.quiet = true;
}

/// Of what was drawn nothing goes wrong.
pub(super) fn faultless(scenario: &mut Scenario) {
    scenario.faults.clear();
    scenario.rates = Rates::default();
    scenario.crash_at.fill(None);
    scenario.freeze_at.fill(None);
}
