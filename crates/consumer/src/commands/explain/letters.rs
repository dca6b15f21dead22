//! The dead letters of one order.

use std::ops::ControlFlow;

use super::Story;
use crate::commands::dlq::Letter;
use crate::commands::progress::Progress;
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};

/// Those that name the order, or one of its records.
pub(super) fn of(config: &Config, reader: &Reader, story: &Story) -> Result<Vec<Letter>, Trouble> {
    let parts = reader.parts(&config.dead_letter.topic, None).map_err(Trouble::at("dead_letter.topic"))?;
    let mut progress = Progress::new(parts.iter().map(Part::len).sum(), "dead letters");
    let mut found = Vec::new();
    let read = reader.read(parts, |message, behind| {
        progress.show(behind);
        let Some(letter) = message.map(|message| Letter::of(message, false)) else { return ControlFlow::Continue(()) };
        let names_a_record = match (&letter.topic, letter.partition, letter.offset) {
            (Some(topic), Some(partition), Some(offset)) => story.has(topic, partition, offset),
            _ => false,
        };
        if names_a_record || letter.merchant_biz_no.as_deref() == Some(&story.order) {
            found.push(letter);
        }
        ControlFlow::Continue(())
    });
    read.map_err(Trouble::at("dead_letter.topic"))?;
    found.sort_by_key(|letter| (letter.written, letter.place));
    Ok(found)
}
