//! What goes into the engine and what it asks for: the whole language between the engine and its driver.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::{BizType, MerchantBizNo, ModifiedAt, OrderStatus, Outcome, ResultCode};

use crate::takeover::Plan;

mod notes;
mod standing;

pub use notes::{GateReason, Note, RebuildReason, StallReason};
pub use standing::Standing;

/// Time since the process started. The driver reads the clock; the engine only compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Now(pub Duration);

/// The driver's number for one (topic, partition), the same for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionId(pub u32);

/// A Kafka offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

/// The number of one assignment of one partition; grows by every assignment in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u32);

/// Identity of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Where the order came from.
    pub partition: PartitionId,
    /// The assignment in which the call was made.
    pub epoch: Epoch,
    /// Unique in the process.
    pub serial: u64,
}

/// Identity of one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitTicket(pub u64);

/// One thing that happened outside.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields of a variant are named by their types")]
pub enum Input<P> {
    /// A partition became ours; `plan` is what [`crate::takeover::plan`] made of the facts found then.
    Assigned { partition: PartitionId, epoch: Epoch, plan: Plan },
    /// The next record of a partition, in offset order within one epoch.
    Fetched { partition: PartitionId, epoch: Epoch, record: Record<P> },
    /// The fetch position moved without a record: control records, compaction, aborted transactions.
    Position { partition: PartitionId, epoch: Epoch, next: Offset },
    /// Records of a partition wait outside the engine (for a schema), or do no longer: nothing arrives, and that is no stall.
    WaitsOutside { partition: PartitionId, epoch: Epoch, on: bool },
    /// What orders of a partition have had decided is being read from the outcomes topic; until it is all there nothing is sent.
    Restoring { partition: PartitionId, epoch: Epoch, on: bool },
    /// A part of it, in the order in which it was written.
    Restored { partition: PartitionId, epoch: Epoch, orders: Vec<(MerchantBizNo, Standing)> },
    /// The last stable offset as somebody heard it, perhaps a while ago; only the watchdog needs it.
    LogEnd { partition: PartitionId, epoch: Epoch, end: Offset },
    /// A call ended. Comes exactly once for every [`Effect::Call`], whatever happened to its partition.
    CallFinished { ticket: Ticket, outcome: Outcome },
    /// The dead-letter write of [`Effect::Park`] was confirmed by the broker, or failed.
    ParkFinished { partition: PartitionId, epoch: Epoch, offset: Offset, confirmed: bool },
    /// The outcomes topic has the record of this offset (only when [`crate::Config::outcomes`] is on).
    OutcomeWritten { partition: PartitionId, epoch: Epoch, offset: Offset },
    /// The answer to [`Effect::Commit`].
    CommitFinished { commit: CommitTicket, result: CommitResult },
    /// The partition will be taken in an orderly way: drain, commit, release, at the latest at `deadline`. Shutdown is this for every partition.
    Revoking { partition: PartitionId, epoch: Epoch, deadline: Now },
    /// The partition is already somebody else's.
    Lost { partition: PartitionId, epoch: Epoch },
    /// How many partitions the whole subscription has, over all topics: the base of quota share and memory bounds.
    TotalPartitions(u32),
    /// The operator's hold file appeared or went.
    OperatorHold(bool),
    /// The operator changed the client's quota. What the old one's bucket held is kept: no burst, and no debt forgiven.
    Quota { requests_per_second: f64, reserve_per_second: f64 },
}

/// One record of a partition.
#[derive(Debug, Clone)]
pub struct Record<P> {
    /// Its offset.
    pub offset: Offset,
    /// The leader epoch it was read under, where the client tells it.
    pub leader_epoch: Option<i32>,
    /// Bytes held in memory for it.
    pub bytes: u32,
    /// What it is.
    pub content: Content<P>,
}

/// What a record turned out to be.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields of a variant are named by their types")]
pub enum Content<P> {
    /// A valid modification.
    Modification(Modification<P>),
    /// A valid modification that is older than `delivery.max_age`: it is passed over, but its order has to know of it.
    TooOld(Modification<P>),
    /// Something that cannot be sent: parked on its own.
    Unfit { reason: UnfitReason, message: Arc<str>, payload: P },
    /// Something that says by itself that it is not for us.
    Skip(SkipReason),
}

/// One modification of one order.
#[derive(Debug, Clone)]
pub struct Modification<P> {
    /// The order.
    pub order: MerchantBizNo,
    /// Its business type.
    pub biz_type: BizType,
    /// Its status.
    pub status: OrderStatus,
    /// When it happened.
    pub modified_at: ModifiedAt,
    /// Equal content, equal number ([`domain::OrderEvent::content`]).
    pub content: u64,
    /// What the driver needs to send or park it; cheap to clone.
    pub payload: P,
}

/// Why a record can never be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnfitReason {
    /// The bytes are not what the schema says.
    Undecodable,
    /// Decoded, but it breaks a rule.
    Invalid,
    /// No mapping has a value for it.
    Unmapped,
}

/// Why a record is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// A null value.
    Tombstone,
    /// The mapping's `when`, or an `otherwise = "skip"`.
    NotOurs,
    /// Older than `delivery.max_age`.
    TooOld,
}

/// Why a record goes to the dead-letter topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkReason {
    /// See [`UnfitReason`]; the message never quotes a value of the record.
    Unfit(UnfitReason, Arc<str>),
    /// A definitive refusal.
    Rejected(ResultCode),
    /// `delivery.on_undecided` gave it up.
    Undecided(domain::Cause),
}

/// How a record ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of a variant are named by their types")]
pub enum Disposition {
    /// AlipayHK accepted it.
    Delivered,
    /// A newer modification of the order, at this offset, was decided in its place.
    Superseded { by: Offset },
    /// It is not newer than what was decided before; `PeerAhead` when AlipayHK said so itself.
    Stale(StaleReason),
    /// AlipayHK refused it for good; a copy is in the dead-letter topic.
    Rejected(ResultCode),
    /// It is in the dead-letter topic.
    Parked(ParkKind),
    /// Nothing had to be done.
    Skipped(SkipReason),
}

/// What made a record stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StaleReason {
    /// Older than, or the same as, what the order has already had decided, or holds.
    Older,
    /// Equal time and equal content.
    Duplicate,
    /// AlipayHK holds a status that only comes later.
    PeerAhead,
}

/// The closed set of reasons of parked records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParkKind {
    /// Undecodable bytes.
    Undecodable,
    /// A rule is broken.
    Invalid,
    /// No mapping fits.
    Unmapped,
    /// Given up by `delivery.on_undecided`.
    Undecided,
}

/// The coordinator's word on a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitResult {
    /// Stored.
    Accepted,
    /// Not stored, and never will be, for an ordinary reason (a rebalance is running). Try again.
    TryAgain,
    /// Stored or not: the client gave it up, perhaps after several attempts, and the coordinator may still take one.
    InDoubt,
    /// UNKNOWN_MEMBER_ID: we were expelled.
    NotAMember,
    /// The metadata was refused as too large: a defect of ours, answered by a commit without a map.
    MetadataTooLarge,
    /// The broker will never take it as things stand (authorization, unknown topic).
    Refused,
}

/// Something the driver has to do.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields of a variant are named by their types")]
pub enum Effect<P> {
    /// Make a signed call; answer with [`Input::CallFinished`].
    Call(Call<P>),
    /// Write a dead letter; answer with [`Input::ParkFinished`].
    Park(Park<P>),
    /// Tell the outcomes topic and the counters how a record ended. With [`crate::Config::outcomes`] on, answer with [`Input::OutcomeWritten`].
    Disposed(Disposed),
    /// Commit one partition; answer with [`Input::CommitFinished`].
    Commit(Commit),
    /// Stop fetching a partition; polling goes on.
    Pause { partition: PartitionId, epoch: Epoch },
    /// Fetch it again.
    Resume { partition: PartitionId, epoch: Epoch },
    /// The partition may be given back: the reply to [`Input::Revoking`].
    Release { partition: PartitionId, epoch: Epoch },
    /// The watchdog's first step: fetch again from here.
    Seek { partition: PartitionId, epoch: Epoch, offset: Offset },
    /// Destroy the consumer and join as a new member.
    Rebuild { reason: RebuildReason },
    /// Leave with a failure: nothing else helped.
    Exit { reason: &'static str },
    /// Something worth a log line or a counter.
    Note(Note),
}

/// One call to make.
#[derive(Debug, Clone)]
pub struct Call<P> {
    /// Its identity.
    pub ticket: Ticket,
    /// The offset of the modification that is sent.
    pub offset: Offset,
    /// What to send.
    pub payload: P,
    /// 1 for the first attempt of this modification in this process.
    pub attempt: u32,
    /// Goes into `requestId`: 0, and one more after every UNKNOWN_EXCEPTION that came with `F`.
    pub generation: u32,
    /// How many records this call answers for, itself included.
    pub answers_for: u32,
    /// No first byte may be written after this moment (timeout and lease).
    pub write_by: Now,
    /// The call is over at this moment.
    pub deadline: Now,
}

/// One dead letter to write.
#[derive(Debug, Clone)]
pub struct Park<P> {
    /// Where the record is.
    pub partition: PartitionId,
    /// In which assignment.
    pub epoch: Epoch,
    /// Its offset.
    pub offset: Offset,
    /// Why.
    pub reason: ParkReason,
    /// What to write.
    pub payload: P,
    /// How often it was sent.
    pub attempts: u32,
    /// First and last failed attempt.
    pub failures: Option<(Now, Now)>,
}

/// How one record ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposed {
    /// Where it is.
    pub partition: PartitionId,
    /// In which assignment.
    pub epoch: Epoch,
    /// Its offset.
    pub offset: Offset,
    /// The order, where the record is one.
    pub order: Option<MerchantBizNo>,
    /// How.
    pub disposition: Disposition,
    /// The call that decided it, where there was one.
    pub ticket: Option<Ticket>,
    /// How its order stands now (only when [`crate::Config::outcomes`] is on).
    pub standing: Option<Standing>,
}

/// One commit to make, encoded from one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its identity.
    pub commit: CommitTicket,
    /// Where.
    pub partition: PartitionId,
    /// In which assignment.
    pub epoch: Epoch,
    /// The next offset to read.
    pub offset: Offset,
    /// At most 4,096 characters.
    pub metadata: String,
    /// Not handed to the client after this moment: then it is overdue, and whoever waited so long may be no member any more.
    pub hand_by: Now,
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<UnfitReason> for ParkKind {
    fn from(reason: UnfitReason) -> Self {
        match reason {
            UnfitReason::Undecodable => Self::Undecodable,
            UnfitReason::Invalid => Self::Invalid,
            UnfitReason::Unmapped => Self::Unmapped,
        }
    }
}
