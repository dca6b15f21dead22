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
