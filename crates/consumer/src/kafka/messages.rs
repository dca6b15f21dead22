//! What the poll thread and the driver say to each other.

use std::sync::Arc;

use engine::{CommitResult, CommitTicket, Epoch, Halt, Offset, PartitionId, Plan};

use super::record::RawRecord;
use super::transit::Load;

/// From the poll thread, in the order in which things happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// Partitions became ours and are being fetched from where their plan says.
    Assigned(Vec<Assigned>),
    /// A partition is ours and cannot be taken over yet.
    Held { topic: Arc<str>, partition: i32, why: String },
    /// A partition's next offset is no longer in its log.
    Halted { id: PartitionId, epoch: Epoch, halt: Halt },
    /// How many partitions the subscription has.
    TotalPartitions(u32),
    /// Partitions will be taken: the driver drains each and answers with [`Command::Release`].
    Revoking(Vec<(PartitionId, Epoch)>),
    /// Partitions are somebody else's already.
    Lost(Vec<(PartitionId, Epoch)>),
    /// Records, in order within each partition, and what they weigh on the way.
    Records(Vec<RawRecord>, Load),
    /// Fetch positions that moved without a record, and log ends.
    Positions(Vec<Position>),
    /// The answer to a commit.
    Committed { commit: CommitTicket, result: CommitResult },
    /// A rebalance ended; for the counters and `/readyz`. `still`: of the partitions those that are not read, because they are halted or wait to be taken over.
    Joined { partitions: u32, still: Vec<PartitionId> },
    /// librdkafka reports an error that it works on by itself.
    Trouble { what: String },
    /// librdkafka cannot go on.
    Fatal { what: String },
    /// The consumer was destroyed and made anew.
    Rebuilt,
    /// The consumer is closed (or its time for that was over); the thread ends.
    Closed,
}

/// One partition that became ours.
#[derive(Debug, Clone)]
pub(crate) struct Assigned {
    /// The process-wide number of this (topic, partition).
    pub(crate) id: PartitionId,
    /// Its topic.
    pub(crate) topic: Arc<str>,
    /// Its number in the topic.
    pub(crate) partition: i32,
    /// The number of this assignment.
    pub(crate) epoch: Epoch,
    /// What was inherited, or why the partition stands still.
    pub(crate) plan: Result<Plan, Halt>,
}

/// Where a partition stands by librdkafka's statistics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    /// Which partition.
    pub(crate) id: PartitionId,
    /// In which assignment.
    pub(crate) epoch: Epoch,
    /// Everything below was handed over; `None` where records may still wait in librdkafka.
    pub(crate) next: Option<Offset>,
    /// The last stable offset.
    pub(crate) end: Option<Offset>,
}

/// From the driver.
#[derive(Debug)]
pub(crate) enum Command {
    /// Commit one partition.
    Commit(engine::Commit),
    /// Stop or go on fetching one partition.
    Fetch { id: PartitionId, epoch: Epoch, on: bool },
    /// The partition is drained and may go.
    Release { id: PartitionId, epoch: Epoch },
    /// Fetch again from here.
    Seek { id: PartitionId, epoch: Epoch, offset: Offset },
    /// Destroy the consumer and join as a new member.
    Rebuild,
    /// Close the consumer and end.
    Stop,
}
