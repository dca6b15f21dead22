use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::config::Setup;
use crate::decision::Decision;
use crate::faults::{Rule, Script};
use crate::gateway::Gateway;
use crate::model::{CallId, Model};
use crate::sync::OrderSync;

use super::journal::{Entry, Journal};
use super::pace::Pace;
use super::signatory::Signatory;

/// What all connections share. The lock is held for single decisions, never across an await.
pub(super) struct Shared {
    pub(super) gateway: Gateway,
    pub(super) signatory: Signatory,
    pub(super) key_version: u32,
    pub(super) started: Instant,
    world: Mutex<World>,
}

/// The pure half.
pub(super) struct World {
    pub(super) model: Model,
    pub(super) script: Script,
    pub(super) journal: Journal,
    pub(super) traces: u64,
    pub(super) pace: Pace,
}

/// An open call; it ends when this is dropped, which is also when the client goes.
pub(super) struct OpenCall {
    shared: Arc<Shared>,
    call: CallId,
    /// Where it stands in the journal.
    pub(super) entry: Option<Entry>,
}

impl Shared {
    pub(super) fn new(setup: Setup) -> Self {
        let Setup { listen: _, gateway, signer, key_version, stands, faults, seed, journal } = setup;
        let mut script = Script::new(seed);
        script.replace(faults, Duration::ZERO);
        Self {
            signatory: Signatory::new(signer, gateway.client_id.clone()),
            gateway,
            key_version,
            started: Instant::now(),
            world: Mutex::new(World {
                model: Model::new(stands),
                script,
                journal: Journal::new(journal),
                traces: 0,
                pace: Pace::default(),
            }),
        }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(self: &Arc<Self>, sync: &OrderSync, host: &str, faults: &[&'static str]) -> OpenCall {
        let (mut world, now) = (self.world(), millis());
        let (call, entry) = (world.model.begin(sync, now), world.journal.came(sync, host, faults, now));
        OpenCall { shared: Arc::clone(self), call, entry }
    }

    pub(super) fn set_faults(&self, rules: Vec<Rule>, replace: bool) -> Result<(), String> {
        for (number, rule) in rules.iter().enumerate() {
            rule.check().map_err(|fault| format!("rule {number}: {fault}"))?;
        }
        let now = self.started.elapsed();
        let mut world = self.world();
        if replace {
            world.script.replace(rules, now);
        } else {
            world.script.add(rules, now);
        }
        Ok(())
    }
}

impl World {
    /// Lets the model decide, and notes in the journal whether that applied the modification.
    pub(super) fn decide(&mut self, sync: &OrderSync, entry: Option<Entry>) -> Decision {
        let (before, now) = (self.model.record().counters.applied, millis());
        let decision = self.model.decide(sync, now);
        let applied = self.model.record().counters.applied;
        if let Some(exchange) = self.journal.of(entry).filter(|_| applied > before) {
            exchange.applied = Some((applied, now));
        }
        decision
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.shared.world().model.end(self.call);
    }
}

/// The clock, in epoch milliseconds.
pub(super) fn millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
