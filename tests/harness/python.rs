//! Python environments with tools from PyPI, each made once in `.dev/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kafka::jars::workspace;

/// What an environment was made with lies in it under this name.
const MADE_WITH: &str = "requirements.txt";

/// The folder of the environment `name`: the one that the variable names, else `.dev/NAME`. When it is missing, or was made with other
/// requirements, it is made with what `requirements` pins, and nothing else; then `finish` puts into it what does not come as a package.
pub fn environment(name: &str, variable: &str, requirements: &str, finish: impl FnOnce(&Path)) -> PathBuf {
    if let Some(folder) = std::env::var_os(variable) {
        return PathBuf::from(folder);
    }
    let folder = workspace().join(".dev").join(name);
    let wanted = fs::read(requirements).expect("the requirements are part of the project");
    if fs::read(folder.join(MADE_WITH)).ok().as_ref() != Some(&wanted) {
        install(&folder, requirements, finish);
    }
    folder
}

/// Runs a command that has to succeed; `needed` says what is missing when it cannot.
pub fn run(command: &mut Command, needed: &str) {
    let status = command.status().unwrap_or_else(|error| panic!("{needed}: {error}"));
    assert!(status.success(), "{needed}: {status}");
}

fn install(folder: &Path, requirements: &str, finish: impl FnOnce(&Path)) {
    let parent = folder.parent().expect("not the root of the file system");
    fs::create_dir_all(parent).expect("the place for tools can be made");
    // Made beside it and then renamed: a folder that exists is complete. Nothing but its own Python and plain programs are called in it, which
    // can be moved.
    let scratch = tempfile::Builder::new().prefix("python-").tempdir_in(parent).expect("the place for tools is writable");
    let made = scratch.path().join("environment");
    run(Command::new("python3").args(["-m", "venv"]).arg(&made), "Python 3 with venv is installed (Debian: python3-venv)");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    run(Command::new(made.join("bin/python")).args(pip).arg(requirements), "pip installs what is pinned");
    finish(&made);
    fs::copy(requirements, made.join(MADE_WITH)).expect("the environment is ours");
    let _ = fs::remove_dir_all(folder);
    let _ = fs::rename(made, folder);
}
