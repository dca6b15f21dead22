//! What the engine asks for, performed: the one match on effects.

use std::sync::Arc;

use domain::{Cause, Indefinite, MerchantBizNo, Outcome as CallOutcome};
use engine::{Call, Disposed, Effect, Epoch, Input, Park, PartitionId};

use super::pace::Who;
use super::{Driver, Failure, to_unix_millis, unix_millis};
use crate::call::{Job, Limits, Prepared};
use crate::clock::Moment;
use crate::kafka::dead_letter::Which;
use crate::kafka::letter::{Facts as LetterFacts, Kept};
use crate::kafka::messages::Command;
use crate::kafka::outcomes::Outcome;
use crate::kafka::record::Payload;
use crate::schema::outcome;
use crate::telemetry::metrics::Rebuild;
use crate::telemetry::spans::Origin;

impl Driver {
    /// Performs everything the engine asks for. Some: nothing else helps.
    pub(super) fn perform(&mut self) -> Option<Failure> {
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Call(call) => self.call(call),
                Effect::Park(park) => self.park(&park),
                Effect::Disposed(disposed) => self.disposed(disposed),
                Effect::Commit(commit) => {
                    self.traces.commit(&self.facts, &commit);
                    self.report.committing(&commit);
                    self.command(Command::Commit(commit));
                }
                Effect::Pause { partition, epoch } => self.pace(Who::Engine, partition, epoch, false),
                Effect::Resume { partition, epoch } => self.pace(Who::Engine, partition, epoch, true),
                Effect::Release { partition, epoch } => {
                    tracing::info!(partition = %self.facts.name(partition), "partition drained and given back");
                    self.give_up(partition, epoch, "released");
                    self.command(Command::Release { id: partition, epoch });
                }
                Effect::Seek { partition, epoch, offset } => {
                    tracing::warn!(partition = %self.facts.name(partition), %offset, "a partition stands still; fetching it again from here");
                    self.command(Command::Seek { id: partition, epoch, offset });
                }
                Effect::Rebuild { reason } => {
                    self.give_all_outcomes_up();
                    self.metrics.rebuilt(reason);
                    self.report.rejoining();
                    tracing::error!(reason = Rebuild::of(reason).name(), "the Kafka consumer is destroyed and joins as a new member");
                    self.command(Command::Rebuild);
                }
                Effect::Exit { reason } => {
                    tracing::error!(reason, "nothing else helped");
                    self.report.failed(reason);
                    return Some(Failure::Watchdog(reason));
                }
                Effect::Note(note) => self.notes.take(&self.facts, &self.metrics, note, self.origin),
            }
        }
        None
    }

    fn call(&mut self, call: Call<Payload>) {
        let Some(event) = self.intake.order_in(call.ticket.partition, &call.payload).map(Box::new) else {
            // Only modifications are sent, and what was an order once is one again; but every call has an end.
            tracing::error!("the engine asked to send a record that is no order");
            let nothing = Indefinite { cause: Cause::Undecided, ambiguous: false, renew_request_id: false, retry_after: None };
            let (ticket, outcome, now) = (call.ticket, CallOutcome::Indefinite(nothing), self.now());
            return self.engine.handle(Input::CallFinished { ticket, outcome }, now);
        };
        let limits = Limits { write_by: self.origin + call.write_by.0, deadline: self.origin + call.deadline.0 };
        tracing::debug!(order = event.merchant_biz_no.as_str(), attempt = call.attempt, serial = call.ticket.serial, "call");
        let span = self.traces.call(&self.facts, &self.engine, &call, &event);
        let (began, generation) = (Moment::now(), call.generation);
        let job = Job { ticket: call.ticket, offset: call.offset, event, generation, run: None, limits, span, began };
        // One that was signed with keys of before is signed anew.
        let kept = self.retries.take((call.ticket.partition, call.ticket.epoch, call.offset, generation), began);
        match kept.filter(|signed| self.caller.is_current(signed)) {
            Some(signed) => self.send(vec![Prepared { job, signed: Some(signed), signing: None }]),
            None => self.pool.submit(job),
        }
    }

    /// Sends what is signed.
    pub(super) fn send(&mut self, prepared: Vec<Prepared>) {
        for prepared in prepared {
            let (caller, done) = (Arc::clone(&self.caller), self.mail.calls.0.clone());
            tokio::spawn(async move {
                let span = prepared.job.span.clone();
                let finished = {
                    use tracing::Instrument;
                    caller.call(prepared).instrument(span.clone()).await
                };
                crate::telemetry::spans::finish(&span, &finished.answer);
                let _ = done.send(Box::new(finished));
            });
        }
    }

    fn park(&mut self, park: &Park<Payload>) {
        let now = self.now();
        let Some(place) = self.facts.place(park.partition) else { return };
        let claims = self.intake.claims(park.partition, &park.payload);
        let after = self.traces.failed(park.partition, park.offset);
        let traceparent = after.as_ref().map(Origin::header);
        let facts = LetterFacts {
            reason: &park.reason,
            topic: &place.topic,
            partition: place.partition,
            offset: park.offset,
            group: &self.facts.group,
            environment: self.facts.environment.as_deref(),
            merchant_biz_no: claims.order.as_ref().map(MerchantBizNo::as_str),
            order_modify_time: claims.modified_at.map(|at| at.millis()),
            attempts: park.attempts,
            failures: park.failures.map(|(first, last)| (to_unix_millis(first, now), to_unix_millis(last, now))),
            schema_id: self.intake.schema_id(&park.payload),
            traceparent: traceparent.as_deref(),
            kept: Kept::All,
        };
        self.metrics.dead_letter(&park.reason);
        let _traced = after.as_ref().map(Origin::attach);
        self.notes.parked(&self.facts, park);
        let which = Which { partition: park.partition, epoch: park.epoch, offset: park.offset };
        self.dead_letters.write(&park.payload, facts, which);
    }

    fn disposed(&mut self, disposed: Disposed) {
        self.metrics.disposed(&disposed.disposition);
        let Some(outcomes) = &self.outcomes else { return };
        let Some(place) = self.facts.place(disposed.partition) else { return };
        let answer = disposed.ticket.and_then(|ticket| self.facts.answer(ticket));
        let value = outcomes.encode(&outcome::Facts {
            topic: &place.topic,
            partition: place.partition,
            offset: disposed.offset.0,
            order: disposed.order.as_ref().map(MerchantBizNo::as_str),
            disposition: &disposed.disposition,
            event: answer.map(|answer| &answer.event),
            request_id: answer.and_then(|answer| answer.request_id.as_ref().map(alipayhk::RequestId::as_str)),
            notes: answer.map(|answer| &answer.notes),
            at_millis: unix_millis(),
            standing: disposed.standing.as_ref(),
        });
        let which = Which { partition: disposed.partition, epoch: disposed.epoch, offset: disposed.offset };
        // A compacted topic takes no record without a key: what is no order has an empty one.
        let key = disposed.order.as_ref().map_or(&[][..], |order| order.as_str().as_bytes()).into();
        self.write_outcome(Outcome { which, partition: place.partition, key, value: value.into(), standing: disposed.standing });
    }

    /// Stops a partition, or lets it go on, unless somebody else wants it otherwise.
    pub(super) fn pace(&mut self, who: Who, id: PartitionId, epoch: Epoch, on: bool) {
        if let Some(on) = self.paces.set(who, id, epoch, on) {
            self.command(Command::Fetch { id, epoch, on });
        }
    }

    /// The partition is no longer ours.
    pub(super) fn give_up(&mut self, id: PartitionId, epoch: Epoch, end: &'static str) {
        self.traces.gone(id, epoch, end);
        self.intake.forget(id);
        self.paces.forget(id);
        self.facts.gone(id, epoch);
        self.give_up_outcomes(id, epoch);
        if let Some(restorer) = &self.restorer {
            restorer.gone(id, epoch);
        }
    }
}
