//! The story for people: everything in the order in which it happened, then how it stands now.

use std::collections::BTreeSet;

use super::outcomes::Outcome;
use super::{Seen, Story};
use crate::commands::dlq::Letter;
use crate::commands::table::count;
use crate::commands::when::When;

impl Story {
    pub(super) fn for_people(&self) -> String {
        let mut lines = vec![format!("order {}", self.order), String::new()];
        let mut events: Vec<(i64, String)> = self.records.iter().map(|seen| (seen.timestamp.unwrap_or(0), seen.told())).collect();
        events.extend(self.outcomes.iter().flatten().map(|outcome| (outcome.at, outcome.told())));
        events.extend(self.letters.iter().map(|letter| (letter.written.unwrap_or(0), told(letter))));
        events.sort_by_key(|(at, _)| *at);
        if events.is_empty() {
            lines.push(format!("nothing is known of it ({} looked at)", count(self.records_read, "record", "records")));
        }
        lines.extend(events.into_iter().map(|(at, what)| format!("{:19}  {what}", When(at))));
        lines.push(String::new());
        lines.extend(self.stands());
        lines.join("\n").trim_end().to_owned()
    }

    /// How it stands now.
    fn stands(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let partitions: BTreeSet<(&str, i32)> = self.records.iter().map(|seen| (seen.topic.as_str(), seen.partition)).collect();
        if partitions.len() > 1 {
            let names: Vec<String> = partitions.iter().map(|(topic, number)| format!("{topic}/{number}")).collect();
            lines.push(format!("! it lies in several partitions ({}): newest wins within each only", names.join(", ")));
        }
        if self.outcomes.is_none() && !self.records.is_empty() {
            lines.push("no outcomes topic is configured: how records ended is told by commits and dead letters alone".to_owned());
        }
        for seen in &self.records {
            lines.push(format!("{}  {}", seen.place(), seen.ended(self)));
        }
        for said in &self.instances {
            let lanes = said.answer.as_ref().and_then(|answer| answer.as_array().or(answer["lanes"].as_array()));
            match lanes {
                None => lines.push(format!("instance {}: {}", said.address, said.why.as_deref().unwrap_or("says nothing"))),
                Some(lanes) if lanes.is_empty() => lines.push(format!("instance {}: knows nothing of it", said.address)),
                Some(lanes) => lines.extend(lanes.iter().map(|lane| {
                    let waits = lane["waits_for"].as_str().map(|what| format!(", waits for {what}")).unwrap_or_default();
                    let until = lane["waits_millis"]
                        .as_u64()
                        .map(|millis| format!(" for {:.1} s more", millis as f64 / 1_000.0))
                        .unwrap_or_default();
                    let state = lane["state"].as_str().unwrap_or("?");
                    format!(
                        "instance {}: {}/{} {state}, {}{waits}{until}",
                        said.address,
                        lane["topic"].as_str().unwrap_or("?"),
                        lane["partition"],
                        count(lane["attempts"].as_u64().unwrap_or(0), "attempt", "attempts")
                    )
                })),
            }
        }
        lines
    }
}

impl Seen {
    fn place(&self) -> String {
        format!("{}/{}@{}", self.topic, self.partition, self.offset)
    }

    fn told(&self) -> String {
        let what = match (self.is, &self.order_status, self.order_modify_time) {
            (_, Some(status), Some(time)) => format!("{} {status}, modified {}", self.merchant_biz_type.unwrap_or("?"), When(time)),
            (_, _, _) => self.why.as_ref().map_or_else(|| self.is.to_owned(), |why| format!("{}: {why}", self.is)),
        };
        format!("record    {}  {what}", self.place())
    }

    fn ended(&self, story: &Story) -> String {
        let outcome = story
            .outcomes
            .iter()
            .flatten()
            .rfind(|told| (told.topic == self.topic) && (told.partition, told.offset) == (self.partition, self.offset));
        let letter = story.letters.iter().rfind(|letter| letter.source() == self.place());
        match (self.end.by_commit, outcome, letter, self.end.newer) {
            (_, Some(outcome), _, _) => outcome.words(),
            (_, None, Some(letter), _) => format!("parked as dead letter {}", letter.letter),
            ("settled", None, None, Some(newer)) => format!("settled; @{newer} is newer and was decided in its place, or before it"),
            ("settled", None, None, None) => "settled: AlipayHK decided on it".to_owned(),
            ("open", ..) => "read or waiting, not settled".to_owned(),
            _ => "the group has committed nothing of its partition".to_owned(),
        }
    }
}

impl Outcome {
    fn words(&self) -> String {
        let mut words = self.disposition.clone();
        if let Some(code) = &self.code {
            words.push_str(&format!(" ({code})"));
        }
        if let Some(by) = self.superseded_by {
            words.push_str(&format!(" by @{by}"));
        }
        words
    }

    fn told(&self) -> String {
        let mut text = format!("outcome   {}/{}@{}  {}", self.topic, self.partition, self.offset, self.words());
        for (what, value) in [
            ("AlipayHK holds", &self.held_status),
            ("its order", &self.order_id),
            ("request", &self.request_id),
            ("tracer", &self.tracer_id),
        ] {
            if let Some(value) = value {
                text.push_str(&format!(", {what} {value}"));
            }
        }
        text
    }
}

fn told(letter: &Letter) -> String {
    let code = letter.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let message = letter.message.as_deref().unwrap_or("no reason");
    format!("letter    {}  dead letter {}: {}{code}: {message}", letter.source(), letter.letter, letter.reason.as_deref().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::explain::End;

    fn seen(offset: i64, by_commit: &'static str, newer: Option<i64>) -> Seen {
        Seen {
            topic: "orders".to_owned(),
            partition: 0,
            offset,
            timestamp: Some(1_793_462_400_000 + offset),
            is: "modification",
            merchant_biz_type: Some("MOVIE_TICKET"),
            order_status: Some("USED".to_owned()),
            order_modify_time: Some(1_793_462_400_000),
            why: None,
            end: End { by_commit, newer },
        }
    }

    #[test]
    fn a_story_is_told_in_the_order_of_time_and_ends_with_how_it_stands() {
        let letter = Letter {
            letter: "0:3".to_owned(),
            written: Some(1_793_462_400_900),
            reason: Some("rejected".to_owned()),
            topic: Some("orders".to_owned()),
            partition: Some(0),
            offset: Some(7),
            ..Letter::default()
        };
        let records = vec![seen(5, "settled", Some(6)), seen(6, "settled", None), seen(7, "settled", None), seen(8, "open", None)];
        let story = Story { order: "A".to_owned(), records, letters: vec![letter], ..Story::default() };
        let text = story.for_people();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[2].contains("record    orders/0@5  MOVIE_TICKET USED, modified 2026-11-01T00:00:00"), "{text}");
        assert!(lines[6].contains("letter    orders/0@7  dead letter 0:3: rejected"), "{text}");
        let ends = [
            "orders/0@5  settled; @6 is newer",
            "orders/0@6  settled: AlipayHK decided",
            "orders/0@7  parked as dead letter 0:3",
            "orders/0@8  read or waiting",
        ];
        for (line, end) in lines[9..].iter().zip(ends) {
            assert!(line.starts_with(end), "{text}");
        }
    }

    #[test]
    fn of_an_order_that_nobody_knows_that_is_said() {
        let story = Story { order: "A".to_owned(), records_read: 1, ..Story::default() };
        assert_eq!(story.for_people(), "order A\n\nnothing is known of it (1 record looked at)");
    }
}
