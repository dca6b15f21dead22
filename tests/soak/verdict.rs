//! What is wrong, if anything: the oracle's rules, and those that only the soak can know.

use std::collections::{BTreeMap, BTreeSet};

use order_sync_tests::oracle::{self, Applied, Evidence, Letter, Log, Seen, Told, What as Record};
use sandbox::{Exchange, State};

use crate::events::Event;
use crate::fleet::{End, Life};
use crate::late_commits::{self, Sorted};
use crate::orders::Meant;
use crate::repeats::{self, Known, Repeats};

/// Everything that is known at the end.
pub(crate) struct Truth {
    /// What was written, by partition and offset.
    pub(crate) meant: BTreeMap<(i32, i64), Meant>,
    pub(crate) log: Log,
    pub(crate) ends: Vec<i64>,
    pub(crate) commits: Vec<Told>,
    pub(crate) alipayhk: State,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) events: Vec<Event>,
    pub(crate) lives: Vec<Life>,
    /// What was found wrong before the end.
    pub(crate) before: Vec<String>,
}

/// The outcome.
pub(crate) struct Verdict {
    pub(crate) seen: Seen,
    pub(crate) repeats: Repeats,
    /// How often a committed offset went back because a commit of a former owner had come late, Kafka being disturbed.
    pub(crate) went_back: u64,
    pub(crate) wrong: Vec<String>,
}

/// Holds the truth to every rule.
pub(crate) fn of(truth: &Truth) -> Verdict {
    let mut wrong = truth.before.clone();
    let places = truth.places();
    let known = truth.known(&places);
    let Sorted { kept: commits, late } = late_commits::sort(&known);
    let known = Known { late: &late, ..known };
    let log = duplicates_given_up(&truth.log);
    let evidence = Evidence {
        log: &log,
        commits: &commits,
        applied: &Applied::of(&truth.alipayhk),
        ends: truth.ends.clone(),
        finished: true,
        resent: false,
    };
    let seen = oracle::verdict(&evidence).unwrap_or_else(|found| {
        wrong.extend(found);
        Seen { records: truth.log.records.len() as u64, ..Seen::default() }
    });
    let repeats = repeats::explain(&known);
    wrong.extend(repeats.unexplained.iter().map(|repeat| format!("a repeat without a reason: {repeat}")));
    the_log_is_what_was_written(truth, &mut wrong);
    letters_have_their_reason(truth, &mut wrong);
    processes_end_when_they_are_asked(truth, &mut wrong);
    Verdict { seen, repeats, went_back: late.len() as u64, wrong }
}

impl Truth {
    /// What explains repeats.
    pub(crate) fn known<'k>(&'k self, places: &'k BTreeMap<&'k str, i32>) -> Known<'k> {
        Known {
            exchanges: &self.exchanges,
            events: &self.events,
            lives: &self.lives,
            commits: &self.commits,
            late: &[],
            places,
            partitions: self.ends.len(),
        }
    }

    /// The partition of each order.
    pub(crate) fn places(&self) -> BTreeMap<&str, i32> {
        let mut places = BTreeMap::new();
        for ((partition, _), meant) in &self.meant {
            match meant {
                Meant::Modification { order, .. } => places.insert(order.as_str(), *partition),
                Meant::Tombstone | Meant::Bad(_) => None,
            };
        }
        places
    }
}

/// A duplicate of what was given up was given up with it: the oracle sees it with that letter, for it has none of its own.
fn duplicates_given_up(log: &Log) -> Log {
    let of = |place: &(i32, i64)| match log.records.get(place) {
        Some(Record::Modification { order, at, .. }) => Some((order.as_str(), *at)),
        Some(Record::Tombstone | Record::Unfit) | None => None,
    };
    let given_up = log.letters.iter().filter(|(_, letter)| letter.reason == "rejected");
    let given_up: BTreeMap<(&str, i64), &Letter> = given_up.filter_map(|(place, letter)| Some((of(place)?, letter))).collect();
    let mut all = log.clone();
    for place in log.records.keys() {
        if let Some(letter) = of(place).and_then(|version| given_up.get(&version)) {
            all.letters.entry(*place).or_insert_with(|| (*letter).clone());
        }
    }
    all
}

/// The oracle reads the topic itself; what it read is what the merchant meant.
fn the_log_is_what_was_written(truth: &Truth, wrong: &mut Vec<String>) {
    let differs = truth.meant.iter().filter(|(place, meant)| {
        !matches!(
            (truth.log.records.get(place), meant),
            (Some(Record::Tombstone), Meant::Tombstone)
                | (Some(Record::Unfit | Record::Modification { .. }), Meant::Bad(_))
                | (Some(Record::Modification { .. }), Meant::Modification { .. })
        )
    });
    wrong.extend(differs.map(|(place, meant)| format!("the topic does not hold what was written at {place:?}: {meant:?}")));
    if truth.meant.len() != truth.log.records.len() {
        wrong.push(format!("{} records were written, {} lie in the topic", truth.meant.len(), truth.log.records.len()));
    }
}

/// An outage parks nothing: a letter is of a bad record, with its reason, or of a modification that AlipayHK refused for good.
fn letters_have_their_reason(truth: &Truth, wrong: &mut Vec<String>) {
    let refused: BTreeSet<(&str, i64)> = truth
        .exchanges
        .iter()
        .filter(|one| one.result.as_deref() == Some("PARAM_ILLEGAL/F"))
        .map(|one| (one.merchant_biz_no.as_str(), one.order_modify_time))
        .collect();
    for (place, meant) in &truth.meant {
        let letter = truth.log.letters.get(place).map(|letter| letter.reason.as_str());
        let fits = match meant {
            Meant::Tombstone => letter.is_none(),
            Meant::Bad(reason) => letter == Some(reason),
            Meant::Modification { order, version } => match letter {
                None => true,
                Some("rejected") => refused.contains(&(order.as_str(), *version)),
                Some(_) => false,
            },
        };
        if !fits {
            wrong.push(format!("{place:?}, {meant:?}, has the dead letter {letter:?}"));
        }
    }
}

/// Nobody ends by itself, and SIGTERM is an orderly end.
fn processes_end_when_they_are_asked(truth: &Truth, wrong: &mut Vec<String>) {
    for life in &truth.lives {
        match life.ended {
            None | Some((_, End::Killed | End::Stopped(0))) => {}
            Some((at, end)) => wrong.push(format!("process {} ended at {at}: {end:?}", life.number)),
        }
    }
}
