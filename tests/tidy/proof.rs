//! The maps of proofs are whole: every promise, every fault and every control has its row, and each row a test or the reason why there is none.

use crate::report::{Finding, expect_none};
use crate::tree;

/// The sets of rows, and how many each has.
const ROWS: [(char, usize); 6] = [('P', 9), ('K', 27), ('A', 18), ('R', 10), ('D', 9), ('S', 10)];

/// Sentences about answers, and where they and the keys of the configuration are mapped.
const ANSWERS: usize = 27;
const INTERFACE: &str = "docs/proof-interface.md";
/// Where a test runs the program, or simulates it.
const WHOLE: [&str; 4] = ["(../tests/e2e/", "(../tests/recovery/", "(../tests/sim/", "(../tests/soak/"];

/// The controls of docs/security.md.
const CONTROLS: usize = 44;

#[test]
fn every_promise_and_every_fault_has_a_row_with_its_tests() {
    let map = page("docs/proof.md");
    let mut findings = Vec::new();
    for (set, count) in ROWS {
        for number in 1..=count {
            findings.extend(fault(&map, "docs/proof.md", &format!("{set}{number}")));
        }
    }
    let readme = page("README.md");
    findings.extend((1..=9).filter_map(|number| fault(&readme, "README.md", &format!("P{number}"))));
    expect_none("what is promised is held by a test that is named", "name the test, or say `none` and why", &findings);
}

#[test]
fn every_control_has_a_row_with_its_tests() {
    let map = page("docs/security.md");
    let findings: Vec<Finding> = (1..=CONTROLS).filter_map(|number| fault(&map, "docs/security.md", &format!("S{number}"))).collect();
    expect_none("a control is held by a test that is named", "name the test, or say `none` and why", &findings);
}

#[test]
fn every_sentence_about_answers_and_every_key_is_held_by_a_test_that_runs_the_whole() {
    let map = page(INTERFACE);
    let mut findings: Vec<Finding> = (1..=ANSWERS).filter_map(|number| fault(&map, INTERFACE, &format!("O{number}"))).collect();
    let reference = page("docs/configuration.md");
    let keys: Vec<&str> = keys(&reference).chain(["kafka.properties"]).collect();
    assert!(keys.len() > 60, "docs/configuration.md was read: {} keys", keys.len());
    findings.extend(keys.into_iter().filter_map(|key| key_fault(&map, key)));
    findings.extend(map.lines().filter(|line| line.starts_with("| O") && !is_whole(line)).map(|line| Finding::new(INTERFACE, line)));
    findings
        .extend(strange_ways(&map, &page("tests/e2e/outages.rs")).into_iter().map(|way| Finding::new(INTERFACE, format!("no way {way}"))));
    expect_none(
        "what an operator sets and what AlipayHK answers is tried on the whole program",
        "name a test of tests/e2e, tests/recovery, tests/sim or tests/soak",
        &findings,
    );
}

/// The keys of the reference: what stands in backticks in the first cells, before the list of what is refused.
fn keys(reference: &str) -> impl Iterator<Item = &str> {
    let rows = reference.lines().take_while(|line| !line.starts_with("## Properties of librdkafka"));
    let cells = rows.filter(|line| line.starts_with("| `")).filter_map(|line| line.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2))
}

fn key_fault(map: &str, key: &str) -> Option<Finding> {
    let row =
        map.lines().find(|line| line.starts_with("| `") && line.split(" | ").next().is_some_and(|cell| cell.contains(&format!("`{key}`"))));
    match row {
        None => Some(Finding::new(INTERFACE, format!("{key} has no row"))),
        Some(row) => (!is_whole(row)).then(|| Finding::new(INTERFACE, format!("{key}: no test runs the whole"))),
    }
}

fn is_whole(row: &str) -> bool {
    WHOLE.iter().any(|place| row.contains(place))
}

/// The ways of failing that a row names are made into tests by a macro, so no link can promise them.
fn strange_ways<'m>(map: &'m str, ways: &str) -> Vec<&'m str> {
    let named = map.lines().filter_map(|line| line.split("the ways ").nth(1)?.split(" of [").next());
    let names = named.flat_map(|names| names.split('`').skip(1).step_by(2));
    names.filter(|name| !ways.contains(&format!(" {name}: "))).collect()
}

/// What is wrong with the row that begins with this name.
fn fault(page: &str, path: &str, name: &str) -> Option<Finding> {
    let mut rows = page.lines().filter(|line| line.starts_with(&format!("| {name} |")));
    let (row, more) = (rows.next(), rows.next());
    let place = format!("{path}: {name}");
    match row {
        None => Some(Finding::new(place, "has no row".to_owned())),
        Some(_) if more.is_some() => Some(Finding::new(place, "has more than one row".to_owned())),
        Some(row) if !row.contains(".rs)") && !row.contains("| none") => Some(Finding::new(place, "names no test".to_owned())),
        Some(_) => None,
    }
}

fn page(path: &str) -> String {
    std::fs::read_to_string(tree::root().join(path)).unwrap_or_default()
}

#[test]
fn a_key_without_a_test_of_the_whole_is_found() {
    let reference = "| `a.b` ↻ | text |\n| `a.c`<br>`a.c_file` | text |\n## Properties of librdkafka\n| `debug` | x |";
    assert_eq!(keys(reference).collect::<Vec<_>>(), ["a.b", "a.c", "a.c_file"]);
    let map = "| `a.b`, `a.c` | [`x`](../tests/e2e/y.rs) |\n| `a.c_file` | [`x`](../crates/y.rs) |";
    let wrong = |key| key_fault(map, key).is_some();
    assert_eq!([wrong("a.b"), wrong("a.c"), wrong("a.c_file"), wrong("a.d")], [false, false, true, true]);
    assert_eq!(strange_ways("| O1 | the ways `a`, `b` of [x](y.rs) |", "ways! { a: fault; }"), ["b"]);
}

#[test]
fn a_row_without_a_test_or_a_reason_is_found() {
    let map = "| K1 | a | b | [`x`](y.rs) |\n| K2 | a | b | |\n| K3 | a | b | none: because |\n| K1 | again | | |";
    let wrong = |name| fault(map, "map", name).is_some();
    assert_eq!([wrong("K1"), wrong("K2"), wrong("K3"), wrong("K4")], [true, true, false, true]);
}
