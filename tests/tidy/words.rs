//! One name for one thing (docs/glossary.md), and no names of places outside the project.

use crate::report::{Finding, expect_none};
use crate::tree::{self, File};

/// A word we do not use, and the one we use.
struct Banned {
    word: &'static str,
    instead: &'static str,
    /// Lines with this text name somebody else's thing.
    not_ours: &'static [&'static str],
}

const BANNED: [Banned; 11] = [
    Banned { word: "shard", instead: "partition, or lane", not_ours: &[] },
    Banned { word: "sharding", instead: "partition, or lane", not_ours: &[] },
    Banned { word: "high watermark", instead: "committable offset, or the end of the log", not_ours: &[] },
    Banned { word: "low watermark", instead: "the start of the log", not_ours: &[] },
    Banned { word: "hwm", instead: "committable offset, or the end of the log", not_ours: &[] },
    Banned { word: "ack", instead: "settle: two parties acknowledge here", not_ours: &["acks"] },
    Banned { word: "acked", instead: "settled; of a commit: accepted", not_ours: &[] },
    Banned { word: "nack", instead: "park, or indefinite", not_ours: &[] },
    Banned { word: "circuit breaker", instead: "gate", not_ours: &[] },
    Banned { word: "debounce", instead: "collapse", not_ours: &[] },
    Banned { word: "coalesce", instead: "collapse", not_ours: &[] },
];

/// Pages that explain the words themselves, or other systems' words.
const EXPLAINING: [&str; 2] = ["docs/glossary.md", "tests/tidy/words.rs"];

/// Beginnings of paths of one machine. Put together here, so that this file does not have them.
const MACHINE_PATHS: [&str; 5] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/"), concat!("index.crates", ".io-")];

#[test]
fn our_words_are_those_of_the_glossary() {
    let mut findings = Vec::new();
    for file in ours().filter(|file| !EXPLAINING.contains(&file.path.as_str())) {
        for (number, line) in file.lines() {
            for banned in
                BANNED.iter().filter(|banned| has_words(line, banned.word) && !banned.not_ours.iter().any(|text| line.contains(text)))
            {
                findings.push(Finding::new(format!("{}:{number}", file.path), format!("`{}`: say {}", banned.word, banned.instead)));
            }
        }
    }
    let way_out = "use the glossary's word; where the line names somebody else's thing, add its text to `not_ours` in tests/tidy/words.rs";
    expect_none("one name for one thing", way_out, &findings);
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    let mut findings = Vec::new();
    for file in tree::files().into_iter().filter(|file| file.path != "Cargo.lock") {
        for (number, line) in file.lines() {
            for path in MACHINE_PATHS.into_iter().filter(|path| names_path(line, path)) {
                findings.push(Finding::new(format!("{}:{number}", file.path), path));
            }
        }
    }
    expect_none("the project works on every machine", "name the path from the root of the project, or a variable", &findings);
}

/// Our prose and code.
fn ours() -> impl Iterator<Item = File> {
    tree::files().into_iter().filter(|file| ["rs", "md"].contains(&file.extension()))
}

/// Whether a line has these words as words, whatever their case; an underscore or a dot joins, as in names.
fn has_words(line: &str, words: &str) -> bool {
    let line = line.to_lowercase();
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(words).any(|(at, found)| {
        let before = line[..at].chars().next_back();
        let after = line[at + found.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

/// Whether a path of this beginning stands in the line, and not as a part of another one such as `https://host/home/`.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || ".-_}".contains(c)))
}

#[test]
fn a_banned_word_is_found_as_a_word_only() {
    assert!(has_words("Each Shard waits", "shard"));
    assert!(has_words("the high watermark.", "high watermark"));
    assert!(!has_words("package, back, acks", "ack"));
    assert!(!has_words("ack_timeout", "ack"));
}
