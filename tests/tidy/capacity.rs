//! The arithmetic of docs/capacity.md stands on what was measured.

use crate::report::{Finding, expect_none};
use crate::tree;

#[test]
fn the_constants_of_the_capacity_page_are_those_of_the_benchmarks() {
    let page = |path: &str| std::fs::read_to_string(tree::root().join(path)).unwrap_or_default();
    let (capacity, benchmarks) = (page("docs/capacity.md"), page("docs/benchmarks.md"));
    let constants = constants(&capacity);
    assert!(constants.len() >= 8, "docs/capacity.md: the table of constants was read: {constants:?}");
    let gone = constants.iter().filter(|constant| !benchmarks.contains(**constant));
    let findings: Vec<Finding> =
        gone.map(|constant| Finding::new("docs/capacity.md", format!("{constant} is not in docs/benchmarks.md"))).collect();
    expect_none("no number that was not measured", "write what docs/benchmarks.md says, and look over the formulas", &findings);
}

/// What stands between backticks in the second column of the table of constants.
fn constants(page: &str) -> Vec<&str> {
    let section = page.split("\n## ").find(|section| section.starts_with("The constants\n")).unwrap_or_default();
    let values = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
    values.flat_map(|value| value.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn a_constant_is_what_stands_between_backticks() {
    let page = "# P\n\n## The constants\n\n| | value |\n|---|---|\n| a `b` | `3` µs of `4` |\n\n## Next\n\n| x | `5` |\n";
    assert_eq!(constants(page), ["3", "4"]);
}
