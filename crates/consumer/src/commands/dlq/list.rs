//! `order-sync dlq list`.

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitCode;

use serde::Serialize;

use super::letter::Letter;
use super::scan::{Meant, letters};
use crate::cli::ListArgs;
use crate::commands::progress::Waiting;
use crate::commands::say;
use crate::commands::table::{count, cut, table};
use crate::commands::trouble::{Trouble, load};
use crate::commands::when::When;
use crate::kafka::reader::Reader;

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Listed {
    topic: String,
    /// Of all that fit, also of those that `--limit` left out.
    found: u64,
    /// The same by reason and code.
    by_reason: BTreeMap<String, u64>,
    letters: VecDeque<Letter>,
}

pub(super) fn run(args: &ListArgs) -> Result<ExitCode, Trouble> {
    let config = load(&args.common.config)?;
    let mut meant = Meant::new(&config, &args.letters)?;
    let waiting = Waiting::on("Kafka");
    let reader = Reader::new(&config.kafka)?;
    let parts = meant.parts(&reader, &config.dead_letter.topic)?;
    drop(waiting);
    let mut listed = Listed { topic: config.dead_letter.topic.clone(), ..Listed::default() };
    letters(&reader, parts, &mut meant, false, |letter| listed.take(letter, args.limit.unwrap_or(usize::MAX)))?;
    listed.letters.make_contiguous().sort_by_key(|letter| (letter.written, letter.place));
    say(&if args.common.json { serde_json::to_string_pretty(&listed).unwrap_or_default() } else { listed.for_people() });
    Ok(ExitCode::SUCCESS)
}

impl Listed {
    fn take(&mut self, letter: Letter, limit: usize) {
        self.found += 1;
        let reason = letter.reason.as_deref().unwrap_or("not a letter of ours");
        let reason = letter.code.as_ref().map_or_else(|| reason.to_owned(), |code| format!("{reason} {code}"));
        *self.by_reason.entry(reason).or_default() += 1;
        self.letters.push_back(letter);
        if self.letters.len() > limit {
            let oldest = (0..).zip(&self.letters).min_by_key(|(_, letter)| (letter.written, letter.place)).map(|(index, _)| index);
            oldest.and_then(|index| self.letters.remove(index));
        }
    }

    fn for_people(&self) -> String {
        let rows: Vec<Vec<String>> = self.letters.iter().map(row).collect();
        let mut text = String::new();
        if !rows.is_empty() {
            text = table(&["LETTER", "WRITTEN (HONG KONG)", "REASON", "CODE", "ORDER", "TRIES", "RECORD", "WHY"], &rows);
            text.push_str("\n\n");
        }
        let reasons: Vec<String> = self.by_reason.iter().map(|(reason, number)| format!("{number} {reason}")).collect();
        let left_out = self.found - self.letters.len() as u64;
        text.push_str(&count(self.found, "dead letter", "dead letters"));
        text.push_str(&format!(" in {}", self.topic));
        if !reasons.is_empty() {
            text.push_str(&format!(": {}", reasons.join(", ")));
        }
        if left_out > 0 {
            text.push_str(&format!("; {left_out} older ones are not shown (--limit)"));
        }
        text
    }
}

fn row(letter: &Letter) -> Vec<String> {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    vec![
        letter.letter.clone(),
        letter.written.map_or_else(|| "-".to_owned(), |millis| When(millis).to_string()),
        or_none(&letter.reason),
        or_none(&letter.code),
        or_none(&letter.merchant_biz_no),
        letter.attempts.map_or_else(|| "-".to_owned(), |attempts| attempts.to_string()),
        letter.source(),
        cut(letter.message.as_deref().unwrap_or("-"), 80),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(offset: i64, written: i64, code: &str) -> Letter {
        let (reason, code) = (Some("rejected".to_owned()), Some(code.to_owned()));
        Letter { letter: format!("0:{offset}"), written: Some(written), reason, code, place: (0, offset), ..Letter::default() }
    }

    #[test]
    fn a_limit_keeps_the_newest_and_counts_all() {
        let mut listed = Listed { topic: "orders.dlq".to_owned(), ..Listed::default() };
        for (offset, written) in [(0, 50), (1, 10), (2, 30)] {
            listed.take(letter(offset, written, "PARAM_ILLEGAL"), 2);
        }
        let kept: Vec<&str> = listed.letters.iter().map(|letter| letter.letter.as_str()).collect();
        assert_eq!(kept, ["0:0", "0:2"]);
        let text = listed.for_people();
        assert!(text.ends_with("3 dead letters in orders.dlq: 3 rejected PARAM_ILLEGAL; 1 older ones are not shown (--limit)"), "{text}");
    }

    #[test]
    fn an_empty_topic_is_one_line() {
        let listed = Listed { topic: "orders.dlq".to_owned(), ..Listed::default() };
        assert_eq!(listed.for_people(), "0 dead letters in orders.dlq");
    }
}
