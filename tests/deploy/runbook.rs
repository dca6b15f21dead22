//! The runbook has an entry for every alert, and for every log line that asks for somebody's attention.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use order_sync_tests::kafka::jars::workspace;
use regex::Regex;

use crate::series::rules;
use crate::tools::text;

const PAGE: &str = "docs/runbook.md";
/// How lines are called whose text is made by the configuration.
const WARNINGS: &str = "a warning of the configuration";

#[test]
fn every_alert_says_what_is_wrong_for_whom_and_where_to_read_on() {
    let runbook = text(PAGE);
    let mut alerts = BTreeSet::new();
    for rule in rules("alerts.yml") {
        let name = rule["alert"].as_str().expect("an alert").to_owned();
        let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
        assert!(matches!(severity, "page" | "ticket"), "{name}: severity {severity:?}");
        let summary = rule["annotations"]["summary"].as_str().unwrap_or_default();
        assert!(summary.ends_with(['.', '?']), "{name}: {summary:?} is no sentence");
        let link = rule["annotations"]["runbook"].as_str().unwrap_or_default();
        assert_eq!(link, format!("{PAGE}#{}", name.to_lowercase()));
        let entry = runbook.split(&format!("\n### {name}\n\n")).nth(1).unwrap_or_else(|| panic!("{PAGE} has no entry {name}"));
        let entry = entry.split("\n#").next().unwrap_or_default();
        let whole = entry.starts_with(&format!("*{severity}.* ")) && entry.contains("\n- **Look**: ") && entry.contains("\n- **Do**: ");
        assert!(whole, "{PAGE}, {name}: begins with *{severity}.* and has **Look** and **Do**");
        alerts.insert(name);
    }
    let gone: Vec<&str> = runbook.lines().filter_map(|line| line.strip_prefix("### ")).filter(|name| !alerts.contains(*name)).collect();
    assert!(gone.is_empty(), "{PAGE} tells of alerts that there are not: {gone:?}");
}

#[test]
fn every_line_of_level_warn_and_error_has_its_row() {
    let said = lines();
    assert!(said.len() > 40, "the sources were read");
    let told: BTreeSet<(String, String)> = text(PAGE).lines().filter_map(row).collect();
    let missing: Vec<_> = said.difference(&told).collect();
    let gone: Vec<_> = told.difference(&said).collect();
    assert!(missing.is_empty() && gone.is_empty(), "{PAGE}, Log lines: missing {missing:#?}, no longer said {gone:#?}");
}

/// Line and level of a row of the table.
fn row(line: &str) -> Option<(String, String)> {
    let cells: Vec<&str> = line.split(" | ").collect();
    let [first, level, _] = cells[..] else { return None };
    let said = first.strip_prefix("| ")?;
    matches!(level, "WARN" | "ERROR").then(|| (said.trim_matches('`').to_owned(), level.to_owned()))
}

/// What the sources say at these levels.
fn lines() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    read(&workspace().join("crates"), &mut |path, source| {
        let tests = path.contains("/tests/") || path.ends_with("/tests.rs");
        if path.ends_with(".rs") && !tests {
            found.extend(said_in(source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()));
        }
    });
    found
}

/// The last text in the brackets is the message; what stands before are its fields.
fn said_in(source: &str) -> Vec<(String, String)> {
    let begin = Regex::new(r"\b(warn|error)!\(").expect("a pattern");
    let text = Regex::new(r#"(?s)"((?:[^"\\]|\\.)*)""#).expect("a pattern");
    let broken = Regex::new(r"\\\n\s*").expect("a pattern");
    let mut found = Vec::new();
    for start in begin.captures_iter(source) {
        let rest = &source[start.get(0).expect("all of it").end()..];
        let end = end_of(rest);
        let message = text.captures_iter(&rest[..end]).last().map(|last| broken.replace_all(&last[1], "").into_owned()).unwrap_or_default();
        let message = if message == "{warning}" { WARNINGS.to_owned() } else { message };
        found.push((message, start[1].to_uppercase()));
    }
    found
}

/// Where the brackets close that were opened before.
fn end_of(rest: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (1_u32, false, false);
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn read(folder: &Path, take: &mut impl FnMut(&str, &str)) {
    for entry in fs::read_dir(folder).expect("a folder of the project").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(&path, take);
        } else if let Ok(source) = fs::read_to_string(&path) {
            take(&path.display().to_string(), &source);
        }
    }
}

#[test]
fn a_line_is_found_with_its_message_and_level() {
    let source =
        "tracing::warn!(code = code.map_or(\"all)\", name), left_out, \"it (really) waits\");\n error!(\"a \\\n   b\");\n info!(\"c\");";
    assert_eq!(said_in(source), [("it (really) waits".to_owned(), "WARN".to_owned()), ("a b".to_owned(), "ERROR".to_owned())]);
    assert_eq!(row("| `it waits` | WARN | do |"), Some(("it waits".to_owned(), "WARN".to_owned())));
    assert_eq!(row("| lag | nothing | wait |"), None);
}
