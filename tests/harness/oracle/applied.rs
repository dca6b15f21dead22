//! What AlipayHK applied, in the order in which it did.

use std::collections::BTreeMap;

use sandbox::State;
use sandbox::model::Kind;

/// One application of one modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `orderModifyTime`.
    pub modified: i64,
    /// `orderStatus`.
    pub status: String,
    /// `requestId`.
    pub request: String,
    /// When it was applied, epoch milliseconds.
    pub at: i64,
}

/// One order's applications.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// All of them, or the last ones.
    pub steps: Vec<Step>,
    /// How many there were.
    pub applied: u64,
}

/// Everything AlipayHK did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// By `merchantBizNo`.
    pub orders: BTreeMap<String, Steps>,
    /// Older modifications that were applied after newer ones.
    pub older_after_newer: u64,
    /// Whatever else a correct client does not cause. A call that was given up may be repeated as it was while AlipayHK still works on it;
    /// that is none.
    pub violations: Vec<String>,
}

impl Applied {
    /// As the sandbox tells it.
    pub fn of(state: &State) -> Self {
        let steps = |order: &sandbox::model::Order| {
            let steps = order.history.iter().map(|applied| Step {
                modified: applied.modify_time,
                status: applied.status.as_str().to_owned(),
                request: applied.request_id.clone(),
                at: applied.at,
            });
            Steps { steps: steps.collect(), applied: order.applied }
        };
        let repeated = |kind: Kind, detail: &str| kind == Kind::ConcurrentCalls && detail == "the same request";
        let violations = state.violations.iter().filter(|one| one.kind != Kind::OlderAfterNewer && !repeated(one.kind, &one.detail));
        Self {
            orders: state.orders.iter().map(|(number, order)| (number.clone(), steps(order))).collect(),
            older_after_newer: state.violations_of(Kind::OlderAfterNewer),
            violations: violations.map(|violation| format!("{violation:?}")).collect(),
        }
    }
}

impl Steps {
    /// Only the last applications are known.
    pub(super) fn is_cut(&self) -> bool {
        self.applied > self.steps.len() as u64
    }

    pub(super) fn tell(&self) -> String {
        let steps = self.steps.iter().map(|step| format!("{} {} (at {})", step.modified, step.status, step.at));
        steps.collect::<Vec<_>>().join(" → ")
    }
}
