//! Commits: the lowest open offset, with what a successor has to know, from one snapshot.

use std::sync::Arc;

use super::Engine;
use crate::io::{Commit, CommitResult, CommitTicket, Effect, Note, Now, Offset, PartitionId, RebuildReason};
use crate::metadata::{self, Metadata, Place};
use crate::partition::Phase;
use crate::window::{Answered, Sent};

impl<P: Clone> Engine<P> {
    pub(super) fn commit_if_due(&mut self, id: PartitionId, now: Now) {
        let session = self.config.session_timeout;
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        if partition.window.expire(now) {
            self.note(Note::CommitFailed { partition: id, result: None });
        }
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        if partition.window.is_hopeless(session, now) {
            return self.rebuild(RebuildReason::UnansweredCommit);
        }
        if partition.phase != Phase::Consuming {
            return;
        }
        let due = partition.window.due(partition.ledger.position(), partition.ledger.committable(), session, now);
        if due.is_some_and(|at| at <= now) {
            self.commit(id, false, now);
        }
    }

    /// Snapshot once, encode and commit from it.
    pub(super) fn commit(&mut self, id: PartitionId, last_one: bool, now: Now) {
        let ticket = CommitTicket(self.next_commit);
        let cluster_id = Arc::clone(&self.config.cluster_id);
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let offset = partition.ledger.committable();
        let window = partition.window.next(offset, partition.ledger.position());
        let mut settled: Vec<Offset> = Vec::new();
        if !partition.window.without_map {
            settled.extend(partition.ledger.settled());
            let position = partition.ledger.position();
            let mut unread: Vec<Offset> = partition.inherited.iter().copied().filter(|inherited| *inherited >= position).collect();
            unread.sort_unstable();
            settled.extend(unread);
        }
        let leader_epoch = settled.last().and_then(|last| partition.leader_epoch_of(*last));
        let metadata = Metadata { closed: last_one && partition.is_clean(now), window, leader_epoch, settled };
        let place = Place { cluster_id: &cluster_id, topic: &partition.topic, partition: partition.number };
        let (metadata, _) = metadata::encode(place, offset, &metadata);
        partition.window.sent(Sent { ticket, offset, window, issued_at: now, last_one });
        let epoch = partition.epoch;
        self.next_commit += 1;
        self.commits.insert(ticket, (id, epoch));
        self.effect(Effect::Commit(Commit { commit: ticket, partition: id, epoch, offset, metadata }));
    }

    pub(super) fn commit_finished(&mut self, ticket: CommitTicket, result: CommitResult, now: Now) {
        let Some((id, epoch)) = self.commits.remove(&ticket) else { return };
        let accepted = result == CommitResult::Accepted;
        if !accepted {
            self.note(Note::CommitFailed { partition: id, result: Some(result) });
        }
        match result {
            CommitResult::NotAMember => return self.rebuild(RebuildReason::NotAMember),
            CommitResult::Accepted | CommitResult::TryAgain | CommitResult::MetadataTooLarge | CommitResult::Refused => {}
        }
        let Some(partition) = self.current(id, epoch) else { return };
        if result == CommitResult::MetadataTooLarge {
            partition.window.without_map = true;
        }
        let was_open = partition.window.is_open();
        let limit = partition.window.limit();
        let answered = partition.window.answered(ticket, accepted, now);
        let (opened, grew) = (!was_open && partition.window.is_open(), partition.window.limit() > limit);
        match answered {
            Answered::Newest(sent) if accepted => {
                self.proved(sent.issued_at, now);
                self.progressed(id, sent.offset);
                if sent.last_one {
                    return self.release(id, now);
                }
            }
            Answered::Overdue(sent) if accepted => self.proved(sent.issued_at, now),
            Answered::Newest(_) | Answered::Overdue(_) | Answered::Unknown => {}
        }
        if opened || grew {
            self.unblock(id);
        }
    }

    /// Membership was proven by a commit that was issued at this moment.
    fn proved(&mut self, issued_at: Now, now: Now) {
        self.lease_from = Some(self.lease_from.map_or(issued_at, |known| known.max(issued_at)));
        self.check_lease(now);
    }

    /// Until when we may speak.
    pub(super) fn lease_until(&self) -> Option<Now> {
        self.lease_from.map(|from| Now(from.0 + self.config.lease()))
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

    /// Three unclean take-overs in a row without progress are worth an alarm; progress ends the count.
    fn progressed(&mut self, id: PartitionId, offset: Offset) {
        if let Some((count, from)) = self.unclean_take_overs.get_mut(&id)
            && offset.0 > *from
        {
            (*count, *from) = (0, offset.0);
        }
    }
}
