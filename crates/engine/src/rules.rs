//! The rules of commit, replay and hand-over by name, so that the simulation can switch each of them off and show that it notices.
//! Without the feature `mutants` there is no switch: every rule holds.

/// One rule. Its text says what holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(feature = "mutants"), expect(unreachable_pub, reason = "only who switches a rule off names it outside"))]
pub enum Rule {
    /// Nothing at or beyond the window is sent.
    Window,
    /// A window is in force once a commit that told it was accepted.
    WindowAccepted,
    /// A window never shrinks.
    WindowGrows,
    /// A window stays within a constant of the committed offset.
    WindowBounded,
    /// The first call of an assignment waits for an accepted commit of its own.
    OpenFirst,
    /// What a predecessor settled teaches what the order has had decided.
    MapTeaches,
    /// The offsets of what is absorbed ride with what absorbs it.
    OffsetsRide,
    /// The newer one absorbs the older one.
    NewestSurvives,
    /// The lowest open offset is committed.
    LowestOpen,
    /// A rejection decides too: nothing older is sent after it.
    RejectionsDecide,
    /// Milestones are absorbed by their own status only.
    Milestones,
    /// One call of an order at a time.
    OneCall,
    /// After an ambiguous call a newer version waits until that cannot be applied any more.
    AmbiguousWait,
    /// An accepted retry does not lift that.
    RetryLiftsNothing,
    /// What may still be applied is not settled.
    AmbiguousOpen,
    /// In a held lane other versions than the one that may have been on its way wait.
    OthersHeld,
    /// When several may have been, all wait.
    SeveralHeld,
    /// Nothing in a held lane is settled before the hold is over.
    HeldOpen,
    /// A hold that is not over is inherited: no `closed`.
    HoldBlocksClosed,
    /// `closed` only when nothing can be applied any more.
    ClosedIsClean,
    /// The only version that may have been on its way is sent again at once.
    SingleResend,
    /// Nothing is sent once the last accepted commit is too old.
    Lease,
    /// Its age counts from its issue.
    LeaseFromIssue,
    /// Answers to an assignment that is gone are fenced.
    FenceAnswers,
    /// Answers to commits are matched by ticket.
    CommitTicket,
    /// Answers to commits of an assignment that is gone are fenced.
    FenceCommits,
    /// A partition that is taken is drained.
    Drain,
    /// The answer to the last commit is waited for.
    LastAnswer,
    /// What was lost is not committed.
    LostCommitsNothing,
    /// Who gives a partition up with an unanswered commit leaves the group.
    LeaveUnanswered,
    /// An overdue commit bounds the window, and its late answer sets it back.
    OverdueBounds,
    /// An order that comes back waits for its own old call.
    OwnOldCall,
    /// A commit that may still land although it was answered bounds the window like an overdue one.
    DoubtBounds,
    /// A change of share never refills the bucket.
    QuotaKept,
    /// Who slept for a session joins anew before it commits.
    SleepersJoinAnew,
    /// Foreign metadata stay as they were found until every call of a predecessor is over.
    ForeignStays,
    /// What is called again after something older has a `requestId` of its own.
    OwnRequestId,
    /// What something newer may have been sent before settles with that.
    WentBackOpen,
    /// While a partition restores, nothing is judged a duplicate.
    TwinsWhenRestored,
    /// What outcomes tell of may be on its way all the same, and is held like what they don't.
    ToldIsHeld,
    /// `strict` does not judge what a predecessor may have sent.
    LeftUnjudged,
}

/// Which rules are switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(not(feature = "mutants"), expect(unreachable_pub, reason = "only who switches a rule off names it outside"))]
pub struct Rules {
    #[cfg(feature = "mutants")]
    off: u64,
}

impl Rules {
    /// All rules but these.
    #[cfg(feature = "mutants")]
    pub fn without(rules: &[Rule]) -> Self {
        Self { off: rules.iter().fold(0, |off, rule| off | 1 << (*rule as u32)) }
    }

    /// The rule is switched off. Without the feature none ever is.
    #[cfg(feature = "mutants")]
    pub(crate) const fn lack(self, rule: Rule) -> bool {
        self.off >> (rule as u32) & 1 == 1
    }

    #[cfg(not(feature = "mutants"))]
    pub(crate) const fn lack(self, _: Rule) -> bool {
        false
    }
}
