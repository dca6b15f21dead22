//! What a run was and how it ended, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::events::Event;
use crate::orders::Meant;
use crate::schedule::What;
use crate::verdict::{Truth, Verdict};

/// How many violations are told; all are counted.
const TOLD: usize = 20;

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    mix: String,
    seconds: u64,
    records: Records,
    orders: usize,
    calls: Calls,
    repeats: BTreeMap<&'static str, u64>,
    dead_letters: BTreeMap<String, u64>,
    commits: usize,
    commits_that_went_back: u64,
    processes: usize,
    disturbances: Vec<Disturbance>,
    pub(crate) violations: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Records {
    written: usize,
    modifications: usize,
    bad: usize,
    tombstones: usize,
}

#[derive(Debug, Serialize)]
struct Calls {
    made: usize,
    applied: u64,
    faults_met: BTreeMap<String, u64>,
    repeats: u64,
    milestones_again: u64,
}

/// One kind of disturbance, with the time until all is well again after it.
#[derive(Debug, Serialize)]
struct Disturbance {
    what: String,
    count: usize,
    /// Of a process or Kafka: until every partition has an accepted commit again. Of AlipayHK: until a call is answered S again.
    recovery: &'static str,
    median_seconds: Option<f64>,
    worst_seconds: Option<f64>,
}

impl Report {
    pub(crate) fn new(seed: u64, mix: String, seconds: u64, truth: &Truth, verdict: Verdict) -> Self {
        let count = |which: fn(&Meant) -> bool| truth.meant.values().filter(|meant| which(meant)).count();
        let mut dead_letters = BTreeMap::new();
        for letter in truth.log.letters.values() {
            *dead_letters.entry(letter.reason.clone()).or_default() += 1;
        }
        let faults = truth.alipayhk.counters.faults.iter().map(|(kind, count)| ((*kind).to_owned(), *count));
        Self {
            seed,
            mix,
            seconds,
            records: Records {
                written: truth.meant.len(),
                modifications: count(|meant| matches!(meant, Meant::Modification { .. })),
                bad: count(|meant| matches!(meant, Meant::Bad(_))),
                tombstones: count(|meant| matches!(meant, Meant::Tombstone)),
            },
            orders: truth.alipayhk.orders_held,
            calls: Calls {
                made: truth.exchanges.len(),
                applied: truth.alipayhk.counters.applied,
                faults_met: faults.collect(),
                repeats: verdict.repeats.by_reason.values().sum(),
                milestones_again: verdict.seen.milestones_again,
            },
            repeats: verdict.repeats.by_reason,
            dead_letters,
            commits: truth.commits.len(),
            commits_that_went_back: verdict.went_back,
            processes: truth.lives.len(),
            disturbances: disturbances(truth),
            violations: verdict.wrong,
        }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<44} {value}");
        };
        line("seed", self.seed.to_string());
        line("mix, seconds of disturbances", format!("{}, {}", self.mix, self.seconds));
        let Records { written, modifications, bad, tombstones } = &self.records;
        line("records", format!("{written}: {modifications} modifications, {bad} bad, {tombstones} tombstones"));
        line("orders", self.orders.to_string());
        line("calls", format!("{}, {} applied", self.calls.made, self.calls.applied));
        let met: Vec<String> = self.calls.faults_met.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        line("faults they met", met.join(", "));
        line("commits accepted", self.commits.to_string());
        line("  of these back, behind a late one", self.commits_that_went_back.to_string());
        line("processes", self.processes.to_string());
        for (reason, count) in &self.dead_letters {
            line(&format!("dead letters, {reason}"), count.to_string());
        }
        line("repeated calls", self.calls.repeats.to_string());
        for (reason, count) in &self.repeats {
            line(&format!("  {reason}"), count.to_string());
        }
        line("milestones again after a newer one", self.calls.milestones_again.to_string());
        let _ = writeln!(text, "\n{:<44} {:>5}   {:>8} {:>8}", "disturbance", "count", "median s", "worst s");
        for one in &self.disturbances {
            let seconds = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
            let (median, worst) = (seconds(one.median_seconds), seconds(one.worst_seconds));
            let _ = writeln!(text, "{:<44} {:>5}   {median:>8} {worst:>8}", one.what, one.count);
        }
        let _ = writeln!(text, "seconds from its end to a commit for every partition; AlipayHK's: to the next success");
        match self.violations.as_slice() {
            [] => text.push_str("\nNothing is wrong.\n"),
            wrong => {
                let _ = writeln!(text, "\n{} things are wrong:", wrong.len());
                wrong.iter().take(TOLD).for_each(|one| {
                    let _ = writeln!(text, "- {one}");
                });
            }
        }
        text
    }
}

fn disturbances(truth: &Truth) -> Vec<Disturbance> {
    let mut by_kind: BTreeMap<What, Vec<Option<f64>>> = BTreeMap::new();
    for event in &truth.events {
        by_kind.entry(event.what).or_default().push(recovery(truth, event));
    }
    let tell = |(what, times): (What, Vec<Option<f64>>)| {
        let mut known: Vec<f64> = times.iter().copied().flatten().collect();
        known.sort_by(f64::total_cmp);
        Disturbance {
            what: what.to_string(),
            count: times.len(),
            recovery: if is_alipayhks(what) { "next success" } else { "a commit for every partition" },
            median_seconds: known.get(known.len() / 2).copied(),
            worst_seconds: known.last().copied(),
        }
    };
    by_kind.into_iter().map(tell).collect()
}

/// Seconds from the end of a disturbance until all is well; `None` when the run ended first.
fn recovery(truth: &Truth, event: &Event) -> Option<f64> {
    // a process that is killed or leaves is done with at once; what follows is the others' work
    let from = if matches!(event.what, What::Kill | What::Leave) { event.from } else { event.to };
    let well = if is_alipayhks(event.what) {
        truth.exchanges.iter().filter(|one| one.at >= from && one.result.as_deref() == Some("SUCCESS/S")).find_map(|one| one.answered_at)
    } else {
        truth.known(&truth.places()).well_again(from)
    };
    well.map(|at| (at - from) as f64 / 1_000.0)
}

fn is_alipayhks(what: What) -> bool {
    matches!(what, What::Api(_) | What::ApiLine(_))
}
