//! What the tests of several commands share.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::config::{Config, ConfigError};

/// A folder with a configuration file and its keys.
pub(crate) struct Installed(TempDir);

impl Installed {
    /// The configuration file.
    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("order-sync.toml")
    }

    /// What it says now.
    pub(crate) fn load(&self) -> Result<Config, ConfigError> {
        Config::load(&self.file(), std::iter::empty())
    }
}

/// The shipped example with lines at its end, its keys in place.
pub(crate) fn installed(over: &str) -> Installed {
    let place = Installed(tempfile::tempdir().unwrap());
    let keys = place.0.path().join("keys");
    let key = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../crypto/tests/keys/rsa2048.pkcs8.pem"));
    let public = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../crypto/tests/keys/rsa2048.spki.pem"));
    fs::create_dir(&keys).unwrap();
    fs::write(keys.join("merchant.pem"), key).unwrap();
    fs::set_permissions(keys.join("merchant.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(keys.join("alipayhk.pub.pem"), public).unwrap();
    fs::write(place.file(), format!("{}\n{over}", include_str!("../../../../deploy/order-sync.example.toml"))).unwrap();
    place
}

/// The same, read with an environment over it.
pub(super) fn config(over: &str, env: &[(&str, &str)]) -> Config {
    let place = installed(over);
    Config::load(&place.file(), env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
}
