//! ARCHITECTURE.md ends with ten changes, and each begins where it says.

use crate::report::{Finding, expect_none};
use crate::tree;

const PAGE: &str = "ARCHITECTURE.md";
const TITLE: &str = "Ten changes, and where each begins";

#[test]
fn the_architecture_page_ends_with_ten_changes_and_each_begins_where_it_says() {
    let page = std::fs::read_to_string(tree::root().join(PAGE)).unwrap_or_default();
    let last = page.rsplit("\n## ").next().unwrap_or_default();
    assert!(last.starts_with(TITLE), "{PAGE} ends with the section {TITLE:?}");
    let rows: Vec<Row<'_>> = last.lines().filter_map(Row::of).collect();
    assert_eq!(rows.len(), 10, "{PAGE}: {TITLE}");
    let mut files: Vec<&str> = rows.iter().map(|row| row.file).collect();
    files.sort_unstable();
    files.dedup();
    assert_eq!(files.len(), 10, "{PAGE}: ten changes begin in ten files");
    let astray = rows.iter().filter(|row| !row.holds());
    let findings: Vec<Finding> =
        astray.map(|row| Finding::new(format!("{PAGE}: {}", row.change), format!("{} is not in {}", row.word, row.file))).collect();
    expect_none("a change begins where the page says", "name the file and the word as they are now", &findings);
}

/// One change: what is wanted, a word, and the file in which it stands.
struct Row<'a> {
    change: &'a str,
    word: &'a str,
    file: &'a str,
}

impl<'a> Row<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (change, word, place) = (cells.next()?, cells.next()?, cells.next()?);
        let word = word.strip_prefix('`')?.strip_suffix('`')?;
        let file = place.strip_prefix('[')?.split(']').next()?;
        Some(Self { change, word, file })
    }

    fn holds(&self) -> bool {
        std::fs::read_to_string(tree::root().join(self.file)).is_ok_and(|text| text.contains(self.word))
    }
}

#[test]
fn a_word_that_is_not_in_its_file_is_found() {
    let row = |line| Row::of(line).map(|row| row.holds());
    assert_eq!(row("| a | `struct Row` | [tests/tidy/changes.rs](tests/tidy/changes.rs) |"), Some(true));
    assert_eq!(row(concat!("| a | `struct Ro", "we` | [tests/tidy/changes.rs](x) |")), Some(false));
    assert_eq!(row("| a | `x` | [tests/tidy/none.rs](x) |"), Some(false));
    assert_eq!(row("| change | word | file |"), None);
}
