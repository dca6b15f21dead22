//! What librdkafka does inside a process: it joins, shows itself, loses what it had, and asks the poll thread to carry out rebalances.

use std::collections::VecDeque;

use engine::CommitResult;

use crate::group::{Asker, Committing, Request, Response};
use crate::scenario::{HEARTBEAT, MAX_POLL, SESSION};
use crate::world::{Event, World};

/// A join that nobody answers is asked for again after this.
const JOIN_AGAIN: u64 = 5_000;

/// What the poll thread shall carry out. Partitions are bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rebalance {
    Assign(u32),
    Revoke { partitions: u32, lost: bool },
}

/// One consumer.
#[derive(Debug, Default)]
pub(crate) struct Client {
    pub(crate) handle: u32,
    pub(crate) member: Option<usize>,
    /// The one it joined last, also when it is no member any more; `None` when the coordinator has said that it is over.
    generation: Option<u32>,
    /// What was assigned and not given back.
    pub(crate) has: u32,
    /// Asked to join, and waits for an assignment since then.
    joining: Option<u64>,
    /// Counts its joins.
    joins: u32,
    pub(crate) callbacks: VecDeque<Rebalance>,
    /// The poll thread carries out a rebalance.
    pub(crate) carrying: bool,
    /// To be assigned once the revoke before it is carried out.
    then: u32,
    rejoin: bool,
    /// The assignment is somebody else's.
    pub(crate) lost: bool,
    /// Another process has joined with its name: it can do nothing any more.
    pub(crate) fenced: bool,
    heard: u64,
    pub(crate) polled: u64,
    /// Commits that wait inside the client: until when, since when.
    deferred: Vec<(u64, u64, usize)>,
}

impl Client {
    /// Another consumer, which has not begun yet.
    pub(crate) fn next(&self) -> Self {
        Self { handle: self.handle + 1, ..Self::default() }
    }

    /// No rebalance is under way.
    fn is_steady(&self) -> bool {
        self.joining.is_none() && self.callbacks.is_empty() && !self.carrying
    }
}

impl World {
    pub(crate) fn asker(&self, process: usize) -> Asker {
        let known = &self.processes[process];
        Asker { process, life: known.life, handle: known.client.handle }
    }

    /// A new consumer subscribes.
    pub(crate) fn start_client(&mut self, process: usize) {
        let now = self.now;
        let known = &mut self.processes[process];
        known.client = Client { handle: known.client.handle + 1, heard: now, polled: now, ..Client::default() };
        self.send_join(process);
        let asker = self.asker(process);
        self.at(now + HEARTBEAT, Event::Client(asker));
    }

    fn send_join(&mut self, process: usize) {
        let asker = self.asker(process);
        let client = &mut self.processes[process].client;
        (client.joining, client.rejoin) = (Some(self.now), false);
        client.joins += 1;
        let (member, claims, number) = (client.member, client.has, client.joins);
        self.ask(asker, Request::Join { member, claims, number });
    }

    /// Its timer: heartbeats, joins again, waits no longer than a session, sends what waited.
    pub(crate) fn client_timer(&mut self, asker: Asker) {
        let process = asker.process;
        let now = self.now;
        self.at(now + HEARTBEAT, Event::Client(asker));
        let client = &self.processes[process].client;
        if client.member.is_some() && now >= client.polled + MAX_POLL {
            self.say(|| format!("P{process} did not poll for too long: its client leaves the group"));
            self.leave_group(process);
            return self.lose(process, false);
        }
        match (client.member, client.joining) {
            (_, Some(since)) if now >= since + JOIN_AGAIN && self.group.stuck_until <= now => {
                let known = client.member;
                let member = self.group.member_of(asker);
                if member.is_none() && known.is_some_and(|known| self.group.members[known].fenced) {
                    return self.fenced(process);
                }
                if member.is_none() && self.processes[process].client.member.is_some() {
                    // It would be told that it is no member.
                    return self.lose(process, true);
                }
                if member.is_none() || self.processes[process].client.member.is_some() || now >= since + MAX_POLL + SESSION {
                    self.processes[process].client.member = member;
                    self.send_join(process);
                }
            }
            // In the middle of a rebalance the client does not look.
            (Some(_), None) if client.is_steady() && now >= client.heard + SESSION => {
                self.say(|| format!("P{process} has not heard of the coordinator for a session"));
                self.lose(process, true);
            }
            (Some(member), None) => self.ask(asker, Request::Heartbeat { member, generation: client.generation }),
            // It was told so in the middle of one.
            (None, None) if client.is_steady() => self.lose(process, true),
            (None | Some(_), _) => {}
        }
        self.send_deferred(process);
    }

    pub(crate) fn response(&mut self, asker: Asker, response: Response) {
        let process = asker.process;
        let now = self.now;
        let client = &mut self.processes[process].client;
        match response {
            Response::Alive => client.heard = now,
            Response::Rebalance => {
                client.heard = now;
                if client.joining.is_none() {
                    self.rejoin(process);
                }
            }
            Response::JoinAgain { number, .. } | Response::Assigned { number, .. }
                if number != client.joins || client.joining.is_none() => {}
            Response::JoinAgain { member, .. } => {
                (client.member, client.heard) = (Some(member), now);
                self.send_join(process);
            }
            Response::Fenced => self.fenced(process),
            Response::Unknown if client.joining.is_some() || client.is_steady() => self.lose(process, true),
            // The loss is not told behind the rebalance that is carried out: it shows with the next commit.
            Response::Unknown => client.member = None,
            Response::IllegalGeneration { commit } => {
                if client.joining.is_none() && (client.is_steady() || commit.is_none()) {
                    client.generation = None;
                }
                if client.is_steady() {
                    self.revoke_all(process, true);
                }
                if let Some(commit) = commit {
                    self.commit_answered(process, commit, CommitResult::TryAgain);
                }
            }
            Response::Assigned { member, generation, partitions, .. } => {
                (client.member, client.generation, client.heard) = (Some(member), Some(generation), now);
                client.joining = None;
                let (taken, added) = (client.has & !partitions, partitions & !client.has);
                client.lost = false;
                client.then = added;
                if taken != 0 {
                    client.callbacks.push_back(Rebalance::Revoke { partitions: taken, lost: false });
                    client.rejoin = true;
                } else if added != 0 {
                    client.then = 0;
                    client.callbacks.push_back(Rebalance::Assign(added));
                }
                self.wake_poller(process);
            }
            Response::Committed { commit, result } => {
                if result == CommitResult::NotAMember && client.joining.is_none() {
                    self.response(asker, Response::Unknown);
                }
                self.commit_answered(process, commit, result);
            }
        }
    }

    fn commit_answered(&mut self, process: usize, commit: usize, result: CommitResult) {
        let ticket = self.commits[commit].ticket;
        self.processes[process].poller.answers.push_back((ticket, result));
        self.wake_poller(process);
    }

    /// Somebody else has its name now. The poll thread learns of it with its next turn.
    fn fenced(&mut self, process: usize) {
        self.processes[process].client.fenced = true;
        self.wake_poller(process);
    }

    /// The group settles anew. Eager: what we have is given back first.
    fn rejoin(&mut self, process: usize) {
        let eager = self.scenario.eager;
        let client = &mut self.processes[process].client;
        if client.carrying || !client.callbacks.is_empty() {
            client.rejoin = true;
        } else if eager && client.has != 0 {
            client.callbacks.push_back(Rebalance::Revoke { partitions: client.has, lost: false });
            client.rejoin = true;
            self.wake_poller(process);
        } else {
            self.send_join(process);
        }
    }

    /// We are no member any more. Who left by himself learns of it behind what was queued before.
    fn lose(&mut self, process: usize, at_once: bool) {
        let client = &mut self.processes[process].client;
        client.member = None;
        client.joining = None;
        self.revoke_all(process, at_once);
    }

    /// All that it has is somebody else's.
    fn revoke_all(&mut self, process: usize, at_once: bool) {
        let client = &mut self.processes[process].client;
        if client.has == 0 && client.callbacks.is_empty() && !client.carrying {
            return self.send_join(process);
        }
        client.lost |= at_once;
        client.then = 0;
        client.callbacks.retain(|callback| matches!(callback, Rebalance::Revoke { .. }));
        client.callbacks.push_back(Rebalance::Revoke { partitions: client.has, lost: true });
        client.rejoin = true;
        self.wake_poller(process);
    }

    /// The poll thread carried a rebalance out.
    pub(crate) fn carried_out(&mut self, process: usize, rebalance: Rebalance) {
        let client = &mut self.processes[process].client;
        client.carrying = false;
        match rebalance {
            Rebalance::Assign(added) => client.has |= added,
            Rebalance::Revoke { partitions, .. } => {
                client.has &= !partitions;
                let then = std::mem::take(&mut client.then);
                if then != 0 {
                    client.callbacks.push_back(Rebalance::Assign(then));
                }
            }
        }
        if client.callbacks.is_empty() && client.rejoin {
            self.rejoin(process);
        }
    }

    pub(crate) fn leave_group(&mut self, process: usize) {
        if self.scenario.names[process].is_some() {
            // A static member keeps its place for whoever comes with its name.
            return;
        }
        let asker = self.asker(process);
        if let Some(member) = self.processes[process].client.member.or_else(|| self.group.member_of(asker)) {
            self.ask(asker, Request::Leave { member });
        }
    }

    /// A commit goes to the coordinator, or waits inside the client until it can.
    pub(crate) fn send_commit(&mut self, process: usize, committing: Committing) {
        self.commits.push(committing);
        let commit = self.commits.len() - 1;
        let (noisy, rates) = (self.noisy(), self.scenario.rates.clone());
        let known = &mut self.processes[process];
        if known.cut_until > self.now {
            known.client.deferred.push((known.cut_until, self.now, commit));
        } else if noisy && rates.commit_doubtful > 0 && self.random.chance(rates.commit_doubtful) {
            self.commit_in_doubt(process, commit);
        } else if noisy && self.random.chance(rates.commit_deferred) {
            let until = self.now + self.random.between(20, 15_000);
            let asker = self.asker(process);
            self.processes[process].client.deferred.push((until, self.now, commit));
            self.at(until, Event::Deferred(asker));
        } else if noisy && self.random.chance(rates.commit_lost) {
            // Lost; perhaps the client says so.
            if self.random.chance(50) {
                let at = self.now + self.random.between(100, SESSION + 1_000);
                let asker = self.asker(process);
                self.at(at, Event::Response(asker, Response::Committed { commit, result: CommitResult::InDoubt }));
            }
        } else {
            self.commit_now(process, commit);
        }
    }

    /// It is on its way when the connection breaks or its time is over. The client sends the same bytes once more, or says that it failed; what it
    /// sent first lands all the same, before or after that, as long as the group is the one that it was made in.
    fn commit_in_doubt(&mut self, process: usize, commit: usize) {
        self.commits[commit].doubtful = true;
        let (now, random) = (self.now, &mut self.random);
        let again = random.chance(30);
        let over = match (again, random.chance(50)) {
            (true, _) => random.between(SESSION / 8, SESSION / 2),
            (false, true) => random.between(1, 300),
            (false, false) => random.between(1, SESSION - 1_000),
        };
        let lands = if random.chance(50) { random.between(1, SESSION) } else { random.between(1, over + SESSION) };
        let client = &self.processes[process].client;
        let (member, generation, asker) = (client.member, client.generation, self.asker(process));
        let arrives = |unheard| Event::Request(asker, Request::Commit { commit, member, generation, unheard });
        self.at(now + lands, arrives(true));
        let told = Event::Response(asker, Response::Committed { commit, result: CommitResult::InDoubt });
        self.at(now + over, if again { arrives(false) } else { told });
    }

    /// A deferred commit travels with the member and generation of the moment at which it is sent.
    fn commit_now(&mut self, process: usize, commit: usize) {
        let client = &self.processes[process].client;
        let (member, generation, asker) = (client.member, client.generation, self.asker(process));
        self.ask(asker, Request::Commit { commit, member, generation, unheard: false });
    }

    pub(crate) fn send_deferred(&mut self, process: usize) {
        let now = self.now;
        if self.processes[process].cut_until > now {
            return;
        }
        let due: Vec<_> = self.processes[process].client.deferred.extract_if(.., |(until, ..)| *until <= now).collect();
        for (_, since, commit) in due {
            if now > since + SESSION {
                // No commit waits in the client for longer than a session, and whether it was sent before that it does not say.
                let told = Response::Committed { commit, result: CommitResult::InDoubt };
                self.at(now, Event::Response(self.asker(process), told));
                continue;
            }
            self.commit_now(process, commit);
        }
    }
}
