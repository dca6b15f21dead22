//! The outcomes topic: what happened to each record, written before its offset may be committed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use domain::MerchantBizNo;
use engine::{Epoch, PartitionId, Standing};
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaResult;
use tokio::sync::mpsc::UnboundedSender;

use super::dead_letter::Which;
use super::producer::{Confirmation, ConfirmedWriter, Write};
use crate::schema::outcome::{self, Facts};

/// A write that failed is made again after this.
const AGAIN: Duration = Duration::from_secs(1);

/// One outcome on its way; kept until it is confirmed, so that it can be written again.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) which: Which,
    /// The source's partition number: the topic mirrors it.
    pub(crate) partition: i32,
    /// `merchantBizNo`; empty where the record told none.
    pub(crate) key: Arc<[u8]>,
    pub(crate) value: Arc<[u8]>,
    /// How the order stood when the value was encoded.
    pub(crate) standing: Option<Standing>,
}

impl Outcome {
    /// The order, where the record told one.
    pub(crate) fn order(&self) -> Option<MerchantBizNo> {
        std::str::from_utf8(&self.key).ok().and_then(|order| MerchantBizNo::parse(order).ok())
    }

    /// One that was not taken is written behind newer ones of its order, and compaction may take these: it tells how the order stands by now.
    pub(crate) fn anew(self, standing: Option<Standing>) -> Self {
        match standing {
            Some(now) if self.standing.as_ref() != Some(&now) => {
                let value = outcome::encode_anew(&self.value, self.standing.as_ref(), &now).into();
                Self { value, standing: Some(now), ..self }
            }
            // Who has forgotten the order knows no better than before.
            Some(_) | None => self,
        }
    }
}

/// Writes outcomes.
pub(crate) struct Outcomes {
    writer: ConfirmedWriter<Outcome>,
    /// The schema's id in the registry, in front of every value; none without a registry.
    schema: Option<u32>,
    confirmations: UnboundedSender<Confirmation<Outcome>>,
    /// How many of an assignment are not confirmed yet.
    on_their_way: HashMap<(PartitionId, Epoch), usize>,
}

impl Outcomes {
    /// Makes the producer; it connects by itself. A write that is not on its log `within` this time has failed, also if we were frozen meanwhile.
    pub(crate) fn new(
        config: &ClientConfig,
        topic: &str,
        schema: Option<u32>,
        within: Duration,
        confirmations: UnboundedSender<Confirmation<Outcome>>,
    ) -> KafkaResult<Self> {
        let mut config = config.clone();
        config.set("message.timeout.ms", within.as_millis().to_string());
        Ok(Self {
            writer: ConfirmedWriter::new(&config, topic, confirmations.clone())?,
            schema,
            confirmations,
            on_their_way: HashMap::new(),
        })
    }

    /// One outcome as the topic's readers expect it.
    pub(crate) fn encode(&self, facts: &Facts<'_>) -> Vec<u8> {
        self.schema.map_or_else(|| outcome::encode(facts), |id| outcome::encode_framed(id, facts))
    }

    /// Writes one; its confirmation follows in any case, and is told to [`Outcomes::finished`].
    pub(crate) fn write(&mut self, outcome: Outcome) {
        *self.on_their_way.entry((outcome.which.partition, outcome.which.epoch)).or_default() += 1;
        let (key, value, partition) = (Arc::clone(&outcome.key), Arc::clone(&outcome.value), outcome.partition);
        let write = Write { key: Some(&key), value: Some(&value), headers: None, partition: Some(partition) };
        if let Err((error, outcome)) = self.writer.write(write, outcome) {
            let _ = self.confirmations.send((outcome, Err(error)));
        }
    }

    /// A write ended, well or not.
    pub(crate) fn finished(&mut self, which: Which) {
        if let Entry::Occupied(mut left) = self.on_their_way.entry((which.partition, which.epoch)) {
            *left.get_mut() -= 1;
            if *left.get() == 0 {
                left.remove();
            }
        }
    }

    /// The assignment is given up: what is not confirmed must not come behind the next owner's. It cannot be told from that of other partitions,
    /// so all is taken back; theirs is written again. False: there was nothing.
    pub(crate) fn give_up(&self, partition: PartitionId, epoch: Epoch) -> bool {
        let has_some = self.on_their_way.contains_key(&(partition, epoch));
        if has_some {
            self.writer.take_back();
        }
        has_some
    }

    /// Every assignment is given up.
    pub(crate) fn give_all_up(&self) {
        if !self.on_their_way.is_empty() {
            self.writer.take_back();
        }
    }

    /// How long to wait before a failed write is made again.
    pub(crate) fn again_after() -> Duration {
        AGAIN
    }

    /// Waits for the last confirmations.
    pub(crate) fn flush(&self, timeout: Duration) {
        if let Err(error) = self.writer.flush(timeout) {
            tracing::warn!(%error, "outcomes were not confirmed in time; their records stay open");
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::OrderStatus;
    use engine::{Disposition, Offset};
    use rdkafka::error::RDKafkaErrorCode;

    use super::*;
    use crate::schema::outcome::Told;

    fn standing(at: i64, status: &str) -> Standing {
        let accepted = Some(OrderStatus::parse(status).unwrap());
        Standing { at, offset: Offset(at), content: 7, was_accepted: true, accepted }
    }

    fn failed(order: &str, standing: Option<Standing>) -> Outcome {
        let value = outcome::encode(&Facts {
            topic: "orders",
            partition: 3,
            offset: 5,
            order: Some(order),
            disposition: &Disposition::Delivered,
            event: None,
            request_id: Some("0123"),
            notes: None,
            at_millis: 9,
            standing: standing.as_ref(),
        });
        let which = Which { partition: PartitionId(0), epoch: Epoch(1), offset: Offset(5) };
        Outcome { which, partition: 3, key: order.as_bytes().into(), value: value.into(), standing }
    }

    #[test]
    fn what_is_written_behind_a_newer_outcome_of_its_order_tells_how_the_order_stands_by_then() {
        for before in [Some(standing(5, "CREATED")), None] {
            let failed = failed("A", before);
            assert_eq!(failed.order().unwrap().as_str(), "A");
            let again = failed.clone().anew(Some(standing(80_000, "USED")));
            let (told, was) = (Told::read(&again.value).unwrap(), Told::read(&failed.value).unwrap());
            assert_eq!(told.standing(), Some(standing(80_000, "USED")), "compaction may keep this one only");
            assert_eq!((told.offset, told.disposition, told.request_id), (was.offset, was.disposition, was.request_id));
            assert_eq!(again.clone().anew(Some(standing(6, "PAID"))).anew(Some(standing(80_000, "USED"))).value, again.value);
        }
    }

    #[test]
    fn who_knows_no_better_writes_the_same_again() {
        let failed = failed("A", Some(standing(5, "CREATED")));
        for now in [None, Some(standing(5, "CREATED"))] {
            assert_eq!(failed.clone().anew(now).value, failed.value);
        }
    }

    #[test]
    fn what_is_not_confirmed_is_taken_back_when_its_assignment_is_given_up_and_for_no_other_one() {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let mut nowhere = ClientConfig::new();
        nowhere.set("bootstrap.servers", "127.0.0.1:9").set("enable.idempotence", "true");
        let mut outcomes = Outcomes::new(&nowhere, "outcomes", None, Duration::from_secs(600), sender).unwrap();
        outcomes.write(failed("A", None));
        assert!(!outcomes.give_up(PartitionId(0), Epoch(2)) && outcomes.give_up(PartitionId(0), Epoch(1)));
        let (outcome, result) = receiver.blocking_recv().unwrap();
        assert_eq!(result.unwrap_err().rdkafka_error_code(), Some(RDKafkaErrorCode::PurgeQueue));
        outcomes.finished(outcome.which);
        assert!(outcomes.on_their_way.is_empty());
    }
}
