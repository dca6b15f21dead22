//! The oracle beside the pipeline: it knows the log, what AlipayHK applied, the dead letters and the commits, and nothing the pipeline says
//! of itself. From these it decides whether orders were lost, went backwards, or were committed too early.
//!
//! ```ignore
//! let oracle = Oracle::watch(&orders, &dead_letters, &group);       // before the first process starts
//! // … run, break, mend …
//! let seen = oracle.judge(&alipayhk.state());                       // panics with everything that is wrong
//! assert_eq!(seen.repeats, 0);
//! ```
//!
//! The rules are in [`verdict`], one function each. [`Oracle::judge`] expects that everything is settled and committed;
//! [`Oracle::judge_unfinished`] leaves out what is only true at the end.

mod applied;
mod commits;
mod log;
mod verdict;

use sandbox::State;

use crate::kafka::{Group, Topic};

pub use applied::{Applied, Step, Steps};
use commits::Watch;
pub use commits::{Marker, Told};
pub use log::{Letter, Log, What};
pub use verdict::{Evidence, Seen, verdict};

/// Watches one topic's group from its making until it is asked.
pub struct Oracle {
    orders: Topic<'static>,
    dead_letters: Topic<'static>,
    watch: Watch,
    resent: bool,
}

impl Oracle {
    /// Begins to note every change of the committed offsets.
    pub fn watch(orders: &Topic<'static>, dead_letters: &Topic<'static>, group: &Group<'static>) -> Self {
        Self { orders: orders.clone(), dead_letters: dead_letters.clone(), watch: Watch::start(orders.clone(), group.id()), resent: false }
    }

    /// The broker's answers get lost on their way, so commits may be sent again: see [`Evidence::resent`].
    #[must_use]
    pub fn with_lost_answers(self) -> Self {
        Self { resent: true, ..self }
    }

    /// Everything was settled and committed: all rules. Panics with everything that is wrong.
    #[track_caller]
    pub fn judge(self, alipayhk: &State) -> Seen {
        self.decide(&Applied::of(alipayhk), true)
    }

    /// The run was left in its middle: only what holds at every moment. Panics with everything that is wrong.
    #[track_caller]
    pub fn judge_unfinished(self, alipayhk: &State) -> Seen {
        self.decide(&Applied::of(alipayhk), false)
    }

    #[track_caller]
    fn decide(self, applied: &Applied, finished: bool) -> Seen {
        let commits = self.watch.finish();
        let log = Log::read(&self.orders, &self.dead_letters);
        let ends = self.orders.stable_ends().into_iter().map(|(_, end)| end).collect();
        let evidence = Evidence { log: &log, commits: &commits, applied, ends, finished, resent: self.resent };
        verdict(&evidence).unwrap_or_else(|wrong| panic!("{} things are wrong:\n{}", wrong.len(), wrong.join("\n")))
    }
}
