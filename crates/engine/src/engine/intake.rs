//! Records come in: the ledger opens their offset, their lane takes them.

use std::collections::hash_map::Entry;

use super::{Engine, LaneRef};
use crate::io::{Content, Disposition, Effect, Epoch, Modification, Note, Now, Offset, Park, ParkReason, PartitionId, Record};
use crate::lane::{Arrival, Candidates, Lane, Version, Work};
use crate::metadata::SPAN;
use crate::partition::{Phase, Unfit};

impl<P: Clone> Engine<P> {
    pub(super) fn fetched(&mut self, id: PartitionId, epoch: Epoch, record: Record<P>, now: Now) {
        let Some(partition) = self.current(id, epoch).filter(|partition| partition.phase == Phase::Consuming) else { return };
        let offset = record.offset;
        if offset < partition.from {
            return self.learn(id, record.content, offset, now);
        }
        partition.saw_leader_epoch(offset, record.leader_epoch);
        if let Some((highest, Some(known))) = partition.highest_inherited
            && offset == highest
            && record.leader_epoch.is_some_and(|read| read != known)
        {
            self.disown_map(id, now);
        }
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        if partition.inherited.remove(&offset) {
            if partition.ledger.inherit(offset) {
                self.learn(id, record.content, offset, now);
                self.after_reading(id, now);
            }
            return;
        }
        if !partition.ledger.open(offset) {
            return;
        }
        self.counters.records_read += 1;
        match record.content {
            Content::Modification(modification) => self.modification(id, offset, modification, record.bytes, now),
            Content::Unfit { reason, message, payload } => {
                let unfit =
                    Unfit { reason, message: std::sync::Arc::clone(&message), payload: payload.clone(), failures: 0, again_at: None };
                partition.unfit.insert(offset, unfit);
                let reason = ParkReason::Unfit(reason, message);
                self.effect(Effect::Park(Park { partition: id, epoch, offset, reason, payload, attempts: 0, failures: None }));
            }
            Content::Skip(reason) => self.dispose(id, offset, Disposition::Skipped(reason), None, None, now),
        }
        self.after_reading(id, now);
    }

    pub(super) fn position(&mut self, id: PartitionId, epoch: Epoch, next: Offset, now: Now) {
        if let Some(partition) = self.current(id, epoch) {
            let before = partition.ledger.committable();
            partition.ledger.skip_to(next);
            if partition.ledger.committable() > before {
                partition.window.dirty(now);
            }
            self.after_reading(id, now);
        }
    }

    /// A record that was decided before this assignment: only its order's memory learns of it.
    fn learn(&mut self, id: PartitionId, content: Content<P>, offset: Offset, now: Now) {
        let Content::Modification(modification) = content else { return };
        let version = Version { at: modification.modified_at.millis(), offset: offset.0 };
        let status = self.statuses.number(&modification.status);
        let Some(lane) = self.lane(id, offset, &modification) else { return };
        let key = lane.key;
        if let Some(lane) = self.partitions.get_mut(&id).and_then(|partition| partition.lanes.get_mut(&key)) {
            lane.remember(version, modification.content, Some(status));
        }
        self.retire(lane, now);
    }

    fn modification(&mut self, id: PartitionId, offset: Offset, modification: Modification<P>, bytes: u32, now: Now) {
        let rules = self.config.rulebook.of(modification.biz_type);
        let milestone = rules.is_milestone(&modification.status);
        let status = self.statuses.number(&modification.status);
        let Some(lane_ref) = self.lane(id, offset, &modification) else { return };
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let holds = partition.holds(now) && offset < partition.barrier;
        let version = Version { at: modification.modified_at.millis(), offset: offset.0 };
        let out_of_reach = offset.0 >= partition.ledger.committable().0 + SPAN;
        let Some(lane) = partition.lanes.get_mut(&lane_ref.key) else { return };
        let newest = lane.queue.last().map(|work| work.version);
        let decided = lane.memory.map(|memory| memory.decided);
        let work = Work {
            version,
            content: modification.content,
            payload: modification.payload,
            riders: Vec::new(),
            bytes,
            status,
            milestone,
            tries: None,
        };
        let arrival = lane.arrive(work, out_of_reach);
        if holds && !matches!(arrival, Arrival::Stale(_)) {
            let newer = newest.is_none_or(|newest| version > newest) && decided.is_none_or(|decided| version > decided);
            let first = lane.trouble().held.is_none();
            let held = &mut lane.trouble().held;
            *held = match *held {
                None => Some(Candidates::One(version)),
                Some(_) if newer => Some(Candidates::Several),
                known @ Some(_) => known,
            };
            partition.held_orders += u32::from(first);
        }
        let equal_times = matches!(arrival, Arrival::Survivor { equal_times: true, .. } | Arrival::Queued { equal_times: true });
        match arrival {
            Arrival::Stale(reason) => {
                self.dispose(id, offset, Disposition::Stale(reason), None, Some(&modification.order), now);
                return self.retire(lane_ref, now);
            }
            Arrival::Attached => return,
            Arrival::Survivor { absorbed, .. } => {
                partition.bytes = partition.bytes.saturating_sub(u64::from(absorbed.unwrap_or(0))) + u64::from(bytes);
                self.counters.collapsed += 1;
            }
            Arrival::Queued { .. } => {
                partition.waiting += 1;
                partition.bytes += u64::from(bytes);
            }
        }
        if lane.waiting_since.is_none() {
            lane.waiting_since = Some(now);
            self.arrivals.push_back((now, lane_ref));
        }
        if equal_times {
            self.note(Note::EqualTimes { partition: id, offset });
        }
        self.make_ready(lane_ref);
    }

    /// The order's lane, made when it is not there.
    fn lane(&mut self, id: PartitionId, offset: Offset, modification: &Modification<P>) -> Option<LaneRef> {
        let mut key = self.key(modification.order.as_str());
        let base = key;
        let partition = self.partitions.get_mut(&id)?;
        let mut made = false;
        loop {
            match partition.lanes.entry(key) {
                Entry::Occupied(lane) if lane.get().order == modification.order => break,
                // Two live orders with one hash: the second one takes the next free number.
                Entry::Occupied(_) => key = key.wrapping_add(1),
                Entry::Vacant(free) => {
                    let memory = partition.remembered.remove(&key);
                    self.remembered -= usize::from(memory.is_some());
                    free.insert(Box::new(Lane::new(modification.order.clone(), modification.biz_type, memory)));
                    made = true;
                    break;
                }
            }
        }
        let lane = LaneRef { partition: id, epoch: partition.epoch, key };
        if made && key == base && self.homes.insert(key, id).is_some_and(|other| other != id) {
            self.note(Note::OrderInSeveralPartitions { partition: id, offset });
        }
        Some(lane)
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
        if let Some(memory) = lane.memory {
            partition.remembered.insert(lane_ref.key, memory);
            self.remembered += 1;
            self.idle.push_back((lane_ref.partition, lane_ref.key));
        }
        if self.homes.get(&lane_ref.key) == Some(&lane_ref.partition) {
            self.homes.remove(&lane_ref.key);
        }
        self.forget_oldest();
    }

    fn forget_oldest(&mut self) {
        while self.remembered > self.config.remembered_orders
            && let Some((id, key)) = self.idle.pop_front()
        {
            // An order that came back since then stands further behind in the queue as well, or is not idle now.
            if self.partitions.get_mut(&id).is_some_and(|partition| partition.remembered.remove(&key).is_some()) {
                self.remembered -= 1;
                self.forgotten += 1;
            }
        }
        if self.idle.len() > self.remembered * 2 + 1_024 {
            let partitions = &self.partitions;
            let mut seen = std::collections::HashSet::new();
            let mut kept: Vec<_> = self.idle.iter().rev().filter(|entry| seen.insert(**entry)).copied().collect();
            kept.retain(|(id, key)| partitions.get(id).is_some_and(|partition| partition.remembered.contains_key(key)));
            kept.reverse();
            self.idle = kept.into();
        }
    }

    pub(super) fn tell_forgotten(&mut self) {
        if self.forgotten > 0 {
            let orders = std::mem::take(&mut self.forgotten);
            self.counters.forgotten += u64::from(orders);
            self.note(Note::Forgotten { orders });
        }
    }

    /// After the position moved: the barrier may be behind us, or enough may be held.
    fn after_reading(&mut self, id: PartitionId, now: Now) {
        let bounds = self.bounds();
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        if !partition.blocked.is_empty() && partition.may_speak() {
            self.unblock(id);
        }
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        if !partition.paused && partition.is_full(bounds) {
            partition.paused = true;
            let (partition, epoch) = (partition.id, partition.epoch);
            self.effect(Effect::Pause { partition, epoch });
        }
        let _ = now;
    }

    /// Lanes that waited for their partition are ready again.
    pub(super) fn unblock(&mut self, id: PartitionId) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let epoch = partition.epoch;
        for key in std::mem::take(&mut partition.blocked) {
            self.ready.push_back(LaneRef { partition: id, epoch, key });
        }
    }
}
