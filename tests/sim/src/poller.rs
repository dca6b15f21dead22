//! The poll thread: it takes commands, hands records over, and carries out rebalances, as the product's does.

mod taking;

use std::collections::VecDeque;

use engine::{Commit, CommitResult, CommitTicket, Epoch, Offset, Rule};

use crate::client::Rebalance;
use crate::driver::{Mail, millis};
use crate::group::Committing;
use crate::log::Kind;
use crate::mutants::Mutant;
use crate::world::{Event, World};
use taking::{Inquiry, Waiting};

/// How long the fetch position is not known after an assignment without a record.
const SETTLING: u64 = 2_000;

/// One partition of ours.
#[derive(Debug, Clone)]
pub(crate) struct Owned {
    pub(crate) epoch: Epoch,
    open: bool,
    next: i64,
    paused: bool,
    position_known: bool,
    since: u64,
}

/// From the driver.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// And when the engine asked for it.
    Commit(Commit, u64),
    Fetch {
        partition: usize,
        epoch: Epoch,
        on: bool,
    },
    Release {
        partition: usize,
        epoch: Epoch,
    },
    Seek {
        partition: usize,
        epoch: Epoch,
        offset: Offset,
    },
    Rebuild,
    Stop,
}

/// The poll thread.
#[derive(Debug)]
pub(crate) struct Poller {
    pub(crate) turn_at: Option<u64>,
    pub(crate) commands: VecDeque<Command>,
    pub(crate) answers: VecDeque<(CommitTicket, CommitResult)>,
    pub(crate) owned: Vec<Option<Owned>>,
    current: Option<Rebalance>,
    inquiry: Option<Inquiry>,
    waiting: Vec<Option<Waiting>>,
    /// When the partitions came that are being looked up.
    added_at: u64,
    again_at: u64,
    /// A consumer is being closed until then.
    closing_until: u64,
}

impl Poller {
    pub(crate) fn new(partitions: usize) -> Self {
        Self {
            turn_at: None,
            commands: VecDeque::new(),
            answers: VecDeque::new(),
            owned: vec![None; partitions],
            current: None,
            inquiry: None,
            waiting: (0..partitions).map(|_| None).collect(),
            added_at: 0,
            again_at: 0,
            closing_until: 0,
        }
    }

    fn current(&mut self, partition: usize, epoch: Epoch) -> Option<&mut Owned> {
        self.owned[partition].as_mut().filter(|owned| owned.epoch == epoch)
    }
}

fn bits(mask: u32, partitions: usize) -> impl Iterator<Item = usize> {
    (0..partitions).filter(move |partition| mask >> partition & 1 == 1)
}

impl World {
    pub(crate) fn wake_poller(&mut self, process: usize) {
        let at = self.now + self.random.between(0, self.scenario.turn);
        self.poll_at(process, at);
    }

    pub(crate) fn poll_at(&mut self, process: usize, at: u64) {
        let poller = &mut self.processes[process].poller;
        let at = at.max(poller.closing_until);
        if poller.turn_at.is_none_or(|known| known > at) {
            poller.turn_at = Some(at);
            let life = self.processes[process].life;
            self.at(at, Event::Poll(process, life));
        }
    }

    pub(crate) fn poll(&mut self, process: usize) {
        let now = self.now;
        let known = &mut self.processes[process];
        if known.poller.turn_at.is_none_or(|at| at > now) {
            return;
        }
        known.poller.turn_at = None;
        let hindered = known.stalled_until.max(known.poller.closing_until);
        if hindered > now {
            return self.poll_at(process, hindered);
        }
        known.client.polled = now;
        if known.client.fenced {
            self.say(|| format!("P{process} is fenced: another process has its name"));
            let down = self.random.between(50, 5_000);
            return self.end(process, down);
        }
        while let Some(command) = self.processes[process].poller.commands.pop_front() {
            if !self.obey(process, command) {
                return;
            }
        }
        while let Some((commit, result)) = self.processes[process].poller.answers.pop_front() {
            self.tell(process, Mail::Committed { commit, result });
        }
        for partition in 0..self.scenario.logs.len() {
            self.fetch(process, partition);
        }
        self.rebalance(process);
        self.look_again(process);
    }

    /// False: this consumer is over.
    fn obey(&mut self, process: usize, command: Command) -> bool {
        let (now, random) = (self.now, self.random.between(0, 50));
        let poller = &mut self.processes[process].poller;
        match command {
            Command::Commit(commit, issued) => {
                let partition = commit.partition.0 as usize;
                let late = now > millis(commit.hand_by) && !self.off.contains(&Mutant::CommitInTime);
                let lost = self.processes[process].client.lost || late;
                let poller = &mut self.processes[process].poller;
                let gone = lost || poller.current(partition, commit.epoch).is_none();
                if gone && !self.off.contains(&Mutant::Engine(Rule::LostCommitsNothing)) {
                    let (commit, result) = (commit.commit, CommitResult::TryAgain);
                    self.tell(process, Mail::Committed { commit, result });
                    return true;
                }
                let asker = self.asker(process);
                let Commit { commit: ticket, offset, metadata, .. } = commit;
                self.send_commit(process, Committing { asker, ticket, partition, offset: offset.0, metadata, issued, doubtful: false });
            }
            Command::Fetch { partition, epoch, on } => {
                if let Some(owned) = poller.current(partition, epoch) {
                    (owned.paused, owned.since) = (!on, now);
                }
            }
            Command::Release { partition, epoch } => {
                if poller.current(partition, epoch).is_some() {
                    poller.owned[partition] = None;
                }
            }
            Command::Seek { partition, epoch, offset } => {
                if let Some(owned) = poller.current(partition, epoch) {
                    (owned.next, owned.position_known, owned.since) = (offset.0, false, now);
                }
            }
            Command::Rebuild => {
                self.give_all_up(process);
                let away = self.processes[process].cut_until.max(self.group.gone_until).max(self.group.stuck_until) > now;
                let closing = if away { 3_000 } else { random };
                self.close(process);
                self.say(|| format!("P{process} destroys its consumer"));
                self.processes[process].poller.closing_until = now + closing;
                let asker = self.asker(process);
                self.at(now + closing, Event::NewClient(asker));
                return false;
            }
            Command::Stop => {
                self.close(process);
                self.say(|| format!("P{process} ends"));
                let down = self.random.between(50, 5_000);
                self.end(process, down);
                return false;
            }
        }
        true
    }

    fn give_all_up(&mut self, process: usize) {
        let poller = &mut self.processes[process].poller;
        (poller.current, poller.inquiry) = (None, None);
        poller.waiting.fill_with(|| None);
        poller.answers.clear();
        let lost: Vec<(usize, Epoch)> =
            poller.owned.iter_mut().enumerate().filter_map(|(partition, owned)| Some((partition, owned.take()?.epoch))).collect();
        for (partition, epoch) in lost {
            self.tell(process, Mail::Lost { partition, epoch });
        }
    }

    /// The client leaves the group; what waits in it is gone with it.
    fn close(&mut self, process: usize) {
        self.leave_group(process);
        let client = &mut self.processes[process].client;
        *client = client.next();
    }

    /// Hands over what can be read of one partition.
    fn fetch(&mut self, process: usize, partition: usize) {
        let (now, most) = (self.now, self.random.between(1, 6));
        let log = &self.scenario.logs[partition];
        let visible = log.visible(now);
        let Some(owned) = self.processes[process].poller.owned[partition].as_mut().filter(|owned| owned.open && !owned.paused) else {
            return;
        };
        let mut mail = Vec::new();
        let mut index = log.from(owned.next);
        while index < visible && (mail.len() as u64) < most && !matches!(log.entries[index].kind, Kind::Control) {
            mail.push(Mail::Record { partition, epoch: owned.epoch, index });
            owned.next = log.entries[index].offset + 1;
            owned.position_known = true;
            index += 1;
        }
        let mut moved = owned.next;
        while index < visible && matches!(log.entries[index].kind, Kind::Control) {
            moved = log.entries[index].offset + 1;
            index += 1;
        }
        let mut again = (index < visible).then_some(now + 1);
        if moved > owned.next {
            let known_at = if owned.position_known { 0 } else { owned.since + SETTLING };
            if known_at <= now {
                owned.next = moved;
                mail.push(Mail::Position { partition, epoch: owned.epoch, next: moved });
            } else {
                again = Some(known_at + 1);
            }
        }
        if !mail.is_empty() {
            mail.push(Mail::LogEnd { partition, epoch: owned.epoch, end: log.end(now) });
        }
        for mail in mail {
            self.tell(process, mail);
        }
        if let Some(again) = again {
            let at = again + self.random.between(0, self.scenario.turn);
            self.poll_at(process, at);
        }
    }

    fn rebalance(&mut self, process: usize) {
        if self.processes[process].poller.current.is_none() {
            let client = &mut self.processes[process].client;
            let Some(next) = client.callbacks.pop_front() else { return };
            client.carrying = true;
            let next = match next {
                Rebalance::Revoke { partitions, lost: true } => Rebalance::Revoke { partitions: partitions | client.has, lost: true },
                other @ (Rebalance::Revoke { .. } | Rebalance::Assign(_)) => other,
            };
            self.processes[process].poller.current = Some(next);
            self.processes[process].poller.added_at = self.now;
            if let Rebalance::Revoke { partitions, lost } = next {
                self.begin_revoke(process, partitions, lost);
            }
        }
        let Some(current) = self.processes[process].poller.current else { return };
        let done = match current {
            Rebalance::Assign(added) => self.assign(process, added),
            Rebalance::Revoke { partitions, lost } => {
                let known = &self.processes[process];
                let waits = !lost && bits(partitions, known.poller.owned.len()).any(|partition| known.poller.owned[partition].is_some());
                let done = !waits || known.client.lost;
                if done {
                    self.unassign(process, partitions);
                }
                done
            }
        };
        if done {
            self.processes[process].poller.current = None;
            self.carried_out(process, current);
            if !self.processes[process].client.callbacks.is_empty() {
                self.wake_poller(process);
            }
        }
    }

    fn begin_revoke(&mut self, process: usize, partitions: u32, lost: bool) {
        for partition in bits(partitions, self.scenario.logs.len()) {
            self.stops_waiting(process, partition);
            let slot = &mut self.processes[process].poller.owned[partition];
            let Some(epoch) = slot.as_ref().map(|owned| owned.epoch) else { continue };
            if lost {
                *slot = None;
                self.tell(process, Mail::Lost { partition, epoch });
            } else {
                slot.iter_mut().for_each(|owned| owned.open = false);
                self.tell(process, Mail::Revoking { partition, epoch });
            }
        }
    }

    fn unassign(&mut self, process: usize, partitions: u32) {
        for partition in bits(partitions, self.scenario.logs.len()) {
            if let Some(owned) = self.processes[process].poller.owned[partition].take() {
                self.tell(process, Mail::Lost { partition, epoch: owned.epoch });
            }
        }
    }
}
