//! Lanes come and go; what an idle order has had decided is remembered, the newest up to a bound.

use std::collections::hash_map::Entry;

use domain::MerchantBizNo;

use super::{Engine, LaneRef};
use crate::io::{Note, Now, Offset, PartitionId};
use crate::lane::{Lane, Memory};

/// Below this it is not worth cleaning up.
const FEW: usize = 1_024;

impl<P: Clone> Engine<P> {
    /// The order's lane, made when it is not there.
    pub(super) fn lane(&mut self, id: PartitionId, offset: Offset, order: &MerchantBizNo) -> Option<LaneRef> {
        let mut key = self.key(order.as_str());
        let partition = self.partitions.get_mut(&id)?;
        let lane = |key| LaneRef { partition: id, epoch: partition.epoch, key };
        loop {
            match partition.lanes.entry(key) {
                Entry::Occupied(found) if found.get().order == *order => return Some(lane(key)),
                // Two live orders with one hash: the second one takes the next free number.
                Entry::Occupied(_) => key = key.wrapping_add(1).max(1),
                Entry::Vacant(free) => {
                    let memory = partition.remembered.remove(&key);
                    self.remembered -= usize::from(memory.is_some());
                    let is_new = memory.is_none_or(|memory| memory.rests.is_hearsay());
                    let lane = lane(key);
                    free.insert(Box::new(Lane::new(order.clone(), memory.map(Memory::met))));
                    if is_new && self.lives_beside(id, key) {
                        self.note(Note::OrderInSeveralPartitions { partition: id, offset });
                    }
                    return Some(lane);
                }
            }
        }
    }

    /// Another partition has the order too, alive or at rest. Asked once, when it is met first in this one: that costs a look into each.
    fn lives_beside(&self, here: PartitionId, key: u64) -> bool {
        let mut others = self.partitions.values().filter(|other| other.id != here);
        others.any(|other| other.lanes.contains_key(&key) || other.remembered.contains_key(&key))
    }

    /// An idle lane shrinks to what it remembers.
    pub(super) fn retire(&mut self, lane_ref: LaneRef, now: Now) {
        let Some(partition) = self.current(lane_ref.partition, lane_ref.epoch) else { return };
        let hold_over = !partition.holds(now);
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key) else { return };
        if hold_over && let Some(trouble) = &mut lane.trouble {
            trouble.held = None;
        }
        if lane.queued || !lane.is_idle(now) {
            return;
        }
        let Some(lane) = partition.lanes.remove(&lane_ref.key) else { return };
        if let Some(mut memory) = lane.memory.map(|memory| *memory) {
            memory.rests = memory.rests.again();
            partition.remembered.insert(lane_ref.key, memory);
            self.remembered += 1;
            self.idle.push_back((lane_ref.partition, memory.rests.count(), lane_ref.key));
        }
        self.forget_oldest();
    }

    pub(super) fn forget_oldest(&mut self) {
        while self.remembered > self.config.remembered_orders
            && let Some((id, rests, key)) = self.idle.pop_front()
        {
            // An order that came back since then has a newer place in the queue, or is not idle now.
            let Some(partition) = self.partitions.get_mut(&id) else { continue };
            if partition.remembered.get(&key).is_some_and(|memory| memory.rests.count() == rests) {
                partition.remembered.remove(&key);
                self.remembered -= 1;
                self.forgotten += 1;
            }
        }
        if self.idle.len() > self.remembered * 2 + FEW {
            let partitions = &self.partitions;
            self.idle.retain(|(id, rests, key)| {
                partitions.get(id).and_then(|partition| partition.remembered.get(key)).is_some_and(|memory| memory.rests.count() == *rests)
            });
        }
    }

    /// All memory of partitions is gone with them: so many orders.
    pub(super) fn forget_remembered(&mut self, orders: usize) {
        self.remembered -= orders;
        let partitions = &self.partitions;
        self.idle.retain(|(id, _, _)| partitions.contains_key(id));
    }

    pub(super) fn tell_forgotten(&mut self) {
        if self.forgotten > 0 {
            let orders = std::mem::take(&mut self.forgotten);
            self.counters.forgotten += u64::from(orders);
            self.note(Note::Forgotten { orders });
        }
    }
}
