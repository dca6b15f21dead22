use std::path::Path;

use crypto::{KeyKind, PrivateKey, PublicKey};

use super::{ConfigError, at};

pub(super) fn private(key: &str, file: &Path) -> Result<PrivateKey, ConfigError> {
    PrivateKey::parse(&read(key, file)?).map_err(|fault| at(key, format!("{} {fault}", file.display())))
}

pub(super) fn public(key: &str, file: &Path) -> Result<PublicKey, ConfigError> {
    PublicKey::parse(&read(key, file)?).map_err(|fault| at(key, format!("{} {fault}", file.display())))
}

/// Only RSA can wrap a symmetric key.
pub(super) fn rsa(key: &str, kind: KeyKind) -> Result<(), ConfigError> {
    match kind {
        KeyKind::Rsa { .. } => Ok(()),
        KeyKind::P224 => Err(at(key, "encryption needs an RSA key; name one of its own beside ECC224")),
    }
}

fn read(key: &str, file: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(file).map_err(|fault| at(key, format!("cannot read {}: {fault}", file.display())))
}
