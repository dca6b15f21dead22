//! The spans of a run: where records came from and which call failed is kept until they are settled, so that a span and a dead letter can tell.
//! Without an exporter nothing is kept.

mod contexts;

use std::collections::HashMap;

use domain::{OrderEvent, Outcome, Verdict};
use engine::{Call, Commit, CommitResult, CommitTicket, Content, Engine, Epoch, Input, Offset, PartitionId};
use tracing::Span;

use self::contexts::Contexts;
use super::facts::Facts;
use crate::call::Job;
use crate::config::RecordContext;
use crate::kafka::record::Payload;
use crate::telemetry::metrics::commit_result;
use crate::telemetry::spans::{self, CallFacts, MAX_LINKS, Origin, moves};

/// Records whose producers' contexts are kept at most, over all partitions; of what goes beyond, the oldest are left out of the links.
const MOST_ORIGINS: usize = 65_536;
/// Failed calls whose contexts are kept for a dead letter.
const MOST_FAILED: usize = 4_096;
/// Commits on their way are one a partition; those of consumers that were destroyed have no end.
const MOST_COMMITS: usize = 4_096;

/// What is kept; `None` where nothing is exported.
#[derive(Debug, Default)]
pub(crate) struct Traces(Option<Box<Kept>>);

#[derive(Debug)]
struct Kept {
    record_context: RecordContext,
    origins: Contexts,
    failed: Contexts,
    commits: HashMap<CommitTicket, Span>,
    drains: HashMap<(PartitionId, Epoch), Span>,
    rebalance: Option<Rebalance>,
}

/// A change of the group that has begun.
#[derive(Debug)]
struct Rebalance {
    span: Span,
    assigned: i64,
    revoked: i64,
    lost: i64,
}

/// What a rebalance does with partitions.
#[derive(Debug, Clone, Copy)]
pub(super) enum Move {
    Assigned,
    Revoked,
    Lost,
}

impl Traces {
    /// `None`: nothing is exported.
    pub(crate) fn new(record_context: Option<RecordContext>) -> Self {
        Self(record_context.map(|record_context| {
            let (origins, failed) = (Contexts::new(MOST_ORIGINS), Contexts::new(MOST_FAILED));
            let (commits, drains) = (HashMap::new(), HashMap::new());
            Box::new(Kept { record_context, origins, failed, commits, drains, rebalance: None })
        }))
    }

    /// A record goes to the engine: where it came from is kept until it is settled.
    pub(super) fn fetched(&mut self, input: &Input<Payload>) {
        let Some(kept) = &mut self.0 else { return };
        let Input::Fetched { partition, record, .. } = input else { return };
        let Content::Modification(modification) = &record.content else { return };
        if let Some(origin) = origin(&modification.payload) {
            kept.origins.put(*partition, record.offset, origin);
        }
    }

    /// The span of a call, linked to where its records came from; none where nothing is exported.
    pub(super) fn call(&self, facts: &Facts, engine: &Engine<Payload>, call: &Call<Payload>, event: &OrderEvent) -> Span {
        let (Some(kept), Some(place)) = (&self.0, facts.place(call.ticket.partition)) else { return Span::none() };
        let said = CallFacts {
            group: &facts.group,
            topic: &place.topic,
            partition: place.partition,
            offset: call.offset.0,
            ticket: call.ticket,
            attempt: call.attempt,
            biz_type: event.biz_type,
            order: event.merchant_biz_no.as_str(),
            answers_for: call.answers_for,
        };
        let own = origin(&call.payload);
        let parent = own.clone().filter(|_| kept.record_context == RecordContext::Parent);
        let absorbed = if call.answers_for > 1 { engine.absorbed_by(call.ticket, MAX_LINKS) } else { Vec::new() };
        let absorbed = absorbed.into_iter().filter_map(|offset| kept.origins.get(call.ticket.partition, offset));
        spans::call(&said, parent.as_ref(), own.clone().into_iter().chain(absorbed))
    }

    /// A call ended without delivering: a dead letter may come of it.
    pub(super) fn called(&mut self, job: &Job, outcome: &Outcome) {
        let Some(kept) = &mut self.0 else { return };
        match outcome {
            Outcome::Definitive(Verdict::Accepted | Verdict::HeldAlready | Verdict::PeerAhead) => {}
            Outcome::Definitive(Verdict::Rejected(_)) | Outcome::Indefinite(_) => {
                if let Some(context) = Origin::of(&job.span) {
                    kept.failed.put(job.ticket.partition, job.offset, context);
                }
            }
        }
    }

    /// The call after which a record is parked.
    pub(super) fn failed(&self, partition: PartitionId, offset: Offset) -> Option<Origin> {
        self.0.as_ref()?.failed.get(partition, offset)
    }

    /// What is settled needs nothing more.
    pub(super) fn settled(&mut self, partition: PartitionId, below: Offset) {
        let Some(kept) = &mut self.0 else { return };
        kept.origins.settled(partition, below);
        kept.failed.settled(partition, below);
    }

    pub(super) fn commit(&mut self, facts: &Facts, commit: &Commit) {
        let Some(kept) = &mut self.0 else { return };
        let Some(place) = facts.place(commit.partition) else { return };
        if kept.commits.len() >= MOST_COMMITS {
            kept.commits.clear();
        }
        kept.commits.insert(commit.commit, moves::commit(&facts.group, &place.topic, place.partition, commit.offset.0));
    }

    pub(super) fn committed(&mut self, commit: CommitTicket, result: CommitResult) {
        let Some(span) = self.0.as_mut().and_then(|kept| kept.commits.remove(&commit)) else { return };
        span.record("ordersync.commit.result", commit_result(result));
        if result != CommitResult::Accepted {
            span.record("otel.status_code", "ERROR");
        }
    }

    /// The group takes or gives partitions.
    pub(super) fn moving(&mut self, facts: &Facts, what: Move, partitions: usize) {
        let Some(kept) = &mut self.0 else { return };
        let rebalance = kept.rebalance.get_or_insert_with(|| {
            let span = moves::rebalance(&facts.group);
            Rebalance { span, assigned: 0, revoked: 0, lost: 0 }
        });
        let count = match what {
            Move::Assigned => &mut rebalance.assigned,
            Move::Revoked => &mut rebalance.revoked,
            Move::Lost => &mut rebalance.lost,
        };
        *count += i64::try_from(partitions).unwrap_or(i64::MAX);
    }

    /// The group has settled.
    pub(super) fn joined(&mut self, ours: u32) {
        let Some(Rebalance { span, assigned, revoked, lost }) = self.0.as_mut().and_then(|kept| kept.rebalance.take()) else { return };
        for (name, count) in [("assigned", assigned), ("revoked", revoked), ("lost", lost), ("ours", i64::from(ours))] {
            span.record(&*format!("ordersync.partitions.{name}"), count);
        }
    }

    /// A partition is about to go.
    pub(super) fn drains(&mut self, facts: &Facts, partition: PartitionId, epoch: Epoch) {
        let Some(kept) = &mut self.0 else { return };
        let Some(place) = facts.place(partition) else { return };
        let within = kept.rebalance.as_ref().map(|rebalance| &rebalance.span);
        kept.drains.entry((partition, epoch)).or_insert_with(|| moves::drain(within, &place.topic, place.partition, epoch.0));
    }

    /// The partition is no longer ours: released after its drain, or lost.
    pub(super) fn gone(&mut self, partition: PartitionId, epoch: Epoch, end: &'static str) {
        let Some(kept) = &mut self.0 else { return };
        kept.origins.forget(partition);
        kept.failed.forget(partition);
        if let Some(span) = kept.drains.remove(&(partition, epoch)) {
            span.record("ordersync.drain.end", end);
        }
    }
}

fn origin(payload: &Payload) -> Option<Origin> {
    payload.parts().traceparent.and_then(Origin::parse)
}
