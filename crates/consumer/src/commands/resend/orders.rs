//! Orders and their newest modification, small enough for millions of them.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use domain::OrderEvent;
use engine::Standing;

/// A 128-bit keyed hash of an order's number: two orders never share one, for all practical purposes.
pub(in crate::commands) type OrderKey = (u64, u64);

/// The order of an order's modifications: business time, then offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::commands) struct Version {
    pub(in crate::commands) at: i64,
    pub(in crate::commands) offset: i64,
}

/// As much of a modification as tells whether another one is newer, or the same once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) struct Seen {
    pub(in crate::commands) version: Version,
    /// As outcomes tell it.
    pub(in crate::commands) content: u32,
}

impl Seen {
    pub(in crate::commands) fn of(event: &OrderEvent, offset: i64) -> Self {
        Self { version: Version { at: event.modified_at.millis(), offset }, content: event.content() as u32 }
    }

    /// What was decided last of an order that stands like this.
    pub(in crate::commands) fn decided(standing: &Standing) -> Self {
        Self { version: Version { at: standing.at, offset: standing.offset.0 }, content: standing.content }
    }

    /// The same at the same time, written twice: whichever of them is sent, the other one is not.
    pub(in crate::commands) fn is_twin_of(self, other: Self) -> bool {
        self.version.at == other.version.at && self.content == other.content
    }
}

/// Makes keys.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Keys(RandomState, RandomState);

impl Keys {
    pub(in crate::commands) fn of(&self, order: &str) -> OrderKey {
        (self.0.hash_one(order), self.1.hash_one(order))
    }
}

/// The newest modification of each order.
#[derive(Debug, Default)]
pub(in crate::commands) struct Newest {
    orders: HashMap<OrderKey, Seen>,
}

impl Newest {
    /// Of twins in a row the first one counts.
    pub(in crate::commands) fn saw(&mut self, order: OrderKey, seen: Seen) {
        let newest = self.orders.entry(order).or_insert(seen);
        if seen.version > newest.version && !seen.is_twin_of(*newest) {
            *newest = seen;
        }
    }

    pub(in crate::commands) fn of(&self, order: OrderKey) -> Option<Seen> {
        self.orders.get(&order).copied()
    }

    /// A newer one of its order was seen.
    pub(in crate::commands) fn is_behind(&self, order: OrderKey, seen: Seen) -> bool {
        self.of(order).is_some_and(|newest| seen.version < newest.version)
    }

    pub(in crate::commands) fn orders(&self) -> impl Iterator<Item = OrderKey> + '_ {
        self.orders.keys().copied()
    }

    pub(in crate::commands) fn len(&self) -> usize {
        self.orders.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: i64, offset: i64, content: u32) -> Seen {
        Seen { version: Version { at, offset }, content }
    }

    #[test]
    fn the_newest_is_that_of_the_latest_business_time_and_then_of_the_highest_offset() {
        let (keys, mut newest) = (Keys::default(), Newest::default());
        for (order, seen) in [("A", seen(5, 1, 0)), ("A", seen(7, 0, 0)), ("A", seen(7, 9, 1)), ("A", seen(6, 20, 0)), ("B", seen(1, 2, 0))]
        {
            newest.saw(keys.of(order), seen);
        }
        assert_eq!(newest.of(keys.of("A")), Some(seen(7, 9, 1)));
        assert_eq!((newest.of(keys.of("B")), newest.of(keys.of("C")), newest.len()), (Some(seen(1, 2, 0)), None, 2));
    }

    #[test]
    fn of_what_was_written_twice_the_first_is_the_newest_unless_something_else_was_said_between() {
        let (keys, mut newest) = (Keys::default(), Newest::default());
        let order = keys.of("A");
        for (said, counts) in [(seen(7, 3, 1), 3), (seen(7, 5, 1), 3), (seen(7, 6, 2), 6), (seen(7, 9, 1), 9)] {
            newest.saw(order, said);
            assert_eq!(newest.of(order).unwrap().version.offset, counts);
        }
        assert!(newest.is_behind(order, seen(7, 3, 1)) && !newest.is_behind(order, seen(7, 11, 1)));
    }
}
