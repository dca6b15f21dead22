//! docs/dependencies.md: what the production binary needs directly, by which of our crates, and why. Names, users and licences are written from
//! cargo's word; the reasons are somebody's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use order_sync_tests::cargo;
use serde_json::Value;

use crate::report::{Finding, expect_none};
use crate::tree;

const PAGE: &str = "docs/dependencies.md";
const BEGIN: &str =
    "<!-- begin: the first three columns are written by `UPDATE_DOCS=1 cargo test -p order-sync-tests --test tidy dependencies`. -->";
const END: &str = "<!-- end -->";
/// A reason says more than a word.
const SHORTEST: usize = 20;

/// One row: who uses it, and its licence.
struct Need {
    users: BTreeSet<String>,
    licence: String,
}

#[test]
fn every_direct_dependency_of_the_binary_stands_on_its_page_with_a_reason() {
    let path = tree::root().join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let reasons = reasons(&page);
    let written = table(&needs(), &reasons);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        update(&path, &page, &written);
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page.contains(&written), "{PAGE} is out of date: run ./dev docs, then give each new crate its reason");
    let findings: Vec<Finding> = needs()
        .into_keys()
        .filter(|name| reasons.get(name.as_str()).is_none_or(|reason| reason.len() < SHORTEST))
        .map(|name| Finding::new(PAGE, format!("{name} has no reason")))
        .collect();
    expect_none("what is linked into the binary has a reason", "write what it does for us, and why not by ourselves", &findings);
}

/// What our crates need directly in the production build, tests and build scripts left away.
fn needs() -> BTreeMap<String, Need> {
    let metadata = cargo::metadata();
    let linked = cargo::production();
    let licences: BTreeMap<&str, &str> =
        list(&metadata["packages"]).map(|package| (text(&package["name"]), text(&package["license"]))).collect();
    let ours = list(&metadata["packages"])
        .filter(|package| package["source"].is_null() && linked.iter().any(|(name, _)| name == text(&package["name"])));
    let mut needs = BTreeMap::<String, Need>::new();
    for package in ours {
        let direct = list(&package["dependencies"]).filter(|need| need["kind"].is_null() && need["path"].is_null());
        for need in direct {
            let name = text(&need["name"]);
            let licence = licences.get(name).copied().unwrap_or_default().to_owned();
            let entry = needs.entry(name.to_owned()).or_insert(Need { users: BTreeSet::new(), licence });
            entry.users.insert(text(&package["name"]).to_owned());
        }
    }
    needs
}

fn table(needs: &BTreeMap<String, Need>, reasons: &BTreeMap<String, String>) -> String {
    let mut table = format!("{BEGIN}\n\n| crate | used by | licence | why |\n|---|---|---|---|\n");
    for (name, need) in needs {
        let users: Vec<&str> = need.users.iter().map(String::as_str).collect();
        let reason = reasons.get(name).map_or("", String::as_str);
        let _ = writeln!(table, "| `{name}` | {} | {} | {reason} |", users.join(", "), need.licence);
    }
    table + "\n" + END
}

/// The last column, by the first.
fn reasons(page: &str) -> BTreeMap<String, String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    rows.filter_map(|row| {
        let (name, rest) = row.split_once("` | ")?;
        Some((name.to_owned(), rest.splitn(3, " | ").nth(2)?.to_owned()))
    })
    .collect()
}

fn update(path: &Path, page: &str, table: &str) {
    let (before, after) = match (page.find(BEGIN), page.find(END)) {
        (Some(from), Some(to)) => (&page[..from], &page[to + END.len()..]),
        (None, _) | (_, None) => (page, "\n"),
    };
    std::fs::write(path, format!("{before}{table}{after}")).expect("the page can be written");
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
