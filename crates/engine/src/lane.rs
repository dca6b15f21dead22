//! One order in one partition: what waits, what may be collapsed, what was decided.

use std::num::{NonZeroU16, NonZeroU64};
use std::time::Duration;

use domain::{Cause, MerchantBizNo};
use smallvec::SmallVec;
use thin_vec::ThinVec;

use crate::io::{Now, Offset, StaleReason};
use crate::metadata::SPAN;

mod memory;
mod work;

pub(crate) use memory::{Memory, Rests};
pub(crate) use work::{Before, Rider, Work};

/// The total order of an order's modifications: business time, then offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Version {
    pub(crate) at: i64,
    pub(crate) offset: i64,
}

/// The number of a status in the engine's table of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusId(pub(crate) u16);

/// A [`Now`] in half of its size: nanoseconds, beginning with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(NonZeroU64);

impl Moment {
    pub(crate) fn time(self) -> Now {
        Now(Duration::from_nanos(self.0.get() - 1))
    }

    /// Which step of 2^`bits` nanoseconds it lies in.
    pub(crate) fn step(self, bits: u32) -> u64 {
        self.0.get() >> bits
    }
}

impl From<Now> for Moment {
    fn from(now: Now) -> Self {
        let nanos = u64::try_from(now.0.as_nanos()).unwrap_or(u64::MAX - 1);
        Self(NonZeroU64::MIN.saturating_add(nanos))
    }
}

/// A status that fits beside the content: ids stop short of the largest number.
pub(crate) type StatusIdOrNone = NonZeroU16;

impl StatusId {
    pub(crate) fn packed(self) -> Option<StatusIdOrNone> {
        StatusIdOrNone::new(self.0.saturating_add(1))
    }
}

/// What a lane is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Nothing is on its way.
    No,
    /// Its front work is called: the engine's list of calls has one of this lane.
    Call,
    /// Its front work is being written to the dead-letter topic.
    Parking,
    /// The dead letter was not taken; it is written again when the lane is due.
    ParksAgain,
}

/// Which versions a predecessor may have had on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Candidates {
    One(Version),
    Several,
}

/// Offsets that may settle only later.
#[derive(Debug, Clone)]
pub(crate) struct Later {
    pub(crate) at: Now,
    pub(crate) done: Vec<(Offset, crate::io::Disposition)>,
    pub(crate) ticket: Option<crate::io::Ticket>,
}

/// What only orders in trouble have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble {
    /// Not before this.
    pub(crate) due: Now,
    /// Failures in a row; the exponent of the backoff belongs to the lane.
    pub(crate) failures: u32,
    /// Why the last of these failed.
    pub(crate) cause: Option<Cause>,
    /// The first of these failures.
    pub(crate) since: Option<Now>,
    /// A timer wakes the lane at this moment.
    pub(crate) armed: Option<Now>,
    /// A call of this version may still be applied until then.
    pub(crate) ambiguous: Option<(Version, Now)>,
    /// The hand-over was unclean, and this order had something on its way.
    pub(crate) held: Option<Candidates>,
    /// Decided, but not settled yet.
    pub(crate) later: Vec<Later>,
}

/// One order in one partition. With one work it is one allocation of 144 bytes; in two, with their order's number in a third, it was 256.
#[derive(Debug, Clone)]
pub(crate) struct Lane<P> {
    pub(crate) order: MerchantBizNo,
    /// Boxed: most orders that wait by the hundred thousand are new and have none.
    pub(crate) memory: Option<Box<Memory>>,
    /// Ascending by version: milestones, and the newest modification last.
    pub(crate) queue: SmallVec<[Work<P>; 1]>,
    pub(crate) busy: Busy,
    /// It is in the ready queue, or in a list of those that a partition or a gate holds up.
    pub(crate) queued: bool,
    pub(crate) trouble: Option<Box<Trouble>>,
    /// Arrival of the first modification since the last accepted one.
    pub(crate) waiting_since: Option<Moment>,
}

/// What has to be known of a lane's surroundings when a modification arrives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// Nothing older may be absorbed by it.
    pub(crate) alone: bool,
    /// Not all that was decided is known yet.
    pub(crate) restoring: bool,
}

/// What an arrival did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Not newer than what was decided: settled at once.
    Stale(StaleReason),
    /// It rides with what the lane holds.
    Attached,
    /// It is the newest now; so many bytes of what it absorbed are free.
    Survivor { absorbed: Option<u32>, equal_times: bool },
    /// It waits beside others: a milestone, or behind a call.
    Queued { equal_times: bool },
}

impl<P> Lane<P> {
    pub(crate) fn new(order: MerchantBizNo, memory: Option<Memory>) -> Self {
        Self {
            order,
            memory: memory.map(Box::new),
            queue: SmallVec::new(),
            busy: Busy::No,
            queued: false,
            trouble: None,
            waiting_since: None,
        }
    }

    /// Nothing waits and nothing is on its way: only its memory is worth keeping.
    pub(crate) fn is_idle(&self, now: Now) -> bool {
        self.queue.is_empty() && self.busy == Busy::No && self.trouble.as_ref().is_none_or(|trouble| trouble.is_over(now))
    }

    pub(crate) fn trouble(&mut self) -> &mut Trouble {
        self.trouble.get_or_insert_default()
    }

    /// The status of the last accepted modification.
    pub(crate) fn accepted(&self) -> Option<StatusId> {
        self.memory.as_ref().and_then(|memory| memory.accepted_status())
    }

    /// How many works of the front cannot be absorbed any more.
    pub(crate) fn fixed(&self) -> usize {
        usize::from(self.busy != Busy::No)
    }

    /// What was decided is remembered, the newest.
    pub(crate) fn remember(&mut self, version: Version, content: u64, accepted: Option<StatusId>) {
        let known = self.memory.as_ref().and_then(|memory| memory.accepted);
        let was_accepted = accepted.is_some();
        let accepted = accepted.map_or(known, StatusId::packed);
        match &mut self.memory {
            Some(memory) if memory.decided >= version => memory.accepted = memory.accepted.or(accepted),
            memory => {
                let rests = memory.as_ref().map_or(Rests::default(), |memory| memory.rests).with(was_accepted);
                *memory = Some(Box::new(Memory { decided: version, content: content as u32, accepted, rests }));
            }
        }
    }

    /// A record before the committed offset was decided, or absorbed by one that was; nobody knows whether it was accepted. `status`: it may
    /// have been.
    pub(crate) fn learn(&mut self, version: Version, content: u64, status: Option<StatusId>) {
        let before = self.memory.as_ref().map(|memory| memory.decided);
        self.remember(version, content, status);
        if let Some(memory) = self.memory.as_mut().filter(|memory| Some(memory.decided) != before) {
            memory.rests = memory.rests.with(false);
        }
    }

    /// Works that are not newer than what was decided, and are not on their way: a predecessor's map or the outcomes topic told of it after they
    /// were read. `twins`: all that was decided is known, so what equals it is its duplicate and no change back.
    pub(crate) fn take_stale(&mut self, twins: bool) -> Vec<(Work<P>, StaleReason)> {
        let fixed = self.fixed();
        let Some(memory) = self.memory.as_deref() else { return Vec::new() };
        let is_twin = |work: &Work<P>| twins && memory.is_twin_of(work);
        // What has absorbed another one may be a change back from that: no duplicate of what was decided before both.
        let same = |work: &Work<P>| is_twin(work) && work.riders.iter().all(|rider| rider.is_stale());
        let stale = self.queue.iter().skip(fixed).take_while(|work| work.version <= memory.decided || same(work)).count();
        let stale = self.queue.drain(fixed..fixed + stale);
        stale.map(|work| if is_twin(&work) { (work, StaleReason::Duplicate) } else { (work, StaleReason::Older) }).collect()
    }

    /// Takes a modification in: stale, attached, surviving or queued.
    pub(crate) fn arrive(&mut self, work: Work<P>, so: Circumstances) -> Arrival {
        // Of equal times the newest counts: what equals an older one is a change back, and newer than both.
        let twin = self.queue.iter_mut().rfind(|held| held.version.at == work.version.at);
        let again = !so.restoring && twin.is_none() && self.memory.as_ref().is_some_and(|memory| memory.is_twin_of(&work));
        if self.memory.as_ref().is_some_and(|memory| work.version <= memory.decided) {
            return Arrival::Stale(if again { StaleReason::Duplicate } else { StaleReason::Older });
        }
        // Whether it is a duplicate of what was decided, or a change back from what the newest one has absorbed, ends with that one.
        let holder = if again { self.queue.last_mut() } else { twin.filter(|held| held.content == work.content) };
        match holder {
            Some(holder) => {
                holder.riders.push(Rider::stale(work.version.offset, StaleReason::Duplicate));
                return Arrival::Attached;
            }
            None if again => return Arrival::Stale(StaleReason::Duplicate),
            None => {}
        }
        let equal_times = self.queue.iter().any(|held| held.version.at == work.version.at)
            || self.memory.as_ref().is_some_and(|memory| memory.decided.at == work.version.at);
        let place = self.queue.iter().position(|held| held.version > work.version);
        match place {
            Some(index) if self.may_go_before(index, &work) => {
                self.insert(index, work);
                Arrival::Queued { equal_times }
            }
            Some(_) => {
                if let Some(newest) = self.queue.last_mut() {
                    newest.riders.push(Rider::stale(work.version.offset, StaleReason::Older));
                }
                Arrival::Attached
            }
            None if !so.alone && self.queue.len() > self.fixed() && self.queue.last().is_some_and(|newest| work.may_absorb(newest)) => {
                let absorbed = self.queue.pop().map(|old| self.absorb(old, work));
                Arrival::Survivor { absorbed, equal_times }
            }
            None => {
                self.insert(self.queue.len(), work);
                Arrival::Queued { equal_times }
            }
        }
    }

    /// A late milestone still goes before newer ones, as long as none of these may have been applied, and the window reaches it while
    /// their offsets are open.
    fn may_go_before(&self, index: usize, work: &Work<P>) -> bool {
        let sent = self.trouble.as_ref().and_then(|trouble| trouble.ambiguous).map(|(version, _)| version);
        work.milestone
            && index >= self.fixed()
            && sent.is_none_or(|sent| sent < work.version)
            && self.queue.get(index).is_some_and(|newer| newer.status != work.status)
            && self.queue.iter().skip(index).all(|newer| work.version.offset < newer.lowest() + SPAN)
    }

    /// `old` was decided. If it was accepted, it stays open with what follows it, where that may have been sent before: a successor has to know
    /// that the order went back. What was not, leaves what was accepted before it to what follows. What is left of it is given back.
    pub(crate) fn goes_back(&mut self, mut old: Work<P>, accepted: bool, before: Before) -> Option<Work<P>> {
        let Some(next) = self.queue.first_mut() else { return Some(old) };
        let again = old.goes_again(before);
        if !(accepted || old.has_older(before)) || !next.follows(before) || next.version.offset >= old.lowest() + SPAN {
            return Some(old);
        }
        if accepted {
            // How long it has waited does not count for what follows.
            old.arrived = next.arrived;
            next.take_over(old, Rider::delivered);
            return None;
        }
        // What it had absorbed may have been applied before it.
        let left = |rider: &Rider| rider.is_delivered() || again && !rider.is_stale();
        let (left, others) = old.riders.drain(..).partition::<ThinVec<_>, _>(left);
        let lowest = left.iter().map(|rider| rider.offset().0).fold(next.lowest(), i64::min);
        next.below = u32::try_from(next.version.offset - lowest).unwrap_or(u32::MAX);
        next.riders.extend(left);
        old.riders = others;
        Some(old)
    }

    fn insert(&mut self, index: usize, work: Work<P>) {
        // Nearly every queue has one work, which it has room for, or two: no room for more is bought ahead.
        if self.queue.len() < 2 {
            self.queue.reserve_exact(1);
        }
        self.queue.insert(index, work);
    }

    /// `old`, the newest so far, is absorbed by `work`, which takes over its offsets. So many bytes are free.
    fn absorb(&mut self, old: Work<P>, mut work: Work<P>) -> u32 {
        let bytes = old.bytes;
        work.take_over(old, Rider::superseded);
        self.insert(self.queue.len(), work);
        bytes
    }

    /// After an attempt that decided nothing: the front work is absorbed by the one behind it, unless it is a milestone. The bytes of what
    /// was absorbed are free.
    pub(crate) fn collapse_front(&mut self, before: Before) -> Option<u32> {
        let [front, next, ..] = self.queue.as_slice() else { return None };
        if !next.may_absorb(front) {
            return None;
        }
        let old = self.queue.remove(0);
        let bytes = old.bytes;
        let alive = self.trouble.as_ref().and_then(|trouble| trouble.ambiguous).is_some_and(|(version, _)| version == old.version);
        // What may have been applied before it is left to the next one to repair.
        let older = old.has_older(before);
        if let Some(next) = self.queue.first_mut() {
            if alive || older {
                next.follows(before);
            }
            next.take_over(old, Rider::superseded);
        }
        self.queue.shrink_to_fit();
        Some(bytes)
    }
}

impl Trouble {
    fn is_over(&self, now: Now) -> bool {
        self.later.is_empty() && self.ambiguous.is_none_or(|(_, until)| until <= now) && self.held.is_none()
    }
}

#[cfg(test)]
mod tests;
