//! What a rule found, told so that one can act on it.

use std::fmt;

/// One place that breaks one rule.
pub(crate) struct Finding {
    /// File, and line where there is one.
    pub(crate) place: String,
    /// What is there.
    pub(crate) what: String,
}

impl Finding {
    pub(crate) fn new(place: impl fmt::Display, what: impl fmt::Display) -> Self {
        Self { place: place.to_string(), what: what.to_string() }
    }
}

/// Fails with every finding, the rule and the way out.
#[track_caller]
pub(crate) fn expect_none(rule: &str, way_out: &str, findings: &[Finding]) {
    let list: String = findings.iter().map(|finding| format!("  {}: {}\n", finding.place, finding.what)).collect();
    assert!(findings.is_empty(), "\n{} of: {rule}\n{list}Way out: {way_out}\n", count(findings.len()));
}

fn count(n: usize) -> String {
    if n == 1 { "1 break".to_owned() } else { format!("{n} breaks") }
}
