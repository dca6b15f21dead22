//! The lints and bans that every crate has to switch on.

use std::fs;

use toml::{Table, Value};

use crate::report::{Finding, expect_none};
use crate::tree;

/// Crates that decide and never touch the world.
pub(crate) const PURE: [&str; 5] = ["domain", "crypto", "engine", "alipayhk", "page"];
/// The one crate with `unsafe` code.
const UNSAFE: &str = "commit-queue";
/// What clippy has to refuse in pure crates.
const BANNED: [&str; 9] = [
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "std::thread::sleep",
    "std::env::var",
    "std::fs::read",
    "std::fs::read_to_string",
    "std::fs::write",
    "std::fs::File::open",
    "std::fs::File::create",
];
/// Lints a pure crate denies in its `lib.rs`.
const DENIED: [(&str, &[&str]); 3] = [
    ("missing_docs", &["domain", "crypto", "engine", "alipayhk", "page"]),
    ("clippy::indexing_slicing", &["domain", "crypto", "engine", "alipayhk", "page"]),
    ("clippy::wildcard_enum_match_arm", &["domain", "engine", "alipayhk"]),
];

#[test]
fn pure_crates_ban_clock_sleep_environment_and_files() {
    let mut findings = Vec::new();
    for name in PURE {
        let path = format!("crates/{name}/clippy.toml");
        let Some(table) = read(&path) else {
            findings.push(Finding::new(path, "is missing or is no TOML"));
            continue;
        };
        let bans = table.get("disallowed-methods").and_then(Value::as_array).cloned().unwrap_or_default();
        for banned in BANNED {
            let entry = bans.iter().find(|ban| ban.get("path").and_then(Value::as_str) == Some(banned));
            let reason = entry.and_then(|ban| ban.get("reason")).and_then(Value::as_str).unwrap_or_default();
            if reason.is_empty() {
                findings.push(Finding::new(&path, format!("does not ban {banned} with a reason")));
            }
        }
    }
    let way_out = "copy the entry from crates/domain/clippy.toml: clippy takes the nearest file only and does not merge";
    expect_none("a pure crate's clippy.toml bans what reaches the world", way_out, &findings);
}

#[test]
fn pure_crates_deny_what_they_promise_to_deny() {
    let mut findings = Vec::new();
    for (lint, crates) in DENIED {
        for name in crates {
            let path = format!("crates/{name}/src/lib.rs");
            let text = fs::read_to_string(tree::root().join(&path)).unwrap_or_default();
            let denied = text.lines().any(|line| line.starts_with("#![deny(") && line.contains(lint));
            if !denied {
                findings.push(Finding::new(path, format!("does not deny {lint}")));
            }
        }
    }
    expect_none("pure crates deny these lints", "add it to #![deny(…)] at the top of lib.rs", &findings);
}

#[test]
fn unsafe_code_is_forbidden_everywhere_but_in_commit_queue() {
    let mut findings = Vec::new();
    for file in tree::files().into_iter().filter(|file| file.path.ends_with("Cargo.toml") && file.path != "Cargo.toml") {
        let table: Table = file.text.parse().expect("a manifest is TOML");
        let inherits = table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool) == Some(true);
        // The fuzz targets are a workspace of their own, and their entry is a C function that a macro makes.
        if !inherits && file.path != "fuzz/Cargo.toml" && !file.is_in(&format!("crates/{UNSAFE}")) {
            findings.push(Finding::new(file.path, "does not inherit the workspace's lints"));
        }
    }
    let workspace = read("Cargo.toml").expect("the workspace has a manifest");
    let forbidden = workspace["workspace"]["lints"]["rust"]["unsafe_code"].as_str() == Some("forbid");
    if !forbidden {
        findings.push(Finding::new("Cargo.toml", "[workspace.lints.rust] does not forbid unsafe_code"));
    }
    let way_out = "write [lints] workspace = true; if it cannot be done without unsafe code, it belongs into crates/commit-queue";
    expect_none("only commit-queue holds unsafe code", way_out, &findings);
}

fn read(path: &str) -> Option<Table> {
    fs::read_to_string(tree::root().join(path)).ok()?.parse().ok()
}
