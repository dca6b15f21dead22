//! The words of labels that are plain closed sets.

use super::series::Series;

/// A closed set with one label: the enum, its label, its members and their words.
macro_rules! closed {
    ($(#[$doc:meta])* $name:ident, $label:literal, { $($member:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($member),* }

        impl Series for $name {
            const LABELS: &'static [&'static str] = &[$label];

            fn all() -> Vec<Self> {
                vec![$(Self::$member),*]
            }

            fn index(self) -> usize {
                self as usize
            }

            fn values(self) -> Vec<&'static str> {
                vec![self.name()]
            }
        }

        impl $name {
            /// The label's value.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$member => $text),* }
            }
        }
    };
}

closed!(
    /// What came of reading the configuration again.
    Reloaded, "result", { Taken = "taken", Refused = "refused" }
);
closed!(
    /// What became of spans or metrics that were sent to the collector.
    ExportEnd, "result", { Exported = "exported", Failed = "failed" }
);
closed!(
    /// What came of asking the registry.
    RegistryFetch, "result", { Fetched = "fetched", Unknown = "unknown", Unusable = "unusable", Unreachable = "unreachable" }
);
closed!(
    /// How much of a partition's past the outcomes topic told.
    Restored, "result", { Whole = "whole", Short = "short", Missing = "missing" }
);
closed!(
    /// A record's key beside the order number in its value.
    KeyKind, "key", { Matches = "matches", Null = "null", Differs = "differs" }
);
closed!(
    /// Something to look after in an answer: `Response-Time` more than five minutes off; the key version it names unknown or missing
    /// while another configured key fitted; a signature that is missing or does not fit.
    AnswerNote, "note", { ClockSkew = "clock_skew", VerifyKeyTried = "verify_key_tried", SignatureRefused = "signature_refused" }
);
closed!(
    /// Why the consumer was destroyed.
    Rebuild, "reason", { NotAMember = "not_a_member", UnansweredCommit = "unanswered_commit", Stalled = "stalled", ForeignLog = "foreign_log" }
);
closed!(
    /// The coordinator's word on a commit, or none in time.
    CommitEnd, "result", {
        Accepted = "accepted", TryAgain = "try_again", InDoubt = "in_doubt", NotAMember = "not_a_member", MetadataTooLarge = "metadata_too_large",
        Refused = "refused", Unanswered = "unanswered",
    }
);
closed!(
    /// `ordersync.reason` of a dead letter.
    DeadLetter, "reason", {
        Undecodable = "undecodable", Invalid = "invalid", Unmapped = "unmapped", Rejected = "rejected", Undecided = "undecided",
    }
);
closed!(
    /// A call's outcome without its cause.
    OutcomeName, "outcome", {
        Accepted = "accepted", HeldAlready = "held_already", PeerAhead = "peer_ahead", Rejected = "rejected", Indefinite = "indefinite",
    }
);
closed!(
    /// What the engine remarked.
    NoteKind, "note", {
        GateClosed = "gate_closed", GateOpened = "gate_opened", RateChanged = "rate_changed", ForeignMetadata = "foreign_metadata",
        Fenced = "fenced", Repeated = "repeated", EqualTimes = "equal_times", OrderInSeveralPartitions = "order_in_several_partitions",
        TransitionViolated = "transition_violated", Stalled = "stalled", Forgotten = "forgotten", Held = "held",
        CommitFailed = "commit_failed", LeaseLost = "lease_lost", LeaseRegained = "lease_regained",
    }
);
