//! Partitions come and go: what the coordinator asks for, carried out between two polls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Halt, Offset, Plan};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::Offset as KafkaOffset;

use super::Session;
use crate::kafka::assignment::Found;
use crate::kafka::context::Rebalance;
use crate::kafka::held::{Name, Next};
use crate::kafka::messages::{Assigned, Event};
use crate::kafka::owned::Owned;

/// librdkafka's own thread answers a seek at once, unless it is stuck.
const PLACE: Duration = Duration::from_secs(1);

/// What is done with the partitions of one answer.
#[derive(Default)]
struct Taken {
    /// Taken over, or halted.
    plans: Vec<(Name, Result<Plan, Halt>)>,
    /// They go on waiting.
    waiting: Vec<Name>,
}

impl Session<'_> {
    /// Carries out what the coordinator asked for, as far as it can go now.
    pub(super) fn rebalance(&mut self) {
        if self.current.is_none() {
            self.current = self.consumer.client().context().next_rebalance();
            match &self.current {
                None => return,
                Some(Rebalance::Assign(added)) => {
                    let added = names(added);
                    if added.is_empty() {
                        self.current = None;
                        return self.take(Taken::default(), &[], true);
                    }
                    // Its share of the quota depends on the count, so that comes first.
                    self.count_at = self.count_at.map(|_| Instant::now());
                    self.held.add(added, Instant::now());
                }
                Some(Rebalance::Revoke { partitions, lost }) => {
                    let (partitions, lost) = (partitions.clone(), *lost);
                    self.begin_revoke(&partitions, lost);
                }
            }
        }
        if let Some(Rebalance::Revoke { partitions, lost }) = &self.current {
            let (partitions, lost) = (partitions.clone(), *lost);
            let waits = !lost && partitions.elements().iter().any(|e| self.partitions.get_mut(e.topic(), e.partition()).is_some());
            if !waits || self.consumer.assignment_lost() {
                self.current = None;
                self.unassign(&partitions);
            }
        }
    }

    /// Partitions were looked up: some are taken over, the others wait on.
    pub(super) fn looked_up(&mut self, partitions: Vec<Name>, found: Vec<Found>, asked_at: Instant) {
        self.held.answered();
        let now = Instant::now();
        let mut taken = Taken::default();
        for (name, found) in partitions.into_iter().zip(found) {
            match self.held.next(&name, found, asked_at, self.poller.lingers, now) {
                Next::Take(plan) => taken.plans.push((name, plan)),
                Next::Wait(why) => {
                    if let Some(why) = why {
                        self.tell(Event::Held { topic: Arc::clone(&name.0), partition: name.1, why });
                    }
                    taken.waiting.push(name);
                }
                Next::Gone => {}
            }
        }
        let added = match &self.current {
            Some(Rebalance::Assign(added)) => names(added),
            Some(Rebalance::Revoke { .. }) | None => Vec::new(),
        };
        let is_new = |name: &Name| added.contains(name);
        if taken.plans.iter().map(|(name, _)| name).chain(&taken.waiting).any(is_new) {
            self.current = None;
            self.take(taken, &added, true);
        } else if !taken.plans.is_empty() {
            self.take(taken, &[], false);
        }
    }

    /// Takes partitions over: those that are `added` librdkafka gets now; those that waited it has, paused, and is told where they begin. `answers`:
    /// the coordinator asked for it.
    fn take(&mut self, taken: Taken, added: &[Name], answers: bool) {
        let (mut list, mut still) = (TopicPartitionList::new(), TopicPartitionList::new());
        let (mut fetched, mut assigned) = (TopicPartitionList::new(), Vec::new());
        for (name, plan) in taken.plans {
            let is_new = added.contains(&name);
            // A halted partition is held, so that nobody else takes it for free, but never fetched.
            let at = plan.as_ref().map_or(KafkaOffset::Offset(0), |plan| KafkaOffset::Offset(plan.read_from.0));
            let placed = if is_new { list.add_partition_offset(&name.0, name.1, at) } else { self.place(&name, at) };
            if let Err(error) = placed {
                // It goes on waiting, and is looked up again.
                self.tell(Event::Trouble { what: format!("taking {}/{} over: {error}", name.0, name.1) });
                continue;
            }
            self.held.remove(&name.0, name.1);
            let target = if plan.is_ok() { &mut fetched } else { &mut still };
            target.add_partition(&name.0, name.1);
            let from = plan.as_ref().map_or(Offset(0), |plan| plan.read_from);
            let (id, epoch) = self.partitions.assign(&name.0, name.1, from, plan.is_ok());
            assigned.push(Assigned { id, topic: name.0, partition: name.1, epoch, plan });
        }
        for name in taken.waiting.into_iter().filter(|name| added.contains(name)) {
            if list.add_partition_offset(&name.0, name.1, KafkaOffset::Offset(0)).is_ok() {
                still.add_partition(&name.0, name.1);
                self.partitions.assign(&name.0, name.1, Offset(0), false);
            }
        }
        self.tell(Event::Assigned(assigned));
        // Paused before it is assigned, which outlives the assignment: not a single fetch is made where nobody wants to read. And after it, for
        // a partition that librdkafka did not know before.
        let _ = self.consumer.pause(&still);
        // Only what the coordinator asks for is assigned: anything else could pass for the answer to a question that we have not heard yet.
        let done = if answers { self.consumer.incremental_assign(&list) } else { Ok(()) };
        if let Err(error) = done.and_then(|()| self.consumer.pause(&still)) {
            self.tell(Event::Trouble { what: format!("taking an assignment: {error}") });
        }
        // A pause of ours outlives an assignment inside librdkafka.
        if let Err(error) = self.consumer.resume(&fetched) {
            self.tell(Event::Trouble { what: format!("resuming an assignment: {error}") });
        }
        self.tell(Event::Joined { partitions: self.partitions.count(), still: self.partitions.still() });
    }

    /// Tells librdkafka where a partition begins that it has already, and waits for its word: anything else could begin elsewhere.
    fn place(&self, name: &Name, at: KafkaOffset) -> KafkaResult<()> {
        self.consumer.seek(&name.0, name.1, at, PLACE)
    }

    fn begin_revoke(&mut self, partitions: &TopicPartitionList, lost: bool) {
        let ours = self.partitions.of_list(partitions, Owned::is_read);
        for element in partitions.elements() {
            self.held.remove(element.topic(), element.partition());
        }
        if lost {
            for element in partitions.elements() {
                self.partitions.remove(element.topic(), element.partition());
            }
            self.tell(Event::Lost(ours));
            return;
        }
        for element in partitions.elements() {
            let (topic, partition) = (element.topic(), element.partition());
            match self.partitions.get_mut(topic, partition) {
                // Nobody drains what was never read.
                Some(owned) if owned.halted => {
                    self.partitions.remove(topic, partition);
                }
                Some(owned) => owned.open = false,
                None => {}
            }
        }
        self.tell(Event::Revoking(ours));
    }

    fn unassign(&mut self, partitions: &TopicPartitionList) {
        let still = self.partitions.of_list(partitions, Owned::is_read);
        for element in partitions.elements() {
            self.partitions.remove(element.topic(), element.partition());
        }
        if !still.is_empty() {
            self.tell(Event::Lost(still));
        }
        if let Err(error) = self.consumer.incremental_unassign(partitions) {
            self.tell(Event::Trouble { what: format!("giving partitions back: {error}") });
        }
        self.tell(Event::Joined { partitions: self.partitions.count(), still: self.partitions.still() });
    }
}

fn names(list: &TopicPartitionList) -> Vec<Name> {
    list.elements().iter().map(|element| (Arc::from(element.topic()), element.partition())).collect()
}
