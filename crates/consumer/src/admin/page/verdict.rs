//! The one sentence an operator looks for: are orders fresh, and if not, why.

use std::time::Duration;

use domain::Cause;
use page::words::{many, span};

use crate::admin::state::{GateState, Group, State};

/// Orders that wait longer are worth a word.
const FRESH: f64 = 60.0;

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// `good`, `warn` or `bad`.
    pub(super) class: &'static str,
    /// In one line.
    pub(super) title: String,
    /// What follows from it.
    pub(super) text: String,
    /// The same without anything that changes from second to second: it is read out when it changes.
    pub(super) say: &'static str,
}

impl Verdict {
    /// Of a state whose gate is as it is for so long.
    pub(super) fn of(state: &State, gate_for: Duration) -> Self {
        let new = |class, say: &'static str, text: String| Self { class, title: say.to_owned(), text, say };
        match &state.group {
            Group::Failed(reason) => return new("bad", "Stopped", format!("Only a restart helps: {reason}.")),
            Group::Joining => {
                return new(
                    "warn",
                    "Joining the group",
                    "No partition is assigned yet, so nothing is read. If this lasts, the log says what it waits for.".to_owned(),
                );
            }
            Group::Leaving => {
                return new("warn", "Leaving the group", "Calls on their way are finished and committed; nothing new is sent.".to_owned());
            }
            Group::Idle => {
                return new(
                    "good",
                    "Nothing to do here",
                    "This process is a member of the group, and every partition belongs to another one.".to_owned(),
                );
            }
            Group::Member => {}
        }
        if let Some(first) = state.halted.first() {
            let others = match state.halted.len() - 1 {
                0 => String::new(),
                more => format!(" So {} {more} more.", if more == 1 { "does" } else { "do" }),
            };
            let text = format!(
                "{}/{} stands still until somebody decides; the other partitions go on.{others} The reason: {}.",
                first.topic, first.partition, first.reason
            );
            return new("bad", "A partition is halted", text);
        }
        let closed = format!("Closed for {}; {}.", span(gate_for.as_secs_f64()), wait(state));
        match (state.gate.state, state.gate.reason) {
            (GateState::Open, _) => Self::with_open_gate(state),
            (GateState::Closed | GateState::Probing, Some("operator")) => {
                new("warn", "Held by the operator", format!("Nothing is sent while the file of alipayhk.hold_file is there. {closed}"))
            }
            (GateState::Closed | GateState::Probing, reason) => {
                let text = format!(
                    "{} {closed} Nothing is lost or parked: one call at a time finds out whether it is over, and then all go on.",
                    explain(reason.unwrap_or_default())
                );
                new("bad", "The gate is closed", text)
            }
        }
    }

    fn with_open_gate(state: &State) -> Self {
        let freshness = state.freshness_seconds;
        let types: Vec<&str> = state.gate.types.keys().copied().collect();
        if !types.is_empty() {
            let text = format!(
                "Orders of {} wait: AlipayHK does not take this business from us. All others are sent. {}",
                types.join(", "),
                oldest(freshness)
            );
            return Self {
                class: "warn",
                title: "The gate of a business type is closed".to_owned(),
                text,
                say: "The gate of a business type is closed",
            };
        }
        if freshness <= FRESH {
            let limit = if is_at_the_quota(state) { " The quota is the limit at the moment." } else { "" };
            let text = match freshness > 0.0 {
                true => oldest(freshness) + limit,
                false => "Nothing waits: AlipayHK has every order that was read.".to_owned(),
            };
            return Self { class: "good", title: "Orders are fresh".to_owned(), text, say: "Orders are fresh" };
        }
        let catches_up = state.partitions.iter().any(|of| of.restoring || of.barrier.is_some_and(|barrier| of.position < barrier));
        let why = if is_at_the_quota(state) {
            "The quota is the limit: calls go out as fast as this instance's share allows, the newest modification of each order."
        } else if catches_up {
            "A partition still reads what its predecessor may have sent; until then nothing of it is called."
        } else {
            "The list below says what the orders that wait longest wait for."
        };
        Self {
            class: "warn",
            title: format!("Orders wait up to {}", span(freshness)),
            text: format!("{why} In all, {}.", wait(state)),
            say: "Orders wait",
        }
    }
}

fn is_at_the_quota(state: &State) -> bool {
    state.quota.tokens < 1.0 && state.quota.share_per_second > 0.0
}

fn oldest(freshness: f64) -> String {
    format!("The order that waits longest has waited for {}.", span(freshness))
}

fn wait(state: &State) -> String {
    let lanes = state.partitions.iter().map(|of| of.lanes).sum();
    format!("{} in work", if lanes == 1 { "1 order is".to_owned() } else { many(lanes, "order is", "orders are") })
}

/// What a gate's reason says of AlipayHK.
fn explain(reason: &str) -> &'static str {
    if reason == "dead_letter_fuse" {
        return "AlipayHK rejects so much that the dead-letter topic is guarded: look at the dead letters first.";
    }
    match Cause::ALL.into_iter().find(|cause| cause.name() == reason) {
        Some(Cause::Unreachable) => "AlipayHK cannot be reached: no connection could be made.",
        Some(Cause::NotSent) => "Calls could not be sent in time.",
        Some(Cause::Broken) => "Connections to AlipayHK break before the answer is read.",
        Some(Cause::Timeout) => "AlipayHK does not answer in time.",
        Some(Cause::HttpStatus) => "AlipayHK answers with an HTTP error.",
        Some(Cause::Unreadable) => "What answers is not AlipayHK's interface: a proxy or another server may stand between.",
        Some(Cause::Undecided) => "AlipayHK answers without deciding.",
        Some(Cause::Throttled) => "AlipayHK asks us to slow down.",
        Some(Cause::UnsupportedBusiness) => "AlipayHK does not take this business from us.",
        Some(Cause::Refused) => "AlipayHK refuses us before it looks at the order: 401 or 403.",
        Some(Cause::Systemic) => "AlipayHK refuses our key, client, signature or access.",
        Some(Cause::Unverified) => "Answers carry no good signature of AlipayHK: its key may have changed.",
        Some(Cause::Unopened) => "Sealed answers cannot be opened with our key.",
        None => "Calls have failed for a systemic reason.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::state::{Gate, Halted, Partition, Quota, TypeGate};

    fn member() -> State {
        let partition = Partition { lanes: 3, position: 10, barrier: Some(10), ..Partition::default() };
        let quota = Quota { share_per_second: 20.0, rate_per_second: 20.0, tokens: 20.0 };
        State { group: Group::Member, partitions: vec![partition], quota, ..State::default() }
    }

    fn verdict(state: &State) -> Verdict {
        Verdict::of(state, Duration::from_secs(200))
    }

    #[test]
    fn calm_is_told_as_calm() {
        let calm = verdict(&State { freshness_seconds: 0.4, ..member() });
        assert_eq!((calm.class, calm.say), ("good", "Orders are fresh"));
        assert!(calm.text.contains("400 ms") && !calm.text.contains("quota"));
        let busy =
            State { freshness_seconds: 0.4, quota: Quota { share_per_second: 20.0, rate_per_second: 20.0, tokens: 0.4 }, ..member() };
        assert!(verdict(&busy).text.contains("The quota is the limit"));
        assert!(verdict(&member()).text.contains("Nothing waits"));
    }

    #[test]
    fn a_closed_gate_is_told_with_its_reason_and_since_when() {
        for state in [GateState::Closed, GateState::Probing] {
            let gate = Gate { state, reason: Some("timeout"), ..Gate::default() };
            let closed = verdict(&State { gate, ..member() });
            assert_eq!((closed.class, closed.say), ("bad", "The gate is closed"));
            assert!(
                closed.text.contains("does not answer in time")
                    && closed.text.contains("3 min 20 s")
                    && closed.text.contains("3 orders are in work"),
                "{}",
                closed.text
            );
        }
    }

    #[test]
    fn every_reason_of_a_gate_is_explained_in_its_own_words() {
        let mut texts: Vec<&str> = Cause::ALL.iter().map(|cause| explain(cause.name())).collect();
        texts.push(explain("dead_letter_fuse"));
        assert!(!texts.contains(&explain("something new")));
        let all = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), all);
    }

    #[test]
    fn a_halted_partition_is_told_with_its_reason_before_anything_else() {
        let halted = |partition| Halted { topic: "orders".into(), partition, reason: "offset 4 is gone".into() };
        let told = verdict(&State { halted: vec![halted(2), halted(5)], ..member() });
        assert_eq!((told.class, told.say), ("bad", "A partition is halted"));
        assert!(told.text.starts_with("orders/2 stands still") && told.text.contains("So does 1 more") && told.text.contains("offset 4"));
    }

    #[test]
    fn an_operators_hold_is_no_alarm() {
        let gate = Gate { state: GateState::Closed, reason: Some("operator"), ..Gate::default() };
        assert_eq!(verdict(&State { gate, ..member() }).class, "warn");
    }

    #[test]
    fn long_waits_are_told_with_what_limits_them() {
        let late = State { freshness_seconds: 600.0, ..member() };
        assert_eq!(verdict(&late).title, "Orders wait up to 10 min");
        let limited = State { quota: Quota { share_per_second: 20.0, rate_per_second: 20.0, tokens: 0.3 }, ..late.clone() };
        assert!(verdict(&limited).text.starts_with("The quota is the limit"));
        let mut reading = late.clone();
        reading.partitions[0].barrier = Some(11);
        assert!(verdict(&reading).text.starts_with("A partition still reads"));
        let mut of_type = late;
        of_type.gate.types.insert("LINE_UP", TypeGate { state: GateState::Closed, reason: "unsupported_business" });
        assert!(verdict(&of_type).text.contains("Orders of LINE_UP wait"));
    }

    #[test]
    fn what_the_group_makes_of_us_comes_first() {
        let with = |group| verdict(&State { group, freshness_seconds: 900.0, ..member() });
        assert_eq!(with(Group::Failed("fenced".into())).text, "Only a restart helps: fenced.");
        assert_eq!([Group::Joining, Group::Leaving, Group::Idle].map(|group| with(group).class), ["warn", "warn", "good"]);
    }
}
