//! What goes wrong at its moment, and what an operator does while nobody is in the group.

use engine::Offset;

use crate::log::{Kind, Version};
use crate::scenario::Fault;
use crate::world::{Event, World};

/// How often an operator looks whether the group is empty.
const LOOK: u64 = 250;

impl World {
    pub(crate) fn fault(&mut self, fault: Fault) {
        let now = self.now;
        match fault {
            Fault::Crash(process) => self.crash(process),
            Fault::CrashAll => (0..self.processes.len()).for_each(|process| self.crash(process)),
            Fault::Shutdown(process) if self.processes[process].frozen_until <= now => self.stop(process),
            Fault::Shutdown(_) => {}
            Fault::Freeze(process, duration) => self.freeze(process, duration),
            Fault::Cut(process, duration) => {
                self.say(|| format!("P{process} is cut off from the coordinator for {duration}"));
                let cut_until = &mut self.processes[process].cut_until;
                *cut_until = (*cut_until).max(now + duration);
            }
            Fault::Stall(process, duration) => {
                self.say(|| format!("P{process}: the poll thread stands still for {duration}"));
                self.processes[process].stalled_until = now + duration;
            }
            Fault::Move(partition, process) => {
                if self.group.wanted[partition] != process {
                    self.say(|| format!("p{partition} shall move to P{process}"));
                    self.group.wanted[partition] = process;
                    self.begin_round();
                }
            }
            Fault::Gone(duration) => {
                self.say(|| format!("the coordinator is gone for {duration}"));
                self.group.gone_until = self.group.gone_until.max(now + duration);
                self.at(now + duration, Event::CoordinatorBack);
            }
            Fault::Stuck(duration) => {
                self.say(|| format!("the coordinator stands still for {duration}"));
                self.group.stuck_until = self.group.stuck_until.max(now + duration);
                self.at(now + duration, Event::CoordinatorBack);
            }
            Fault::Outage(duration) => self.outage_until = now + duration,
            Fault::Reset(..) | Fault::Damage(..) | Fault::Replace(_) => {
                self.operators += 1;
                for process in 0..self.processes.len() {
                    if self.random.chance(50) { self.fault(Fault::Shutdown(process)) } else { self.crash(process) }
                }
                self.at(now + LOOK, Event::Operator(fault));
            }
        }
    }

    /// A process that is down comes back, unless the operator needs the group empty.
    pub(crate) fn restart(&mut self, process: usize, life: u32) {
        if self.processes[process].alive || self.processes[process].life != life {
            return;
        }
        if self.is_succeeded(process) {
            return;
        }
        if self.operators > 0 {
            return self.at(self.now + LOOK, Event::Restart(process, life));
        }
        self.start(process);
    }

    pub(crate) fn operator(&mut self, fault: Fault) {
        let alive = self.processes.iter().any(|process| process.alive);
        if alive || !self.group.is_empty() {
            // Who came back meanwhile, or could not be told, is told.
            for process in 0..self.processes.len() {
                self.fault(Fault::Shutdown(process));
            }
            return self.at(self.now + LOOK, Event::Operator(fault));
        }
        self.operators -= 1;
        match fault {
            Fault::Reset(partition, back) => self.reset(partition, back),
            Fault::Damage(partition, how) => self.damage(partition, how),
            Fault::Replace(partition) => self.replace(partition),
            _ => {}
        }
    }

    /// As Kafka's own tool does it: another offset, no metadata. 0: forward.
    fn reset(&mut self, partition: usize, back: i64) {
        let Some((committed, _)) = self.group.stored[partition].clone() else { return };
        let log = &self.scenario.logs[partition];
        let at = log.from(committed.0);
        let to = if back > 0 { at.saturating_sub(back as usize) } else { (at + 2).min(log.visible(self.now)) };
        let to = log.entries.get(to).map_or(log.end(self.now), |entry| entry.offset).min(log.end(self.now));
        self.say(|| format!("OPERATOR moves p{partition} from @{committed} to @{to}"));
        self.group.stored[partition] = Some((Offset(to), String::new()));
        self.oracle.moved(partition, at, self.scenario.logs[partition].from(to), to);
    }

    fn damage(&mut self, partition: usize, how: u8) {
        let other = self.group.stored.iter().enumerate().find(|(at, _)| *at != partition).and_then(|(_, stored)| stored.clone());
        let Some((offset, text)) = &mut self.group.stored[partition] else { return };
        match (how, other) {
            (0, _) => text.clear(),
            (1, _) => text.truncate(text.len() / 2),
            (2, Some((_, foreign))) => *text = foreign,
            (3, _) => *text = text.replacen("open", "closed", 1),
            _ => *text = format!("other program at {offset}"),
        }
        self.say(|| format!("OPERATOR damages the metadata of p{partition}"));
    }

    /// An unclean election: what stood above some offset was lost and other records took its place, under a new leader epoch.
    fn replace(&mut self, partition: usize) {
        let committed = self.group.stored[partition].as_ref().map_or(0, |(offset, _)| offset.0);
        let now = self.now;
        let (first, visible) = (self.scenario.logs[partition].from(committed), self.scenario.logs[partition].visible(now));
        if first >= visible {
            return;
        }
        let cut = first + self.random.index(visible - first);
        self.say(|| format!("UNCLEAN ELECTION: p{partition} has other records from entry {cut} on"));
        let shorter = self.random.chance(30);
        self.scenario.logs[partition].floor = self.scenario.logs[partition].entries[cut].offset;
        for index in cut..self.scenario.logs[partition].entries.len() {
            let entry = &mut self.scenario.logs[partition].entries[index];
            entry.leader_epoch += 1;
            if shorter && index < visible {
                entry.at = now + 500 + (index - cut) as u64 * 700;
            } else {
                entry.at = entry.at.max(now);
            }
            let (appears, offset) = (entry.at, entry.offset);
            if let Kind::Order(version) = &mut entry.kind {
                version.time += 1_000;
                version.content += 1_000;
                version.text = Version::text_of(&version.name, version.time, version.content).into();
            }
            self.oracle.replaced(partition, index, offset);
            self.at(appears, Event::Appended(partition));
        }
        // Later entries never become readable before earlier ones.
        let mut latest = 0;
        for entry in &mut self.scenario.logs[partition].entries {
            entry.at = entry.at.max(latest);
            latest = entry.at;
        }
    }
}
