//! What is remembered of an order that rests.

use std::num::NonZeroU16;

use super::{StatusId, StatusIdOrNone, Version, Work};

/// What an order has had decided. With its key it takes 32 bytes, so that millions of idle orders can be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The newest decided version, rejected ones included: nothing older is sent any more.
    pub(crate) decided: Version,
    /// Its content, shortened.
    pub(crate) content: u32,
    /// The status of the last accepted version.
    pub(crate) accepted: Option<StatusIdOrNone>,
    pub(crate) rests: Rests,
}

/// How often the order went to rest, which tells its newest place among the idle ones from older ones; and, in the highest bits, whether
/// the decided version was itself accepted, and whether no record of the order was met yet. Never 0, so that having no memory takes no room
/// in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rests(NonZeroU16);

impl Default for Rests {
    fn default() -> Self {
        Self(NonZeroU16::MIN)
    }
}

impl Rests {
    const ACCEPTED: u16 = 1 << 15;
    const HEARSAY: u16 = 1 << 14;
    const COUNT: u16 = Self::HEARSAY - 1;

    /// From 1 on.
    pub(crate) fn count(self) -> u16 {
        self.0.get() & Self::COUNT
    }

    /// Once more; begins anew with 1.
    pub(crate) fn again(self) -> Self {
        let count = NonZeroU16::new((self.count() + 1) & Self::COUNT).unwrap_or(NonZeroU16::MIN);
        Self(count | (self.0.get() & !Self::COUNT))
    }

    pub(crate) fn was_accepted(self) -> bool {
        self.0.get() & Self::ACCEPTED != 0
    }

    pub(crate) fn with(self, accepted: bool) -> Self {
        self.marked(Self::ACCEPTED, accepted)
    }

    /// Only the outcomes topic tells of the order.
    pub(crate) fn is_hearsay(self) -> bool {
        self.0.get() & Self::HEARSAY != 0
    }

    pub(crate) fn hearsay(self) -> Self {
        self.marked(Self::HEARSAY, true)
    }

    fn marked(self, mark: u16, on: bool) -> Self {
        let without = NonZeroU16::new(self.0.get() & !mark).unwrap_or(NonZeroU16::MIN);
        Self(if on { without | mark } else { without })
    }
}

impl Memory {
    /// Equal time and equal content.
    pub(crate) fn is_twin_of<P>(&self, work: &Work<P>) -> bool {
        (self.decided.at, self.content) == (work.version.at, work.content as u32)
    }

    /// AlipayHK holds the status of this one already, and not with its content: of a version that was decided and not accepted it has nothing.
    pub(crate) fn holds_other_content<P>(&self, work: &Work<P>) -> bool {
        let same = self.rests.was_accepted() && self.content == work.content as u32;
        self.accepted.is_some() && self.accepted == work.status.packed() && !same
    }

    /// A record of the order is here.
    pub(crate) fn met(self) -> Self {
        Self { rests: self.rests.marked(Rests::HEARSAY, false), ..self }
    }

    /// The status of the last accepted version.
    pub(crate) fn accepted_status(&self) -> Option<StatusId> {
        self.accepted.map(|id| StatusId(id.get() - 1))
    }

    /// What the outcomes topic tells takes the place of what the records themselves had taught, unless these go further.
    pub(crate) fn restored(known: Option<Self>, told: Self) -> Self {
        match known {
            Some(known) if known.decided > told.decided => Self { accepted: told.accepted.or(known.accepted), ..known },
            Some(known) => {
                let was_accepted = told.rests.was_accepted() || (known.decided == told.decided && known.rests.was_accepted());
                Self { accepted: told.accepted.or(known.accepted), rests: known.rests.with(was_accepted), ..told }
            }
            None => told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_are_counted_in_a_circle_beside_what_was_accepted() {
        let mut rests = Rests::default().with(true);
        for count in 1..=0x3fff {
            assert_eq!((rests.count(), rests.was_accepted(), rests.is_hearsay()), (count, true, false));
            rests = rests.again();
        }
        assert_eq!((rests.count(), rests.was_accepted(), rests.with(false).was_accepted()), (1, true, false));
        let rests = rests.hearsay().again();
        assert_eq!((rests.count(), rests.was_accepted(), rests.is_hearsay(), rests.with(false).is_hearsay()), (2, true, true, true));
    }

    #[test]
    fn a_memory_is_small_and_having_none_costs_nothing() {
        assert_eq!((size_of::<Memory>(), size_of::<Option<Memory>>()), (24, 24));
    }
}
