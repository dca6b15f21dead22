//! The Python environment of the receiver.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::kafka::jars::workspace;

/// The environment's Python, after the environment has been made if it was missing.
pub(super) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = std::env::var_os("ORDER_SYNC_OTLP").map_or_else(|| workspace().join(".dev/otlp"), PathBuf::from);
        if !folder.exists() {
            install(&folder);
        }
        folder.join("bin/python")
    })
}

fn install(folder: &Path) {
    let parent = folder.parent().expect("not the root of the file system");
    fs::create_dir_all(parent).expect("the place for the receiver can be made");
    // Made beside it and then renamed: a folder that exists is complete. Nothing but its own Python is called in it, which can be moved.
    let scratch = tempfile::Builder::new().prefix("otlp-").tempdir_in(parent).expect("the place for the receiver is writable");
    let made = scratch.path().join("otlp");
    run(Command::new("python3").args(["-m", "venv"]).arg(&made), "Python 3 with venv is installed (Debian: python3-venv)");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/otlp/requirements.txt");
    run(Command::new(made.join("bin/python")).args(pip).arg(requirements), "pip is in the environment");
    let _ = fs::rename(made, folder);
}

fn run(command: &mut Command, needed: &str) {
    let status = command.status().expect(needed);
    assert!(status.success(), "{needed}: {status}");
}
