use std::net::SocketAddr;
use std::sync::Arc;

use crypto::{Algorithm, PrivateKey, PublicKey, Signer, Verifier};

use super::{ConfigError, at, five_minutes};
use crate::faults::Rule;
use crate::gateway::Gateway;
use crate::model::Stands;

/// Everything a sandbox runs with, keys read. [`SandboxConfig::setup`] makes it from files, [`Setup::new`] from keys in memory.
pub struct Setup {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Who may come in.
    pub gateway: Gateway,
    /// Signs answers.
    pub signer: Signer,
    /// The version answers name.
    pub key_version: u32,
    /// The model's stands.
    pub stands: Stands,
    /// The fault script at the start.
    pub faults: Vec<Rule>,
    /// Its chance.
    pub seed: u64,
    /// How many calls are written down one by one, from the first on; see [`crate::Running::journal`].
    pub journal: usize,
}

impl Setup {
    /// RSA256 with keys in memory, everything else as by default, on a free port of loopback.
    ///
    /// # Errors
    /// [`ConfigError`] when a key does not fit.
    pub fn new(client_id: &str, key: impl Into<Arc<PrivateKey>>, client_key: PublicKey) -> Result<Self, ConfigError> {
        let signer = Signer::new(key, Algorithm::Rsa256).map_err(|fault| at("private_key_file", fault))?;
        let verifier = Verifier::new(client_key, Algorithm::Rsa256).map_err(|fault| at("client_public_key_file", fault))?;
        let gateway =
            Gateway { client_id: client_id.to_owned(), client_keys: vec![(1, verifier)], skew: five_minutes().0.as_secs(), sealing: None };
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(Self { listen, gateway, signer, key_version: 1, stands: Stands::default(), faults: Vec::new(), seed: 0, journal: 0 })
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.gateway.client_id.is_empty() {
            return Err(at("client_id", "is empty"));
        }
        for (at_index, (version, _)) in self.gateway.client_keys.iter().enumerate() {
            if self.gateway.client_keys.iter().skip(at_index + 1).any(|(other, _)| other == version) {
                return Err(at("client_keys.key_version", format!("{version} comes twice")));
            }
        }
        if let Some(name) = self.stands.unsupported_types.iter().find(|name| domain::BizType::parse(name).is_none()) {
            return Err(at("unsupported_types", format!("{name:?} is not a business type")));
        }
        for (number, rule) in self.faults.iter().enumerate() {
            rule.check().map_err(|fault| at(&format!("faults[{number}]"), fault))?;
        }
        Ok(())
    }
}
