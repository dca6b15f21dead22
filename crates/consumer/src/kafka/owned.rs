//! Which partitions are ours, in which assignment.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{Epoch, Offset, PartitionId};
use rdkafka::TopicPartitionList;

use super::positions::stats_clock;

/// One partition of ours.
#[derive(Debug, Clone)]
pub(crate) struct Owned {
    /// Its process-wide number.
    pub(crate) id: PartitionId,
    /// The number of this assignment.
    pub(crate) epoch: Epoch,
    /// Records are handed over; off while it drains and for a halted partition.
    pub(crate) open: bool,
    /// The next offset to hand over.
    pub(crate) next: Offset,
    /// Fetching is paused.
    pub(crate) paused: bool,
    /// It stands still until an operator decides; the driver knows nothing of it.
    pub(crate) halted: bool,
    /// The consumer knows its position: a record came since the assignment or the last seek.
    pub(crate) position_known: bool,
    /// When it was assigned or last sought, by [`stats_clock`].
    pub(crate) since_micros: i64,
}

impl Owned {
    /// The driver knows of it.
    pub(crate) fn is_read(&self) -> bool {
        !self.halted
    }
}

/// All partitions of ours, and the numbers of those that ever were.
#[derive(Debug, Default)]
pub(crate) struct Partitions {
    numbers: HashMap<(Arc<str>, i32), PartitionId>,
    names: Vec<(Arc<str>, i32)>,
    owned: HashMap<Arc<str>, Vec<Option<Owned>>>,
    epochs: u32,
}

impl Partitions {
    /// The number of a partition, the same for the life of the process.
    pub(crate) fn number(&mut self, topic: &str, partition: i32) -> PartitionId {
        if let Some(id) = self.numbers.get(&(Arc::from(topic), partition)) {
            return *id;
        }
        let topic: Arc<str> = self.owned.get_key_value(topic).map_or_else(|| Arc::from(topic), |(name, _)| Arc::clone(name));
        let id = PartitionId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push((Arc::clone(&topic), partition));
        self.numbers.insert((topic, partition), id);
        id
    }

    /// The name behind a number.
    pub(crate) fn name(&self, id: PartitionId) -> Option<&(Arc<str>, i32)> {
        self.names.get(id.0 as usize)
    }

    /// Starts a new assignment of a partition.
    pub(crate) fn assign(&mut self, topic: &Arc<str>, partition: i32, next: Offset, open: bool) -> (PartitionId, Epoch) {
        let id = self.number(topic, partition);
        self.epochs += 1;
        let epoch = Epoch(self.epochs);
        let slots = self.owned.entry(Arc::clone(topic)).or_default();
        let index = usize::try_from(partition).unwrap_or(0);
        if slots.len() <= index {
            slots.resize(index + 1, None);
        }
        if let Some(slot) = slots.get_mut(index) {
            *slot = Some(Owned { id, epoch, open, next, paused: false, halted: !open, position_known: false, since_micros: stats_clock() });
        }
        (id, epoch)
    }

    /// A partition of ours.
    pub(crate) fn get_mut(&mut self, topic: &str, partition: i32) -> Option<&mut Owned> {
        self.owned.get_mut(topic)?.get_mut(usize::try_from(partition).ok()?)?.as_mut()
    }

    /// A partition of ours, if this is its current assignment.
    pub(crate) fn current(&mut self, id: PartitionId, epoch: Epoch) -> Option<(Arc<str>, i32, &mut Owned)> {
        let (topic, partition) = self.name(id)?.clone();
        let owned = self.get_mut(&topic, partition).filter(|owned| owned.epoch == epoch)?;
        Some((topic, partition, owned))
    }

    /// Ends an assignment.
    pub(crate) fn remove(&mut self, topic: &str, partition: i32) -> Option<Owned> {
        self.owned.get_mut(topic)?.get_mut(usize::try_from(partition).ok()?)?.take()
    }

    /// Forgets every assignment; the numbers stay.
    pub(crate) fn clear(&mut self) {
        self.owned.clear();
    }

    /// Every partition of ours.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Arc<str>, i32, &Owned)> {
        self.owned.iter().flat_map(|(topic, slots)| {
            slots.iter().enumerate().filter_map(move |(index, slot)| Some((topic, i32::try_from(index).ok()?, slot.as_ref()?)))
        })
    }

    /// How many partitions are ours.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.all().count()).unwrap_or(u32::MAX)
    }

    /// The partitions of ours that are not read.
    pub(crate) fn still(&self) -> Vec<PartitionId> {
        self.all().filter(|(_, _, owned)| !owned.is_read()).map(|(_, _, owned)| owned.id).collect()
    }

    /// The partitions of a list that are ours and `wanted`, with their assignment.
    pub(crate) fn of_list(&mut self, list: &TopicPartitionList, wanted: impl Fn(&Owned) -> bool) -> Vec<(PartitionId, Epoch)> {
        let mut found = Vec::new();
        for element in list.elements() {
            if let Some(owned) = self.get_mut(element.topic(), element.partition()).filter(|owned| wanted(owned)) {
                found.push((owned.id, owned.epoch));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> Arc<str> {
        Arc::from("orders")
    }

    fn list(partitions: &[i32]) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition("orders", *partition);
        }
        list
    }

    #[test]
    fn a_partition_keeps_its_number_and_gets_a_new_epoch_each_time_it_comes() {
        let mut partitions = Partitions::default();
        let first = partitions.assign(&orders(), 2, Offset(10), true);
        partitions.remove("orders", 2);
        let other = partitions.assign(&orders(), 0, Offset(0), true);
        let second = partitions.assign(&orders(), 2, Offset(20), true);
        assert_eq!((first.0, first.1 < second.1), (second.0, true));
        assert_ne!(other.0, first.0);
        assert_eq!(partitions.name(first.0), Some(&(orders(), 2)));
    }

    #[test]
    fn numbers_outlive_a_new_consumer() {
        let mut partitions = Partitions::default();
        let first = partitions.assign(&orders(), 1, Offset(10), true);
        partitions.clear();
        assert_eq!(partitions.count(), 0);
        let second = partitions.assign(&orders(), 1, Offset(10), true);
        assert_eq!((first.0, first.1 < second.1), (second.0, true));
    }

    #[test]
    fn a_command_for_an_assignment_that_is_gone_finds_nothing() {
        let mut partitions = Partitions::default();
        let (id, old) = partitions.assign(&orders(), 0, Offset(0), true);
        partitions.remove("orders", 0);
        assert!(partitions.current(id, old).is_none());
        let (_, new) = partitions.assign(&orders(), 0, Offset(0), true);
        assert!(partitions.current(id, old).is_none());
        assert!(partitions.current(id, new).is_some());
        assert!(partitions.current(PartitionId(9), new).is_none());
    }

    #[test]
    fn what_is_not_ours_is_not_found_however_it_is_numbered() {
        let mut partitions = Partitions::default();
        partitions.assign(&orders(), 1, Offset(0), true);
        for absent in [-1, 0, 2, i32::MAX] {
            assert!(partitions.get_mut("orders", absent).is_none(), "{absent}");
        }
        assert!(partitions.get_mut("other", 1).is_none());
    }

    #[test]
    fn the_driver_hears_nothing_of_a_halted_partition() {
        let mut partitions = Partitions::default();
        let read = partitions.assign(&orders(), 0, Offset(0), true);
        let (still, _) = partitions.assign(&orders(), 1, Offset(0), false);
        assert_eq!(partitions.of_list(&list(&[0, 1, 5]), Owned::is_read), [read]);
        assert_eq!(partitions.still(), [still]);
        assert_eq!(partitions.count(), 2);
    }
}
