//! What is checked about everything the engine asks for.

use super::super::rig::place;
use super::{Sent, Unwritten, World};
use crate::io::*;
use crate::metadata::{self, Metadata};

impl World {
    pub(super) fn called(&mut self, call: &Call<i64>) {
        let (order, version, milestone) = self.version(call.offset.0).unwrap();
        assert_eq!(call.payload, call.offset.0);
        assert!(call.write_by <= call.deadline && call.write_by > self.now);
        assert!(self.owned && call.ticket.epoch == self.epoch, "only an owner speaks");
        assert!(self.untold.is_none(), "nothing is sent before all is known that the outcomes topic tells");
        let same = |sent: &&Sent| self.version(sent.offset).is_some_and(|(other, _, _)| other == order);
        assert!(self.sent.iter().find(same).is_none(), "at most one call of an order");
        assert!(self.decided.get(&order).is_none_or(|decided| version > *decided), "newest wins");
        assert!(!self.done.contains(&call.offset.0) && !self.ended_now.contains_key(&call.offset.0), "what ended is not sent again");
        let newer_waits = self.alive.get(&order).is_none_or(|(sent, until)| *sent == version || *until <= self.now);
        assert!(newer_waits || milestone, "nothing else of an order is sent while an ambiguous call may still be applied");
        let window = self.stored.as_ref().map(|(offset, text)| metadata::decode(place(), *offset, text).unwrap());
        assert!(
            window.as_ref().is_some_and(|told| call.offset < told.window && !told.closed),
            "nothing is sent beyond an announced window"
        );
        self.sent.push(Sent { ticket: call.ticket, offset: call.offset.0, at: self.now });
    }

    pub(super) fn disposed(&mut self, disposed: &Disposed) {
        let offset = disposed.offset.0;
        assert_eq!(disposed.epoch, self.epoch);
        assert!(self.ended_now.insert(offset, disposed.disposition.clone()).is_none(), "a record ends once");
        if let Disposition::Superseded { by } = disposed.disposition {
            let ((order, version, _), (other, newer, _)) = (self.version(offset).unwrap(), self.version(by.0).unwrap());
            assert!(order == other && newer > version, "superseded by a newer one of the order");
        }
        if let Disposition::Stale(reason @ (StaleReason::Older | StaleReason::Duplicate)) = disposed.disposition {
            let (order, version, _) = self.version(offset).unwrap();
            let read = (0..self.next as i64).filter(|other| *other != offset).filter_map(|other| self.version(other));
            let mut others = read.filter(|(other, _, _)| *other == order);
            let because = match reason {
                StaleReason::Duplicate => others.any(|(_, other, _)| other.0 == version.0),
                StaleReason::Older | StaleReason::PeerAhead => others.any(|(_, other, _)| other > version),
            };
            assert!(because || self.was_told(order, version), "stale only because of another one of the order that was read or told of");
        }
        let parked = matches!(disposed.disposition, Disposition::Rejected(_) | Disposition::Parked(_));
        assert!(!parked || self.confirmed.contains(&disposed.offset), "only a confirmed letter settles");
        if self.config.outcomes {
            let tells = disposed.order.clone().zip(disposed.standing.clone());
            self.unwritten.push(Unwritten { epoch: disposed.epoch, offset: disposed.offset, tells });
        } else {
            self.ended.insert(offset);
            self.done.insert(offset);
        }
    }

    pub(super) fn committed(&mut self, commit: Commit) {
        assert!(self.last_commit.is_none_or(|last| last <= commit.offset), "commits do not go back within an assignment");
        self.last_commit = Some(commit.offset);
        assert!(commit.metadata.len() <= 4_096);
        let told: Metadata = metadata::decode(place(), commit.offset, &commit.metadata).unwrap();
        let open = (0..commit.offset.0).find(|offset| !self.done.contains(offset) && !self.is_gap(*offset));
        assert_eq!(open, None, "no commit passes an open offset");
        let marked = told.settled.iter().find(|offset| !self.done.contains(&offset.0));
        assert_eq!(marked, None, "only what is settled is marked");
        if told.closed {
            assert!(self.sent.iter().all(|sent| sent.ticket.epoch != self.epoch), "closed: nothing is on its way");
            assert!(self.alive.values().all(|(_, until)| *until <= self.now), "closed: nothing may still be applied");
        }
        self.commits.push(commit);
    }
}
