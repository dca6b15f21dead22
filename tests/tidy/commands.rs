//! What the pages tell people to type is what the program understands.

use clap::Parser as _;
use clap::error::ErrorKind;
use consumer::cli::Cli;

use crate::report::{Finding, expect_none};
use crate::tree;

/// Words that stand for something of the reader's, and an example of it.
const STAND_FOR: [(&str, &str); 5] = [("FILE", "order-sync.toml"), ("ORDER", "20261101000017"), ("N", "1"), ("TIME", "48h"), ("NAME", "x")];

#[test]
fn commands_on_the_pages_are_understood() {
    let mut findings = Vec::new();
    let mut seen = 0;
    for file in tree::files().into_iter().filter(|file| file.extension() == "md") {
        for (number, line) in file.lines() {
            for command in commands(line) {
                seen += 1;
                let words = words(&command);
                // a mention may leave out what is the same everywhere
                if let Err(error) = Cli::try_parse_from(&words)
                    && error.use_stderr()
                    && error.kind() != ErrorKind::MissingRequiredArgument
                {
                    let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
                    findings.push(Finding::new(format!("{}:{number}", file.path), format!("{command}: {reason}")));
                }
            }
        }
    }
    assert!(seen > 40, "the pages were read: {seen} commands");
    expect_none("what a page says can be typed", "write the command as `order-sync --help` has it", &findings);
}

/// Whole commands of a line: of a code block, or between backticks. What shows choices or is cut short is none.
fn commands(line: &str) -> Vec<String> {
    let typed = line.trim_start().strip_prefix("order-sync ").map(|rest| format!("order-sync {rest}"));
    let quoted = line.split('`').skip(1).step_by(2).filter(|text| text.starts_with("order-sync ")).map(str::to_owned);
    let all = typed.into_iter().filter(|text| !text.contains('`')).chain(quoted);
    all.map(|text| text.split(" #").next().unwrap_or_default().trim().to_owned()).filter(|text| is_whole(text)).collect()
}

fn is_whole(command: &str) -> bool {
    !command.contains(['[', '|', '…']) && command.split(' ').count() > 2
}

/// With an example in each place that is the reader's to fill.
fn words(command: &str) -> Vec<String> {
    let mut filled = command.to_owned();
    while let (Some(from), Some(to)) = (filled.find('<'), filled.find('>')) {
        filled.replace_range(from..=to, "48h");
    }
    let example =
        |word: &str| STAND_FOR.iter().find(|(name, _)| *name == word).map_or(word.to_owned(), |(_, example)| (*example).to_owned());
    filled.split_whitespace().map(example).collect()
}

#[test]
fn a_command_is_found_and_filled_in() {
    assert_eq!(commands("say `order-sync explain ORDER --config FILE` and `order-sync`"), ["order-sync explain ORDER --config FILE"]);
    assert_eq!(commands("order-sync check --config x --call   # proves keys"), ["order-sync check --config x --call"]);
    assert_eq!(commands("| `order-sync check --config FILE [--call]` |"), Vec::<String>::new());
    assert_eq!(words("order-sync backfill --from <the same time>"), ["order-sync", "backfill", "--from", "48h"]);
}
