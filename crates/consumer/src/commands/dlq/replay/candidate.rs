//! What a letter becomes today.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use domain::{Mode, OrderEvent};

use crate::cli::ReplayArgs;
use crate::commands::decoding::{Decoding, Found};
use crate::commands::dlq::Letter;
use crate::commands::now_millis;
use crate::commands::resend::{Left, Seen, Source};
use crate::commands::sample::Sample;
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};

/// A letter that could be sent.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) source: Source,
    pub(super) event: OrderEvent,
}

impl Candidate {
    pub(super) fn seen(&self) -> Seen {
        Seen::of(&self.event, self.source.offset)
    }
}

/// Makes candidates of letters.
pub(super) struct Candidates<'a> {
    config: &'a Config,
    decoding: Decoding,
    /// A mended order that takes the place of the letter's value.
    mended: Option<OrderEvent>,
    /// For records whose letter was cut: they are read from where they were.
    sources: Reader,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(config: &'a Config, args: &ReplayArgs) -> Result<Self, Trouble> {
        if args.value.is_some() && args.letters.letter.len() != 1 {
            return Err(Trouble::usage("--value: takes the place of one letter's value; give --letter once"));
        }
        let mended = args.value.as_deref().map(read).transpose()?;
        Ok(Self { config, decoding: Decoding::new(config)?, mended, sources: Reader::new(&config.kafka)? })
    }

    /// The candidate, or why there is none.
    pub(super) fn of(&mut self, letter: &Letter) -> Result<Result<Candidate, Left>, Trouble> {
        let left = |why, detail: String| Ok(Err(Left { what: letter.letter.clone(), order: letter.merchant_biz_no.clone(), why, detail }));
        let (Some(topic), Some(partition), Some(offset), Some(group)) = (&letter.topic, letter.partition, letter.offset, &letter.group)
        else {
            return left("not_a_letter", "it is no dead letter of order-sync".to_owned());
        };
        if *group != self.config.kafka.group_id {
            return left("other_group", format!("it was parked by group {group}, whose orders may be another client's"));
        }
        let source = Source { topic: topic.as_str().into(), partition, offset };
        let decoded = match &self.mended {
            Some(event) => Found::Order(event.clone()),
            None if letter.truncated => match self.at_the_source(&source)? {
                Some(decoded) => decoded,
                None => return left("gone", format!("the letter was cut, and its record {} is gone from its topic", letter.source())),
            },
            None => self.decoding.decode(topic, letter.key.as_deref(), letter.value.as_deref())?,
        };
        match decoded {
            Found::Order(event) => {
                let rules = self.config.rulebook.of(event.biz_type);
                let broken = rules.violations(&event);
                if rules.mode() == Mode::Strict && !broken.is_empty() {
                    return left("still_invalid", broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
                }
                Ok(Ok(Candidate { source, event }))
            }
            Found::Skipped(why) => left("skipped", format!("it is not for us: {why}")),
            Found::Unfit(_, message) => left("still_unfit", message.to_string()),
        }
    }

    fn at_the_source(&mut self, source: &Source) -> Result<Option<Found>, Trouble> {
        let part = Part { topic: Arc::clone(&source.topic), partition: source.partition, from: source.offset, to: source.offset + 1 };
        let (start, end) = self.sources.bounds(&part.topic, part.partition).map_err(Trouble::at("kafka.topics"))?;
        if !(start..end).contains(&source.offset) {
            return Ok(None);
        }
        let (mut found, decoding) = (None, &mut self.decoding);
        let read = self.sources.read(vec![part], |message, _| {
            found = message.map(|message| decoding.of(message));
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        read.map_err(Trouble::at("kafka.topics"))?;
        found.transpose()
    }
}

/// A mended order, as `dlq show --value-to` writes one.
fn read(path: &Path) -> Result<OrderEvent, Trouble> {
    let wrong = |what: String| Trouble::usage(format!("--value: {}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let sample = Sample::read(&text).map_err(wrong)?;
    sample.event(now_millis()).map_err(|invalid| wrong(invalid.to_string()))
}
