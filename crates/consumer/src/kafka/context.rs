//! What librdkafka calls back: it only writes down what happened, the poll loop acts on it.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use serde::Deserialize;

use super::oauth;

/// A change of the assignment that the coordinator asks for. librdkafka waits until the poll loop has carried it out.
#[derive(Debug)]
pub(crate) enum Rebalance {
    /// These partitions are added.
    Assign(TopicPartitionList),
    /// These partitions are taken; `lost` when they are somebody else's already.
    Revoke { partitions: TopicPartitionList, lost: bool },
}

/// The few numbers of librdkafka's statistics that we use.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Stats {
    /// When they were written down, in microseconds of the monotonic clock.
    #[serde(default)]
    pub(crate) ts: i64,
    #[serde(default)]
    pub(crate) topics: HashMap<String, TopicStats>,
}

/// One topic of the statistics.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TopicStats {
    #[serde(default)]
    pub(crate) partitions: HashMap<String, PartitionStats>,
}

/// One partition of the statistics.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct PartitionStats {
    /// The next offset librdkafka will ask the broker for.
    pub(crate) next_offset: i64,
    /// The last stable offset.
    pub(crate) ls_offset: i64,
}

/// Collects callbacks between two turns of the poll loop. Its locks are never contended: all of it happens on the poll thread.
#[derive(Debug, Default)]
pub(crate) struct PollContext {
    rebalances: Mutex<VecDeque<Rebalance>>,
    stats: Mutex<Option<Stats>>,
    errors: Mutex<Vec<String>>,
    closing: AtomicBool,
}

impl PollContext {
    /// The oldest rebalance that was not carried out yet.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// A rebalance waits to be carried out.
    pub(crate) fn has_rebalance(&self) -> bool {
        !self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The newest statistics since the last call.
    pub(crate) fn take_stats(&self) -> Option<Stats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The errors since the last call.
    pub(crate) fn take_errors(&self) -> Vec<String> {
        std::mem::take(&mut *self.errors.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A rebalance that was not carried out says that our partitions are somebody else's.
    pub(crate) fn has_lost(&self) -> bool {
        let rebalances = self.rebalances.lock().unwrap_or_else(PoisonError::into_inner);
        rebalances.iter().any(|rebalance| matches!(rebalance, Rebalance::Revoke { lost: true, .. }))
    }

    /// It was begun, and is not carried out: it is the first one again.
    pub(crate) fn put_back(&self, rebalance: Rebalance) {
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).push_front(rebalance);
    }

    /// From now on partitions are given back at once, those of rebalances that were not carried out first: the consumer is about to be destroyed.
    pub(crate) fn close(&self, consumer: &BaseConsumer<Self>) {
        self.closing.store(true, Ordering::Release);
        while let Some(rebalance) = self.next_rebalance() {
            obey(consumer, &rebalance);
        }
    }
}

/// Carries a rebalance of a closing consumer out.
fn obey(consumer: &BaseConsumer<PollContext>, rebalance: &Rebalance) {
    let done = match rebalance {
        Rebalance::Assign(partitions) => consumer.incremental_assign(partitions),
        Rebalance::Revoke { partitions, .. } => consumer.incremental_unassign(partitions),
    };
    if let Err(error) = done {
        tracing::warn!(%error, "the last rebalance of a closing consumer failed");
    }
}

impl ClientContext for PollContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        oauth::token(config)
    }

    fn stats_raw(&self, statistics: &[u8]) {
        if let Ok(stats) = serde_json::from_slice(statistics) {
            *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = Some(stats);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        if errors.len() < 64 {
            errors.push(format!("{error}: {reason}"));
        }
    }
}

impl ConsumerContext for PollContext {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let rebalance = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Rebalance::Assign(partitions.clone()),
            _ => Rebalance::Revoke { partitions: partitions.clone(), lost: consumer.assignment_lost() },
        };
        if self.closing.load(Ordering::Acquire) {
            return obey(consumer, &rebalance);
        }
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).push_back(rebalance);
    }
}
