//! What the documents point at is there.

use std::path::Path;

use crate::report::{Finding, expect_none};
use crate::tree::{self, File};

/// Pages of other projects, known by these names.
const FOREIGN: [&str; 2] = ["CONFIGURATION.md", "INTRODUCTION.md"];
/// This file's own examples.
const EXAMPLES: &str = "tests/tidy/links.rs";

#[test]
fn links_of_the_documents_lead_somewhere() {
    let mut findings = Vec::new();
    for file in documents() {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new("")).to_owned();
        for (number, line) in file.lines() {
            for (_, target) in links(line).filter(|(_, target)| !is_elsewhere(target)) {
                let path = target.split('#').next().unwrap_or_default();
                if !path.is_empty() && !tree::root().join(&folder).join(path).exists() {
                    findings.push(Finding::new(format!("{}:{number}", file.path), format!("{target} is not there")));
                }
            }
        }
    }
    expect_none("a relative link leads to a file", "correct the path, or take the link out", &findings);
}

#[test]
fn tests_that_the_documents_name_exist() {
    let mut findings = Vec::new();
    for file in documents() {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new("")).to_owned();
        for (number, line) in file.lines() {
            // a link to a Rust file whose text is a name in backticks promises a function of that name
            for (name, target) in links(line).filter(|(_, target)| target.ends_with(".rs")) {
                let Some(name) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).filter(|name| !name.contains(['.', '/']))
                else {
                    continue;
                };
                let text = std::fs::read_to_string(tree::root().join(&folder).join(target)).unwrap_or_default();
                if !text.contains(&format!("fn {name}(")) {
                    findings.push(Finding::new(format!("{}:{number}", file.path), format!("{target} has no fn {name}")));
                }
            }
        }
    }
    expect_none("a promise names the test that holds it", "name the test as it is called now", &findings);
}

#[test]
fn pages_that_are_named_exist() {
    let all = tree::files();
    let names: Vec<&str> = all.iter().filter_map(|file| file.path.rsplit('/').next()).filter(|name| name.ends_with(".md")).collect();
    let mut findings = Vec::new();
    for file in all.iter().filter(|file| ["rs", "md", "toml", "sh"].contains(&file.extension()) && file.path != EXAMPLES) {
        for (number, line) in file.lines() {
            for page in pages(line).filter(|page| !names.contains(page) && !FOREIGN.contains(page)) {
                findings.push(Finding::new(format!("{}:{number}", file.path), format!("{page} is no page of this project")));
            }
        }
    }
    expect_none(
        "whoever reads a name of a page can open it",
        "say it here in your own words, or name the public page by its title",
        &findings,
    );
}

fn documents() -> impl Iterator<Item = File> {
    tree::files().into_iter().filter(|file| file.extension() == "md")
}

/// The links of a line: text and target.
fn links(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.match_indices("](").filter_map(move |(at, _)| {
        let target = line[at + 2..].split(')').next()?;
        let text = line[..at].rsplit('[').next()?;
        Some((text, target))
    })
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// Names of Markdown files in a line, without addresses on the web.
fn pages(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || "-_./:{}*".contains(c)))
        .filter(|word| !word.contains("://") && !word.contains(['*', '{']))
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| word.len() > 3 && word.ends_with(".md"))
        .filter_map(|word| word.rsplit('/').next())
}

#[test]
fn links_and_pages_are_read_out_of_a_line() {
    let line = "see [the `map`](docs/a.md#x) and [b](https://x/y.md), `notes.md`.";
    assert_eq!(links(line).collect::<Vec<_>>(), [("the `map`", "docs/a.md#x"), ("b", "https://x/y.md")]);
    assert_eq!(pages(line).collect::<Vec<_>>(), ["a.md", "notes.md"]);
}
