//! Orders and their newest modification, small enough for millions of them.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// A 128-bit keyed hash of an order's number: two orders never share one, for all practical purposes.
pub(in crate::commands) type OrderKey = (u64, u64);

/// The order of an order's modifications: business time, then offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::commands) struct Version {
    pub(in crate::commands) at: i64,
    pub(in crate::commands) offset: i64,
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
    orders: HashMap<OrderKey, Version>,
}

impl Newest {
    pub(in crate::commands) fn saw(&mut self, order: OrderKey, version: Version) {
        self.orders.entry(order).and_modify(|newest| *newest = version.max(*newest)).or_insert(version);
    }

    pub(in crate::commands) fn of(&self, order: OrderKey) -> Option<Version> {
        self.orders.get(&order).copied()
    }

    /// A newer one of its order was seen.
    pub(in crate::commands) fn is_behind(&self, order: OrderKey, version: Version) -> bool {
        self.of(order).is_some_and(|newest| version < newest)
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

    #[test]
    fn the_newest_is_that_of_the_latest_business_time_and_then_of_the_highest_offset() {
        let (keys, mut newest) = (Keys::default(), Newest::default());
        let version = |at, offset| Version { at, offset };
        for (order, version) in
            [("A", version(5, 1)), ("A", version(7, 0)), ("A", version(7, 9)), ("A", version(6, 20)), ("B", version(1, 2))]
        {
            newest.saw(keys.of(order), version);
        }
        assert_eq!(newest.of(keys.of("A")), Some(version(7, 9)));
        assert_eq!((newest.of(keys.of("B")), newest.of(keys.of("C")), newest.len()), (Some(version(1, 2)), None, 2));
    }
}
