//! What the process says of itself: the published state.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use engine::{Commit, Content, GateView, Input, Now, PartitionId, PartitionView, Phase};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Driver;
use super::closures::Closures;
use super::halts::Halts;
use super::unfit::{Told, Unfit};
use crate::admin::state;
use crate::admin::{Gathering, Published};
use crate::kafka::record::Payload;
use crate::telemetry::logs::quiet::QUIET;

/// Collects what the state shows beside the engine's snapshot.
#[derive(Debug)]
pub(crate) struct Report {
    published: Published,
    started_at: String,
    group: state::Group,
    held: bool,
    troubles: HashMap<String, Instant>,
    closures: Closures,
    pub(super) halts: Halts,
    unfit: Unfit,
    /// Characters of each partition's last commit metadata.
    metadata: HashMap<PartitionId, usize>,
    minutes: Gathering,
}

impl Report {
    pub(crate) fn new(published: Published) -> Self {
        let started_at = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        Self {
            published,
            started_at,
            group: state::Group::Joining,
            held: false,
            troubles: HashMap::new(),
            closures: Closures::default(),
            halts: Halts::default(),
            unfit: Unfit::default(),
            metadata: HashMap::new(),
            minutes: Gathering::default(),
        }
    }

    /// True when the hold file came or went.
    pub(super) fn hold_changed(&mut self, held: bool) -> bool {
        std::mem::replace(&mut self.held, held) != held
    }

    /// A call ended.
    pub(super) fn call(&mut self, took: Duration) {
        self.minutes.call(took);
    }

    pub(super) fn joined(&mut self, partitions: u32) {
        if matches!(self.group, state::Group::Joining | state::Group::Member | state::Group::Idle) {
            self.group = if partitions == 0 { state::Group::Idle } else { state::Group::Member };
        }
    }

    pub(super) fn rejoining(&mut self) {
        self.group = state::Group::Joining;
    }

    pub(super) fn leaving(&mut self) {
        self.group = state::Group::Leaving;
    }

    pub(super) fn failed(&mut self, why: &str) {
        self.group = state::Group::Failed(why.to_owned());
    }

    /// A commit is made.
    pub(super) fn committing(&mut self, commit: &Commit) {
        self.metadata.insert(commit.partition, commit.metadata.len());
    }

    /// A record goes to the engine.
    pub(super) fn fetched(&mut self, input: &Input<Payload>) {
        if let Input::Fetched { record, .. } = input
            && let Content::Unfit { reason, .. } = &record.content
        {
            self.unfit.count(*reason);
        }
    }

    /// Raises the alarm on records that can never be sent, and takes it back.
    fn watch_unfit(&mut self, records_read: u64, now: Now) {
        match self.unfit.look(records_read, now) {
            Some(Told::Alarm(unfit, read)) => {
                let (undecodable, invalid, unmapped) = (unfit.undecodable, unfit.invalid, unfit.unmapped);
                tracing::error!(
                    undecodable,
                    invalid,
                    unmapped,
                    read,
                    "many records of the last minute can never be sent: look at the dead letters"
                );
            }
            Some(Told::Over) => tracing::info!("for a minute no record was unfit to be sent"),
            None => {}
        }
    }

    /// Something that heals by itself, said once in a while for each text.
    pub(super) fn trouble(&mut self, what: &str) {
        self.troubles.retain(|_, at| at.elapsed() < QUIET);
        if self.troubles.len() < 64 && !self.troubles.contains_key(what) {
            self.troubles.insert(what.to_owned(), Instant::now());
            tracing::warn!(reason = what, "trouble; it is tried again");
        }
    }
}

impl Driver {
    /// Puts the newest state where the admin page and the gauges find it.
    pub(super) fn publish(&mut self) {
        let now = self.now();
        let snapshot = self.engine.snapshot(now);
        let counters = snapshot.counters;
        let (gate, reason) = gate(snapshot.gate);
        let types = snapshot.type_gates.iter().filter_map(|(biz_type, view)| {
            let (state, reason) = self::gate(*view);
            Some((biz_type.name(), state::TypeGate { state, reason: reason? }))
        });
        self.report.closures.observe(snapshot.gate != GateView::Open, now);
        let behind_gate = self.report.closures.within(snapshot.freshness, now);
        self.report.watch_unfit(counters.records_read, now);
        for view in &snapshot.partitions {
            self.traces.settled(view.partition, view.committable);
        }
        let state = state::State {
            version: env!("CARGO_PKG_VERSION"),
            environment: self.facts.environment.as_deref().map(str::to_owned),
            started_at: self.report.started_at.clone(),
            group: self.report.group.clone(),
            records_read: counters.records_read,
            dispositions: state::Dispositions {
                delivered: counters.delivered,
                superseded: counters.superseded,
                stale: counters.stale,
                rejected: counters.rejected,
                parked: counters.parked,
                skipped: counters.skipped,
            },
            calls: state::Calls {
                attempted: counters.calls_attempted,
                in_flight: u64::from(snapshot.in_flight),
                max_in_flight: u64::from(snapshot.max_in_flight),
            },
            calls_saved: counters.collapsed,
            gate: state::Gate { state: gate, reason, types: types.collect() },
            quota: state::Quota {
                share_per_second: snapshot.share_per_second,
                rate_per_second: snapshot.rate_per_second,
                tokens: snapshot.tokens,
            },
            fuse: state::Fuse { tokens: snapshot.fuse_tokens },
            freshness_seconds: snapshot.freshness.as_secs_f64(),
            freshness_behind_gate_seconds: behind_gate.as_secs_f64(),
            unfit_alarm: self.report.unfit.alarm(),
            remembered_orders: snapshot.remembered_orders as u64,
            notes: self.metrics.notes(),
            partitions: snapshot.partitions.iter().filter_map(|view| self.partition(view)).collect(),
            halted: self.report.halts.told(&self.facts),
        };
        if let Some(step) = self.report.minutes.see(&state, now.0) {
            self.report.published.add(step);
        }
        self.report.published.set(state);
    }

    fn partition(&self, view: &PartitionView) -> Option<state::Partition> {
        let place = self.facts.place(view.partition)?;
        Some(state::Partition {
            topic: place.topic.to_string(),
            partition: place.partition,
            epoch: view.epoch.0,
            phase: match view.phase {
                Phase::Consuming => state::Phase::Consuming,
                Phase::Draining => state::Phase::Draining,
                Phase::Released => state::Phase::Released,
            },
            position: view.position.0,
            committable: view.committable.0,
            committed: view.committed.map(|offset| offset.0),
            open: view.open,
            waiting: view.waiting,
            lanes: view.lanes,
            blocked: view.blocked,
            in_flight: u64::from(view.in_flight),
            paused: view.paused,
            log_end: view.log_end.map(|offset| offset.0),
            window: view.window.map(|offset| offset.0),
            barrier: Some(view.barrier.0),
            restoring: view.restoring,
            commit_metadata: self.report.metadata.get(&view.partition).map(|characters| *characters as u64),
        })
    }
}

fn gate(view: GateView) -> (state::GateState, Option<&'static str>) {
    match view {
        GateView::Open => (state::GateState::Open, None),
        GateView::Closed(reason) => (state::GateState::Closed, Some(reason.name())),
        GateView::Probing(reason) => (state::GateState::Probing, Some(reason.name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report::new(Published::default())
    }

    #[test]
    fn a_trouble_is_told_once_in_a_while_and_never_without_end() {
        let mut report = report();
        for number in 0..1_000 {
            report.trouble("the broker is away");
            report.trouble(&format!("trouble {number}"));
        }
        assert!(report.troubles.len() <= 64 && report.troubles.contains_key("the broker is away"));
        let long_ago = Instant::now().checked_sub(QUIET).unwrap();
        report.troubles.values_mut().for_each(|at| *at = long_ago);
        report.trouble("the broker is away");
        assert_eq!(report.troubles.len(), 1, "what was told long ago may be told again");
    }

    #[test]
    fn a_member_without_partitions_is_idle_and_no_stranger() {
        let mut report = report();
        report.joined(0);
        assert_eq!(report.group, state::Group::Idle);
        report.joined(3);
        assert_eq!(report.group, state::Group::Member);
        report.rejoining();
        assert_eq!(report.group, state::Group::Joining);
    }

    #[test]
    fn a_failure_and_a_farewell_are_final() {
        let mut failed = report();
        failed.failed("fenced");
        failed.joined(3);
        assert_eq!(failed.group, state::Group::Failed("fenced".to_owned()));
        let mut leaving = report();
        leaving.leaving();
        leaving.joined(0);
        assert_eq!(leaving.group, state::Group::Leaving);
    }

    #[test]
    fn the_hold_is_told_when_it_changes() {
        let mut report = report();
        assert!(!report.hold_changed(false) && report.hold_changed(true) && !report.hold_changed(true) && report.hold_changed(false));
    }
}
