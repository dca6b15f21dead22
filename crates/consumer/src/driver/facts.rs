//! The names behind numbers, and what answers said, as far as dead letters, outcomes and log lines need it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use domain::OrderEvent;
use engine::{Epoch, PartitionId, Ticket};

/// Answers kept for the outcomes topic; an answer is needed until its call's records are settled.
const ANSWERS: usize = 65_536;

/// The constant facts of this process and the changing ones of its partitions.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) group: Arc<str>,
    pub(crate) environment: Option<Arc<str>>,
    partitions: Vec<Option<Place>>,
    answers: HashMap<Ticket, AnswerFacts>,
    order: VecDeque<Ticket>,
}

/// One partition by name, and its newest assignment.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) epoch: Epoch,
    /// Assigned and not given back.
    pub(crate) ours: bool,
}

/// What the outcomes topic tells of an answer.
#[derive(Debug, Clone)]
pub(crate) struct AnswerFacts {
    /// The modification that was sent, without its opaque parts: thousands of these are kept.
    pub(crate) event: OrderEvent,
    pub(crate) request_id: Option<alipayhk::RequestId>,
    pub(crate) notes: alipayhk::Notes,
}

impl AnswerFacts {
    pub(crate) fn new(event: &OrderEvent, request_id: Option<alipayhk::RequestId>, notes: alipayhk::Notes) -> Self {
        let event = event.clone();
        Self { event: OrderEvent { shop_info: None, item_order_list: None, ext_info: None, ..event }, request_id, notes }
    }
}

impl Facts {
    pub(crate) fn new(group: Arc<str>, environment: Option<Arc<str>>) -> Self {
        Self { group, environment, partitions: Vec::new(), answers: HashMap::new(), order: VecDeque::new() }
    }

    /// A partition became ours.
    pub(crate) fn assigned(&mut self, id: PartitionId, topic: Arc<str>, partition: i32, epoch: Epoch) {
        let index = id.0 as usize;
        if self.partitions.len() <= index {
            self.partitions.resize(index + 1, None);
        }
        if let Some(slot) = self.partitions.get_mut(index) {
            *slot = Some(Place { topic, partition, epoch, ours: true });
        }
    }

    /// A partition is no longer ours.
    pub(crate) fn gone(&mut self, id: PartitionId, epoch: Epoch) {
        if let Some(Some(place)) = self.partitions.get_mut(id.0 as usize)
            && place.epoch == epoch
        {
            place.ours = false;
        }
    }

    /// This assignment is the one in force.
    pub(crate) fn is_ours(&self, id: PartitionId, epoch: Epoch) -> bool {
        self.place(id).is_some_and(|place| place.ours && place.epoch == epoch)
    }

    /// The name behind a number.
    pub(crate) fn place(&self, id: PartitionId) -> Option<&Place> {
        self.partitions.get(id.0 as usize)?.as_ref()
    }

    /// The partitions that are ours now.
    pub(crate) fn ours(&self) -> Vec<(PartitionId, Epoch)> {
        let numbered = (0..).map(PartitionId).zip(&self.partitions);
        numbered.filter_map(|(id, place)| place.as_ref().filter(|place| place.ours).map(|place| (id, place.epoch))).collect()
    }

    /// `topic/partition` for log lines.
    pub(crate) fn name(&self, id: PartitionId) -> String {
        self.place(id).map_or_else(|| format!("#{}", id.0), |place| format!("{}/{}", place.topic, place.partition))
    }

    /// Keeps what an answer said.
    pub(crate) fn keep(&mut self, ticket: Ticket, answer: AnswerFacts) {
        self.answers.insert(ticket, answer);
        self.order.push_back(ticket);
        if self.order.len() > ANSWERS
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
    }

    /// What the answer of a call said.
    pub(crate) fn answer(&self, ticket: Ticket) -> Option<&AnswerFacts> {
        self.answers.get(&ticket)
    }
}

#[cfg(test)]
mod tests {
    use domain::RawOrderEvent;

    use super::*;

    const ID: PartitionId = PartitionId(2);

    fn facts() -> Facts {
        Facts::new("group".into(), None)
    }

    fn answer() -> AnswerFacts {
        let raw = RawOrderEvent {
            merchant_biz_no: "ORDER-1".into(),
            merchant_biz_type: "LINE_UP".into(),
            order_status: "CALL_NUM".into(),
            open_id: Some("20881234".into()),
            user_id: Some("2160000000000001".into()),
            order_create_time: 1_795_478_399_998,
            order_modify_time: 1_795_478_399_999,
            ext_info: Some("{\"a\":1}".into()),
            ..RawOrderEvent::default()
        };
        AnswerFacts::new(&OrderEvent::parse(&raw, 1_795_478_400_000).unwrap(), None, alipayhk::Notes::default())
    }

    fn ticket(serial: u64) -> Ticket {
        Ticket { partition: ID, epoch: Epoch(1), serial }
    }

    #[test]
    fn a_partition_is_ours_from_its_assignment_until_that_assignment_ends() {
        let mut facts = facts();
        facts.assigned(ID, "orders".into(), 7, Epoch(1));
        assert_eq!(facts.ours(), [(ID, Epoch(1))]);
        facts.assigned(ID, "orders".into(), 7, Epoch(2));
        facts.gone(ID, Epoch(1));
        assert_eq!(facts.ours(), [(ID, Epoch(2))], "the end of an older assignment says nothing of the newer one");
        facts.gone(ID, Epoch(2));
        assert!(facts.ours().is_empty());
    }

    #[test]
    fn a_partition_has_a_name_also_when_it_is_gone_and_a_number_before_it_came() {
        let mut facts = facts();
        assert_eq!(facts.name(ID), "#2");
        facts.assigned(ID, "orders".into(), 7, Epoch(1));
        facts.gone(ID, Epoch(1));
        assert_eq!(facts.name(ID), "orders/7");
    }

    #[test]
    fn of_many_answers_the_oldest_are_forgotten() {
        let (mut facts, one) = (facts(), answer());
        for serial in 0..=ANSWERS as u64 {
            facts.keep(ticket(serial), one.clone());
        }
        assert!(facts.answer(ticket(0)).is_none());
        assert!(facts.answer(ticket(1)).is_some());
        assert_eq!((facts.answers.len(), facts.order.len()), (ANSWERS, ANSWERS));
    }

    #[test]
    fn what_is_kept_of_an_order_has_no_opaque_parts() {
        let kept = answer().event;
        assert_eq!((kept.merchant_biz_no.as_str(), kept.status.as_str()), ("ORDER-1", "CALL_NUM"));
        assert!(kept.ext_info.is_none() && kept.shop_info.is_none() && kept.item_order_list.is_none());
    }
}
