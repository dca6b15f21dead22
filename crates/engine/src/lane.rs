//! One order in one partition: what waits, what may be collapsed, what was decided.

use domain::{BizType, MerchantBizNo};

use crate::io::{Now, Offset, StaleReason};

/// The total order of an order's modifications: business time, then offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Version {
    pub(crate) at: i64,
    pub(crate) offset: i64,
}

/// The number of a status in the engine's table of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusId(pub(crate) u16);

/// What an order has had decided. With its key it takes 32 bytes, so that millions of idle orders can be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The newest decided version, rejected ones included: nothing older is sent any more.
    pub(crate) decided: Version,
    /// Its content, shortened.
    pub(crate) content: u32,
    /// The status of the last accepted version.
    pub(crate) accepted: Option<StatusIdOrNone>,
}

/// A status that fits beside the content: ids stop short of the largest number.
pub(crate) type StatusIdOrNone = std::num::NonZeroU16;

impl StatusId {
    pub(crate) fn packed(self) -> Option<StatusIdOrNone> {
        StatusIdOrNone::new(self.0.saturating_add(1))
    }
}

/// An offset that rides with a work, and how it will end with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rider(i64);

impl Rider {
    pub(crate) fn superseded(offset: i64) -> Self {
        Self(offset << 2)
    }

    pub(crate) fn stale(offset: i64, reason: StaleReason) -> Self {
        Self(offset << 2 | if reason == StaleReason::Duplicate { 2 } else { 1 })
    }

    pub(crate) fn offset(self) -> Offset {
        Offset(self.0 >> 2)
    }

    /// `None`: superseded.
    pub(crate) fn stale_reason(self) -> Option<StaleReason> {
        match self.0 & 3 {
            1 => Some(StaleReason::Older),
            2 => Some(StaleReason::Duplicate),
            _ => None,
        }
    }
}

/// A modification to send, with all offsets it answers for.
#[derive(Debug, Clone)]
pub(crate) struct Work<P> {
    pub(crate) version: Version,
    pub(crate) content: u64,
    pub(crate) payload: P,
    pub(crate) riders: Vec<Rider>,
    pub(crate) bytes: u32,
    pub(crate) status: StatusId,
    /// May only be absorbed by its own status.
    pub(crate) milestone: bool,
    pub(crate) tries: Option<Box<Tries>>,
}

/// What happened to a work so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tries {
    pub(crate) attempts: u32,
    pub(crate) generation: u32,
    pub(crate) first_failure: Option<Now>,
    pub(crate) last_failure: Option<Now>,
    pub(crate) parking: Option<crate::io::ParkReason>,
}

/// What a lane is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Nothing is on its way.
    No,
    /// Its front work is called.
    Call(u64),
    /// Its front work is being written to the dead-letter topic.
    Parking,
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
    /// A call of this version may still be applied until then.
    pub(crate) ambiguous: Option<(Version, Now)>,
    /// The hand-over was unclean, and this order had something on its way.
    pub(crate) held: Option<Candidates>,
    /// Decided, but not settled yet.
    pub(crate) later: Vec<Later>,
}

/// One order in one partition.
#[derive(Debug, Clone)]
pub(crate) struct Lane<P> {
    pub(crate) order: MerchantBizNo,
    pub(crate) memory: Option<Memory>,
    /// Ascending by version: milestones, and the newest modification last.
    pub(crate) queue: Vec<Work<P>>,
    pub(crate) busy: Busy,
    pub(crate) biz_type: BizType,
    /// It is in the ready queue, or in a list of those that a partition or a gate holds up.
    pub(crate) queued: bool,
    pub(crate) trouble: Option<Box<Trouble>>,
    /// Arrival of the first modification since the last accepted one.
    pub(crate) waiting_since: Option<Now>,
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
    pub(crate) fn new(order: MerchantBizNo, biz_type: BizType, memory: Option<Memory>) -> Self {
        Self { order, memory, queue: Vec::new(), busy: Busy::No, biz_type, queued: false, trouble: None, waiting_since: None }
    }

    /// Nothing waits and nothing is on its way: only its memory is worth keeping.
    pub(crate) fn is_idle(&self, now: Now) -> bool {
        self.queue.is_empty() && self.busy == Busy::No && self.trouble.as_ref().is_none_or(|trouble| trouble.is_over(now))
    }

    pub(crate) fn trouble(&mut self) -> &mut Trouble {
        self.trouble.get_or_insert_default()
    }

    /// How many works of the front cannot be absorbed any more.
    pub(crate) fn fixed(&self) -> usize {
        usize::from(self.busy != Busy::No)
    }

    /// What was decided is remembered, the newest.
    pub(crate) fn remember(&mut self, version: Version, content: u64, accepted: Option<StatusId>) {
        let known = self.memory.and_then(|memory| memory.accepted);
        let accepted = accepted.map_or(known, StatusId::packed);
        match &mut self.memory {
            Some(memory) if memory.decided >= version => memory.accepted = memory.accepted.or(accepted),
            memory => *memory = Some(Memory { decided: version, content: content as u32, accepted }),
        }
    }

    /// Takes a modification in: stale, attached, surviving or queued. `out_of_reach`: its offset lies beyond any window that could be
    /// announced while this lane holds what it holds, so it may not take that over: nothing would ever move again.
    pub(crate) fn arrive(&mut self, work: Work<P>, out_of_reach: bool) -> Arrival {
        if let Some(memory) = self.memory {
            if memory.decided.at == work.version.at && memory.content == work.content as u32 {
                return Arrival::Stale(StaleReason::Duplicate);
            }
            if work.version <= memory.decided {
                return Arrival::Stale(StaleReason::Older);
            }
        }
        let fixed = self.fixed();
        let equal = self.queue.iter().position(|held| held.version.at == work.version.at && held.content == work.content);
        if let Some(holder) = equal.and_then(|index| self.queue.get_mut(index)) {
            holder.riders.push(Rider::stale(work.version.offset, StaleReason::Duplicate));
            return Arrival::Attached;
        }
        let equal_times = self.queue.iter().any(|held| held.version.at == work.version.at)
            || self.memory.is_some_and(|memory| memory.decided.at == work.version.at);
        let Some(newest) = self.queue.last_mut() else {
            self.queue.push(work);
            return Arrival::Queued { equal_times };
        };
        if work.version < newest.version {
            let before = self.queue.iter().position(|held| held.version > work.version);
            return match before {
                // A late milestone still goes before the newer ones that were not sent.
                Some(index) if work.milestone && index >= fixed => {
                    self.queue.insert(index, work);
                    Arrival::Queued { equal_times }
                }
                Some(_) | None => {
                    if let Some(newest) = self.queue.last_mut() {
                        newest.riders.push(Rider::stale(work.version.offset, StaleReason::Older));
                    }
                    Arrival::Attached
                }
            };
        }
        if !out_of_reach
            && self.queue.len() > fixed
            && self.queue.last().is_some_and(|newest| !newest.milestone || newest.status == work.status)
        {
            let absorbed = self.absorb(work);
            return Arrival::Survivor { absorbed, equal_times };
        }
        self.queue.push(work);
        Arrival::Queued { equal_times }
    }

    /// The newest waiting work is absorbed by `work`, which takes over its offsets.
    fn absorb(&mut self, mut work: Work<P>) -> Option<u32> {
        let old = self.queue.pop()?;
        work.take_over(old.version.offset, old.riders);
        self.queue.push(work);
        Some(old.bytes)
    }

    /// After an attempt that decided nothing: the front work is absorbed by the one behind it, unless it is a milestone, or that one is
    /// beyond `reach` (see [`Lane::arrive`]). The bytes of what was absorbed are free.
    pub(crate) fn collapse_front(&mut self, reach: i64) -> Option<u32> {
        let [front, next, ..] = self.queue.as_slice() else { return None };
        if (front.milestone && front.status != next.status) || next.version.offset >= reach {
            return None;
        }
        let old = self.queue.remove(0);
        if let Some(next) = self.queue.first_mut() {
            next.take_over(old.version.offset, old.riders);
        }
        Some(old.bytes)
    }
}

impl<P> Work<P> {
    fn take_over(&mut self, offset: i64, mut riders: Vec<Rider>) {
        riders.push(Rider::superseded(offset));
        if riders.len() > self.riders.len() {
            std::mem::swap(&mut riders, &mut self.riders);
        }
        self.riders.extend(riders);
    }

    /// Every offset it answers for, its own included.
    pub(crate) fn answers_for(&self) -> u32 {
        u32::try_from(self.riders.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    pub(crate) fn tries(&mut self) -> &mut Tries {
        self.tries.get_or_insert_default()
    }
}

impl Trouble {
    fn is_over(&self, now: Now) -> bool {
        self.later.is_empty() && self.ambiguous.is_none_or(|(_, until)| until <= now) && self.held.is_none()
    }
}
