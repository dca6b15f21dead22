//! What comes in: from the poll thread, from finished calls and confirmed writes, from the registry.

use std::sync::Arc;
use std::time::Duration;

use domain::Outcome as CallOutcome;
use engine::Input;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::facts::AnswerFacts;
use super::intake::Step;
use super::pace::Who;
use super::traces::Move;
use super::{Driver, Failure, unix_millis};
use crate::call::Finished;
use crate::kafka::dead_letter::Which;
use crate::kafka::messages::{Assigned, Command, Event};
use crate::kafka::restore::Job;
use crate::schema::RegistryError;

/// An unreachable registry is asked again after this.
const REGISTRY_AGAIN: Duration = Duration::from_secs(1);

impl Driver {
    pub(super) fn event(&mut self, event: Event) -> Result<(), Failure> {
        let now = self.now();
        match event {
            Event::Assigned(assigned) => {
                self.traces.moving(&self.facts, Move::Assigned, assigned.len());
                assigned.into_iter().for_each(|assigned| self.assigned(assigned));
            }
            Event::Halted { id, epoch, halt } => {
                self.metrics.halted();
                tracing::error!(partition = %self.facts.name(id), reason = %halt, "partition halted: nothing more of it is read until an operator decides");
                self.report.halts.add(id, &halt);
                self.give_up(id, epoch, "halted");
                self.engine.handle(Input::Lost { partition: id, epoch }, now);
            }
            Event::Held { topic, partition, why } => {
                tracing::warn!(%topic, partition, reason = %why, "partition not taken over yet; it is looked up again, the others go on");
            }
            Event::TotalPartitions(total) => self.engine.handle(Input::TotalPartitions(total), now),
            Event::Revoking(partitions) => {
                tracing::info!(partitions = partitions.len(), "partitions are being taken; draining them");
                let deadline = engine::Now(now.0 + self.stopping.drain);
                self.traces.moving(&self.facts, Move::Revoked, partitions.len());
                for (partition, epoch) in partitions {
                    self.traces.drains(&self.facts, partition, epoch);
                    self.engine.handle(Input::Revoking { partition, epoch, deadline }, now);
                }
            }
            Event::Lost(partitions) => {
                tracing::warn!(partitions = partitions.len(), "partitions were lost: they belong to another member already");
                self.traces.moving(&self.facts, Move::Lost, partitions.len());
                for (partition, epoch) in partitions {
                    self.give_up(partition, epoch, "lost");
                    self.engine.handle(Input::Lost { partition, epoch }, now);
                }
            }
            // What it weighed on the way counts until here.
            Event::Records(records, _load) => {
                let (millis, mut steps) = (unix_millis(), Vec::with_capacity(records.len()));
                for record in records {
                    self.intake.record(record, millis, &mut steps);
                }
                self.steps(steps);
            }
            Event::Positions(positions) => {
                let mut steps = Vec::new();
                for position in positions {
                    if let Some(next) = position.next {
                        self.intake.position(position.id, position.epoch, next, &mut steps);
                    }
                    if let Some(end) = position.end {
                        let end = Input::LogEnd { partition: position.id, epoch: position.epoch, end };
                        steps.push(Step::Input(end, None));
                    }
                }
                self.steps(steps);
            }
            Event::Committed { commit, result } => {
                self.metrics.commit(result);
                self.traces.committed(commit, result);
                self.engine.handle(Input::CommitFinished { commit, result }, now);
            }
            Event::Joined { partitions, still } => {
                self.report.halts.keep(&still);
                self.metrics.rebalance();
                self.traces.joined(partitions);
                self.report.joined(partitions);
                tracing::info!(partitions, "the group has settled");
            }
            Event::Trouble { what } => self.report.trouble(&what),
            Event::Rebuilt => {
                self.report.halts.keep(&[]);
                tracing::warn!("the Kafka consumer was destroyed; joining the group as a new member");
            }
            Event::Fatal { what } => {
                self.report.failed(&what);
                return Err(Failure::Kafka(what));
            }
            Event::Closed => {}
        }
        Ok(())
    }

    fn assigned(&mut self, assigned: Assigned) {
        let now = self.now();
        let Assigned { id, topic, partition, epoch, plan } = assigned;
        self.intake.forget(id);
        self.intake.assigned(id, &topic);
        self.paces.forget(id);
        self.facts.assigned(id, Arc::clone(&topic), partition, epoch);
        match plan {
            Ok(plan) => {
                tracing::info!(%topic, partition, epoch = epoch.0, from = plan.read_from.0, "partition assigned");
                let job = Job::new(id, epoch, topic, partition, &plan);
                self.engine.handle(Input::Assigned { partition: id, epoch, plan }, now);
                self.restore(job);
                if let Some(deadline) = self.stopping.deadline {
                    self.engine.handle(Input::Revoking { partition: id, epoch, deadline }, now);
                }
            }
            Err(halt) => {
                self.metrics.halted();
                tracing::error!(%topic, partition, reason = %halt, "partition halted: nothing of it is read until an operator decides");
                self.report.halts.add(id, &halt);
                self.facts.gone(id, epoch);
            }
        }
    }

    pub(super) fn steps(&mut self, steps: Vec<Step>) {
        let now = self.now();
        for step in steps {
            match step {
                Step::Input(input, note) => {
                    if let Some(note) = note {
                        self.metrics.key(note);
                    }
                    self.traces.fetched(&input);
                    self.report.fetched(&input);
                    self.engine.handle(input, now);
                }
                Step::Violated(biz_type) => self.metrics.violated(biz_type),
                Step::Fetch(id) => self.fetch_schema(id, Duration::ZERO),
                Step::Pace { id, epoch, on } => self.pace(Who::Intake, id, epoch, on),
            }
        }
    }

    /// Says something to the poll thread; it is gone only when the process ends.
    pub(super) fn command(&self, command: Command) {
        let _ = self.poller.commands.send(command);
    }

    fn fetch_schema(&self, id: u32, after: Duration) {
        let Some(registry) = self.registry.as_ref().map(Arc::clone) else {
            let _ = self.mail.schemas.0.send((id, Err(RegistryError::Unknown(id))));
            return;
        };
        let answers = self.mail.schemas.0.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let _ = answers.send((id, registry.fetch(id).await));
        });
    }

    pub(super) fn schema_fetched(&mut self, id: u32, result: Result<String, RegistryError>) {
        self.metrics.registry(&result);
        let text = match &result {
            Ok(text) => Ok(text.as_str()),
            Err(error) if error.waits() => {
                self.report.trouble(&format!("schema {id}: {error}; its records wait"));
                return self.fetch_schema(id, REGISTRY_AGAIN);
            }
            Err(error) => Err(error.to_string()),
        };
        let mut steps = Vec::new();
        let millis = unix_millis();
        match text {
            Ok(text) => self.intake.learn(id, Ok(text), millis, &mut steps),
            Err(reason) => {
                tracing::error!(schema = id, %reason, "no usable schema: its records are parked as undecodable");
                self.intake.learn(id, Err(&reason), millis, &mut steps);
            }
        }
        self.steps(steps);
    }

    pub(super) fn call_finished(&mut self, finished: Finished) {
        let now = self.now();
        let Finished { job, signed, signing, answer, took } = finished;
        let ticket = job.ticket;
        self.metrics.call(&answer, took, signing);
        self.report.call(took);
        job.span.in_scope(|| self.notes.answer(&self.facts, ticket, &answer));
        self.traces.called(&job, &answer.outcome);
        let request_id = signed.as_ref().map(|signed| signed.request_id().clone());
        match (&answer.outcome, signed) {
            (CallOutcome::Indefinite(_), Some(signed)) => {
                let which = (ticket.partition, ticket.epoch, job.offset, job.generation);
                self.retries.keep(which, signed.at(), signed);
            }
            (CallOutcome::Indefinite(_), None) | (CallOutcome::Definitive(_), _) => {}
        }
        if self.outcomes.is_some() {
            self.facts.keep(ticket, AnswerFacts::new(&job.event, request_id, answer.notes));
        }
        self.engine.handle(Input::CallFinished { ticket, outcome: answer.outcome }, now);
    }

    pub(super) fn letter_finished(&mut self, which: Which, result: Result<(), KafkaError>) -> Result<(), Failure> {
        let now = self.now();
        self.dead_letters.finished(which, &result);
        if let Err(error) = &result {
            self.still_writes("dead-letter", error)?;
            self.report.trouble(&format!("a dead letter was not taken: {error}; its record stays open and is written again"));
        }
        let Which { partition, epoch, offset } = which;
        self.engine.handle(Input::ParkFinished { partition, epoch, offset, confirmed: result.is_ok() }, now);
        Ok(())
    }

    /// A producer that failed for good takes nothing any more: only a new process helps.
    pub(super) fn still_writes(&mut self, of: &str, error: &KafkaError) -> Result<(), Failure> {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::Fatal) {
            return Ok(());
        }
        let what = format!("the {of} producer failed for good: {error}");
        self.report.failed(&what);
        Err(Failure::Kafka(what))
    }
}
