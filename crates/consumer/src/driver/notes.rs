//! Log lines and counters for what the engine decided: each thing once, and the frequent ones at most every few seconds.

use std::time::Instant;

use alipayhk::Answer;
use domain::{Outcome, Verdict};
use engine::{GateReason, Note, Park, Ticket};

use super::facts::Facts;
use crate::clock::Moment;
use crate::kafka::letter;
use crate::kafka::record::Payload;
use crate::telemetry::causes;
use crate::telemetry::logs::quiet::Quiet;
use crate::telemetry::metrics::{CommitEnd, Metrics};

/// Writes the lines.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    frequent: Quiet<&'static str>,
}

impl Notes {
    /// Whether a frequent line may be written now, and how many were left out since the last one.
    fn may_say(&mut self, what: &'static str) -> Option<u64> {
        self.frequent.may_say(what, Instant::now())
    }

    /// An answer came, or none.
    pub(super) fn answer(&mut self, facts: &Facts, ticket: Ticket, answer: &Answer) {
        match &answer.outcome {
            Outcome::Definitive(Verdict::Accepted | Verdict::HeldAlready | Verdict::PeerAhead) => {}
            Outcome::Definitive(Verdict::Rejected(code)) => {
                tracing::warn!(partition = %facts.name(ticket.partition), code = code.as_str(), "AlipayHK refused a modification for good");
            }
            Outcome::Indefinite(indefinite) => {
                if let Some(left_out) = self.may_say(indefinite.cause.name()) {
                    let cause = indefinite.cause.name();
                    let code = answer.notes.code_text.as_ref().map_or("", |code| code.as_str());
                    let meaning = causes::meaning(indefinite.cause);
                    tracing::warn!(cause, meaning, code, left_out, "AlipayHK did not decide; the order waits and is sent again");
                }
            }
        }
        if answer.notes.clock_alarm
            && let Some(left_out) = self.may_say("clock_skew")
        {
            tracing::warn!(left_out, "AlipayHK's Response-Time is more than five minutes off our clock");
        }
    }

    /// A record goes to the dead-letter topic.
    pub(super) fn parked(&mut self, facts: &Facts, park: &Park<Payload>) {
        if let Some(left_out) = self.may_say("parked") {
            let partition = facts.name(park.partition);
            let (reason, code, why) = letter::reason(&park.reason);
            tracing::warn!(%partition, offset = %park.offset, reason, code, why, left_out, "a record goes to the dead-letter topic");
        }
    }

    /// Counts a note, and writes its line. `origin`: the engine's time zero.
    pub(super) fn take(&mut self, facts: &Facts, metrics: &Metrics, note: Note, origin: Moment) {
        metrics.note(&note);
        match note {
            Note::GateClosed { biz_type, reason } => {
                let biz_type = biz_type.map_or("all", domain::BizType::name);
                let meaning = match reason {
                    GateReason::Cause(cause) => causes::meaning(cause),
                    GateReason::DeadLetterFuse => "too many orders were rejected or given up: look at the dead letters",
                    GateReason::Operator => "alipayhk.hold_file is there",
                };
                tracing::error!(biz_type, reason = reason.name(), meaning, "gate closed: orders wait, one due call probes");
            }
            Note::GateOpened { biz_type } => {
                tracing::warn!(biz_type = biz_type.map_or("all", domain::BizType::name), "gate open again");
            }
            Note::RateChanged { per_second } => {
                if let Some(left_out) = self.may_say("rate") {
                    tracing::warn!(per_second, left_out, "the rate of calls changed");
                }
            }
            Note::ForeignMetadata { partition, fault } => {
                let partition = facts.name(partition);
                tracing::error!(%partition, fault = fault.name(), "the commit metadata is not ours or does not fit: its map is ignored, orders below the barrier wait");
            }
            Note::Fenced { ticket } => tracing::debug!(serial = ticket.serial, "an answer came back to an assignment that is gone"),
            Note::Repeated { partition, offset } => tracing::debug!(partition = %facts.name(partition), %offset, "sent again"),
            Note::EqualTimes { partition, offset } => {
                if let Some(left_out) = self.may_say("equal_times") {
                    let partition = facts.name(partition);
                    tracing::warn!(%partition, %offset, left_out, "two modifications of an order with equal time and different content");
                }
            }
            Note::OrderInSeveralPartitions { partition, offset } => {
                if let Some(left_out) = self.may_say("several_partitions") {
                    let partition = facts.name(partition);
                    tracing::error!(%partition, %offset, left_out, "an order lives in two partitions: newest-wins holds within each only");
                }
            }
            Note::TransitionViolated { partition, offset, biz_type } => {
                if let Some(left_out) = self.may_say("transition") {
                    let (partition, biz_type) = (facts.name(partition), biz_type.name());
                    tracing::warn!(%partition, %offset, biz_type, left_out, "sent although the type's table forbids the step (mode = observe)");
                }
            }
            Note::Stalled { partition, offset, order, why } => {
                let (partition, order) = (facts.name(partition), order.as_ref().map(domain::MerchantBizNo::as_str));
                tracing::error!(%partition, %offset, order, why = why.name(), "no progress although there could be");
            }
            Note::Forgotten { orders } => {
                if let Some(left_out) = self.may_say("forgotten") {
                    tracing::warn!(orders, left_out, "remembered orders were forgotten to keep delivery.remembered_orders");
                }
            }
            Note::Held { partition, orders, until } => {
                let partition = facts.name(partition);
                let waits = until.0.saturating_sub(origin.elapsed());
                tracing::warn!(%partition, orders, ?waits, "unclean hand-over: these orders wait for calls of the predecessor");
            }
            Note::CommitFailed { partition, result } => {
                if let Some(left_out) = self.may_say("commit") {
                    let result = result.map_or(CommitEnd::Unanswered, CommitEnd::of).name();
                    tracing::warn!(partition = %facts.name(partition), result, left_out, "a commit was not taken, or nobody knows whether it was; it is made again");
                }
            }
            Note::Lease { held: false } => tracing::error!("no commit was accepted for too long: nothing is sent until one is"),
            Note::Lease { held: true } => tracing::info!("a commit was accepted: sending goes on"),
        }
    }
}
