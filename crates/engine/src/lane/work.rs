//! A modification that waits for its call, and the offsets that wait with it.

use domain::BizType;
use thin_vec::ThinVec;

use super::{Moment, StatusId, Version};
use crate::io::{Disposition, Now, Offset, StaleReason};
use crate::metadata::SPAN;

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

    /// Accepted already, see [`super::Lane::goes_back`].
    pub(crate) fn delivered(offset: i64) -> Self {
        Self(offset << 2 | 3)
    }

    pub(crate) fn offset(self) -> Offset {
        Offset(self.0 >> 2)
    }

    /// How it ends with the modification `by`.
    pub(crate) fn end(self, by: Offset) -> Disposition {
        match self.0 & 3 {
            0 => Disposition::Superseded { by },
            1 => Disposition::Stale(StaleReason::Older),
            2 => Disposition::Stale(StaleReason::Duplicate),
            _ => Disposition::Delivered,
        }
    }

    pub(crate) fn is_delivered(self) -> bool {
        self.0 & 3 == 3
    }

    pub(crate) fn is_stale(self) -> bool {
        matches!(self.0 & 3, 1 | 2)
    }
}

/// A modification to send, with all offsets it answers for. A million of them may wait: it is kept small, see [`Lane`].
#[derive(Debug, Clone)]
pub(crate) struct Work<P> {
    pub(crate) version: Version,
    pub(crate) content: u64,
    pub(crate) payload: P,
    pub(crate) riders: ThinVec<Rider>,
    /// How far below its own the lowest offset lies that it answers for: less than [`SPAN`].
    pub(crate) below: u32,
    /// Arrival of the first modification it answers for.
    pub(crate) arrived: Moment,
    pub(crate) bytes: u32,
    pub(crate) status: StatusId,
    pub(crate) biz_type: BizType,
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
    /// Why it goes aside, and after which call.
    pub(crate) parking: Option<(crate::io::ParkReason, Option<crate::io::Ticket>)>,
}

/// What may have been sent before this assignment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    /// The end of the log at the take-over, where somebody had the partition before.
    pub(crate) end: Offset,
    /// The number that goes into the `requestId` of what is called again after something older.
    pub(crate) generation: u32,
}

impl<P> Work<P> {
    /// A milestone is absorbed by its own status only, and nothing by what is too far ahead to be sent while its offsets are open: the
    /// window never reaches so far.
    pub(crate) fn may_absorb(&self, old: &Self) -> bool {
        (!old.milestone || old.status == self.status) && self.version.offset < old.lowest() + SPAN
    }

    /// It is called after an older one. True: a predecessor may have called it before. Then AlipayHK may hold the older one now, and give to a
    /// `requestId` that it knows the answer of then, and apply nothing: it gets one of its own.
    pub(crate) fn follows(&mut self, before: Before) -> bool {
        let again = self.version.offset < before.end.0;
        if again {
            let tries = self.tries();
            if tries.attempts == 0 {
                tries.generation = before.generation;
            }
        }
        again
    }

    /// Something older was, or may have been, applied before it in this assignment, which it has to repair.
    pub(crate) fn has_older(&self, before: Before) -> bool {
        self.goes_again(before) || self.riders.iter().any(|rider| rider.is_delivered())
    }

    /// It has the `requestId` of its own that [`Work::follows`] gives.
    pub(crate) fn goes_again(&self, before: Before) -> bool {
        self.tries.as_ref().is_some_and(|tries| tries.generation >= before.generation)
    }

    pub(crate) fn take_over(&mut self, old: Self, ends: fn(i64) -> Rider) {
        let lowest = self.lowest().min(old.lowest());
        let mut riders = old.riders;
        riders.push(ends(old.version.offset));
        if riders.len() > self.riders.len() {
            std::mem::swap(&mut riders, &mut self.riders);
        }
        self.riders.extend(riders);
        self.below = u32::try_from(self.version.offset - lowest).unwrap_or(u32::MAX);
        self.arrived = self.arrived.min(old.arrived);
    }

    /// The lowest offset it answers for.
    pub(crate) fn lowest(&self) -> i64 {
        self.version.offset - i64::from(self.below)
    }

    /// Every offset it answers for, its own included.
    pub(crate) fn answers_for(&self) -> u32 {
        u32::try_from(self.riders.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Every offset it answers for.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = Offset> + '_ {
        self.riders.iter().map(|rider| rider.offset()).chain([Offset(self.version.offset)])
    }

    pub(crate) fn tries(&mut self) -> &mut Tries {
        self.tries.get_or_insert_default()
    }
}
