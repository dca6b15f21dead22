//! The rules, one function each. They see what is outside of the pipeline and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::applied::{Applied, Step, Steps};
use super::commits::Told;
use super::log::{Log, What};

/// Statuses that may be sent again after a newer one, when a hand-over lost sight of them: milestones (`never_collapse`'s default).
const MILESTONES: [&str; 1] = ["TICKETED"];

/// All that is known.
#[derive(Debug)]
pub struct Evidence<'e> {
    /// The topic and the dead letters.
    pub log: &'e Log,
    /// Committed offsets, in the order in which they were seen.
    pub commits: &'e [Told],
    /// What AlipayHK applied, in that order.
    pub applied: &'e Applied,
    /// The last stable offset of each partition.
    pub ends: Vec<i64>,
    /// Everything is settled and committed.
    pub finished: bool,
    /// Answers of the broker were lost, so librdkafka sends commits again; an older one may arrive after a newer one, which then follows.
    pub resent: bool,
}

/// What is no fault, but may need a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Records in the log.
    pub records: u64,
    /// Modifications applied by AlipayHK.
    pub applied: u64,
    /// Of these, requests that had been applied before.
    pub repeats: u64,
    /// Milestones that came after a newer modification.
    pub milestones_again: u64,
    /// Records with a dead letter.
    pub letters: u64,
    /// Committed offsets that were seen.
    pub commits: u64,
    /// Of these, such as went back because they were sent again.
    pub went_back: u64,
}

/// Holds the evidence to every rule.
///
/// # Errors
/// One line for each thing that is wrong.
pub fn verdict(evidence: &Evidence<'_>) -> Result<Seen, Vec<String>> {
    let mut wrong = Vec::new();
    let versions = versions(evidence.log);
    let mut seen = Seen {
        records: evidence.log.records.len() as u64,
        letters: evidence.log.letters.len() as u64,
        commits: evidence.commits.len() as u64,
        ..Seen::default()
    };
    for (number, order) in &evidence.applied.orders {
        seen.applied += order.applied;
        never_backwards(number, order, &mut seen, &mut wrong);
        nothing_is_invented(number, order, &versions, &mut wrong);
    }
    well_behaved(evidence.applied, seen.milestones_again, &mut wrong);
    letters_are_of_records(evidence.log, &mut wrong);
    commits_only_grow(evidence, &mut seen, &mut wrong);
    nothing_is_committed_early(evidence, &versions, &mut wrong);
    if evidence.finished {
        the_newest_is_there(evidence.applied, &versions, &mut wrong);
        unfit_records_have_letters(evidence.log, &mut wrong);
        everything_is_committed(evidence, &mut wrong);
    }
    if wrong.is_empty() { Ok(seen) } else { Err(wrong) }
}

/// One modification, in the order of modifications: by its time, then by its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version<'e> {
    at: i64,
    offset: i64,
    status: &'e str,
    end: End,
}

/// What a dead letter made of a modification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// It has none.
    Stands,
    /// It broke a rule and never counted.
    Unfit,
    /// It was given up at this moment, and with it what it had superseded.
    GivenUp(i64),
}

type Versions<'e> = BTreeMap<&'e str, BTreeSet<Version<'e>>>;

fn versions(log: &Log) -> Versions<'_> {
    let mut versions = Versions::new();
    for (place, what) in &log.records {
        if let What::Modification { order, at, status } = what {
            let end = log.letters.get(place).map_or(End::Stands, |letter| match letter.reason.as_str() {
                "rejected" | "undecided" => End::GivenUp(letter.at),
                _ => End::Unfit,
            });
            versions.entry(order).or_default().insert(Version { at: *at, offset: place.1, status, end });
        }
    }
    versions
}

/// Newest wins: no older modification is applied after a newer one, but a milestone whose end a hand-over lost sight of may come late, or again.
fn never_backwards(number: &str, order: &Steps, seen: &mut Seen, wrong: &mut Vec<String>) {
    let mut known = BTreeSet::new();
    let mut newest = i64::MIN;
    for step in &order.steps {
        let again = !known.insert(step.request.as_str());
        seen.repeats += u64::from(again);
        if step.modified < newest {
            if MILESTONES.contains(&step.status.as_str()) {
                seen.milestones_again += 1;
            } else {
                wrong.push(format!("{number} went backwards: {}", order.tell()));
            }
        }
        newest = newest.max(step.modified);
    }
}

/// What is applied is what some record says.
fn nothing_is_invented(number: &str, order: &Steps, versions: &Versions<'_>, wrong: &mut Vec<String>) {
    let recorded = |step: &Step| {
        let of_order = versions.get(number);
        of_order.is_some_and(|of| of.iter().any(|one| (one.at, one.status) == (step.modified, step.status.as_str())))
    };
    if let Some(step) = order.steps.iter().find(|step| !recorded(step)) {
        wrong.push(format!("{number}: no record says {} at {}", step.status, step.modified));
    }
}

/// AlipayHK saw nothing that a correct client does not cause.
fn well_behaved(applied: &Applied, forgiven: u64, wrong: &mut Vec<String>) {
    wrong.extend(applied.violations.iter().map(|violation| format!("AlipayHK saw {violation}")));
    let older = applied.older_after_newer;
    if older > forgiven {
        wrong.push(format!("AlipayHK saw {older} older modifications after newer ones, of which {forgiven} are explained"));
    }
}

fn letters_are_of_records(log: &Log, wrong: &mut Vec<String>) {
    for place in log.letters.keys().filter(|place| !log.records.contains_key(place)) {
        wrong.push(format!("a dead letter of a record that is not there: {place:?}"));
    }
}

/// Committed offsets never go back and never pass the log.
fn commits_only_grow(evidence: &Evidence<'_>, seen: &mut Seen, wrong: &mut Vec<String>) {
    let mut last = BTreeMap::new();
    for told in evidence.commits {
        if let Some(before) = last.insert(told.partition, told.offset).filter(|before| *before > told.offset) {
            let at = told.by;
            match evidence.resent {
                true => seen.went_back += 1,
                false => wrong.push(format!(
                    "partition {}: the committed offset went back from {before} to {} (at {at} ms)",
                    told.partition, told.offset
                )),
            }
        }
        if evidence.ends.get(told.partition as usize).is_some_and(|end| told.offset > *end) {
            wrong.push(format!("partition {}: {} is committed, beyond the end of the log", told.partition, told.offset));
        }
    }
}

/// When an offset is committed, each record below it was applied, has its letter, or is older than one that is or has.
fn nothing_is_committed_early(evidence: &Evidence<'_>, versions: &Versions<'_>, wrong: &mut Vec<String>) {
    let mut from: BTreeMap<i32, i64> = BTreeMap::new();
    for told in evidence.commits {
        let from = from.entry(told.partition).or_insert(0);
        let records = evidence.log.records.range((told.partition, *from)..(told.partition, told.offset.max(*from)));
        for (place, what) in records {
            let letter = evidence.log.letters.get(place).is_some_and(|letter| letter.at <= told.by);
            let witnessed = match what {
                What::Tombstone => true,
                What::Unfit => letter,
                What::Modification { order, at, .. } => {
                    letter || was_applied(evidence.applied, order, *at, told.by) || was_parked(versions, order, (*at, place.1), told.by)
                }
            };
            if !witnessed {
                wrong.push(format!("{place:?} ({what:?}) was committed by {} at {} with nothing decided", told.offset, told.by));
            }
        }
        *from = (*from).max(told.offset);
    }
}

/// This modification of the order or a newer one was applied by then.
fn was_applied(applied: &Applied, order: &str, at: i64, by: i64) -> bool {
    let Some(order) = applied.orders.get(order) else { return false };
    // Of applications that are no longer known nobody can say when they were.
    order.is_cut() || order.steps.iter().any(|step| step.modified >= at && step.at <= by)
}

/// A newer modification of the order had its letter by then.
fn was_parked(versions: &Versions<'_>, order: &str, version: (i64, i64), by: i64) -> bool {
    let newer = |one: &&Version<'_>| (one.at, one.offset) > version;
    versions.get(order).is_some_and(|of| of.iter().filter(newer).any(|one| matches!(one.end, End::GivenUp(at) if at <= by)))
}

/// AlipayHK holds the newest modification of every order, except where that one was refused for good.
fn the_newest_is_there(applied: &Applied, versions: &Versions<'_>, wrong: &mut Vec<String>) {
    for (number, of_order) in versions {
        let Some(newest) = of_order.iter().rfind(|version| version.end != End::Unfit).filter(|newest| newest.end == End::Stands) else {
            continue;
        };
        let last = applied.orders.get(*number).and_then(|order| order.steps.last()).map(|step| (step.modified, step.status.as_str()));
        if last != Some((newest.at, newest.status)) {
            wrong.push(format!("{number}: AlipayHK holds {last:?}, the newest record says {newest:?}"));
        }
    }
}

fn unfit_records_have_letters(log: &Log, wrong: &mut Vec<String>) {
    for (place, what) in &log.records {
        if *what == What::Unfit && !log.letters.contains_key(place) {
            wrong.push(format!("{place:?} is no order event and has no dead letter"));
        }
    }
}

fn everything_is_committed(evidence: &Evidence<'_>, wrong: &mut Vec<String>) {
    let mut last = vec![0; evidence.ends.len()];
    for told in evidence.commits {
        last[told.partition as usize] = told.offset;
    }
    if last != evidence.ends {
        wrong.push(format!("committed: {last:?}; the log ends at {:?}", evidence.ends));
    }
}

#[cfg(test)]
mod tests;
