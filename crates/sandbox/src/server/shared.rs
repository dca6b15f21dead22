use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::config::Setup;
use crate::faults::{Rule, Script};
use crate::gateway::Gateway;
use crate::model::{CallId, Model};
use crate::sync::OrderSync;

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
    pub(super) traces: u64,
}

/// An open call; it ends when this is dropped, which is also when the client goes.
pub(super) struct OpenCall {
    shared: Arc<Shared>,
    call: CallId,
}

impl Shared {
    pub(super) fn new(setup: Setup) -> Self {
        let Setup { listen: _, gateway, signer, key_version, stands, faults, seed } = setup;
        let mut script = Script::new(seed);
        script.replace(faults, Duration::ZERO);
        Self {
            signatory: Signatory::new(signer, gateway.client_id.clone()),
            gateway,
            key_version,
            started: Instant::now(),
            world: Mutex::new(World { model: Model::new(stands), script, traces: 0 }),
        }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(self: &Arc<Self>, sync: &OrderSync) -> OpenCall {
        let call = self.world().model.begin(sync, millis());
        OpenCall { shared: Arc::clone(self), call }
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
