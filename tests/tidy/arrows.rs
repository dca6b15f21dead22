//! Which crate may know which, and what the pure ones may not reach by any way.

use std::collections::BTreeMap;

use order_sync_tests::cargo::output as cargo;
use serde_json::Value;

use crate::lints::PURE;
use crate::report::{Finding, expect_none};
use crate::tree;

/// Our packages and which of ours they may use. The last three are the tests', the simulation's and the benches' packages.
const ARROWS: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("crypto", &[]),
    ("engine", &["domain"]),
    ("alipayhk", &["domain", "crypto"]),
    ("commit-queue", &[]),
    ("page", &[]),
    ("sandbox", &["alipayhk", "crypto", "domain", "page"]),
    ("consumer", &["alipayhk", "commit-queue", "crypto", "domain", "engine", "page", "sandbox"]),
    ("order-sync-tests", &["alipayhk", "commit-queue", "consumer", "crypto", "domain", "engine", "sandbox"]),
    ("order-sync-sim", &["alipayhk", "domain", "engine", "sandbox"]),
    ("order-sync-benches", &["alipayhk", "commit-queue", "consumer", "crypto", "domain", "engine", "order-sync-tests", "sandbox"]),
];
/// What no pure crate reaches, and why not.
const ABSENT: [(&str, &str); 16] = [
    ("tokio", "pure crates do not wait"),
    ("mio", "pure crates have no sockets"),
    ("rdkafka", "pure crates do not know Kafka's client"),
    ("rdkafka-sys", "pure crates do not know Kafka's client"),
    ("reqwest", "pure crates do not know HTTP"),
    ("hyper", "pure crates do not know HTTP"),
    ("axum", "pure crates do not know HTTP"),
    ("http", "pure crates do not know HTTP"),
    ("tonic", "pure crates do not know HTTP"),
    ("opentelemetry", "pure crates are not observed from inside"),
    ("tracing", "pure crates do not log"),
    ("log", "pure crates do not log"),
    ("rand", "randomness is an argument"),
    ("getrandom", "randomness is an argument"),
    ("apache-avro", "pure crates do not know the wire format of records"),
    ("toml", "pure crates do not read configuration"),
];

/// Ways that are known and harmless.
const KNOWN: [(&str, &str); 2] = [
    // The cryptographic libraries carry the system's randomness for callers that want it. Ours do not: see the rule on names below.
    ("crypto", "getrandom"),
    ("alipayhk", "getrandom"),
];
/// The feature of engine that lets rules be switched off.
const MUTANTS: &str = "mutants";
/// Names of sources of randomness, and the lines that may have them.
const CHANCE: [&str; 6] = ["SysRng", "OsRng", "ThreadRng", "thread_rng", "getrandom", "SystemRandom"];
/// aws-lc-rs wants a source for every RSA signature; PKCS#1 v1.5 is deterministic and uses none.
const UNUSED_CHANCE: [&str; 2] = ["rand::SystemRandom,", "sign(&RSA_PKCS1_SHA256, &SystemRandom::new()"];

#[test]
fn only_the_allowed_arrows_lie_between_our_crates() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps"])).expect("cargo metadata is JSON");
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into();
    let mut findings = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        let Some(allowed) = allowed.get(name) else {
            findings.push(Finding::new(name, "is a package that no arrow is drawn for"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let to = dependency["name"].as_str().expect("a name");
            let ours = dependency["path"].is_string();
            if ours && !allowed.contains(&to) {
                findings.push(Finding::new(format!("{name} → {to}"), "is no allowed arrow"));
            }
        }
    }
    let way_out =
        "pass what is needed as an argument; a new arrow is a change of design: write an ADR and add it to ARROWS in tests/tidy/arrows.rs";
    expect_none("our crates know each other only along the arrows", way_out, &findings);
}

#[test]
fn pure_crates_reach_neither_the_world_nor_chance() {
    let mut findings = Vec::new();
    for name in PURE {
        let reached = reached(&["-p", name]);
        for (absent, why) in ABSENT {
            if reached.iter().any(|package| package == absent) && !KNOWN.contains(&(name, absent)) {
                findings.push(Finding::new(name, format!("reaches {absent}: {why}")));
            }
        }
    }
    let way_out = "`cargo tree -e normal -p CRATE -i NAME` shows the way; switch the feature off or move the code to the edge";
    expect_none("pure crates decide, the edge performs", way_out, &findings);
}

#[test]
fn pure_crates_name_no_source_of_randomness() {
    let mut findings = Vec::new();
    for file in tree::rust_files().filter(|file| PURE.iter().any(|name| file.is_in(&format!("crates/{name}/src")))) {
        for (number, line) in file.lines().filter(|(_, line)| !UNUSED_CHANCE.iter().any(|unused| line.contains(unused))) {
            for name in CHANCE.iter().filter(|name| line.contains(**name)) {
                findings.push(Finding::new(format!("{}:{number}", file.path), name));
            }
        }
    }
    expect_none("randomness is an argument", "take `&mut impl CryptoRng`, or a seed", &findings);
}

#[test]
fn the_production_binary_is_built_without_the_sandbox() {
    let reached = reached(&["-p", "consumer", "--no-default-features"]);
    assert!(reached.iter().any(|package| package == "engine"), "cargo tree said nothing");
    let findings: Vec<Finding> =
        reached.iter().filter(|package| *package == "sandbox").map(|package| Finding::new("consumer", package)).collect();
    expect_none(
        "without default features there is no sandbox in the binary",
        "make the dependency optional, behind the feature `sandbox`",
        &findings,
    );
}

#[test]
fn no_build_but_the_simulation_can_switch_a_rule_off() {
    let selection = ["-p", "consumer", "--no-default-features"];
    let features = cargo(&[&["tree", "--edges", "normal", "--prefix", "none", "--format", "{p} {f}"], &selection[..]].concat());
    let engine: Vec<&str> = features.lines().filter(|line| line.starts_with("engine ")).collect();
    assert!(!engine.is_empty(), "cargo tree said nothing");
    let mut findings: Vec<Finding> =
        engine.iter().filter(|line| line.contains(MUTANTS)).map(|line| Finding::new("the production build", *line)).collect();
    let asking = tree::files().into_iter().filter(|file| file.path.ends_with("Cargo.toml") && file.path != "tests/sim/Cargo.toml");
    for file in asking.filter(|file| file.path != "crates/engine/Cargo.toml") {
        let lines = file.lines().filter(|(_, line)| line.contains(MUTANTS));
        findings.extend(lines.map(|(number, line)| Finding::new(format!("{}:{number}", file.path), line)));
    }
    let way_out = "only tests/sim asks for the feature `mutants` of engine";
    expect_none("outside of the simulation every rule holds", way_out, &findings);
}

/// The packages that a build of this selection contains, build scripts' and tests' needs aside.
fn reached(selection: &[&str]) -> Vec<String> {
    let fixed = ["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let text = cargo(&[&fixed, selection].concat());
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}
