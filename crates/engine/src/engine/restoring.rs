//! What orders have had decided, told by the outcomes topic: exact where the records before the committed offset only hint at it.

use domain::MerchantBizNo;

use super::{Engine, LaneRef};
use crate::io::{Epoch, Now, Offset, PartitionId, Standing};
use crate::lane::{Memory, Rests, StatusId, Version};

impl<P: Clone> Engine<P> {
    /// The reading begins, or is over.
    pub(super) fn restoring(&mut self, id: PartitionId, epoch: Epoch, on: bool, now: Now) {
        let Some(partition) = self.current(id, epoch) else { return };
        partition.restoring = on;
        if !on {
            // Only now it is known what is a duplicate of the last decided one.
            for key in partition.lanes.keys().copied().collect::<Vec<_>>() {
                let lane = LaneRef { partition: id, epoch, key };
                self.drop_stale(lane, now);
                self.retire(lane, now);
            }
            let Some(partition) = self.current(id, epoch) else { return };
            let untold = std::mem::take(&mut partition.untold);
            self.tell(untold);
        }
        self.after_reading(id);
    }

    /// How orders stand. What was read of them meanwhile and is not newer ends here.
    pub(super) fn restored(&mut self, id: PartitionId, epoch: Epoch, orders: Vec<(MerchantBizNo, Standing)>, now: Now) {
        if self.current(id, epoch).is_none() {
            return;
        }
        for (order, standing) in orders {
            self.restore(LaneRef { partition: id, epoch, key: self.key(order.as_str()) }, &order, &standing, now);
        }
        self.forget_oldest();
    }

    fn restore(&mut self, mut lane_ref: LaneRef, order: &MerchantBizNo, standing: &Standing, now: Now) {
        let accepted = standing.accepted.as_ref().map(|status| self.statuses.number(status)).and_then(StatusId::packed);
        let told = Memory {
            decided: Version { at: standing.at, offset: standing.offset.0 },
            content: standing.content,
            accepted,
            rests: Rests::default().with(standing.was_accepted),
        };
        let Some(partition) = self.partitions.get_mut(&lane_ref.partition) else { return };
        while let Some(lane) = partition.lanes.get_mut(&lane_ref.key) {
            if lane.order == *order {
                lane.memory = Some(Box::new(Memory::restored(lane.memory.as_deref().copied(), told)));
                self.drop_stale(lane_ref, now);
                return self.retire(lane_ref, now);
            }
            lane_ref.key = lane_ref.key.wrapping_add(1).max(1);
        }
        let known = partition.remembered.get(&lane_ref.key).copied();
        let mut memory = Memory::restored(known, told);
        if known.is_none() {
            memory.rests = memory.rests.hearsay();
        }
        memory.rests = memory.rests.again();
        partition.remembered.insert(lane_ref.key, memory);
        self.remembered += usize::from(known.is_none());
        self.idle.push_back((lane_ref.partition, memory.rests.count(), lane_ref.key));
    }

    /// How an order stands now, as far as it is remembered: for an outcome that was not taken and is written again, behind newer ones.
    pub fn standing_of(&self, partition: PartitionId, epoch: Epoch, order: &MerchantBizNo) -> Option<Standing> {
        if self.owns(partition, epoch) { self.standing(partition, order) } else { None }
    }

    /// How an order of a partition stands.
    pub(super) fn standing(&self, id: PartitionId, order: &MerchantBizNo) -> Option<Standing> {
        let partition = self.partitions.get(&id)?;
        let mut key = self.key(order.as_str());
        let memory = loop {
            match partition.lanes.get(&key) {
                Some(lane) if lane.order == *order => break *lane.memory.as_deref()?,
                Some(_) => key = key.wrapping_add(1).max(1),
                None => break *partition.remembered.get(&key)?,
            }
        };
        Some(Standing {
            at: memory.decided.at,
            offset: Offset(memory.decided.offset),
            content: memory.content,
            was_accepted: memory.rests.was_accepted(),
            accepted: memory.accepted_status().and_then(|status| self.statuses.name(status)).cloned(),
        })
    }
}
