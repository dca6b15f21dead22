//! ARCHITECTURE.md names every Rust file with the first sentence that the file says about itself.

use std::fs;

use crate::report::{Finding, expect_none};
use crate::tree::{self, File};

const PAGE: &str = "ARCHITECTURE.md";
const BEGIN: &str = "<!-- code map: begin. Written by `UPDATE_DOCS=1 cargo test -p order-sync-tests --test tidy`. -->\n";
const END: &str = "<!-- code map: end -->\n";

#[test]
fn every_file_says_what_it_is_for() {
    let silent = tree::rust_files().filter(|file| !is_tests(file) && about(file).is_empty());
    let findings: Vec<Finding> = silent.map(|file| Finding::new(file.path, "has neither //! nor ///")).collect();
    expect_none("a file says what it is for", "begin it with //! and one sentence; the code map is made of it", &findings);
}

#[test]
fn the_code_map_of_the_architecture_page_is_the_tree() {
    let path = tree::root().join(PAGE);
    let page = fs::read_to_string(&path).expect("ARCHITECTURE.md is there");
    let (before, rest) = page.split_once(BEGIN).expect("the page has the line that begins the map");
    let (found, after) = rest.split_once(END).expect("the page has the line that ends the map");
    let expected = map();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("the page can be written");
        return;
    }
    let missing =
        expected.lines().filter(|line| !found.lines().any(|other| other == *line)).map(|line| Finding::new(PAGE, format!("lacks {line}")));
    let gone = found
        .lines()
        .filter(|line| !expected.lines().any(|other| other == *line))
        .map(|line| Finding::new(PAGE, format!("still has {line}")));
    let findings: Vec<Finding> = missing.chain(gone).collect();
    expect_none("the code map is the tree", "run UPDATE_DOCS=1 cargo test -p order-sync-tests --test tidy", &findings);
    assert!(found == expected, "{PAGE}: the code map has another order: run UPDATE_DOCS=1 cargo test -p order-sync-tests --test tidy");
}

/// One list for each package. A module's tests are named with it.
fn map() -> String {
    let files: Vec<File> = tree::rust_files().collect();
    let mut map = String::new();
    let mut package = String::new();
    for file in &files {
        let at = package_of(&file.path);
        if at != package {
            map.push_str(&format!("\n### {at}\n\n"));
            package = at;
        }
        let name = file.path.strip_prefix(&format!("{package}/")).unwrap_or(&file.path);
        let about = about(file);
        let about = if about.is_empty() { "Tests.".to_owned() } else { about };
        map.push_str(&format!("- `{name}`: {about}\n"));
    }
    map.push('\n');
    map
}

fn package_of(path: &str) -> String {
    let parts = if path.starts_with("crates/") { 2 } else { 1 };
    path.split('/').take(parts).collect::<Vec<_>>().join("/")
}

/// The first sentence of a file's `//!`, else of its first item's `///`.
fn about(file: &File) -> String {
    let text = [said(file, "//!"), said(file, "///")].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let sentence = text.split_once(". ").map_or(text.clone(), |(sentence, _)| format!("{sentence}."));
    // links mean something to rustdoc only
    sentence.replace("[`", "`").replace("`]", "`")
}

/// The first paragraph of comments of one kind.
fn said(file: &File, kind: &str) -> String {
    let lines = file.text.lines().map(str::trim).skip_while(|line| !line.starts_with(kind));
    lines.map_while(|line| line.strip_prefix(kind)).map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_tests(file: &File) -> bool {
    file.path.ends_with("/tests.rs") || file.path.contains("/tests/") && file.is_in("crates")
}
