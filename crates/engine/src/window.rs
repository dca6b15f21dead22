//! How far one may speak: the window, its announcements, and the commits that carry them.

mod doubts;

use std::time::Duration;

use crate::io::{CommitResult, CommitTicket, Now, Offset};
use crate::metadata::SPAN;
use crate::rules::{Rule, Rules};
use doubts::Doubts;

/// A commit without an answer for so long is overdue: it may still land, so it bounds the window.
const OVERDUE: Duration = Duration::from_secs(10);
/// An eighth of the session, if that is shorter: another attempt has to fit into the lease.
const OVERDUE_PART: u32 = 8;
/// Windows alone are announced no faster than this.
const ANNOUNCE: Duration = Duration::from_millis(20);
/// A commit that was not taken is made again after this.
const AGAIN: Duration = Duration::from_millis(100);
/// One that the broker will not take as things stand.
const REFUSED: Duration = Duration::from_secs(1);
/// From a settlement to its commit, at most.
const SETTLE_TO_COMMIT: Duration = Duration::from_millis(100);

/// The window and the commits of one assignment.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// Nothing at or above it is sent: announced in a commit that the broker acknowledged.
    in_force: Option<Offset>,
    /// The largest that was ever announced or inherited; it only grows.
    announced: Offset,
    /// The first commit has to announce at least this.
    needs: Offset,
    pub(crate) committed: Option<Offset>,
    pub(crate) last: Option<Sent>,
    overdue: Vec<Sent>,
    /// Commits that the client gave up on after it had sent them. It sends none of them again, and from another generation of the group they are refused.
    doubts: Doubts,
    /// An overdue commit was answered late: commit again.
    pub(crate) again: bool,
    not_before: Now,
    /// The first settlement that no commit speaks of.
    dirty_since: Option<Now>,
    /// Calls that settled and of which no commit speaks: after a crash they are made again.
    unsaid: u32,
    issued_at: Option<Now>,
    pub(crate) without_map: bool,
    pub(crate) rules: Rules,
}

/// A commit on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) ticket: CommitTicket,
    pub(crate) offset: Offset,
    pub(crate) window: Offset,
    pub(crate) issued_at: Now,
    pub(crate) last_one: bool,
}

/// What an answered commit meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    /// The newest one.
    Newest(Sent),
    /// One that was given up waiting for.
    Overdue(Sent),
    /// Not of this assignment.
    Unknown,
}

impl Window {
    /// How far the window is ahead of the position.
    pub(crate) const HEADROOM: i64 = 16_384;

    pub(crate) fn fresh(from: Offset) -> Self {
        Self {
            in_force: None,
            announced: from,
            needs: from,
            committed: None,
            last: None,
            overdue: Vec::new(),
            doubts: Doubts::default(),
            again: false,
            not_before: Now::default(),
            dirty_since: None,
            unsaid: 0,
            issued_at: None,
            without_map: false,
            rules: Rules::default(),
        }
    }

    pub(crate) fn inherited(committed: Offset, needs: Offset) -> Self {
        Self { committed: Some(committed), announced: needs, needs, ..Self::fresh(committed) }
    }

    /// An own commit with marker `open` and a window that covers what was inherited is acknowledged.
    pub(crate) fn is_open(&self) -> bool {
        self.in_force.is_some_and(|in_force| in_force >= self.needs)
    }

    /// The limit in force: overdue commits and those in doubt bound it, since each may still land.
    pub(crate) fn limit(&self) -> Option<Offset> {
        let overdue = self.overdue.iter().map(|sent| sent.window).filter(|_| !self.rules.lack(Rule::OverdueBounds));
        let may_land = overdue.chain(self.doubts.bound()).min();
        self.in_force.map(|in_force| may_land.map_or(in_force, |window| in_force.min(window)))
    }

    /// The window to announce with a commit at `offset`.
    pub(crate) fn next(&self, offset: Offset, position: Offset) -> Offset {
        let bound = if self.rules.lack(Rule::WindowBounded) { i64::MAX } else { offset.0 + SPAN };
        let wanted = Offset((position.0 + Self::HEADROOM).min(bound));
        if self.rules.lack(Rule::WindowGrows) {
            return wanted;
        }
        self.announced.max(wanted).max(self.needs)
    }

    /// What the rules that are switched off make of a window that was inherited.
    pub(crate) fn with(mut self, rules: Rules) -> Self {
        self.rules = rules;
        if rules.lack(Rule::WindowGrows) {
            self.needs = Offset(0);
        }
        if rules.lack(Rule::OpenFirst) && self.committed.is_some() {
            self.in_force = Some(self.needs);
        }
        self
    }

    /// A settlement happened.
    pub(crate) fn dirty(&mut self, now: Now) {
        self.dirty_since.get_or_insert(now);
    }

    /// A call settled.
    pub(crate) fn call_settled(&mut self) {
        self.unsaid += 1;
    }

    /// When the next commit is due; `None` while one is on its way. With `most_unsaid` calls settled it is due at once.
    pub(crate) fn due(&self, position: Offset, committable: Offset, session: Duration, most_unsaid: u32) -> Option<Now> {
        if self.last.is_some() {
            return None;
        }
        let issued_at = self.issued_at.unwrap_or_default();
        let at = match self.in_force {
            Some(in_force) if in_force >= self.needs && !self.again && self.unsaid < most_unsaid => {
                // An idle process shows that it is a member: the lease.
                let mut at = Now(issued_at.0 + session / 5);
                if position.0 + Self::HEADROOM / 2 >= in_force.0 && self.next(committable, position) > in_force {
                    at = at.min(Now(issued_at.0 + ANNOUNCE));
                }
                self.dirty_since.map_or(at, |since| at.min(Now(since.0 + SETTLE_TO_COMMIT)))
            }
            Some(_) | None => Now::default(),
        };
        Some(at.max(self.not_before))
    }

    /// No commit is on its way, and the last refusal is long enough ago.
    pub(crate) fn may_send(&self, now: Now) -> bool {
        self.last.is_none() && self.not_before <= now
    }

    /// A commit goes out.
    pub(crate) fn sent(&mut self, sent: Sent) {
        (self.last, self.issued_at, self.dirty_since, self.again) = (Some(sent), Some(sent.issued_at), None, false);
        self.unsaid = 0;
        self.announced = self.announced.max(sent.window);
        if self.rules.lack(Rule::WindowAccepted) {
            self.in_force = self.in_force.max(Some(sent.window));
        }
    }

    /// A commit that is not answered in time no longer holds up the next one.
    pub(crate) fn expire(&mut self, session: Duration, now: Now) -> bool {
        if self.expires_at(session).is_none_or(|at| at > now) {
            return false;
        }
        self.overdue.extend(self.last.take());
        self.again = true;
        true
    }

    /// When [`Window::expire`] has something to do.
    pub(crate) fn expires_at(&self, session: Duration) -> Option<Now> {
        self.last.map(|last| Now(last.issued_at.0 + Self::patience(session)))
    }

    /// Commits in doubt that cannot land any more have landed last, or never: a further commit is made, which no doubt comes after.
    pub(crate) fn end_doubts(&mut self, session: Duration, now: Now) {
        let ended = self.doubts.end(session, now);
        if let Some(window) = ended {
            self.again = true;
            self.in_force = self.in_force.map(|in_force| in_force.min(window));
        }
    }

    /// When [`Window::end_doubts`] has something to do.
    pub(crate) fn doubts_end_at(&self, session: Duration) -> Option<Now> {
        self.doubts.ends_at(session)
    }

    /// From then on a commit is overdue.
    pub(crate) fn patience(session: Duration) -> Duration {
        OVERDUE.min(session / OVERDUE_PART)
    }

    /// From then on a commit was not answered for a whole session.
    pub(crate) fn hopeless_at(&self, session: Duration) -> Option<Now> {
        self.overdue.iter().map(|sent| Now(sent.issued_at.0 + session)).min()
    }

    /// The next commit is not made before this.
    pub(crate) fn not_before(&self) -> Now {
        self.not_before
    }

    /// A commit is on its way that could land after the partition was given up.
    pub(crate) fn has_unanswered(&self) -> bool {
        self.last.is_some() || !self.overdue.is_empty()
    }

    /// The coordinator answered, or the client in its place.
    pub(crate) fn answered(&mut self, ticket: CommitTicket, result: CommitResult, session: Duration, now: Now) -> Answered {
        let accepted = result == CommitResult::Accepted;
        if let Some(last) = self.last.filter(|last| last.ticket == ticket || self.rules.lack(Rule::CommitTicket)) {
            self.last = None;
            self.doubt(last, result, now >= Now(last.issued_at.0 + Self::patience(session)), now);
            if accepted {
                self.in_force = Some(match self.in_force {
                    // An overdue one was answered in between: nobody knows which of the two the coordinator stored last.
                    Some(in_force) if self.again => in_force.min(last.window),
                    Some(in_force) => in_force.max(last.window),
                    None => last.window,
                });
                self.stored(last.offset);
                self.doubts.accepted(last.issued_at, now);
            } else {
                self.again = true;
                self.not_before = Now(now.0 + if result == CommitResult::Refused { REFUSED } else { AGAIN });
            }
            return Answered::Newest(last);
        }
        let Some(index) = self.overdue.iter().position(|sent| sent.ticket == ticket) else { return Answered::Unknown };
        let sent = self.overdue.remove(index);
        self.doubt(sent, result, true, now);
        self.again = true;
        if self.rules.lack(Rule::OverdueBounds) {
            return Answered::Overdue(sent);
        }
        if accepted {
            // It may have landed over a newer one: what it says is then what a successor would read.
            self.in_force = Some(self.in_force.map_or(sent.window, |in_force| in_force.min(sent.window)));
            self.stored(sent.offset);
        }
        Answered::Overdue(sent)
    }

    /// It was answered, and may land all the same, or once more: what was answered late was perhaps sent twice, and the answer is that of the last time.
    fn doubt(&mut self, sent: Sent, result: CommitResult, late: bool, now: Now) {
        // A refusal may be the answer to a second attempt too: that a topic is not known is asked again by the client itself.
        let unsure = late || matches!(result, CommitResult::InDoubt | CommitResult::Refused);
        if unsure && !self.rules.lack(Rule::DoubtBounds) {
            self.doubts.add(sent.window, now);
        }
    }

    fn stored(&mut self, offset: Offset) {
        self.committed = Some(self.committed.map_or(offset, |committed| committed.max(offset)));
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
