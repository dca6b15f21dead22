//! What is due at a moment, and when the driver has to come back.

use std::cmp::Reverse;

use super::Engine;
use crate::io::{Effect, Note, Now, PartitionId};
use crate::partition::Phase;

impl<P: Clone> Engine<P> {
    /// Looks at everything that is due.
    pub fn handle_timeout(&mut self, now: Now) {
        self.wake(now);
        self.run_timers(now);
        self.let_probes_out(now);
        self.look_after_partitions(now);
        if self.bucket.restore(now) {
            self.note(Note::RateChanged { per_second: self.bucket.rate() });
        }
        self.check_lease(now);
        self.tell_forgotten();
    }

    /// When [`Engine::handle_timeout`] (and [`Engine::schedule`] after it) has something to do; `None`: only after an input.
    pub fn poll_timeout(&self) -> Option<Now> {
        let timer = self.timers.peek().map(|Reverse((at, _))| *at);
        let partition = self.due.first().map(|(at, _)| *at);
        let touched = (!self.touched.is_empty()).then(Now::default);
        let ready = self.ready_at.filter(|_| !self.ready.is_empty());
        let lease = if self.lease_held { self.lease_until() } else { None };
        [timer, partition, touched, ready, lease, self.gates.due(), self.bucket.restore_at()].into_iter().flatten().min()
    }

    fn run_timers(&mut self, now: Now) {
        while let Some(Reverse((at, lane))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            self.touch(lane.partition);
            if let Some(trouble) = self.lane_mut(lane).and_then(|lane| lane.trouble.as_mut())
                && trouble.armed.is_some_and(|armed| armed <= now)
            {
                trouble.armed = None;
            }
            self.park_again(lane, now);
            self.settle_later(lane, now);
            self.go_on(lane, now);
        }
    }

    /// Every partition to which something happened, or for which something is due.
    fn look_after_partitions(&mut self, now: Now) {
        let mut ids = std::mem::take(&mut self.touched);
        while let Some((at, id)) = self.due.first().copied()
            && at <= now
        {
            self.due.pop_first();
            if let Some(partition) = self.partitions.get_mut(&id) {
                partition.due = None;
                ids.push(id);
            }
        }
        for id in ids {
            if let Some(partition) = self.partitions.get_mut(&id) {
                partition.touched = false;
                self.look_after(id, now);
                self.arm(id);
            }
        }
    }

    /// Room again, commits, drains, stalls.
    fn look_after(&mut self, id: PartitionId, now: Now) {
        self.end_hold(id, now);
        self.commit_if_due(id, now);
        self.drain(id, now);
        self.resume(id);
        self.watch(id, now);
        self.name_what_blocks(id, now);
    }

    fn resume(&mut self, id: PartitionId) {
        let bounds = self.bounds;
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        if partition.paused && partition.phase == Phase::Consuming && partition.has_room(bounds) {
            partition.paused = false;
            let (partition, epoch) = (partition.id, partition.epoch);
            self.effect(Effect::Resume { partition, epoch });
        }
    }

    /// Notes when the partition has to be looked after next.
    fn arm(&mut self, id: PartitionId) {
        let (session, stall_after, most_unsaid) = (self.config.session_timeout, self.config.stall_after, self.most_unsaid());
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let window = &partition.window;
        let commits = [window.expires_at(session), window.hopeless_at(session), window.doubts_end_at(session)];
        let mut next = commits.into_iter().chain([partition.hold_until]).flatten().min();
        let mut sooner = |at: Option<Now>| next = [next, at].into_iter().flatten().min();
        match partition.draining {
            None => {
                if !partition.leaves_alone() {
                    sooner(window.due(partition.ledger.position(), partition.ledger.committable(), session, most_unsaid));
                }
                sooner(partition.watch.map(|watch| Now(watch.since.0 + stall_after)));
                sooner(partition.blocking.map(|(since, _)| Now(since.0 + stall_after)));
            }
            Some(drain) => {
                sooner(Some(drain.deadline));
                if window.last.is_none() {
                    let from = if partition.is_drained() { Now::default() } else { drain.commit_at };
                    sooner(Some(from.max(window.not_before())));
                }
            }
        }
        if partition.due != next {
            if let Some(due) = partition.due {
                self.due.remove(&(due, id));
            }
            partition.due = next;
            self.due.extend(next.map(|at| (at, id)));
        }
    }
}
