//! Keys of the configuration that the pages name exist.

use std::collections::BTreeSet;

use crate::report::{Finding, expect_none};
use crate::tree;

/// Where every key stands; written from the code.
const REFERENCE: &str = "docs/configuration.md";
const SECTIONS: [&str; 10] = ["kafka", "schema", "alipayhk", "quota", "retry", "delivery", "dead_letter", "outcomes", "admin", "telemetry"];
/// Names that look like keys: files of ours, and librdkafka's own.
const OTHERS: [&str; 3] = ["rs", "md", "toml"];

#[test]
fn keys_that_the_pages_name_exist() {
    let files = tree::files();
    let reference = files.iter().find(|file| file.path == REFERENCE).map_or("", |file| file.text.as_str());
    let known: BTreeSet<&str> = reference.lines().flat_map(keys).chain(["kafka.properties"]).collect();
    let is_table = |name: &str| known.iter().any(|key| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
    assert!(known.len() > 40, "{REFERENCE} was read");
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.extension() == "md" && file.path != REFERENCE && file.path != "CHANGELOG.md") {
        for (number, line) in file.lines() {
            let strange = keys(line).filter(|key| !known.contains(key) && !is_table(key) && !key.starts_with("kafka.properties."));
            findings.extend(strange.map(|key| Finding::new(format!("{}:{number}", file.path), key.to_owned())));
        }
    }
    expect_none("a key that a page names can be set", "write it as docs/configuration.md has it", &findings);
}

/// What stands between backticks and begins like a key of ours.
fn keys(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split('`').skip(1).step_by(2).filter_map(|text| text.split([' ', '=', '↻']).next());
    quoted.filter(|text| {
        let mut parts = text.split('.');
        let section = parts.next().is_some_and(|section| SECTIONS.contains(&section));
        let rest: Vec<&str> = parts.collect();
        let plain = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        section && !rest.is_empty() && rest.iter().all(plain) && !rest.last().is_some_and(|last| OTHERS.contains(last))
    })
}

#[test]
fn a_key_is_told_from_other_names_with_dots() {
    let line = "`quota.requests_per_second = 20`, `admin.rs`, `quota.`, `delivery.drain`, `kafka.consumer.Thing`, `session.timeout.ms`";
    assert_eq!(keys(line).collect::<Vec<_>>(), ["quota.requests_per_second", "delivery.drain"]);
}
