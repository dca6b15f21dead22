//! Spans of what happens to partitions: a rebalance, the drain of one of them, a commit.

use tracing::{Span, field};

use super::TARGET;

/// From the first word of a change to the moment when the group has settled.
pub fn rebalance(group: &str) -> Span {
    tracing::info_span!(
        target: TARGET,
        parent: None,
        "rebalance",
        otel.kind = "internal",
        messaging.system = "kafka",
        messaging.consumer.group.name = group,
        ordersync.partitions.assigned = field::Empty,
        ordersync.partitions.revoked = field::Empty,
        ordersync.partitions.lost = field::Empty,
        ordersync.partitions.ours = field::Empty,
    )
}

/// One partition from the word that it goes to its release. `within`: the rebalance that takes it; none when the process ends.
pub fn drain(within: Option<&Span>, topic: &str, partition: i32, epoch: u32) -> Span {
    tracing::info_span!(
        target: TARGET,
        parent: within.and_then(Span::id),
        "drain",
        otel.name = %format_args!("drain {topic}"),
        otel.kind = "internal",
        messaging.system = "kafka",
        messaging.destination.name = topic,
        messaging.destination.partition.id = %partition,
        ordersync.epoch = i64::from(epoch),
        ordersync.drain.end = field::Empty,
    )
}

/// From asking for a commit to the coordinator's answer.
pub fn commit(group: &str, topic: &str, partition: i32, offset: i64) -> Span {
    tracing::info_span!(
        target: TARGET,
        parent: None,
        "commit",
        otel.name = %format_args!("commit {topic}"),
        otel.kind = "client",
        otel.status_code = field::Empty,
        messaging.system = "kafka",
        messaging.operation.type = "settle",
        messaging.operation.name = "commit",
        messaging.consumer.group.name = group,
        messaging.destination.name = topic,
        messaging.destination.partition.id = %partition,
        messaging.kafka.offset = offset,
        ordersync.commit.result = field::Empty,
    )
}
