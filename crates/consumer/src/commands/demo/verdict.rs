//! Whether the sandbox holds what the merchant meant, told to people and scripts.

use std::process::ExitCode;

use sandbox::State as Held;
use serde::Serialize;

use super::feed::Fed;
use crate::admin::state::State;

/// At most so many differing orders are named.
const NAMED: usize = 5;

/// What the demo showed.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    ok: bool,
    orders: usize,
    modifications: u64,
    records_read: u64,
    delivered: u64,
    superseded: u64,
    stale: u64,
    rejected: u64,
    parked: u64,
    calls: u64,
    calls_saved: u64,
    /// Orders that the sandbox does not hold as the merchant does.
    differing: Vec<String>,
    differing_count: usize,
    /// What a correct client does not cause, by kind.
    violations: u64,
}

impl Verdict {
    pub(super) fn new(state: &State, held: &Held, fed: &Fed) -> Self {
        let differs = |(number, newest): &(&String, &crate::schema::sample::Newest)| {
            held.orders.get(*number).is_none_or(|order| order.modify_time != newest.modified_at || order.status.as_str() != newest.status)
        };
        let differing: Vec<String> = fed.newest.iter().filter(differs).map(|(number, _)| number.clone()).collect();
        let ends = state.dispositions;
        let ended = ends.delivered + ends.superseded + ends.stale + ends.rejected + ends.parked + ends.skipped;
        let violations: u64 = held.violation_counts.values().sum();
        let all = state.records_read == fed.records && ended == fed.records;
        Self {
            ok: all && differing.is_empty() && violations == 0 && fed.records > 0,
            orders: fed.newest.len(),
            modifications: fed.records,
            records_read: state.records_read,
            delivered: ends.delivered,
            superseded: ends.superseded,
            stale: ends.stale,
            rejected: ends.rejected,
            parked: ends.parked,
            calls: state.calls.attempted,
            calls_saved: state.calls_saved,
            differing_count: differing.len(),
            differing: differing.into_iter().take(NAMED).collect(),
            violations,
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        if self.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    pub(super) fn for_people(&self) -> String {
        let Self { orders, modifications, calls, calls_saved, delivered, superseded, stale, rejected, parked, .. } = self;
        let result = if self.ok {
            "the sandbox holds the newest modification of every order".to_owned()
        } else if self.differing_count > 0 {
            format!(
                "{} orders differ from the merchant's newest modification, among them {}",
                self.differing_count,
                self.differing.join(", ")
            )
        } else {
            format!("{} of {modifications} records read, {} violations seen by the sandbox", self.records_read, self.violations)
        };
        format!(
            "{modifications} modifications of {orders} orders: {calls} calls, {calls_saved} saved by collapse\n\
             delivered {delivered}, superseded {superseded}, stale {stale}, rejected {rejected}, parked {parked}\n\
             {}: {result}",
            if self.ok { "ok" } else { "NOT OK" }
        )
    }
}
