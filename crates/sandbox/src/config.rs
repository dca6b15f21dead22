//! What an operator or a test sets, checked before anything listens.

mod keys;
mod setup;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crypto::{Algorithm, EccEncoding, EccHash, EccProfile, KeyBits, PrivateKey, Profile, PublicKey, Signer, Verifier, Wrap};
use serde::Deserialize;

use crate::duration::Span;
use crate::faults::Rule;
use crate::gateway::{Gateway, Sealing};
use crate::model::{OrderRule, Stands};

pub use setup::Setup;

/// The sandbox's configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes a free one.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The one client id it knows.
    pub client_id: String,
    /// AlipayHK's part: the key that signs answers.
    pub private_key_file: PathBuf,
    /// The version that answers name.
    #[serde(default = "one")]
    pub key_version: u32,
    /// The client's public key.
    pub client_public_key_file: PathBuf,
    /// Its version.
    #[serde(default = "one")]
    pub client_key_version: u32,
    /// Further keys of the client, for a rotation.
    #[serde(default)]
    pub client_keys: Vec<ClientKey>,
    /// `RSA256` or `ECC224`.
    #[serde(default)]
    pub algorithm: AlgorithmConfig,
    /// For ECC224: `sha256` or `sha224`.
    pub hash: Option<HashConfig>,
    /// For ECC224: `der` or `raw`.
    pub encoding: Option<EncodingConfig>,
    /// Absent: sealed requests are refused.
    pub encryption: Option<EncryptionConfig>,
    /// See [`OrderRule`].
    #[serde(default = "refuse")]
    pub order_rule: OrderRule,
    /// See [`Stands::idempotency`].
    #[serde(default = "yes")]
    pub idempotency: bool,
    /// See [`Stands::transitions`].
    #[serde(default = "yes")]
    pub transitions: bool,
    /// See [`Stands::required_extras`].
    #[serde(default = "yes")]
    pub required_extras: bool,
    /// See [`Stands::order_ids`].
    #[serde(default = "yes")]
    pub order_ids: bool,
    /// Business types answered UN_SUPPORT_BUSINESS.
    #[serde(default)]
    pub unsupported_types: Vec<String>,
    /// How far `Request-Time` may be off.
    #[serde(default = "five_minutes")]
    pub clock_skew: Span,
    /// The fault script at the start.
    #[serde(default)]
    pub faults: Vec<Rule>,
    /// Makes the faults' chance repeatable.
    #[serde(default)]
    pub seed: u64,
}

/// One more key of the client.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientKey {
    /// The key.
    pub public_key_file: PathBuf,
    /// Its version.
    pub key_version: u32,
}

/// `algorithm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum AlgorithmConfig {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    #[serde(rename = "RSA256")]
    Rsa256,
    /// ECDSA over P-224.
    #[serde(rename = "ECC224")]
    Ecc224,
}

/// `hash`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HashConfig {
    /// SHA-256.
    Sha256,
    /// SHA-224.
    Sha224,
}

/// `encoding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncodingConfig {
    /// ASN.1.
    Der,
    /// 56 bytes.
    Raw,
}

/// `[encryption]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionConfig {
    /// `aes-256-gcm` or `aes-ecb-pkcs7`.
    pub profile: ProfileConfig,
    /// Key length of `aes-ecb-pkcs7`: 128 or 256 (default).
    pub bits: Option<u16>,
    /// `pkcs1` (default) or `oaep`.
    #[serde(default)]
    pub wrap: WrapConfig,
    /// Opens requests; default: the signing key.
    pub private_key_file: Option<PathBuf>,
    /// Answers are sealed for it; default: the client's key.
    pub client_public_key_file: Option<PathBuf>,
}

/// `encryption.profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ProfileConfig {
    /// AES-256-GCM.
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
    /// AES-ECB with PKCS#7 padding.
    #[serde(rename = "aes-ecb-pkcs7")]
    AesEcbPkcs7,
}

/// `encryption.wrap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WrapConfig {
    /// PKCS#1 v1.5.
    #[default]
    Pkcs1,
    /// OAEP.
    Oaep,
}

/// What is wrong with a configuration; the text begins with the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {fault}")]
pub struct ConfigError {
    /// The key, with its table.
    pub key: String,
    /// What is wrong.
    pub fault: String,
}

impl SandboxConfig {
    /// Takes every relative path as one below `directory`.
    pub fn relative_to(&mut self, directory: &Path) {
        let encryption = self.encryption.iter_mut().flat_map(|table| [&mut table.private_key_file, &mut table.client_public_key_file]);
        let files = [&mut self.private_key_file, &mut self.client_public_key_file]
            .into_iter()
            .chain(self.client_keys.iter_mut().map(|key| &mut key.public_key_file))
            .chain(encryption.flatten());
        for file in files {
            *file = directory.join(&*file);
        }
    }

    /// Reads the keys and checks the rest.
    ///
    /// # Errors
    /// [`ConfigError`], which names the key.
    pub fn setup(&self) -> Result<Setup, ConfigError> {
        let algorithm = self.algorithm()?;
        let private = Arc::new(keys::private("private_key_file", &self.private_key_file)?);
        let public = keys::public("client_public_key_file", &self.client_public_key_file)?;
        let signer = Signer::new(Arc::clone(&private), algorithm).map_err(|fault| at("private_key_file", fault))?;
        let verifier = |key: &str, public: &PublicKey| Verifier::new(public.clone(), algorithm).map_err(|fault| at(key, fault));
        let mut client_keys = vec![(self.client_key_version, verifier("client_public_key_file", &public)?)];
        for ClientKey { public_key_file, key_version } in &self.client_keys {
            let key = "client_keys.public_key_file";
            client_keys.push((*key_version, verifier(key, &keys::public(key, public_key_file)?)?));
        }
        let sealing = self.encryption.as_ref().map(|table| table.sealing(&private, &public, self.key_version)).transpose()?;
        let gateway = Gateway { client_id: self.client_id.clone(), client_keys, skew: self.clock_skew.0.as_secs(), sealing };
        let stands = Stands {
            order_rule: self.order_rule,
            idempotency: self.idempotency,
            transitions: self.transitions,
            required_extras: self.required_extras,
            order_ids: self.order_ids,
            unsupported_types: self.unsupported_types.clone(),
        };
        let setup = Setup {
            listen: self.listen,
            gateway,
            signer,
            key_version: self.key_version,
            stands,
            faults: self.faults.clone(),
            seed: self.seed,
            journal: 0,
        };
        setup.check()?;
        Ok(setup)
    }

    fn algorithm(&self) -> Result<Algorithm, ConfigError> {
        match self.algorithm {
            AlgorithmConfig::Rsa256 if self.hash.is_some() => Err(at("hash", "belongs to ECC224 only")),
            AlgorithmConfig::Rsa256 if self.encoding.is_some() => Err(at("encoding", "belongs to ECC224 only")),
            AlgorithmConfig::Rsa256 => Ok(Algorithm::Rsa256),
            AlgorithmConfig::Ecc224 => {
                let hash = match self.hash {
                    Some(HashConfig::Sha256) | None => EccHash::Sha256,
                    Some(HashConfig::Sha224) => EccHash::Sha224,
                };
                let encoding = match self.encoding {
                    Some(EncodingConfig::Der) | None => EccEncoding::Der,
                    Some(EncodingConfig::Raw) => EccEncoding::Raw,
                };
                Ok(Algorithm::Ecc224(EccProfile { hash, encoding }))
            }
        }
    }
}

impl EncryptionConfig {
    fn sealing(&self, signing: &Arc<PrivateKey>, client: &PublicKey, key_version: u32) -> Result<Sealing, ConfigError> {
        let bits = match self.bits {
            None | Some(256) => KeyBits::B256,
            Some(128) => KeyBits::B128,
            Some(_) => return Err(at("encryption.bits", "must be 128 or 256")),
        };
        let profile = match self.profile {
            ProfileConfig::Aes256Gcm if bits != KeyBits::B256 => return Err(at("encryption.bits", "must be 256 with aes-256-gcm")),
            ProfileConfig::Aes256Gcm => Profile::Aes256Gcm,
            ProfileConfig::AesEcbPkcs7 => Profile::AesEcbPkcs7 { bits },
        };
        let wrap = match self.wrap {
            WrapConfig::Pkcs1 => Wrap::Pkcs1,
            WrapConfig::Oaep => Wrap::Oaep,
        };
        let with = match &self.private_key_file {
            Some(file) => Arc::new(keys::private("encryption.private_key_file", file)?),
            None => Arc::clone(signing),
        };
        let to = match &self.client_public_key_file {
            Some(file) => keys::public("encryption.client_public_key_file", file)?,
            None => client.clone(),
        };
        keys::rsa("encryption.private_key_file", with.kind())?;
        keys::rsa("encryption.client_public_key_file", to.kind())?;
        Ok(Sealing { profile, wrap, with, to, key_version })
    }
}

fn at(key: &str, fault: impl ToString) -> ConfigError {
    ConfigError { key: key.to_owned(), fault: fault.to_string() }
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8090))
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

fn refuse() -> OrderRule {
    OrderRule::Refuse
}

fn five_minutes() -> Span {
    Span(Duration::from_secs(300))
}

#[cfg(test)]
mod tests;
