use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::alipayhk::exchange::VerifyKey;
use ::alipayhk::{Client, ClientConfig};
use crypto::{Algorithm, EccEncoding, EccHash, EccProfile, KeyError, PrivateKey, PublicKey, Signer, Verifier};

use super::encryption;
use crate::config::error::ConfigError;
use crate::config::files;
use crate::config::section::Section;

/// What may be said about the keys: files, kinds, versions and fingerprints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// How requests are signed.
    pub algorithm: Algorithm,
    /// Our signing key.
    pub signing: KeyFact,
    /// AlipayHK's keys, in the order of the file.
    pub verify: Vec<KeyFact>,
    /// How bodies are sealed, in words; `None`: not at all.
    pub encryption: Option<String>,
    /// Every file that was read.
    pub files: Vec<PathBuf>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFact {
    /// Where it was read.
    pub file: PathBuf,
    /// Such as `RSA 2048`.
    pub kind: String,
    /// Its version at AlipayHK.
    pub version: u32,
    /// SHA-256 of the public half's SPKI DER, hexadecimal.
    pub fingerprint: String,
}

pub(in crate::config) const SIGNING: &[&str] = &["algorithm", "hash", "encoding", "private_key_file", "key_version"];
pub(in crate::config) const VERIFY: &[&str] = &["public_key_file", "key_version"];

/// Reads `signing`, `verify_keys` and `encryption` below `[alipayhk]`.
pub(super) fn read(alipayhk: &Section<'_>, client_id: &str) -> Result<(Client, KeyFacts), ConfigError> {
    let section = alipayhk.section_or_empty("signing", SIGNING)?;
    let algorithm = algorithm(&section)?;
    let (file, key) = private_key(&section, "private_key_file")?;
    let version = version(&section)?;
    let signing = fact(file.clone(), &key.public_key(), version);
    let key = Arc::new(key);
    let signer = Signer::new(Arc::clone(&key), algorithm).map_err(|error| named(&section, "private_key_file", &file, &error))?;

    let mut verify_keys = Vec::new();
    let mut verify = Vec::<KeyFact>::new();
    let mut first = None;
    for section in alipayhk.sections("verify_keys", VERIFY)? {
        let (file, key) = public_key(&section, "public_key_file")?;
        let version = self::version(&section)?;
        if let Some(other) = verify.iter().find(|other| other.version == version) {
            return Err(section.error("key_version", format!("{version} is also the version of {}", other.file.display())));
        }
        let found = fact(file.clone(), &key, version);
        if found.fingerprint == signing.fingerprint {
            section.warn("public_key_file", "is the public half of our own signing key; AlipayHK's public key belongs here");
        }
        let verifier = Verifier::new(key.clone(), algorithm).map_err(|error| named(&section, "public_key_file", &file, &error))?;
        verify_keys.push(VerifyKey { key_version: version, verifier });
        verify.push(found);
        first.get_or_insert((key, version));
    }
    let Some(first) = first else {
        return Err(alipayhk
            .missing("verify_keys", "at least one [[alipayhk.verify_keys]] with AlipayHK's public key, or no answer could be trusted"));
    };
    let sealing = encryption::read(alipayhk, first, &key)?;
    let mut files: Vec<PathBuf> = [&signing].into_iter().chain(&verify).map(|fact| fact.file.clone()).collect();
    let (encryption, words) = match sealing {
        None => (None, None),
        Some(sealing) => {
            files.extend(sealing.files);
            (Some(sealing.encryption), Some(sealing.words))
        }
    };
    let config = ClientConfig { client_id: client_id.to_owned(), signer: Arc::new(signer), key_version: version, verify_keys, encryption };
    let client = Client::new(config).map_err(|error| alipayhk.error("client_id", error))?;
    if matches!(algorithm, Algorithm::Ecc224(_)) {
        section.warn("algorithm", "no public page defines ECC224's hash and encoding; have AlipayHK confirm the profile before production");
    }
    Ok((client, KeyFacts { algorithm, signing, verify, encryption: words, files }))
}

/// A private key's file, parsed.
pub(super) fn private_key(section: &Section<'_>, key: &str) -> Result<(PathBuf, PrivateKey), ConfigError> {
    let path =
        section.path(key)?.ok_or_else(|| section.missing(key, "the file of a private key (PKCS#8, PKCS#1 or SEC1; PEM or base64)"))?;
    let bytes = files::private_key(&path).map_err(|problem| section.error(key, problem))?;
    let parsed = PrivateKey::parse(&bytes).map_err(|error| named(section, key, &path, &error))?;
    Ok((path, parsed))
}

/// A public key's file, parsed.
pub(super) fn public_key(section: &Section<'_>, key: &str) -> Result<(PathBuf, PublicKey), ConfigError> {
    let path = section.path(key)?.ok_or_else(|| section.missing(key, "the file of a public key (SPKI or PKCS#1; PEM or base64)"))?;
    let bytes = files::public_key(&path).map_err(|problem| section.error(key, problem))?;
    let parsed = PublicKey::parse(&bytes).map_err(|error| named(section, key, &path, &error))?;
    Ok((path, parsed))
}

/// A key version.
fn version(section: &Section<'_>) -> Result<u32, ConfigError> {
    let version = section.integer("key_version", 0..=u64::from(u32::MAX))?;
    let version = version.ok_or_else(|| section.missing("key_version", "the version AlipayHK gave the key, such as 1"))?;
    u32::try_from(version).map_err(|error| section.error("key_version", error))
}

fn algorithm(section: &Section<'_>) -> Result<Algorithm, ConfigError> {
    if section.choice("algorithm", &[("RSA256", true), ("ECC224", false)])?.unwrap_or(true) {
        return match ["hash", "encoding"].into_iter().find(|key| section.has(key)) {
            Some(key) => Err(section.error(key, "belongs to ECC224; alipayhk.signing.algorithm is \"RSA256\"")),
            None => Ok(Algorithm::Rsa256),
        };
    }
    let hash = section.choice("hash", &[("sha256", EccHash::Sha256), ("sha224", EccHash::Sha224)])?.unwrap_or_default();
    let encoding = section.choice("encoding", &[("der", EccEncoding::Der), ("raw", EccEncoding::Raw)])?.unwrap_or_default();
    Ok(Algorithm::Ecc224(EccProfile { hash, encoding }))
}

fn named(section: &Section<'_>, key: &str, file: &Path, error: &KeyError) -> ConfigError {
    section.error(key, format!("{} {error}", file.display()))
}

fn fact(file: PathBuf, key: &PublicKey, version: u32) -> KeyFact {
    KeyFact { file, kind: key.kind().to_string(), version, fingerprint: key.fingerprint() }
}

impl fmt::Display for KeyFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, version {}, sha256 {} ({})", self.kind, self.version, self.fingerprint, self.file.display())
    }
}
