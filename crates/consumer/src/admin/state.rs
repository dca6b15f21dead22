//! What the process tells about itself: the body of `/api/state`, and the source of the gauges of `/metrics`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::history::{History, Step};

/// One moment of the pipeline. The driver assembles it from the engine's snapshot and publishes it through [`Published`].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct State {
    /// The program's version.
    pub version: &'static str,
    /// `alipayhk.environment`.
    pub environment: Option<String>,
    /// When the process started: RFC 3339, UTC.
    pub started_at: String,
    /// What the group makes of us; decides `/readyz`.
    pub group: Group,
    /// Records read for the first time: what the history window and seeks read again is left out.
    pub records_read: u64,
    /// How they ended.
    pub dispositions: Dispositions,
    /// Calls to AlipayHK.
    pub calls: Calls,
    /// Calls that collapse made unnecessary.
    pub calls_saved: u64,
    /// Whether calls may be made.
    pub gate: Gate,
    /// This instance's part of the quota.
    pub quota: Quota,
    /// The guard of the dead letters.
    pub fuse: Fuse,
    /// The largest, over orders, of now − arrival of its first modification since the last accepted one; 0 when nothing waits.
    pub freshness_seconds: f64,
    /// Of this, the time in which the gate of all calls was closed: not ours to shorten.
    pub freshness_behind_gate_seconds: f64,
    /// Many records of the last minute can never be sent.
    pub unfit_alarm: bool,
    /// Orders whose last decision is remembered.
    pub remembered_orders: u64,
    /// How often the engine remarked what: the label values of the metric `ordersync.notes`.
    pub notes: BTreeMap<&'static str, u64>,
    /// The partitions that are ours.
    pub partitions: Vec<Partition>,
    /// Those of ours that stand still until an operator decides; they are not among `partitions`.
    pub halted: Vec<Halted>,
}

impl State {
    /// What there is to say before the pipeline runs.
    pub fn starting(environment: Option<String>) -> Self {
        let started_at = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        Self { version: env!("CARGO_PKG_VERSION"), environment, started_at, ..Self::default() }
    }
}

/// How records ended. The sum is `records_read` once nothing is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Dispositions {
    /// Accepted by AlipayHK.
    pub delivered: u64,
    /// A newer modification was decided in their place.
    pub superseded: u64,
    /// Not newer than what was decided before.
    pub stale: u64,
    /// Refused by AlipayHK for good; a copy is in the dead-letter topic.
    pub rejected: u64,
    /// In the dead-letter topic for a reason of our own.
    pub parked: u64,
    /// Nothing had to be done.
    pub skipped: u64,
}

/// Calls to AlipayHK.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// Signed exchanges begun.
    pub attempted: u64,
    /// Of these, not yet over.
    pub in_flight: u64,
    /// As many may be on their way at once: `quota.max_in_flight`.
    pub max_in_flight: u64,
}

/// Whether calls may be made at all, and for which business types not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// The gate of all types.
    pub state: GateState,
    /// Why it is not open.
    pub reason: Option<&'static str>,
    /// The gates of single business types that are not open, by the type's name.
    pub types: BTreeMap<&'static str, TypeGate>,
}

/// The gate of one business type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TypeGate {
    /// Closed or probing.
    pub state: GateState,
    /// Why.
    pub reason: &'static str,
}

/// A gate's three states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// Calls are made.
    #[default]
    Open,
    /// No calls are made until the next probe is due.
    Closed,
    /// One call is on its way to find out.
    Probing,
}

/// This instance's part of the quota.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Quota {
    /// Calls a second.
    pub share_per_second: f64,
    /// Calls a second in force: less than the share after throttling answers.
    pub rate_per_second: f64,
    /// Calls that could be made at once.
    pub tokens: f64,
}

/// The guard of the dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Fuse {
    /// Rejected or undecided records that may still be parked before the gate closes.
    pub tokens: f64,
}

/// One partition that is ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// Its topic.
    pub topic: String,
    /// Its number.
    pub partition: i32,
    /// The number of this assignment of it.
    pub epoch: u32,
    /// Where in its life it is.
    pub phase: Phase,
    /// The next offset to read.
    pub position: i64,
    /// The lowest offset that is not settled, else the next to read.
    pub committable: i64,
    /// What the broker has stored; null before the first commit.
    pub committed: Option<i64>,
    /// Records read and not settled.
    pub open: u64,
    /// Orders that wait: ready, in backoff or held.
    pub waiting: u64,
    /// Orders with something to do: those that wait, and those whose call is on its way.
    pub lanes: u64,
    /// Of these, held up by the partition itself: it still reads up to its barrier, or its commit is awaited.
    pub blocked: u64,
    /// Calls on their way.
    pub in_flight: u64,
    /// Fetching stands still because enough is open.
    pub paused: bool,
    /// The end of the log (last stable offset) as last heard.
    pub log_end: Option<i64>,
    /// Nothing at or above this offset is sent yet.
    pub window: Option<i64>,
    /// Reading has to come to here before the first call of this assignment.
    pub barrier: Option<i64>,
    /// What its orders have had decided is still being read from the outcomes topic; until then nothing of it is sent.
    pub restoring: bool,
    /// Characters of the last commit's metadata, of at most 4,096; null before the first commit.
    pub commit_metadata: Option<u64>,
}

impl Partition {
    /// Offsets from the position to the window: what may be sent before the window is announced anew.
    pub fn window_left(&self) -> Option<u64> {
        self.window.map(|window| u64::try_from(window.saturating_sub(self.position)).unwrap_or(0))
    }

    /// Records between what is committable and the end of the log.
    pub fn lag(&self) -> Option<u64> {
        self.log_end.map(|end| u64::try_from(end.saturating_sub(self.committable)).unwrap_or(0))
    }
}

/// A partition that is held, so that nobody else takes it, and not read: its offsets cannot be trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Halted {
    /// Its topic.
    pub topic: String,
    /// Its number.
    pub partition: i32,
    /// What is wrong with its offsets, and the way out.
    pub reason: String,
}

/// The phases of a partition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reading and calling.
    #[default]
    Consuming,
    /// Finishing what is on its way; nothing new is sent.
    Draining,
    /// Given back.
    Released,
}

/// What the consumer group makes of us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "reason", rename_all = "snake_case")]
pub enum Group {
    /// Not a member yet.
    #[default]
    Joining,
    /// A member with partitions.
    Member,
    /// A member, and every partition belongs to somebody else: nothing is wrong.
    Idle,
    /// Leaving in an orderly way.
    Leaving,
    /// An error that only a restart can heal. The text never quotes a record.
    Failed(String),
}

impl Group {
    /// Whether the process does its share, and in which words to say so.
    pub fn readiness(&self) -> (bool, &str) {
        match self {
            Self::Joining => (false, "joining the group"),
            Self::Member => (true, "member of the group"),
            Self::Idle => (true, "member of the group, without partitions"),
            Self::Leaving => (false, "leaving the group"),
            Self::Failed(reason) => (false, reason),
        }
    }
}

/// Where the driver puts the newest state and everybody else finds it. Cheap to clone; neither side waits for more than a pointer.
#[derive(Debug, Clone, Default)]
pub struct Published(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: RwLock<Arc<State>>,
    history: Mutex<History>,
}

impl Published {
    /// Replaces the state.
    pub fn set(&self, state: State) {
        *self.0.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }

    /// The newest state.
    pub fn get(&self) -> Arc<State> {
        Arc::clone(&self.0.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a step to the last minutes.
    pub fn add(&self, step: Step) {
        self.0.history.lock().unwrap_or_else(PoisonError::into_inner).push(step);
    }

    /// The last minutes.
    pub fn history(&self) -> History {
        self.0.history.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_state_has_the_members_that_scripts_rely_on() {
        let mut value = serde_json::to_value(State { partitions: vec![Partition::default()], ..State::default() }).unwrap();
        let of = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(of(&value["dispositions"]), ["delivered", "parked", "rejected", "skipped", "stale", "superseded"]);
        assert_eq!(value["calls"].take(), serde_json::json!({ "attempted": 0, "in_flight": 0, "max_in_flight": 0 }));
        assert_eq!(value["gate"].take(), serde_json::json!({ "state": "open", "reason": null, "types": {} }));
        assert_eq!(value["quota"].take(), serde_json::json!({ "share_per_second": 0.0, "rate_per_second": 0.0, "tokens": 0.0 }));
        assert_eq!(value["records_read"], 0);
        let partition = &value["partitions"][0];
        for member in
            ["topic", "partition", "epoch", "phase", "position", "committable", "committed", "open", "waiting", "in_flight", "paused"]
        {
            assert!(partition.get(member).is_some(), "{member} is missing");
        }
        assert_eq!(partition["phase"], "consuming");
        assert!(partition["committed"].is_null());
    }

    #[test]
    fn lag_is_counted_from_the_committable_offset_and_never_below_zero() {
        let partition = Partition { committable: 40, log_end: Some(100), ..Partition::default() };
        assert_eq!(partition.lag(), Some(60));
        assert_eq!(Partition { log_end: Some(30), ..partition.clone() }.lag(), Some(0));
        assert_eq!(Partition { log_end: None, ..partition }.lag(), None);
    }

    #[test]
    fn a_member_without_partitions_is_ready_and_a_failed_one_says_why() {
        assert!(Group::Idle.readiness().0);
        assert_eq!(Group::Failed("fenced for good".into()).readiness(), (false, "fenced for good"));
    }
}
