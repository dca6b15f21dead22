//! Where the binary is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::kafka::jars::workspace;

/// `ORDER_SYNC_BIN`, else what cargo builds, once, with the profile of the tests.
pub(super) fn path() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("ORDER_SYNC_BIN").map_or_else(build, PathBuf::from))
}

/// The selection of `./dev test`: with another one the dependencies would be built once more, with other features.
fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--message-format=json", "--workspace", "--bin", "order-sync"]).current_dir(workspace());
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let built = build.stderr(Stdio::inherit()).output().expect("cargo");
    assert!(built.status.success(), "cargo build --workspace --bin order-sync: {}", built.status);
    let messages = String::from_utf8(built.stdout).expect("JSON is text");
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let binary = artifacts.filter_map(|artifact| Some(PathBuf::from(artifact["executable"].as_str()?))).next_back();
    binary.expect("cargo tells where the binary is")
}
