//! The way through the letters on which each is sent or left.

use std::ops::ControlFlow;

use rdkafka::message::Message;

use super::candidate::{Candidate, Candidates};
use super::newer::Newer;
use crate::commands::dlq::Letter;
use crate::commands::dlq::scan::Meant;
use crate::commands::resend::{Compared, Item, Keys, Knowledge, Left, Newest, OrderKey, Step};
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Read, ReadError, Reader};

pub(super) struct Walk<'a> {
    pub(super) config: &'a Config,
    pub(super) keys: Keys,
    /// Among the letters.
    pub(super) newest: Newest,
    pub(super) knowledge: &'a Knowledge,
    pub(super) newer: Newer,
    pub(super) candidates: Candidates<'a>,
    /// By this run.
    pub(super) sent: Newest,
}

impl Walk<'_> {
    /// `from`: what lies before it was told before an interruption, and only teaches once more what this run has sent.
    pub(super) fn go(
        &mut self,
        reader: &Reader,
        parts: Vec<Part>,
        from: &[i64],
        meant: &mut Meant,
        tell: &mut dyn FnMut(Step) -> ControlFlow<()>,
    ) -> Result<Result<(), Trouble>, ReadError> {
        let ends: Vec<i64> = parts.iter().map(|part| part.to).collect();
        let numbers: Vec<i32> = parts.iter().map(|part| part.partition).collect();
        let mut failed = None;
        let read = reader.read(parts, |message, _| {
            let Some(message) = message else { return ControlFlow::Continue(()) };
            let step = meant.take(message, true).and_then(|letter| letter.map(|letter| self.step(&letter, &numbers)).transpose());
            let part = numbers.iter().position(|number| *number == message.partition());
            let is_told = part.and_then(|part| from.get(part)).is_some_and(|from| message.offset() < *from);
            match step {
                Ok(_) if is_told => ControlFlow::Continue(()),
                Ok(None) => ControlFlow::Continue(()),
                Ok(Some(step)) => tell(step),
                Err(trouble) => {
                    failed = Some(trouble);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(trouble) = failed {
            return Ok(Err(trouble));
        }
        if read == Read::Whole {
            for (part, next) in ends.into_iter().enumerate() {
                let _ = tell(Step::Passed { part, next });
            }
        }
        Ok(Ok(()))
    }

    fn step(&mut self, letter: &Letter, numbers: &[i32]) -> Result<Step, Trouble> {
        let candidate = match self.candidates.of(letter)? {
            Ok(candidate) => candidate,
            Err(left) => return Ok(Step::Left(left)),
        };
        let key = self.keys.of(candidate.event.merchant_biz_no.as_str());
        if let Some((why, detail)) = self.left(key, &candidate) {
            let order = Some(candidate.event.merchant_biz_no.to_string());
            return Ok(Step::Left(Left { what: letter.letter.clone(), order, why, detail }));
        }
        self.sent.saw(key, candidate.seen());
        let part = numbers.iter().position(|number| *number == letter.place.0).unwrap_or(usize::MAX);
        let more = self.newest.is_behind(key, candidate.seen());
        let Candidate { source, event } = candidate;
        Ok(Step::Send(Box::new(Item { part, at: letter.place.1, key, source, event, more })))
    }

    /// Why a candidate is not sent.
    fn left(&self, key: OrderKey, candidate: &Candidate) -> Option<(&'static str, String)> {
        let seen = candidate.seen();
        if self.sent.of(key).is_some_and(|sent| sent.version >= seen.version || sent.is_twin_of(seen)) {
            return Some(("superseded", "this run has sent the same or a newer modification of the order already".to_owned()));
        }
        if let Some(known) = self.knowledge.of(key) {
            match known.compare(seen, self.sent.of(key)) {
                Compared::Sendable => {}
                Compared::Accepted => return Some(("already_accepted", "AlipayHK has accepted this very modification".to_owned())),
                Compared::Older(newer) => return Some(("older", format!("a newer modification was decided: @{}", newer.offset))),
            }
        } else if let Some(place) = self.newer.of(key) {
            return Some(("newer_in_source", format!("a newer modification of the order lies at {place}")));
        }
        let is_newest = !self.newest.is_behind(key, seen);
        let is_milestone = self.config.rulebook.of(candidate.event.biz_type).is_milestone(&candidate.event.status);
        (!is_newest && !is_milestone).then(|| ("superseded", "another letter has a newer modification of the order".to_owned()))
    }
}
