//! The maps of proofs are whole: every promise, every fault and every control has its row, and each row a test or the reason why there is none.

use crate::report::{Finding, expect_none};
use crate::tree;

/// The sets of rows, and how many each has.
const ROWS: [(char, usize); 6] = [('P', 9), ('K', 27), ('A', 18), ('R', 10), ('D', 9), ('S', 9)];

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
fn a_row_without_a_test_or_a_reason_is_found() {
    let map = "| K1 | a | b | [`x`](y.rs) |\n| K2 | a | b | |\n| K3 | a | b | none: because |\n| K1 | again | | |";
    let wrong = |name| fault(map, "map", name).is_some();
    assert_eq!([wrong("K1"), wrong("K2"), wrong("K3"), wrong("K4")], [true, true, false, true]);
}
