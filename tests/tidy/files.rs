//! Sizes, and marks that stand for work not done.

use crate::report::{Finding, expect_none};
use crate::tree;

/// Lines of one file, its tests included.
const LONGEST: usize = 400;
/// Lines of the file in the middle.
const MEDIAN: usize = 150;
/// Marks of work not done. Put together here, so that this file does not have them.
const MARKS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

#[test]
fn no_file_is_longer_than_400_lines() {
    let findings: Vec<Finding> = tree::rust_files()
        .map(|file| (file.lines().count(), file))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, file)| Finding::new(file.path, format!("{lines} lines")))
        .collect();
    expect_none(
        "a file has at most 400 lines, its tests included",
        "move tests to foo/tests.rs, or give a part a name and a file of its own",
        &findings,
    );
}

#[test]
fn half_of_the_files_have_at_most_150_lines() {
    let mut sizes: Vec<usize> = tree::rust_files().filter(|file| file.is_in("crates")).map(|file| file.lines().count()).collect();
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!(median <= MEDIAN, "the median file of crates/ has {median} lines, {MEDIAN} at most: split the large ones by what they do");
}

#[test]
fn no_mark_of_unfinished_work_is_left() {
    let mut findings = Vec::new();
    for file in tree::files() {
        // the lock's checksums and foreign text are not ours to read
        if !["rs", "md", "toml", "sh", "yml", "yaml", "css", "html", ""].contains(&file.extension()) || file.path == "LICENSE" {
            continue;
        }
        for (number, line) in file.lines() {
            // in code only a comment can be a mark; "XX…" as a value is none
            let said = if file.extension() == "rs" { line.split_once("//").map_or("", |(_, comment)| comment) } else { line };
            for mark in MARKS.into_iter().filter(|mark| is_word_in(said, mark)) {
                findings.push(Finding::new(format!("{}:{number}", file.path), mark));
            }
        }
    }
    expect_none("what is merged is finished", "do it now, or open an issue and describe what is missing in words", &findings);
}

fn is_word_in(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
}
