//! The counters that events feed.

use std::sync::Arc;

use alipayhk::Code;
use domain::BizType;
use opentelemetry::metrics::Meter;

use super::catalogue::{self, Entry};
use super::gauges;
use super::mapped::{CallEnd, Ended};
use super::series::{Counters, Series};
use super::words::{AnswerNote, CommitEnd, DeadLetter, KeyKind, NoteKind, Rebuild, RegistryFetch, Reloaded, Restored};

/// One set of counters for each metric.
pub(super) struct Counted {
    pub(super) disposed: Counters<Ended>,
    pub(super) calls: Counters<CallEnd>,
    pub(super) codes: Counters<Code>,
    pub(super) answers_noted: Counters<AnswerNote>,
    pub(super) dead_letters: Counters<DeadLetter>,
    pub(super) commits: Counters<CommitEnd>,
    pub(super) rebalances: Counters<()>,
    pub(super) halted: Counters<()>,
    pub(super) rebuilds: Counters<Rebuild>,
    pub(super) registry_fetches: Counters<RegistryFetch>,
    pub(super) restored: Counters<Restored>,
    pub(super) keys: Counters<KeyKind>,
    pub(super) violations: Counters<BizType>,
    pub(super) notes: Counters<NoteKind>,
    pub(super) reloads: Counters<Reloaded>,
}

impl Counted {
    pub(super) fn new() -> Self {
        Self {
            disposed: Counters::new(),
            calls: Counters::new(),
            codes: Counters::new(),
            answers_noted: Counters::new(),
            dead_letters: Counters::new(),
            commits: Counters::new(),
            rebalances: Counters::new(),
            halted: Counters::new(),
            rebuilds: Counters::new(),
            registry_fetches: Counters::new(),
            restored: Counters::new(),
            keys: Counters::new(),
            violations: Counters::new(),
            notes: Counters::new(),
            reloads: Counters::new(),
        }
    }

    /// Lets whoever asks the meter see them.
    pub(super) fn register(self: &Arc<Self>, meter: &Meter) {
        self.one(meter, &catalogue::DISPOSED, |all| &all.disposed);
        self.one(meter, &catalogue::CALLS, |all| &all.calls);
        self.one(meter, &catalogue::CODES, |all| &all.codes);
        self.one(meter, &catalogue::ANSWERS_NOTED, |all| &all.answers_noted);
        self.one(meter, &catalogue::DEAD_LETTERS, |all| &all.dead_letters);
        self.one(meter, &catalogue::COMMITS, |all| &all.commits);
        self.one(meter, &catalogue::REBALANCES, |all| &all.rebalances);
        self.one(meter, &catalogue::HALTED, |all| &all.halted);
        self.one(meter, &catalogue::REBUILDS, |all| &all.rebuilds);
        self.one(meter, &catalogue::REGISTRY_FETCHES, |all| &all.registry_fetches);
        self.one(meter, &catalogue::RESTORED, |all| &all.restored);
        self.one(meter, &catalogue::KEYS, |all| &all.keys);
        self.one(meter, &catalogue::VIOLATIONS, |all| &all.violations);
        self.one(meter, &catalogue::NOTES, |all| &all.notes);
        self.one(meter, &catalogue::RELOADS, |all| &all.reloads);
    }

    fn one<K: Series + Send + Sync>(self: &Arc<Self>, meter: &Meter, entry: &Entry, of: fn(&Self) -> &Counters<K>) {
        let all = Arc::clone(self);
        gauges::counter(meter, entry, move |to| of(&all).each().for_each(|(_, labels, count)| to.observe(count, labels)));
    }
}
