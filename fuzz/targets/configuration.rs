//! Configuration files: a configuration, or one line that says what is wrong.
#![no_main]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use consumer::config::Config;
use libfuzzer_sys::fuzz_target;

/// A folder with the keys that the seeds name.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder").keep();
        let keys = folder.join("keys");
        fs::create_dir(&keys).expect("ours");
        fs::write(keys.join("merchant.pem"), include_bytes!("../../crates/crypto/tests/keys/rsa2048.pkcs8.pem")).expect("ours");
        fs::set_permissions(keys.join("merchant.pem"), Permissions::from_mode(0o600)).expect("ours");
        fs::write(keys.join("alipayhk.pub.pem"), include_bytes!("../../crates/crypto/tests/keys/rsa2048.spki.pem")).expect("ours");
        folder.join("order-sync.toml")
    })
}

fuzz_target!(|data: &[u8]| {
    fs::write(file(), data).expect("ours");
    if let Err(error) = Config::load(file(), std::iter::empty()) {
        let line = error.to_string();
        assert!(!line.contains('\n') && !error.key().is_empty() && !error.problem().is_empty(), "{line}");
    }
});
