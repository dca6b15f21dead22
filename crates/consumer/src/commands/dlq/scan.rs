//! Which dead letters are meant, and the way through their topic.

use std::ops::ControlFlow;

use domain::BizType;
use rdkafka::message::{BorrowedMessage, Message};

use super::letter::Letter;
use crate::cli::LettersArgs;
use crate::commands::decoding::{Decoding, Found};
use crate::commands::progress::Progress;
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};

/// The key that is wrong when the topic is not there.
pub(super) const KEY: &str = "dead_letter.topic";

/// The letters that are meant.
pub(super) struct Meant {
    args: LettersArgs,
    types: Vec<BizType>,
    decoding: Option<Decoding>,
}

impl Meant {
    pub(super) fn new(config: &Config, args: &LettersArgs) -> Result<Self, Trouble> {
        let mut types = Vec::new();
        for name in &args.biz_type {
            let Some(found) = BizType::parse(name) else {
                let known = BizType::ALL.map(BizType::name).join(", ");
                return Err(Trouble::usage(format!("--type: {name:?} is no business type; there are {known}")));
            };
            types.push(found);
        }
        if let (Some(from), Some(to)) = (args.from, args.to)
            && from >= to
        {
            return Err(Trouble::usage("--to: is not later than --from"));
        }
        let decoding = if types.is_empty() { None } else { Some(Decoding::new(config)?) };
        Ok(Self { args: args.clone(), types, decoding })
    }

    /// Where to look: nothing before `--from`, and of single letters only these.
    pub(super) fn parts(&self, reader: &Reader, topic: &str) -> Result<Vec<Part>, Trouble> {
        let all = reader.parts(topic, self.args.from.map(|from| from.0)).map_err(Trouble::at(KEY))?;
        if self.args.letter.is_empty() {
            return Ok(all);
        }
        let of = |part: Part| {
            let wanted = self.args.letter.iter().filter(|(partition, _)| *partition == part.partition).map(|(_, offset)| *offset);
            let wanted: Vec<i64> = wanted.filter(|offset| (part.from..part.to).contains(offset)).collect();
            let (first, last) = (*wanted.iter().min()?, *wanted.iter().max()?);
            Some(Part { from: first, to: last + 1, ..part })
        };
        Ok(all.into_iter().filter_map(of).collect())
    }

    /// Refuses a letter that is named and is in none of these parts.
    pub(super) fn are_there(&self, parts: &[Part], topic: &str) -> Result<(), Trouble> {
        let is_there = |(partition, offset): &(i32, i64)| {
            parts.iter().any(|part| part.partition == *partition && (part.from..part.to).contains(offset))
        };
        match self.args.letter.iter().find(|place| !is_there(place)) {
            Some((partition, offset)) => {
                let from = if self.args.from.is_some() { ", or --from leaves it out" } else { "" };
                Err(Trouble::usage(format!("--letter: there is no letter {partition}:{offset} in {topic} (any more){from}")))
            }
            None => Ok(()),
        }
    }

    /// The letter, if it is meant.
    pub(super) fn take(&mut self, message: &BorrowedMessage<'_>, with_record: bool) -> Result<Option<Letter>, Trouble> {
        let letter = Letter::of(message, with_record);
        if !self.args.fits(&letter) {
            return Ok(None);
        }
        let Some(decoding) = &mut self.decoding else { return Ok(Some(letter)) };
        let source = letter.topic.as_deref().unwrap_or_default();
        let fits = match decoding.decode(source, message.key(), message.payload())? {
            Found::Order(event) => self.types.contains(&event.biz_type),
            Found::Skipped(_) | Found::Unfit(..) => false,
        };
        Ok(fits.then_some(letter))
    }
}

impl LettersArgs {
    /// Everything but the business type, which only the value tells.
    fn fits(&self, letter: &Letter) -> bool {
        let one_of =
            |wanted: &[String], found: &Option<String>| wanted.is_empty() || found.as_ref().is_some_and(|found| wanted.contains(found));
        let reasons: Vec<String> = self.reason.iter().map(|reason| reason.word().to_owned()).collect();
        let (written, places) = (letter.written.unwrap_or(0), &self.letter);
        one_of(&reasons, &letter.reason)
            && one_of(&self.code, &letter.code)
            && one_of(&self.order, &letter.merchant_biz_no)
            && self.from.is_none_or(|from| written >= from.0)
            && self.to.is_none_or(|to| written < to.0)
            && (places.is_empty() || places.contains(&letter.place))
    }
}

/// Goes through the letters that are meant, each partition from the oldest on.
pub(super) fn letters(
    reader: &Reader,
    parts: Vec<Part>,
    meant: &mut Meant,
    with_record: bool,
    mut take: impl FnMut(Letter),
) -> Result<(), Trouble> {
    let mut progress = Progress::new(parts.iter().map(Part::len).sum(), "dead letters");
    let mut failed = None;
    reader
        .read(parts, |message, behind| {
            progress.show(behind);
            match message.map(|message| meant.take(message, with_record)) {
                None | Some(Ok(None)) => ControlFlow::Continue(()),
                Some(Ok(Some(letter))) => {
                    take(letter);
                    ControlFlow::Continue(())
                }
                Some(Err(trouble)) => {
                    failed = Some(trouble);
                    ControlFlow::Break(())
                }
            }
        })
        .map_err(Trouble::at(KEY))?;
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Reason;
    use crate::commands::testing::config;
    use crate::commands::when::When;

    fn letter() -> Letter {
        let text = |text: &str| Some(text.to_owned());
        Letter {
            written: Some(1_000),
            reason: text("rejected"),
            code: text("PARAM_ILLEGAL"),
            merchant_biz_no: text("A"),
            place: (0, 17),
            ..Letter::default()
        }
    }

    #[test]
    fn every_filter_has_to_hold_and_one_of_its_values() {
        let all = LettersArgs::default();
        assert!(all.fits(&letter()));
        let codes = |codes: &[&str]| LettersArgs { code: codes.iter().map(|code| (*code).to_owned()).collect(), ..all.clone() };
        assert!(codes(&["PROCESS_FAIL", "PARAM_ILLEGAL"]).fits(&letter()) && !codes(&["PROCESS_FAIL"]).fits(&letter()));
        let reason = |reason| LettersArgs { reason: vec![reason], ..all.clone() };
        assert!(reason(Reason::Rejected).fits(&letter()) && !reason(Reason::Invalid).fits(&letter()));
        let orders = LettersArgs { order: vec!["B".to_owned()], ..codes(&["PARAM_ILLEGAL"]) };
        assert!(!orders.fits(&letter()) && !orders.fits(&Letter::default()));
        let time = |from, to| LettersArgs { from: Some(When(from)), to: Some(When(to)), ..all.clone() };
        assert!(time(1_000, 1_001).fits(&letter()) && !time(1_001, 2_000).fits(&letter()) && !time(0, 1_000).fits(&letter()));
        let places = LettersArgs { letter: vec![(0, 17)], ..all };
        assert!(places.fits(&letter()) && !places.fits(&Letter { place: (1, 17), ..letter() }));
    }

    #[test]
    fn a_business_type_that_is_none_and_a_time_that_ends_before_it_begins_are_refused() {
        let config = config("", &[]);
        let wrong = LettersArgs { biz_type: vec!["HOTEL".to_owned()], ..LettersArgs::default() };
        assert!(Meant::new(&config, &wrong).err().unwrap().to_string().starts_with("--type: \"HOTEL\""));
        let wrong = LettersArgs { from: Some(When(5)), to: Some(When(5)), ..LettersArgs::default() };
        assert!(Meant::new(&config, &wrong).err().unwrap().to_string().starts_with("--to: "));
    }
}
