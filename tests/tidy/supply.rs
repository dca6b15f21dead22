//! What comes in from outside keeps to deny.toml: licences, sources, bans. cargo-deny asks the same and more, advisories above all; this much
//! needs nothing that is not here.

use std::collections::BTreeSet;

use order_sync_tests::cargo;
use serde_json::Value;
use spdx::{Expression, ParseMode};
use toml::Table;

use crate::report::{Finding, expect_none};
use crate::tree;

/// The one registry.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// What the C code that is linked in is built with.
const FEATURES: [(&str, &[&str]); 4] = [
    ("rdkafka-sys", &["libz", "libz-static", "libz-sys", "openssl-sys", "ssl", "zstd", "zstd-sys"]),
    ("libz-sys", &["libc", "static", "stock-zlib"]),
    ("zstd-sys", &["legacy", "zdict_builder"]),
    ("tikv-jemalloc-sys", &[]),
];

/// deny.toml.
struct Rules(Table);

impl Rules {
    fn read() -> Self {
        let text = std::fs::read_to_string(tree::root().join("deny.toml")).expect("the project has rules");
        Self(text.parse().expect("deny.toml is TOML"))
    }

    fn texts<'t>(table: &'t toml::Value, key: &str) -> Vec<&'t str> {
        table.get(key).and_then(|list| list.as_array()).into_iter().flatten().filter_map(|text| text.as_str()).collect()
    }

    fn tables(&self, section: &str, key: &str) -> Vec<&toml::Value> {
        self.0[section].get(key).and_then(|list| list.as_array()).into_iter().flatten().collect()
    }

    /// Whether this package may come in under this licence.
    fn allow(&self, package: &str, licence: &str) -> bool {
        let mut allowed = Self::texts(&self.0["licenses"], "allow");
        let exceptions = self.tables("licenses", "exceptions");
        exceptions.iter().filter(|of| of.get("crate").and_then(|name| name.as_str()) == Some(package)).for_each(|of| {
            allowed.extend(Self::texts(of, "allow"));
        });
        let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else { return false };
        expression.evaluate(|asked| asked.addition.is_none() && allowed.iter().any(|allowed| asked.license.to_string() == *allowed))
    }
}

/// The packages of a build, by cargo's description of them.
fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    let built: BTreeSet<String> = cargo::arrows().into_iter().map(|(_, name)| name).collect();
    list(&metadata["packages"]).filter(move |package| built.contains(text(&package["name"])))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn licences_are_those_that_are_allowed() {
    let (metadata, rules) = (cargo::metadata(), Rules::read());
    let foreign = packages(&metadata).filter(|package| package["source"].is_string());
    let findings: Vec<Finding> = foreign
        .filter(|package| !rules.allow(text(&package["name"]), text(&package["license"])))
        .map(|package| Finding::new(text(&package["name"]), format!("comes under {:?}", text(&package["license"]))))
        .collect();
    expect_none("licences are those of deny.toml", "take another crate; an exception needs its reason there", &findings);
}

#[test]
fn everything_comes_from_the_one_registry() {
    let metadata = cargo::metadata();
    let findings: Vec<Finding> = packages(&metadata)
        .filter(|package| package["source"].as_str().is_some_and(|source| source != REGISTRY))
        .map(|package| Finding::new(text(&package["name"]), format!("comes from {}", text(&package["source"]))))
        .collect();
    expect_none("everything comes from crates.io, with a checksum in the lock file", "depend on a released version", &findings);
}

#[test]
fn what_is_banned_comes_in_by_nobody_but_those_who_may_bring_it() {
    let (arrows, rules) = (cargo::arrows(), Rules::read());
    let mut findings = Vec::new();
    for ban in rules.tables("bans", "deny") {
        let (banned, wrappers) = (ban["crate"].as_str().unwrap_or_default(), Rules::texts(ban, "wrappers"));
        assert!(
            ban.get("reason").and_then(|reason| reason.as_str()).is_some_and(|reason| !reason.is_empty()),
            "{banned} is banned for no reason"
        );
        let by = arrows.iter().filter(|(by, brought)| brought == banned && !wrappers.contains(&by.as_str()));
        findings.extend(by.map(|(by, brought)| Finding::new(by, format!("brings {brought}"))));
    }
    assert!(arrows.contains(&("crypto".to_owned(), "rsa".to_owned())), "cargo tree said nothing");
    expect_none("banned crates stay out", "`cargo tree -i NAME` shows the way; switch the feature off", &findings);
}

#[test]
fn our_crates_name_the_versions_they_need() {
    let metadata = cargo::metadata();
    let ours = list(&metadata["packages"]).filter(|package| package["source"].is_null());
    let mut findings = Vec::new();
    for package in ours {
        let open = list(&package["dependencies"]).filter(|need| need["path"].is_null() && text(&need["req"]) == "*");
        findings.extend(open.map(|need| Finding::new(text(&package["name"]), format!("takes any version of {}", text(&need["name"])))));
    }
    expect_none("no version is a wildcard", "write the version in the workspace's table", &findings);
}

#[test]
fn c_code_is_built_with_these_features_and_no_more() {
    let tree = cargo::output(&[&["tree", "--prefix", "none", "--format", "{p} {f}"], &cargo::PRODUCTION[..]].concat());
    let mut findings = Vec::new();
    for (name, expected) in FEATURES {
        let line = tree.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_default();
        let features: Vec<&str> = line.split(' ').nth(2).unwrap_or_default().split(',').filter(|feature| !feature.is_empty()).collect();
        let features: Vec<&str> = features.into_iter().filter(|feature| *feature != "default").collect();
        if features != expected {
            findings.push(Finding::new(name, format!("has {features:?} and not {expected:?}")));
        }
    }
    expect_none("C code is no larger than it has to be", "switch the feature off, or say here why it is needed", &findings);
}

#[test]
fn a_licence_is_allowed_when_one_of_its_choices_is_and_all_of_its_parts_are() {
    let rules =
        Rules("[licenses]\nallow = [\"MIT\", \"ISC\"]\nexceptions = [{ crate = \"odd\", allow = [\"LGPL-3.0-only\"] }]".parse().unwrap());
    let allowed = |licence| rules.allow("any", licence);
    assert!(allowed("MIT") && allowed("MIT OR GPL-3.0-only") && allowed("GPL-2.0/MIT") && allowed("MIT AND (ISC OR Apache-2.0)"));
    for refused in ["", "GPL-3.0-only", "MIT AND Apache-2.0", "MIT WITH LLVM-exception", "LGPL-3.0-only", "no licence"] {
        assert!(!allowed(refused), "{refused}");
    }
    assert!(rules.allow("odd", "LGPL-3.0-only") && !rules.allow("odd", "GPL-3.0-only"));
}
