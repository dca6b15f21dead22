use std::collections::BTreeMap;

use serde::Serialize;

use crate::faults::Line;
use crate::model::{Counters, Kind, Order, Violation};

use super::shared::{Shared, millis};

/// How many orders a [`State`] lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orders {
    /// All of them.
    All,
    /// Those that changed last.
    Latest(usize),
    /// None.
    None,
}

/// Everything the sandbox holds and has counted: what `GET /sandbox/state` shows.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// The client it knows.
    pub client_id: String,
    /// Since the start, in milliseconds.
    pub uptime_ms: u64,
    /// How many orders it holds.
    pub orders_held: usize,
    /// How many calls are open now.
    pub open_calls: usize,
    /// Plain counts.
    pub counters: Counters,
    /// What a correct client does not cause: how often.
    pub violation_counts: BTreeMap<Kind, u64>,
    /// The last of them.
    pub violations: Vec<Violation>,
    /// The fault script and its hits.
    pub faults: Vec<Line>,
    /// By `merchantBizNo`.
    pub orders: BTreeMap<String, Order>,
    /// The clock, epoch milliseconds.
    pub now: i64,
}

impl State {
    /// How often something happened that a correct client does not cause.
    pub fn violations_of(&self, kind: Kind) -> u64 {
        self.violation_counts.get(&kind).copied().unwrap_or_default()
    }
}

impl Shared {
    pub(super) fn state(&self, orders: Orders) -> State {
        let world = self.world();
        let record = world.model.record();
        let held = world.model.orders().len();
        let mut listed: Vec<(&str, &Order)> = match orders {
            Orders::None => Vec::new(),
            Orders::All | Orders::Latest(_) => world.model.orders().collect(),
        };
        if let Orders::Latest(limit) = orders {
            listed.sort_by_key(|(_, order)| std::cmp::Reverse(order.history.back().map(|applied| applied.at)));
            listed.truncate(limit);
        }
        State {
            client_id: self.gateway.client_id.clone(),
            uptime_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            orders_held: held,
            open_calls: world.model.open_calls(),
            counters: record.counters.clone(),
            violation_counts: record.by_kind().clone(),
            violations: record.violations().cloned().collect(),
            faults: world.script.lines().to_vec(),
            orders: listed.into_iter().map(|(number, order)| (number.to_owned(), order.clone())).collect(),
            now: millis(),
        }
    }
}
