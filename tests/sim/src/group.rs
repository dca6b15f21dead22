//! The group coordinator of the classic protocol: members, rounds, assignments, sessions, and the offsets it stores.
//!
//! As on a broker a commit is checked against member and generation only, never against who owns the partition; it counts as a sign of
//! life; and while a round is being prepared it is still taken.

mod commits;

use engine::{CommitResult, Offset};

use crate::scenario::{MAX_POLL, SESSION};
use crate::world::{Event, World};

/// Which client asks: process, its life, its consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) process: usize,
    pub(crate) life: u32,
    pub(crate) handle: u32,
}

/// A request to the coordinator.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Heartbeat {
        member: usize,
        generation: Option<u32>,
    },
    /// `number`: of the client's joins.
    Join {
        member: Option<usize>,
        claims: u32,
        number: u32,
    },
    Leave {
        member: usize,
    },
    Commit {
        commit: usize,
        member: Option<usize>,
        generation: Option<u32>,
        /// The client has answered it by itself: nobody hears what becomes of it.
        unheard: bool,
    },
}

/// Its answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Response {
    Alive,
    Rebalance,
    Unknown,
    Fenced,
    /// `commit`: what it answers, if it is not a heartbeat.
    IllegalGeneration {
        commit: Option<usize>,
    },
    JoinAgain {
        member: usize,
        number: u32,
    },
    Assigned {
        member: usize,
        generation: u32,
        partitions: u32,
        number: u32,
    },
    Committed {
        commit: usize,
        result: CommitResult,
    },
}

/// A commit on its way, from the client's queue to the answer.
#[derive(Debug, Clone)]
pub(crate) struct Committing {
    pub(crate) asker: Asker,
    pub(crate) ticket: engine::CommitTicket,
    pub(crate) partition: usize,
    pub(crate) offset: i64,
    pub(crate) metadata: String,
    /// When the driver asked for it.
    pub(crate) issued: u64,
    /// The client has told that it failed, although it may land.
    pub(crate) doubtful: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Stable,
    Preparing { until: u64 },
    Completing,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) asker: Asker,
    pub(crate) alive: bool,
    /// Another one has come with its name.
    pub(crate) fenced: bool,
    seen: u64,
    joined: bool,
    /// The join it is answered for.
    asked: u32,
}

/// The coordinator's state.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) phase: Phase,
    pub(crate) generation: u32,
    pub(crate) members: Vec<Member>,
    /// Who owns a partition, as far as the coordinator can know.
    pub(crate) owner: Vec<Option<usize>>,
    /// The process that shall have a partition.
    pub(crate) wanted: Vec<usize>,
    pub(crate) stored: Vec<Option<(Offset, String)>>,
    /// It is away, or stands still, until then.
    pub(crate) gone_until: u64,
    pub(crate) stuck_until: u64,
}

impl Member {
    /// What one is told that is no member any more.
    fn word(&self) -> Response {
        if self.fenced { Response::Fenced } else { Response::Unknown }
    }
}

impl Group {
    pub(crate) fn new(partitions: usize) -> Self {
        Self {
            phase: Phase::Stable,
            generation: 0,
            members: Vec::new(),
            owner: vec![None; partitions],
            wanted: (0..partitions).collect(),
            stored: vec![None; partitions],
            gone_until: 0,
            stuck_until: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.iter().all(|member| !member.alive)
    }

    /// The living member behind a client.
    pub(crate) fn member_of(&self, asker: Asker) -> Option<usize> {
        self.members.iter().rposition(|member| member.alive && member.asker == asker)
    }

    fn release(&mut self, member: usize, kept: u32) {
        for (partition, owner) in self.owner.iter_mut().enumerate() {
            if *owner == Some(member) && kept >> partition & 1 == 0 {
                *owner = None;
            }
        }
    }

    fn everybody_joined(&self) -> bool {
        self.members.iter().all(|member| !member.alive || member.joined)
    }
}

impl World {
    /// A request goes to the coordinator. One connection: what is asked first arrives first.
    pub(crate) fn ask(&mut self, asker: Asker, request: Request) {
        if self.processes[asker.process].cut_until > self.now {
            return;
        }
        let mut at = self.now + self.random.between(1, 5);
        let overtakes = self.scenario.rates.reorder && self.noisy() && matches!(request, Request::Commit { .. }) && self.random.chance(30);
        if overtakes {
            at += self.random.between(20, 3_000);
        } else {
            let last = &mut self.processes[asker.process].last_arrival;
            at = at.max(*last);
            *last = at;
        }
        self.at(at, Event::Request(asker, request));
    }

    pub(crate) fn request(&mut self, asker: Asker, request: Request) {
        if self.group.gone_until > self.now {
            return;
        }
        if self.group.stuck_until > self.now {
            let at = self.group.stuck_until;
            return self.at(at, Event::Request(asker, request));
        }
        let now = self.now;
        match request {
            Request::Heartbeat { member, generation } => {
                let known = &mut self.group.members[member];
                let current = generation == Some(self.group.generation);
                if known.alive && current {
                    known.seen = now;
                }
                let response = match (known.alive, current, self.group.phase) {
                    (false, _, _) => known.word(),
                    (true, false, _) => Response::IllegalGeneration { commit: None },
                    (true, true, Phase::Stable) => Response::Alive,
                    (true, true, Phase::Preparing { .. } | Phase::Completing) => Response::Rebalance,
                };
                self.respond(asker, response);
            }
            Request::Join { member, claims, number } => self.join(asker, member, claims, number),
            Request::Leave { member } => self.expel(member, "left"),
            Request::Commit { commit, member, generation, unheard } => self.commit_arrives(commit, (member, generation), unheard),
        }
    }

    fn respond(&mut self, asker: Asker, response: Response) {
        if self.processes[asker.process].cut_until <= self.now {
            let at = self.now + self.random.between(1, 5);
            self.at(at, Event::Response(asker, response));
        }
    }

    fn join(&mut self, asker: Asker, member: Option<usize>, claims: u32, asked: u32) {
        let member = match member {
            Some(member) if !self.group.members[member].alive => return self.respond(asker, self.group.members[member].word()),
            Some(member) => member,
            None => {
                let before = self.member_named(self.scenario.names[asker.process]);
                let member = Member { asker, alive: true, fenced: false, seen: self.now, joined: false, asked };
                self.group.members.push(member);
                let number = self.group.members.len() - 1;
                self.at(self.now + SESSION, Event::SessionCheck(number));
                if let Some(before) = before.filter(|before| self.takes_place(*before, number)) {
                    return self.say(|| format!("coordinator: member {number} takes the place of member {before}"));
                }
                number
            }
        };
        self.group.release(member, claims);
        match self.group.phase {
            Phase::Preparing { .. } => {}
            Phase::Stable | Phase::Completing => self.begin_round(),
        }
        let now = self.now;
        let joining = &mut self.group.members[member];
        (joining.joined, joining.seen, joining.asked) = (true, now, asked);
        self.complete_round();
    }

    /// The living static member of this name.
    fn member_named(&self, name: Option<usize>) -> Option<usize> {
        let named = |member: &Member| member.alive && self.scenario.names[member.asker.process] == name;
        self.group.members.iter().rposition(named).filter(|_| name.is_some())
    }

    /// Whoever joins with a static member's name has its partitions at once, and that one nothing any more. True: the group is settled, and stays so.
    fn takes_place(&mut self, before: usize, member: usize) -> bool {
        let known = &mut self.group.members[before];
        (known.alive, known.fenced) = (false, true);
        let mut partitions = 0;
        for (partition, owner) in self.group.owner.iter_mut().enumerate().filter(|(_, owner)| **owner == Some(before)) {
            *owner = Some(member);
            partitions |= 1 << partition;
        }
        let settled = self.group.phase == Phase::Stable;
        if settled {
            let Member { asker, asked: number, .. } = self.group.members[member];
            let generation = self.group.generation;
            self.respond(asker, Response::Assigned { member, generation, partitions, number });
        }
        settled
    }

    /// Everybody has to join anew. Who waits for an assignment is told at once, the others with their next heartbeat.
    pub(crate) fn begin_round(&mut self) {
        if matches!(self.group.phase, Phase::Preparing { .. }) || self.group.is_empty() {
            return;
        }
        let waiting = self.group.phase == Phase::Completing;
        let until = self.now + MAX_POLL;
        self.group.phase = Phase::Preparing { until };
        self.at(until, Event::RoundEnds);
        for member in 0..self.group.members.len() {
            let known = &mut self.group.members[member];
            known.joined = false;
            if waiting && known.alive {
                let (asker, number) = (known.asker, known.asked);
                self.respond(asker, Response::JoinAgain { member, number });
            }
        }
    }

    /// The round is over when everybody joined, or when its time is: who did not join is out.
    pub(crate) fn complete_round(&mut self) {
        let Phase::Preparing { until } = self.group.phase else { return };
        if until > self.now && !self.group.everybody_joined() {
            return;
        }
        for member in 0..self.group.members.len() {
            let known = &mut self.group.members[member];
            if known.alive && !known.joined {
                known.alive = false;
                self.group.release(member, 0);
            }
        }
        self.group.generation += 1;
        self.group.phase = if self.group.is_empty() { Phase::Stable } else { Phase::Completing };
        let at = self.now + self.random.between(1, 20);
        self.at(at, Event::Assign(self.group.generation));
    }

    /// The leader's plan arrived: everybody is told what he has. What has to move is first taken from its owner, by leaving it out.
    pub(crate) fn assign_round(&mut self, generation: u32) {
        if self.group.phase != Phase::Completing || self.group.generation != generation {
            return;
        }
        self.group.phase = Phase::Stable;
        let group = &mut self.group;
        let mut given = vec![0_u32; group.members.len()];
        for partition in 0..group.owner.len() {
            let names = &self.scenario.names;
            let stands_for = |member: &Member, process: usize| {
                member.asker.process == process || names[process].is_some() && names[member.asker.process] == names[process]
            };
            let wanted = group.members.iter().rposition(|member| member.alive && stands_for(member, group.wanted[partition]));
            let least = (0..group.members.len()).filter(|m| group.members[*m].alive).min_by_key(|m| given[*m].count_ones());
            let Some(target) = wanted.or(group.owner[partition]).or(least) else { continue };
            if group.owner[partition].is_none_or(|owner| owner == target) {
                group.owner[partition] = Some(target);
                given[target] |= 1 << partition;
            }
        }
        for (member, partitions) in given.into_iter().enumerate() {
            let known = &mut self.group.members[member];
            if known.alive {
                known.seen = self.now;
                let (asker, number) = (known.asker, known.asked);
                self.say(|| format!("coordinator: generation {generation}: P{} as member {member} has {partitions:b}", asker.process));
                self.respond(asker, Response::Assigned { member, generation, partitions, number });
            }
        }
    }

    /// A session may be over.
    pub(crate) fn session_check(&mut self, member: usize) {
        let known = &self.group.members[member];
        if !known.alive {
            return;
        }
        let waits = known.joined && matches!(self.group.phase, Phase::Preparing { .. });
        let away = self.group.gone_until.max(self.group.stuck_until);
        let due = if waits || away > self.now { away.max(self.now) + SESSION } else { known.seen + SESSION };
        if due > self.now {
            self.at(due, Event::SessionCheck(member));
        } else {
            self.expel(member, "expelled");
        }
    }

    pub(crate) fn expel(&mut self, member: usize, why: &str) {
        if !std::mem::replace(&mut self.group.members[member].alive, false) {
            return;
        }
        let process = self.group.members[member].asker.process;
        self.say(|| format!("coordinator: member {member} (P{process}) {why}"));
        self.group.release(member, 0);
        self.begin_round();
        self.complete_round();
    }

    /// A failed over coordinator gives everybody a whole session.
    pub(crate) fn coordinator_is_back(&mut self) {
        let now = self.now;
        self.group.members.iter_mut().filter(|member| member.alive).for_each(|member| member.seen = now);
    }
}
