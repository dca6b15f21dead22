//! How the engine's and AlipayHK's words become series. No wildcard arm: a new word has to find its series here.

use alipayhk::exchange::KeyUse;
use alipayhk::{Code, Notes, SignatureNote};
use domain::{BizType, Cause, Outcome, Verdict};
use engine::{CommitResult, Disposition, GateReason, Note, ParkKind, ParkReason, RebuildReason, SkipReason, StaleReason, UnfitReason};

use super::series::Series;
use super::words::{AnswerNote, CommitEnd, DeadLetter, KeyKind, NoteKind, OutcomeName, Rebuild, RegistryFetch, Restored};
use crate::kafka::restore::Found;
use crate::schema::{KeyNote, RegistryError};

/// What a label says where there is nothing to tell apart.
const NONE: &str = "none";

/// How a record ended: disposition and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended(&'static str, &'static str);

impl Ended {
    const ALL: [Self; 13] = [
        Self("delivered", NONE),
        Self("superseded", NONE),
        Self("stale", "older"),
        Self("stale", "duplicate"),
        Self("stale", "peer_ahead"),
        Self("rejected", NONE),
        Self("parked", "undecodable"),
        Self("parked", "invalid"),
        Self("parked", "unmapped"),
        Self("parked", "undecided"),
        Self("skipped", "tombstone"),
        Self("skipped", "not_ours"),
        Self("skipped", "too_old"),
    ];

    pub(crate) fn of(disposition: &Disposition) -> Self {
        match disposition {
            Disposition::Delivered => Self("delivered", NONE),
            Disposition::Superseded { .. } => Self("superseded", NONE),
            Disposition::Stale(StaleReason::Older) => Self("stale", "older"),
            Disposition::Stale(StaleReason::Duplicate) => Self("stale", "duplicate"),
            Disposition::Stale(StaleReason::PeerAhead) => Self("stale", "peer_ahead"),
            Disposition::Rejected(_) => Self("rejected", NONE),
            Disposition::Parked(ParkKind::Undecodable) => Self("parked", "undecodable"),
            Disposition::Parked(ParkKind::Invalid) => Self("parked", "invalid"),
            Disposition::Parked(ParkKind::Unmapped) => Self("parked", "unmapped"),
            Disposition::Parked(ParkKind::Undecided) => Self("parked", "undecided"),
            Disposition::Skipped(SkipReason::Tombstone) => Self("skipped", "tombstone"),
            Disposition::Skipped(SkipReason::NotOurs) => Self("skipped", "not_ours"),
            Disposition::Skipped(SkipReason::TooOld) => Self("skipped", "too_old"),
        }
    }
}

impl Series for Ended {
    const LABELS: &'static [&'static str] = &["disposition", "reason"];

    fn all() -> Vec<Self> {
        Self::ALL.into()
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|ended| *ended == self).unwrap_or(usize::MAX)
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.0, self.1]
    }
}

/// How a call ended: outcome, and cause where nothing is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallEnd {
    outcome: OutcomeName,
    cause: Option<Cause>,
}

impl CallEnd {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let cause = match outcome {
            Outcome::Definitive(_) => None,
            Outcome::Indefinite(indefinite) => Some(indefinite.cause),
        };
        Self { outcome: OutcomeName::of(outcome), cause }
    }
}

impl Series for CallEnd {
    const LABELS: &'static [&'static str] = &["outcome", "cause"];

    fn all() -> Vec<Self> {
        let decided = OutcomeName::all().into_iter().filter(|outcome| *outcome != OutcomeName::Indefinite);
        let decided = decided.map(|outcome| Self { outcome, cause: None });
        decided.chain(Cause::ALL.into_iter().map(|cause| Self { outcome: OutcomeName::Indefinite, cause: Some(cause) })).collect()
    }

    fn index(self) -> usize {
        match self.cause {
            None => self.outcome.index(),
            Some(cause) => OutcomeName::Indefinite.index() + Cause::ALL.iter().position(|known| *known == cause).unwrap_or(usize::MAX / 2),
        }
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.outcome.name(), self.cause.map_or(NONE, Cause::name)]
    }
}

impl Series for BizType {
    const LABELS: &'static [&'static str] = &["biz_type"];

    fn all() -> Vec<Self> {
        Self::ALL.into()
    }

    fn index(self) -> usize {
        Self::ALL.into_iter().position(|member| member == self).unwrap_or(0)
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.name()]
    }
}

impl Series for Code {
    const LABELS: &'static [&'static str] = &["code"];

    fn all() -> Vec<Self> {
        Self::ALL.into()
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|known| *known == self).unwrap_or(usize::MAX)
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.name()]
    }
}

impl AnswerNote {
    /// Everything in an answer that is worth a look.
    pub(crate) fn of(notes: &Notes) -> impl Iterator<Item = Self> {
        let clock = notes.clock_alarm.then_some(Self::ClockSkew);
        let signature = match notes.signature {
            SignatureNote::NotChecked | SignatureNote::Verified(KeyUse::Named(_)) => None,
            SignatureNote::Verified(KeyUse::Tried(_)) => Some(Self::VerifyKeyTried),
            SignatureNote::Refused(_) => Some(Self::SignatureRefused),
        };
        [clock, signature].into_iter().flatten()
    }
}

impl Restored {
    pub(crate) fn of(found: Found) -> Self {
        match found {
            Found::Whole => Self::Whole,
            Found::Short => Self::Short,
            Found::Missing => Self::Missing,
        }
    }
}

impl RegistryFetch {
    pub(crate) fn of(result: &Result<String, RegistryError>) -> Self {
        match result {
            Ok(_) => Self::Fetched,
            Err(RegistryError::Unknown(_)) => Self::Unknown,
            Err(RegistryError::Unusable(..)) => Self::Unusable,
            Err(RegistryError::Unreachable(_)) => Self::Unreachable,
        }
    }
}

impl KeyKind {
    pub(crate) fn of(note: KeyNote) -> Self {
        match note {
            KeyNote::Matches => Self::Matches,
            KeyNote::Null => Self::Null,
            KeyNote::Differs => Self::Differs,
        }
    }
}

impl OutcomeName {
    /// Without the cause.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Definitive(Verdict::Accepted) => Self::Accepted,
            Outcome::Definitive(Verdict::HeldAlready) => Self::HeldAlready,
            Outcome::Definitive(Verdict::PeerAhead) => Self::PeerAhead,
            Outcome::Definitive(Verdict::Rejected(_)) => Self::Rejected,
            Outcome::Indefinite(_) => Self::Indefinite,
        }
    }
}

impl DeadLetter {
    /// The word of the header `ordersync.reason`.
    pub(crate) fn of(reason: &ParkReason) -> Self {
        match reason {
            ParkReason::Unfit(UnfitReason::Undecodable, _) => Self::Undecodable,
            ParkReason::Unfit(UnfitReason::Invalid, _) => Self::Invalid,
            ParkReason::Unfit(UnfitReason::Unmapped, _) => Self::Unmapped,
            ParkReason::Rejected(_) => Self::Rejected,
            ParkReason::Undecided(_) => Self::Undecided,
        }
    }
}

impl CommitEnd {
    pub(crate) fn of(result: CommitResult) -> Self {
        match result {
            CommitResult::Accepted => Self::Accepted,
            CommitResult::TryAgain => Self::TryAgain,
            CommitResult::InDoubt => Self::InDoubt,
            CommitResult::NotAMember => Self::NotAMember,
            CommitResult::MetadataTooLarge => Self::MetadataTooLarge,
            CommitResult::Refused => Self::Refused,
        }
    }
}

impl Rebuild {
    pub(crate) fn of(reason: RebuildReason) -> Self {
        match reason {
            RebuildReason::NotAMember => Self::NotAMember,
            RebuildReason::UnansweredCommit => Self::UnansweredCommit,
            RebuildReason::Stalled => Self::Stalled,
            RebuildReason::ForeignLog => Self::ForeignLog,
        }
    }
}

impl NoteKind {
    /// The kind of a note, and how many it stands for.
    pub(crate) fn of(note: &Note) -> (Self, u64) {
        match note {
            Note::GateClosed { .. } => (Self::GateClosed, 1),
            Note::GateOpened { .. } => (Self::GateOpened, 1),
            Note::RateChanged { .. } => (Self::RateChanged, 1),
            Note::ForeignMetadata { .. } => (Self::ForeignMetadata, 1),
            Note::Fenced { .. } => (Self::Fenced, 1),
            Note::Repeated { .. } => (Self::Repeated, 1),
            Note::EqualTimes { .. } => (Self::EqualTimes, 1),
            Note::OrderInSeveralPartitions { .. } => (Self::OrderInSeveralPartitions, 1),
            Note::TransitionViolated { .. } => (Self::TransitionViolated, 1),
            Note::Stalled { .. } => (Self::Stalled, 1),
            Note::Forgotten { orders } => (Self::Forgotten, u64::from(*orders)),
            Note::Held { orders, .. } => (Self::Held, u64::from(*orders)),
            Note::CommitFailed { .. } => (Self::CommitFailed, 1),
            Note::Lease { held: false } => (Self::LeaseLost, 1),
            Note::Lease { held: true } => (Self::LeaseRegained, 1),
        }
    }
}

/// Every word that [`GateReason::name`] can say.
pub(super) fn gate_reasons() -> Vec<&'static str> {
    let causes = Cause::ALL.into_iter().map(GateReason::Cause);
    causes.chain([GateReason::DeadLetterFuse, GateReason::Operator]).map(GateReason::name).collect()
}
