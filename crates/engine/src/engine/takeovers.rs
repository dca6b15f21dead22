//! What an unclean hand-over asks for: orders that wait, maps that have to prove themselves.

use super::{Engine, LaneRef};
use crate::io::{Note, Now, Offset, PartitionId, RebuildReason, StallReason};
use crate::metadata::Fault;
use crate::partition::Partition;
use crate::takeover::{Inherited, Plan};

/// Unclean take-overs without commit progress that are worth an alarm.
const UNCLEAN: u32 = 3;

impl<P: Clone> Engine<P> {
    /// A plan whose map was found to speak of another log begins without it, each time until a commit of ours takes its place.
    pub(super) fn without_disowned_map(&mut self, id: PartitionId, mut plan: Plan) -> Plan {
        if self.disowned.get(&id) == Some(&plan.from) && matches!(plan.inherited, Inherited::Ours(_)) {
            plan.disown();
        }
        if let Inherited::Foreign(fault) = plan.inherited {
            self.note(Note::ForeignMetadata { partition: id, fault });
        }
        plan
    }

    /// Three unclean take-overs in a row without progress are worth an alarm.
    pub(super) fn count_unclean(&mut self, id: PartitionId, partition: &Partition<P>) {
        if !partition.unclean {
            self.unclean_take_overs.remove(&id);
            return;
        }
        let offset = partition.from;
        let (count, from) = self.unclean_take_overs.entry(id).or_insert((0, offset.0));
        *count = if offset.0 > *from { 1 } else { *count + 1 };
        *from = offset.0;
        if *count >= UNCLEAN {
            self.note(Note::Stalled { partition: id, offset, order: None, why: StallReason::UncleanTakeOvers });
        }
    }

    /// Progress ends the count.
    pub(super) fn progressed(&mut self, id: PartitionId, offset: Offset) {
        if self.unclean_take_overs.get(&id).is_some_and(|(_, from)| offset.0 > *from) {
            self.unclean_take_overs.remove(&id);
        }
    }

    /// The highest record of the predecessor's map was read, or passed because compaction took it: is it the same log?
    pub(super) fn verify_map(&mut self, id: PartitionId, leader_epoch: Option<i32>, now: Now) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let (Some((highest, Some(known))), true) = (partition.highest_inherited, partition.unverified.is_some()) else { return };
        let position = partition.ledger.position();
        if position <= highest {
            return;
        }
        let read_it = position.0 == highest.0 + 1;
        if read_it && leader_epoch.is_some_and(|read| read != known) {
            self.disowned.insert(id, partition.from);
            self.note(Note::ForeignMetadata { partition: id, fault: Fault::Log });
            return self.rebuild(RebuildReason::ForeignLog, now);
        }
        for offset in partition.unverified.take().unwrap_or_default() {
            self.settled_before(id, offset, now);
        }
    }

    /// The hold is over: everybody may go on.
    pub(super) fn end_hold(&mut self, id: PartitionId, now: Now) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let Some(until) = partition.hold_until else { return };
        if until > now {
            if partition.held_orders > 0 && partition.ledger.position() >= partition.barrier {
                let orders = std::mem::take(&mut partition.held_orders);
                self.note(Note::Held { partition: id, orders, until });
            }
            return;
        }
        partition.hold_until = None;
        partition.foreign = false;
        let epoch = partition.epoch;
        let troubled = partition.lanes.iter().filter(|(_, lane)| lane.trouble.is_some());
        let mut held: Vec<_> = troubled.map(|(key, lane)| (lane.queue.first().map(|work| work.lowest()), *key)).collect();
        // Who came first goes first.
        held.sort_unstable();
        for (_, key) in held {
            let lane = LaneRef { partition: id, epoch, key };
            if let Some(trouble) = self.lane_mut(lane).and_then(|lane| lane.trouble.as_mut()) {
                trouble.held = None;
            }
            self.settle_later(lane, now);
            self.go_on(lane, now);
        }
    }
}
