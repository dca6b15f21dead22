//! What the engine tells beside what it asks for.

use domain::{BizType, MerchantBizNo};

use super::{CommitResult, Now, Offset, PartitionId, Ticket};

/// Why the consumer is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebuildReason {
    /// A commit said UNKNOWN_MEMBER_ID, or we slept for so long that we can hardly be one.
    NotAMember,
    /// A partition is given up with an unanswered commit that could land over its next owner's.
    UnansweredCommit,
    /// The watchdog's second step.
    Stalled,
    /// The log under the predecessor's map is another one: everything is read again without the map.
    ForeignLog,
}

/// What happened, for logs and counters. Each is said once, where it is decided.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields of a variant are named by their types")]
pub enum Note {
    /// The gate changed. `biz_type`: the gate of one type only.
    GateClosed { biz_type: Option<BizType>, reason: GateReason },
    /// The gate (of a type) is open again.
    GateOpened { biz_type: Option<BizType> },
    /// The rate was cut, or restored to its full share.
    RateChanged { per_second: f64 },
    /// Metadata that is not ours, or does not fit: see the fault.
    ForeignMetadata { partition: PartitionId, fault: crate::metadata::Fault },
    /// An answer came back to an assignment that is gone.
    Fenced { ticket: Ticket },
    /// A record was sent again although its settlement may have been known before.
    Repeated { partition: PartitionId, offset: Offset },
    /// Two modifications with equal time and different content: the later offset counts.
    EqualTimes { partition: PartitionId, offset: Offset },
    /// An order lives in two partitions: it is alive in both, or new in this one and at rest in the other.
    OrderInSeveralPartitions { partition: PartitionId, offset: Offset },
    /// `observe`: sent although the table forbids the step.
    TransitionViolated { partition: PartitionId, offset: Offset, biz_type: BizType },
    /// A partition, or an order in it, makes no progress although it could.
    Stalled { partition: PartitionId, offset: Offset, order: Option<MerchantBizNo>, why: StallReason },
    /// Remembered orders were forgotten to keep the bound.
    Forgotten { orders: u32 },
    /// A hand-over was unclean: some orders wait for calls of the predecessor.
    Held { partition: PartitionId, orders: u32, until: Now },
    /// A commit was refused or stayed unanswered.
    CommitFailed { partition: PartitionId, result: Option<CommitResult> },
    /// No accepted commit for so long that nothing is sent (the lease), or the lease is back.
    Lease { held: bool },
}

/// Why a gate is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GateReason {
    /// An answer or a failure of this kind.
    Cause(domain::Cause),
    /// The dead-letter fuse is empty.
    DeadLetterFuse,
    /// `alipayhk.hold_file` exists.
    Operator,
}

/// Why something stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StallReason {
    /// Lag, not paused, and nothing arrives.
    NothingFetched,
    /// One order that AlipayHK does not decide holds more than half of the window.
    OrderUndecided,
    /// A closed type gate holds more than half of the window.
    TypeGate,
    /// Three unclean take-overs in a row without commit progress.
    UncleanTakeOvers,
}

impl StallReason {
    /// The word in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::NothingFetched => "nothing_fetched",
            Self::OrderUndecided => "order_undecided",
            Self::TypeGate => "type_gate",
            Self::UncleanTakeOvers => "unclean_take_overs",
        }
    }
}

impl GateReason {
    /// The word in `/api/state` and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cause(cause) => cause.name(),
            Self::DeadLetterFuse => "dead_letter_fuse",
            Self::Operator => "operator",
        }
    }
}
