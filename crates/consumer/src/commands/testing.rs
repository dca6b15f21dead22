//! What the tests of several commands share.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::config::Config;

/// The shipped example with lines at its end and an environment over it, its keys in place.
pub(super) fn config(over: &str, env: &[(&str, &str)]) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let key = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../crypto/tests/keys/rsa2048.pkcs8.pem"));
    let public = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../crypto/tests/keys/rsa2048.spki.pem"));
    fs::create_dir(folder.path().join("keys")).unwrap();
    fs::write(folder.path().join("keys/merchant.pem"), key).unwrap();
    fs::set_permissions(folder.path().join("keys/merchant.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(folder.path().join("keys/alipayhk.pub.pem"), public).unwrap();
    let path = folder.path().join("order-sync.toml");
    fs::write(&path, format!("{}\n{over}", include_str!("../../../../deploy/order-sync.example.toml"))).unwrap();
    Config::load(&path, env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
}
