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
                let nothing = Metadata { closed: true, window: plan.barrier, leader_epoch: None, settled: Vec::new() };
                plan.inherited = Inherited::Ours(nothing);
            }
            _ => {}
        }
    }
}

/// Every rule with a place where its absence shows.
pub const HUNTS: &[Hunt] = &[
    hunt(&[Mutant::Engine(Rule::Window)], Generator::Wide, ""),
    hunt(&[Mutant::Engine(Rule::WindowAccepted)], Generator::Wide, ""),
    hunt(&[Mutant::Engine(Rule::WindowGrows)], Generator::Wide, ""),
    hunt(&[Mutant::Engine(Rule::WindowBounded)], Generator::Wide, "C6"),
    hunt(&[Mutant::Engine(Rule::OpenFirst)], Generator::Chain, "C1"),
    hunt(&[Mutant::Barrier], Generator::Chain, ""),
    hunt(&[Mutant::ForeignBarrier], Generator::Foreign, "C6"),
    hunt(&[Mutant::Map], Generator::Chain, ""),
    hunt(&[Mutant::Engine(Rule::MapTeaches)], Generator::Chain, ""),
    hunt(&[Mutant::MapVerified], Generator::Foreign, "C8"),
    hunt(&[Mutant::Hold], Generator::Chain, ""),
    hunt(&[Mutant::ForeignHold], Generator::Foreign, ""),
    hunt(&[Mutant::History], Generator::Mixed, ""),
    hunt(&[Mutant::LetterConfirmed], Generator::Mixed, ""),
    hunt(&[Mutant::WriteDeadline], Generator::Freeze, ""),
    hunt(&[Mutant::Engine(Rule::OffsetsRide)], Generator::Mixed, ""),
    hunt(&[Mutant::Engine(Rule::NewestSurvives)], Generator::Mixed, ""),
    hunt(&[Mutant::Engine(Rule::LowestOpen)], Generator::Mixed, ""),
    hunt(&[Mutant::Engine(Rule::RejectionsDecide)], Generator::Mixed, "C2"),
    hunt(&[Mutant::Engine(Rule::Milestones)], Generator::Mixed, "C7"),
    hunt(&[Mutant::Engine(Rule::OneCall)], Generator::Mixed, ""),
    hunt(&[Mutant::Engine(Rule::AmbiguousWait)], Generator::Mixed, ""),
    hunt(&[Mutant::Engine(Rule::RetryLiftsNothing)], Generator::Mixed, ""),
    hunt(&[Mutant::Engine(Rule::AmbiguousOpen)], Generator::Chain, ""),
    hunt(&[Mutant::Engine(Rule::OthersHeld)], Generator::Chain, ""),
    hunt(&[Mutant::Engine(Rule::SeveralHeld)], Generator::Chain, ""),
    hunt(&[Mutant::Engine(Rule::HeldOpen)], Generator::Chain, "C3"),
    hunt(&[Mutant::Engine(Rule::HoldBlocksClosed)], Generator::Chain, ""),
    hunt(&[Mutant::Engine(Rule::ClosedIsClean)], Generator::Chain, ""),
    hunt(&[Mutant::Engine(Rule::SingleResend)], Generator::Chain, ""),
    hunt(&[Mutant::Engine(Rule::Lease)], Generator::Cut, "C5"),
    hunt(&[Mutant::Engine(Rule::LeaseFromIssue)], Generator::Freeze, ""),
    hunt(&[Mutant::Engine(Rule::FenceAnswers)], Generator::Storm, ""),
    hunt(&[Mutant::Engine(Rule::CommitTicket)], Generator::Commits, ""),
    hunt(&[Mutant::Engine(Rule::FenceCommits)], Generator::Commits, ""),
    hunt(&[Mutant::Engine(Rule::Drain)], Generator::Orderly, ""),
    hunt(&[Mutant::Engine(Rule::LastAnswer)], Generator::Commits, ""),
    hunt(&[Mutant::Engine(Rule::LostCommitsNothing)], Generator::Commits, ""),
    hunt(&[Mutant::Engine(Rule::LeaveUnanswered)], Generator::Commits, "C4"),
    hunt(&[Mutant::Engine(Rule::OverdueBounds)], Generator::Commits, "C9"),
    hunt(&[Mutant::Engine(Rule::OwnOldCall)], Generator::Storm, ""),
    hunt(&[Mutant::Engine(Rule::QuotaKept)], Generator::Quota, ""),
];

const fn hunt(off: &'static [Mutant], generator: Generator, why: &'static str) -> Hunt {
    Hunt { off, generator, seed: None, why }
}
