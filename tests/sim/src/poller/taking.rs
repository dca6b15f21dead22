//! How a partition is taken over: it is looked up, and waited for where its last owner may still be heard.

use engine::takeover::{self, Facts};
use engine::{Now, Offset, Plan, metadata};

use super::{Owned, bits};
use crate::driver::Mail;
use crate::mutants::{self, Mutant};
use crate::scenario::{HEARTBEAT, SESSION};
use crate::world::World;

/// A failed look-up is tried again after this.
const LOOK_UP_AGAIN: u64 = 500;

/// Partitions that are being looked up.
#[derive(Debug)]
pub(super) struct Inquiry {
    asked_at: u64,
    left: Vec<usize>,
    committed: Vec<Option<(Offset, String)>>,
    found: Vec<(usize, Plan)>,
}

/// A partition of ours whose last owner may still be heard.
#[derive(Debug)]
pub(super) struct Waiting {
    since: u64,
    ask_at: u64,
    /// What was found when it came.
    first: Plan,
}

impl World {
    /// One question a turn. True: the partitions are fetched.
    pub(super) fn assign(&mut self, process: usize, added: u32) -> bool {
        let now = self.now;
        let count = self.scenario.logs.len();
        let again_at = self.processes[process].poller.again_at;
        if again_at > now {
            self.poll_at(process, again_at);
            return false;
        }
        let reachable = self.reaches(process);
        let inquiry = self.processes[process].poller.inquiry.take();
        let mut inquiry = match inquiry {
            Some(inquiry) => inquiry,
            None if !reachable => {
                self.processes[process].poller.again_at = now + LOOK_UP_AGAIN;
                self.poll_at(process, now + LOOK_UP_AGAIN);
                return false;
            }
            None => Inquiry { asked_at: now, left: bits(added, count).collect(), committed: self.group.stored.clone(), found: Vec::new() },
        };
        if let Some(partition) = inquiry.left.pop() {
            let committed = inquiry.committed[partition].clone();
            // The time is read before the question is asked.
            let asked_at = now.saturating_sub(self.random.between(0, 3));
            let plan = self.plan(partition, committed, asked_at);
            inquiry.found.push((partition, plan));
            self.processes[process].poller.inquiry = Some(inquiry);
            self.wake_poller(process);
            return false;
        }
        self.tell(process, Mail::Total);
        for (partition, plan) in inquiry.found {
            let since = self.processes[process].poller.added_at;
            match self.quiet_from(process, since, &plan).filter(|quiet_from| inquiry.asked_at < *quiet_from) {
                Some(ask_at) => {
                    self.say(|| format!("P{process} waits for the last owner of p{partition} until {ask_at}"));
                    self.processes[process].poller.waiting[partition] = Some(Waiting { since, ask_at, first: plan });
                }
                None => self.take_over(process, partition, plan),
            }
        }
        self.wake_poller(process);
        true
    }

    fn take_over(&mut self, process: usize, partition: usize, plan: Plan) {
        let epoch = self.next_epoch(process);
        let next = plan.read_from.0;
        let owned = Owned { epoch, open: true, next, paused: false, position_known: false, since: self.now };
        self.processes[process].poller.owned[partition] = Some(owned);
        self.assigned(process, partition, epoch, &plan);
        self.tell(process, Mail::Assigned { partition, epoch, plan: Box::new(plan) });
    }

    fn reaches(&self, process: usize) -> bool {
        self.processes[process].cut_until.max(self.group.gone_until).max(self.group.stuck_until) <= self.now
    }

    fn plan(&mut self, partition: usize, committed: Option<(Offset, String)>, at: u64) -> Plan {
        let facts = Facts {
            topic: "orders".into(),
            partition: partition as i32,
            cluster_id: "cluster".into(),
            committed,
            log_start: Offset(0),
            last_stable: Offset(self.scenario.logs[partition].end(self.now)),
            start: Offset(0),
        };
        let now = Now(std::time::Duration::from_millis(at));
        let history = if self.off.contains(&Mutant::History) { 0 } else { self.scenario.history };
        let mut plan = takeover::plan(&facts, history, now).expect("the committed offset is in the log");
        mutants::without(&self.off, &mut plan);
        plan
    }

    /// Until then the last owner may be heard: only what is found out later counts.
    fn quiet_from(&self, process: usize, since: u64, plan: &Plan) -> Option<u64> {
        let own = self.scenario.names[process].map(|_| std::time::Duration::from_millis(SESSION - HEARTBEAT));
        let lingers = plan.predecessor_lingers(own).filter(|_| !self.off.contains(&Mutant::Lingers))?;
        Some(since + lingers.as_millis() as u64)
    }

    /// Partitions that wait are looked up again once their last owner cannot be heard any more.
    pub(super) fn look_again(&mut self, process: usize) {
        for partition in 0..self.scenario.logs.len() {
            let Some(waiting) = self.processes[process].poller.waiting[partition].take() else { continue };
            let quiet = if waiting.ask_at > self.now {
                Some(waiting.ask_at)
            } else if !self.reaches(process) {
                Some(self.now + LOOK_UP_AGAIN)
            } else {
                let found = self.plan(partition, self.group.stored[partition].clone(), self.now);
                let plan = if self.off.contains(&Mutant::LookUpAfter) { waiting.first.clone() } else { found };
                match self.quiet_from(process, waiting.since, &plan).filter(|quiet_from| self.now < *quiet_from) {
                    None => {
                        self.take_over(process, partition, plan);
                        self.wake_poller(process);
                        continue;
                    }
                    later => later,
                }
            };
            let ask_at = quiet.unwrap_or(waiting.ask_at);
            self.processes[process].poller.waiting[partition] = Some(Waiting { ask_at, ..waiting });
            self.poll_at(process, ask_at);
        }
    }

    /// It goes elsewhere. What its last owner left stays there, so whoever comes next waits as well.
    pub(super) fn stops_waiting(&mut self, process: usize, partition: usize) {
        let waited = self.processes[process].poller.waiting[partition].take().is_some();
        if !waited || !self.off.contains(&Mutant::MarkStays) {
            return;
        }
        let Some((offset, text)) = self.group.stored[partition].clone() else { return };
        let place = metadata::Place { cluster_id: "cluster", topic: "orders", partition: partition as i32 };
        if let Ok(found) = metadata::decode(place, offset, &text) {
            let unmarked = metadata::encode(place, offset, &metadata::Metadata { lingers: None, ..found });
            self.group.stored[partition] = Some((offset, unmarked));
        }
    }
}
