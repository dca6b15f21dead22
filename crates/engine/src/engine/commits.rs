//! Commits: the lowest open offset, with what a successor has to know, from one snapshot.

use std::time::Duration;

use super::Engine;
use crate::io::{Commit, CommitResult, CommitTicket, Effect, Epoch, Note, Now, Offset, PartitionId, RebuildReason};
use crate::metadata::{self, Place};
use crate::partition::{Partition, Phase};
use crate::rules::Rule;
use crate::window::{Answered, Sent, Window};

impl<P: Clone> Engine<P> {
    pub(super) fn commit_if_due(&mut self, id: PartitionId, now: Now) {
        let (session, most_unsaid) = (self.config.session_timeout, self.most_unsaid());
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let expired = partition.window.expire(session, now);
        partition.window.end_doubts(session, now);
        let hopeless = partition.window.hopeless_at(session).is_some_and(|at| at <= now);
        let due = partition.window.due(partition.ledger.position(), partition.ledger.committable(), session, most_unsaid);
        let commits = partition.phase == Phase::Consuming && !partition.leaves_alone();
        if expired {
            self.note(Note::CommitFailed { partition: id, result: None });
        }
        if hopeless {
            self.rebuild(RebuildReason::UnansweredCommit, now);
        } else if commits && due.is_some_and(|at| at <= now) {
            self.commit(id, false, now);
        }
    }

    /// After a crash no more is called again than is on its way, and as much once more: what has settled, of all partitions together, is
    /// committed before it is as many calls as may be on their way.
    pub(super) fn most_unsaid(&self) -> u32 {
        let partitions = u32::try_from(self.partitions.len()).unwrap_or(u32::MAX).max(1);
        (self.config.max_in_flight / partitions).max(1)
    }

    /// Snapshot once, encode and commit from it.
    pub(super) fn commit(&mut self, id: PartitionId, last_one: bool, now: Now) {
        let ticket = CommitTicket(self.next_commit);
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let mut offset = partition.ledger.committable();
        if self.rules.lack(Rule::LowestOpen) {
            offset = partition.ledger.settled().last().map_or(offset, |last| Offset(last.0 + 1));
        }
        let window = partition.window.next(offset, partition.ledger.position());
        let closed = last_one && (partition.is_clean(now) || self.rules.lack(Rule::ClosedIsClean));
        // Who gives a partition up begins nothing any more: only what is on its way may still be heard, as of any member.
        let lingers = self.config.lingers().filter(|_| !last_one);
        let place = Place { cluster_id: &self.config.cluster_id, topic: &partition.topic, partition: partition.number };
        let metadata =
            metadata::encode_with(place, offset, (closed, lingers), window, settled(partition), |offset| partition.leader_epoch_of(offset));
        partition.window.sent(Sent { ticket, offset, window, issued_at: now, last_one });
        let epoch = partition.epoch;
        let hand_by = Now(now.0 + Window::patience(self.config.session_timeout));
        self.next_commit += 1;
        self.commits.insert(ticket, (id, epoch));
        self.effect(Effect::Commit(Commit { commit: ticket, partition: id, epoch, offset, metadata, hand_by }));
    }

    pub(super) fn commit_finished(&mut self, ticket: CommitTicket, result: CommitResult, now: Now) {
        let Some((id, epoch)) = self.commits.remove(&ticket) else { return };
        if result != CommitResult::Accepted {
            self.note(Note::CommitFailed { partition: id, result: Some(result) });
        }
        if result == CommitResult::NotAMember {
            return self.rebuild(RebuildReason::NotAMember, now);
        }
        let epoch = match self.partitions.get(&id) {
            Some(partition) if self.rules.lack(Rule::FenceCommits) => partition.epoch,
            Some(_) | None => epoch,
        };
        let session = self.config.session_timeout;
        let Some(partition) = self.current(id, epoch) else { return };
        if result == CommitResult::MetadataTooLarge {
            partition.window.without_map = true;
        }
        let answered = partition.window.answered(ticket, result, session, now);
        self.touch(id);
        if let (Answered::Newest(sent) | Answered::Overdue(sent), CommitResult::Accepted) = (answered, result) {
            let since = if self.rules.lack(Rule::LeaseFromIssue) { now } else { sent.issued_at };
            self.proved(since, now);
            self.progressed(id, sent.offset);
            // What was found there is replaced.
            self.disowned.remove(&id);
            if sent.last_one && matches!(answered, Answered::Newest(_)) {
                return self.release(id, now);
            }
        }
        self.unblock(id);
    }

    /// Membership was proven by a commit that was issued at this moment.
    fn proved(&mut self, issued_at: Now, now: Now) {
        self.lease_from = Some(self.lease_from.map_or(issued_at, |known| known.max(issued_at)));
        self.check_lease(now);
    }

    /// Until when we may speak.
    pub(super) fn lease_until(&self) -> Option<Now> {
        let lease = if self.rules.lack(Rule::Lease) { Duration::MAX / 4 } else { self.config.lease() };
        self.lease_from.map(|from| Now(from.0 + lease))
    }

    /// Until when an outcome may be handed over: whatever becomes of us, it is on its log before another owner writes, or it has failed.
    pub fn writes_until(&self) -> Option<Now> {
        let session = self.config.membership();
        self.lease_from.map(|from| Now(from.0 + session.saturating_sub(self.config.write_within())))
    }

    /// This assignment is the one in force.
    pub fn owns(&self, partition: PartitionId, epoch: Epoch) -> bool {
        self.partitions.get(&partition).is_some_and(|found| found.epoch == epoch)
    }

    pub(super) fn lease_holds(&self, now: Now) -> bool {
        self.lease_until().is_some_and(|until| now < until)
    }

    pub(super) fn check_lease(&mut self, now: Now) {
        let held = self.lease_from.is_none() || self.lease_holds(now);
        if held != self.lease_held {
            self.lease_held = held;
            self.note(Note::Lease { held });
        }
    }
}

/// Every settled offset, ascending: read here, read here but not believed yet, and a predecessor's that were not read yet.
fn settled<P>(partition: &Partition<P>) -> impl Iterator<Item = Offset> + '_ {
    let told = !partition.window.without_map;
    let mut here = partition.ledger.settled().peekable();
    let mut unverified = partition.unverified.iter().flatten().copied().peekable();
    let read = std::iter::from_fn(move || match (here.peek(), unverified.peek()) {
        (Some(settled), Some(waiting)) if waiting < settled => unverified.next(),
        (Some(_), _) => here.next(),
        (None, _) => unverified.next(),
    });
    read.chain(partition.inherited.iter().copied()).filter(move |_| told)
}
