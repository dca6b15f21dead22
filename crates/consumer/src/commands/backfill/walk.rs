//! The way through the records on which each is sent or left.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use domain::{Mode, ModifiedAt, OrderEvent};
use rdkafka::message::{BorrowedMessage, Message};

use crate::cli::BackfillArgs;
use crate::commands::decoding::{Decoding, Found};
use crate::commands::now_millis;
use crate::commands::resend::{Compared, Item, Keys, Knowledge, Left, Newest, OrderKey, Seen, Source, Step};
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Read, Reader};

/// How far a run has come is told this often, in records.
const TELL: u64 = 1_000;

pub(super) struct Walk<'a> {
    config: &'a Config,
    args: &'a BackfillArgs,
    keys: Keys,
    newest: Newest,
    knowledge: &'a Knowledge,
    decoding: Decoding,
    /// By this run.
    sent: Newest,
    /// When the run began.
    now: ModifiedAt,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        config: &'a Config,
        args: &'a BackfillArgs,
        keys: Keys,
        newest: Newest,
        knowledge: &'a Knowledge,
        began: i64,
    ) -> Result<Self, Trouble> {
        let now =
            ModifiedAt::parse(began, now_millis()).map_err(|invalid| Trouble::failed(format!("the clock of this machine: {invalid}")))?;
        Ok(Self { config, args, keys, newest, knowledge, decoding: Decoding::new(config)?, sent: Newest::default(), now })
    }

    /// `from`: what lies before it was told before an interruption, and only teaches once more what this run has sent.
    pub(super) fn go(
        &mut self,
        reader: &Reader,
        parts: Vec<Part>,
        from: &[i64],
        tell: &mut dyn FnMut(Step) -> ControlFlow<()>,
    ) -> Result<(), Trouble> {
        let ends: Vec<i64> = parts.iter().map(|part| part.to).collect();
        let places: BTreeMap<(String, i32), usize> =
            parts.iter().zip(0..).map(|(part, at)| ((part.topic.to_string(), part.partition), at)).collect();
        let (mut failed, mut looked_at) = (None, 0_u64);
        let read = reader.read(parts, |message, _| {
            let Some(message) = message else { return ControlFlow::Continue(()) };
            let Some(part) = places.get(&(message.topic().to_owned(), message.partition())).copied() else {
                return ControlFlow::Continue(());
            };
            looked_at += 1;
            let is_told = from.get(part).is_some_and(|from| message.offset() < *from);
            match self.step(message, part) {
                Ok(_) if is_told => ControlFlow::Continue(()),
                Ok(Some(step)) => tell(step),
                Ok(None) if looked_at.is_multiple_of(TELL) => tell(Step::Passed { part, next: message.offset() + 1 }),
                Ok(None) => ControlFlow::Continue(()),
                Err(trouble) => {
                    failed = Some(trouble);
                    ControlFlow::Break(())
                }
            }
        });
        let read = read.map_err(Trouble::at(self.config.kafka.topics.key()))?;
        if let Some(trouble) = failed {
            return Err(trouble);
        }
        if read == Read::Whole {
            for (part, next) in ends.into_iter().enumerate() {
                let _ = tell(Step::Passed { part, next });
            }
        }
        Ok(())
    }

    fn step(&mut self, message: &BorrowedMessage<'_>, part: usize) -> Result<Option<Step>, Trouble> {
        let Found::Order(mut event) = self.decoding.of(message)? else { return Ok(None) };
        let key = self.keys.of(event.merchant_biz_no.as_str());
        let seen = Seen::of(&event, message.offset());
        // Only what was found worth sending is worth a word; the rest is what collapse is for.
        if !self.is_wanted(key, seen, &event) {
            return Ok(None);
        }
        let source = Source { topic: message.topic().into(), partition: message.partition(), offset: message.offset() };
        if let Some((why, detail)) = self.left(key, seen, &event, message.timestamp().to_millis()) {
            let what = format!("{}/{}@{}", source.topic, source.partition, source.offset);
            return Ok(Some(Step::Left(Left { what, order: Some(event.merchant_biz_no.to_string()), why, detail })));
        }
        self.sent.saw(key, seen);
        if self.args.as_of_now {
            // Whatever is not in what is read happened after the beginning of the run, so it will be newer.
            event.modified_at = event.modified_at.max(self.now);
        }
        let more = self.newest.is_behind(key, seen);
        Ok(Some(Step::Send(Box::new(Item { part, at: message.offset(), key, source, event, more }))))
    }

    /// The newest modification of its order, or a milestone before it.
    fn is_wanted(&self, key: OrderKey, seen: Seen, event: &OrderEvent) -> bool {
        let Some(newest) = self.newest.of(key) else { return false };
        let is_milestone = || self.config.rulebook.of(event.biz_type).is_milestone(&event.status);
        let ahead = || self.sent.of(key).is_none_or(|sent| sent.version < seen.version && !sent.is_twin_of(seen));
        // As of now, all would have one time.
        seen.version == newest.version || (!self.args.as_of_now && seen.version < newest.version && is_milestone() && ahead())
    }

    /// Why a wanted one is not sent.
    fn left(&self, key: OrderKey, seen: Seen, event: &OrderEvent, written: Option<i64>) -> Option<(&'static str, String)> {
        if self.args.to.is_some_and(|to| written.is_some_and(|written| written >= to.0)) {
            return Some(("after_to", "its order changed after --to".to_owned()));
        }
        let too_old = self
            .config
            .delivery
            .max_age
            .is_some_and(|max| u128::try_from(now_millis().saturating_sub(seen.version.at)).is_ok_and(|age| age > max.as_millis()));
        if too_old && !self.args.force {
            return Some(("too_old", "older than delivery.max_age".to_owned()));
        }
        let rules = self.config.rulebook.of(event.biz_type);
        let broken = rules.violations(event);
        if rules.mode() == Mode::Strict && !broken.is_empty() {
            return Some(("invalid", broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")));
        }
        if self.args.force {
            return None;
        }
        match self.knowledge.of(key)?.compare(seen, self.sent.of(key)) {
            Compared::Sendable => None,
            Compared::Accepted => Some(("already_accepted", "AlipayHK has accepted this very modification".to_owned())),
            Compared::Older(newer) => Some(("older", format!("a newer modification was decided: @{}", newer.offset))),
        }
    }
}
