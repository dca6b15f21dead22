//! Trace contexts by offset, as many as may be.

use std::collections::{BTreeMap, HashMap};

use engine::{Offset, PartitionId};

use crate::telemetry::spans::Origin;

/// A bounded number of them.
#[derive(Debug)]
pub(super) struct Contexts {
    of: HashMap<PartitionId, BTreeMap<Offset, Origin>>,
    count: usize,
    most: usize,
}

impl Contexts {
    pub(super) fn new(most: usize) -> Self {
        Self { of: HashMap::new(), count: 0, most }
    }

    /// Keeps one. Where there are too many, the partition's oldest makes room; one without any keeps none.
    pub(super) fn put(&mut self, partition: PartitionId, offset: Offset, context: Origin) {
        let of = self.of.entry(partition).or_default();
        if self.count >= self.most && !of.contains_key(&offset) {
            if of.pop_first().is_none() {
                return;
            }
            self.count -= 1;
        }
        if of.insert(offset, context).is_none() {
            self.count += 1;
        }
    }

    pub(super) fn get(&self, partition: PartitionId, offset: Offset) -> Option<Origin> {
        self.of.get(&partition)?.get(&offset).cloned()
    }

    /// Everything below this offset of the partition is settled.
    pub(super) fn settled(&mut self, partition: PartitionId, below: Offset) {
        let Some(of) = self.of.get_mut(&partition) else { return };
        if of.first_key_value().is_none_or(|(first, _)| *first >= below) {
            return;
        }
        let open = of.split_off(&below);
        self.count -= std::mem::replace(of, open).len();
    }

    pub(super) fn forget(&mut self, partition: PartitionId) {
        self.count -= self.of.remove(&partition).map_or(0, |of| of.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: PartitionId = PartitionId(0);
    const SECOND: PartitionId = PartitionId(1);

    fn context(number: i64) -> Origin {
        Origin::parse(format!("00-{number:032x}-00000000000000ff-01").as_bytes()).unwrap()
    }

    fn with(offsets: impl IntoIterator<Item = i64>, most: usize) -> Contexts {
        let mut contexts = Contexts::new(most);
        offsets.into_iter().for_each(|offset| contexts.put(FIRST, Offset(offset), context(offset)));
        contexts
    }

    #[test]
    fn what_is_kept_is_found_until_it_is_settled_or_the_partition_goes() {
        let mut contexts = with(1..=5, 100);
        assert_eq!(contexts.get(FIRST, Offset(3)), Some(context(3)));
        assert_eq!(contexts.get(SECOND, Offset(3)), None);
        contexts.settled(FIRST, Offset(4));
        assert_eq!([3, 4].map(|offset| contexts.get(FIRST, Offset(offset)).is_some()), [false, true]);
        contexts.forget(FIRST);
        assert_eq!((contexts.get(FIRST, Offset(4)), contexts.count), (None, 0));
    }

    #[test]
    fn of_too_many_the_partition_s_oldest_make_room() {
        let mut contexts = with(1..=10, 3);
        assert_eq!([7, 8, 10].map(|offset| contexts.get(FIRST, Offset(offset)).is_some()), [false, true, true]);
        contexts.put(FIRST, Offset(10), context(77));
        assert_eq!((contexts.get(FIRST, Offset(10)), contexts.count), (Some(context(77)), 3), "the same again takes no place");
        contexts.put(SECOND, Offset(1), context(1));
        assert_eq!((contexts.get(SECOND, Offset(1)), contexts.count), (None, 3));
    }
}
