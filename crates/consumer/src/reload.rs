//! Keys and quota exchanged while the process runs: on SIGHUP, and by itself when the configuration or a file that it names changes.
//!
//! The new ones are read like at the start, all of them or none: what is wrong changes nothing and is said.

pub(crate) mod stamp;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alipayhk::Client;
use tokio::signal::unix::Signal;
use tokio::sync::watch;

use self::stamp::Stamp;
use crate::config::{Config, ConfigError, KeyFacts, Quota, environment};
use crate::telemetry::metrics::Metrics;

/// The files are looked at this often. A change counts once it was seen twice alike: whoever writes has finished.
const EVERY: Duration = Duration::from_secs(1);
/// After a refusal they are read again this often: the file that was missing is none of those that are looked at.
const AGAIN: u32 = 10;

/// Where the new keys come from and who asks for them.
pub(crate) struct Reload {
    pub(crate) file: PathBuf,
    pub(crate) hangups: Signal,
}

/// What is in force, and what was said about it.
struct Running {
    /// As the process was started.
    started: Config,
    keys: KeyFacts,
    quota: Quota,
    clients: watch::Sender<Arc<Client>>,
    quotas: watch::Sender<Quota>,
    metrics: Metrics,
    /// Why the files are not taken; said once.
    refused: Option<String>,
    /// Keys that changed in the file and wait for a start; said once.
    waiting: Vec<String>,
}

impl Reload {
    /// Looks after the files for as long as the pipeline runs.
    pub(crate) async fn watch(
        mut self,
        started: Config,
        clients: watch::Sender<Arc<Client>>,
        quotas: watch::Sender<Quota>,
        metrics: Metrics,
    ) {
        let (keys, quota) = (started.alipayhk.keys.clone(), started.quota);
        let mut running = Running { started, keys, quota, clients, quotas, metrics, refused: None, waiting: Vec::new() };
        // Nothing is known yet: they may have changed since they were read.
        let (mut known, mut changing, mut looks) = (Stamp::default(), None, 0_u32);
        while !running.clients.is_closed() {
            let asked = tokio::select! {
                hangup = self.hangups.recv() => hangup.is_some(),
                () = tokio::time::sleep(EVERY) => false,
            };
            let seen = Stamp::of(self.files(&running)).await;
            looks = looks.wrapping_add(1);
            let again = running.refused.is_some() && looks.is_multiple_of(AGAIN);
            if !asked && !again {
                if seen == known {
                    changing = None;
                    continue;
                }
                if changing.as_ref() != Some(&seen) {
                    changing = Some(seen);
                    continue;
                }
            }
            (known, changing) = (seen, None);
            let files = running.keys.files.clone();
            running.take(read(self.file.clone()).await, asked);
            if running.keys.files != files {
                // Other files belong to it now, and may have changed since they were read.
                known = Stamp::default();
            }
        }
    }

    fn files(&self, running: &Running) -> Vec<PathBuf> {
        [&self.file].into_iter().chain(&running.keys.files).chain(running.started.written.files()).cloned().collect()
    }
}

async fn read(file: PathBuf) -> Result<Config, ConfigError> {
    let named = file.clone();
    let read = tokio::task::spawn_blocking(move || Config::load(&file, environment())).await;
    read.unwrap_or_else(|_| Err(ConfigError::new(named.display().to_string(), "reading it broke off")))
}

impl Running {
    /// Takes over what may be taken over. `asked`: somebody waits for a word, whatever comes of it.
    fn take(&mut self, read: Result<Config, ConfigError>, asked: bool) {
        let read = read.and_then(|config| match config.alipayhk.client_id == self.started.alipayhk.client_id {
            true => Ok(config),
            false => Err(ConfigError::new("alipayhk.client_id", "is another one; keys of another client need a new start")),
        });
        match read {
            Err(error) => self.refuse(&error, asked),
            Ok(config) => self.accept(&config, asked),
        }
    }

    fn refuse(&mut self, error: &ConfigError, asked: bool) {
        let said = error.to_string();
        if asked || self.refused.as_ref() != Some(&said) {
            tracing::error!(%error, "the changed configuration is not taken: nothing is changed, the keys in force stay in force");
            self.metrics.reloaded(false);
        }
        self.refused = Some(said);
    }

    fn accept(&mut self, config: &Config, asked: bool) {
        let was_refused = self.refused.take().is_some();
        let (keys, quota) = (&config.alipayhk.keys, config.quota);
        let new_keys = *keys != self.keys;
        let new_quota =
            (quota.requests_per_second, quota.reserve_per_second) != (self.quota.requests_per_second, self.quota.reserve_per_second);
        if new_keys {
            // In one step: a call is made and judged with the old ones or the new ones, never with a mixture.
            self.clients.send_replace(Arc::clone(&config.alipayhk.client));
            self.keys = keys.clone();
            tell(keys);
            config.warnings.iter().filter(|warning| warning.starts_with("alipayhk.")).for_each(|warning| tracing::warn!("{warning}"));
        }
        if new_quota {
            self.quotas.send_replace(quota);
            self.quota = quota;
            let Quota { requests_per_second, reserve_per_second, .. } = quota;
            tracing::info!(requests_per_second, reserve_per_second, "the changed quota is in force");
        }
        if new_keys || new_quota || asked || was_refused {
            self.metrics.reloaded(true);
        }
        if !(new_keys || new_quota) && (asked || was_refused) {
            tracing::info!("the configuration was read again: keys and quota are the ones in force already");
        }
        let waiting = self.started.written.waiting_for_a_start(&config.written);
        if !waiting.is_empty() && (asked || waiting != self.waiting) {
            tracing::warn!(
                keys = waiting.join(", "),
                "changed in the configuration or in a file that it names; in force from the next start on"
            );
        }
        self.waiting = waiting;
    }
}

fn tell(keys: &KeyFacts) {
    let verify: Vec<_> = keys.verify.iter().map(|fact| format!("{} {}", fact.version, fact.fingerprint)).collect();
    tracing::info!(
        algorithm = keys.algorithm.name().as_str(),
        signing = format!("{} {}", keys.signing.version, keys.signing.fingerprint),
        verify = verify.join(", "),
        encryption = keys.encryption.as_deref().unwrap_or("off"),
        "changed keys are in force (each by version and sha256)"
    );
}

#[cfg(test)]
mod tests;
