//! Rules that can be switched off, and where to look for what then goes wrong.

use engine::takeover::Inherited;
use engine::{Plan, Rule, Rules, metadata::Metadata};

use crate::scenario::Generator;

/// One rule that a world can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutant {
    /// A rule inside the engine.
    Engine(Rule),
    /// No call before the position has reached the barrier.
    Barrier,
    /// The same after foreign metadata.
    ForeignBarrier,
    /// What the completion map tells is not sent again.
    Map,
    /// The map is believed only when its highest record is of the same log.
    MapVerified,
    /// After an unclean hand-over some orders wait.
    Hold,
    /// After foreign metadata all below the barrier wait.
    ForeignHold,
    /// What lies before the committed offset is read to learn from.
    History,
    /// A dead letter counts once the broker has it.
    LetterConfirmed,
    /// No first byte is written after the deadline for it.
    WriteDeadline,
    /// A commit that stood still on its way to the client is not handed over.
    CommitInTime,
    /// Who follows a static member waits until that one cannot be heard any more.
    Lingers,
    /// What is found out before that is over does not count.
    LookUpAfter,
    /// Who gives a partition up that he has waited for leaves the mark of its last owner there.
    MarkStays,
    /// Of what is skipped for its age its order knows.
    TooOldIsKnown,
    /// What orders have had decided is read from the outcomes topic.
    Restored,
    /// Nothing is sent before that is over.
    RestoredFirst,
    /// An offset settles once its outcome is written.
    OutcomeFirst,
}

/// A mutant with the place where it is caught.
#[derive(Debug, Clone, Copy)]
pub struct Hunt {
    /// What is switched off; more than one rule where one alone stands in for the other.
    pub off: &'static [Mutant],
    /// Where it is looked for.
    pub generator: Generator,
    /// A seed that catches it; `None`: nothing does, and `why` says why not.
    pub seed: Option<u64>,
    /// Its case in the history of the rules, or why no schedule needs the rule.
    pub why: &'static str,
}

impl Mutant {
    /// Its name.
    pub fn name(self) -> String {
        match self {
            Self::Engine(rule) => format!("{rule:?}"),
            other => format!("{other:?}"),
        }
    }
}

/// The rules of the engine without those of these mutants.
pub(crate) fn rules(off: &[Mutant]) -> Rules {
    let engine = off.iter().filter_map(|mutant| match mutant {
        Mutant::Engine(rule) => Some(*rule),
        _ => None,
    });
    Rules::without(&engine.collect::<Vec<_>>())
}

/// What a take-over becomes without some rules.
pub(crate) fn without(off: &[Mutant], plan: &mut Plan) {
    for mutant in off {
        match (mutant, &mut plan.inherited) {
            (Mutant::Barrier, Inherited::Ours(_)) | (Mutant::ForeignBarrier, Inherited::Foreign(_)) => plan.barrier = plan.from,
            (Mutant::Map, Inherited::Ours(found)) => (found.settled, found.leader_epoch) = (Vec::new(), None),
            (Mutant::MapVerified, Inherited::Ours(found)) => found.leader_epoch = None,
            (Mutant::Hold, Inherited::Ours(found)) => found.closed = true,
            (Mutant::ForeignHold, Inherited::Foreign(_)) => {
                let nothing = Metadata { closed: true, lingers: None, window: plan.barrier, leader_epoch: None, settled: Vec::new() };
                plan.inherited = Inherited::Ours(nothing);
            }
            _ => {}
        }
    }
}

/// It stands in for rules that a process awake needs.
const SLEEPERS: Mutant = Mutant::Engine(Rule::SleepersJoinAnew);

/// Every rule with a place where its absence shows.
pub const HUNTS: &[Hunt] = &[
    hunt(&[Mutant::Engine(Rule::Window)], Generator::Wide, Some(44), ""),
    hunt(&[Mutant::Engine(Rule::WindowAccepted)], Generator::Wide, Some(60), ""),
    hunt(&[Mutant::Engine(Rule::WindowGrows)], Generator::Wide, Some(4485), ""),
    hunt(&[Mutant::Engine(Rule::WindowBounded)], Generator::Wide, Some(2), "C6"),
    hunt(&[Mutant::Engine(Rule::OpenFirst)], Generator::Closed, Some(192), "C1"),
    hunt(&[Mutant::Barrier], Generator::Chain, Some(14), ""),
    hunt(&[Mutant::ForeignBarrier], Generator::Foreign, Some(85), "C6"),
    hunt(&[Mutant::Map], Generator::Orderly, Some(1126), ""),
    hunt(&[Mutant::Engine(Rule::MapTeaches)], Generator::Chain, Some(756), ""),
    hunt(&[Mutant::MapVerified], Generator::Foreign, Some(86), "C8"),
    hunt(&[Mutant::Hold], Generator::Chain, Some(420), ""),
    hunt(&[Mutant::ForeignHold], Generator::Foreign, Some(1283), ""),
    hunt(&[Mutant::Engine(Rule::ForeignStays)], Generator::Moved, Some(1860), ""),
    hunt(&[Mutant::History], Generator::Mixed, Some(3), ""),
    hunt(&[Mutant::LetterConfirmed], Generator::Mixed, Some(6), ""),
    hunt(&[Mutant::WriteDeadline], Generator::Freeze, Some(1757), ""),
    hunt(&[Mutant::Engine(Rule::OffsetsRide)], Generator::Mixed, Some(1), ""),
    hunt(&[Mutant::Engine(Rule::NewestSurvives)], Generator::Mixed, Some(1), ""),
    hunt(&[Mutant::Engine(Rule::LowestOpen)], Generator::Mixed, Some(2), ""),
    hunt(&[Mutant::Engine(Rule::RejectionsDecide)], Generator::Refused, Some(410), "C2"),
    hunt(&[Mutant::Engine(Rule::Milestones)], Generator::Mixed, Some(3), "C7"),
    hunt(&[Mutant::Engine(Rule::OwnRequestId)], Generator::Cached, Some(71), ""),
    hunt(&[Mutant::Engine(Rule::WentBackOpen)], Generator::Cached, Some(45_480), ""),
    hunt(&[Mutant::Engine(Rule::OneCall)], Generator::Mixed, Some(1), ""),
    hunt(&[Mutant::Engine(Rule::AmbiguousWait)], Generator::Mixed, Some(1), ""),
    hunt(&[Mutant::Engine(Rule::RetryLiftsNothing)], Generator::Mixed, Some(60), ""),
    hunt(&[Mutant::Engine(Rule::AmbiguousOpen)], Generator::Chain, Some(842), ""),
    hunt(&[Mutant::Engine(Rule::OthersHeld)], Generator::Chain, Some(1008), ""),
    hunt(&[Mutant::Engine(Rule::SeveralHeld)], Generator::Chain, Some(420), ""),
    hunt(&[Mutant::Engine(Rule::HeldOpen)], Generator::Chain, Some(5288), "C3"),
    hunt(&[Mutant::Engine(Rule::HoldBlocksClosed)], Generator::Chain, Some(2041), ""),
    hunt(&[Mutant::Engine(Rule::ClosedIsClean)], Generator::Chain, Some(420), ""),
    hunt(&[Mutant::Engine(Rule::SingleResend)], Generator::Prompt, Some(17), ""),
    hunt(&[Mutant::Engine(Rule::Lease)], Generator::Cut, Some(55_986), "C5"),
    hunt(&[Mutant::Engine(Rule::LeaseFromIssue), SLEEPERS], Generator::Freeze, Some(18249), ""),
    hunt(&[Mutant::Engine(Rule::FenceAnswers)], Generator::Storm, Some(1260), ""),
    hunt(&[Mutant::Engine(Rule::CommitTicket)], Generator::Commits, Some(7), ""),
    hunt(
        &[Mutant::Engine(Rule::FenceCommits)],
        Generator::Commits,
        None,
        "a ticket is unique and a window knows only its own: a late answer may at most make us join anew or go without the map, which breaks no rule",
    ),
    hunt(&[Mutant::Engine(Rule::Drain)], Generator::Orderly, Some(41), ""),
    hunt(&[Mutant::Engine(Rule::LastAnswer)], Generator::Commits, Some(2), ""),
    hunt(&[Mutant::Engine(Rule::LostCommitsNothing), SLEEPERS], Generator::Freeze, Some(126), ""),
    hunt(
        &[Mutant::CommitInTime],
        Generator::Alone,
        None,
        "no schedule was found: what stood still is refused with the old membership, unless the client defers it at that very moment",
    ),
    hunt(
        &[Mutant::Engine(Rule::SleepersJoinAnew)],
        Generator::Alone,
        None,
        "no schedule was found: who loses a partition with an unanswered commit joins anew as well, unless the client is a member again before that",
    ),
    hunt(&[Mutant::Engine(Rule::LeaveUnanswered)], Generator::Commits, Some(2), "C4"),
    hunt(&[Mutant::Engine(Rule::OverdueBounds)], Generator::Wide, Some(2507), "C9"),
    hunt(&[Mutant::Engine(Rule::DoubtBounds)], Generator::Doubtful, Some(1943), "C9"),
    hunt(&[Mutant::Engine(Rule::OwnOldCall)], Generator::Storm, Some(209), ""),
    hunt(&[Mutant::Engine(Rule::QuotaKept)], Generator::Quota, Some(785), ""),
    hunt(&[Mutant::Lingers], Generator::Static, Some(28), ""),
    hunt(&[Mutant::LookUpAfter], Generator::Static, Some(21), ""),
    hunt(&[Mutant::MarkStays], Generator::Static, Some(45), ""),
    hunt(&[Mutant::TooOldIsKnown], Generator::Aged, Some(48106), ""),
    hunt(&[Mutant::Restored], Generator::Restored, Some(495), ""),
    hunt(&[Mutant::RestoredFirst], Generator::Restored, Some(495), ""),
    hunt(&[Mutant::OutcomeFirst], Generator::Restored, Some(4841), ""),
    hunt(&[Mutant::Engine(Rule::TwinsWhenRestored)], Generator::Restored, Some(35729), ""),
    hunt(&[Mutant::Engine(Rule::ToldIsHeld)], Generator::Told, Some(35), ""),
    hunt(&[Mutant::Engine(Rule::LeftUnjudged)], Generator::Strict, Some(2130), ""),
];

const fn hunt(off: &'static [Mutant], generator: Generator, seed: Option<u64>, why: &'static str) -> Hunt {
    Hunt { off, generator, seed, why }
}
