//! AlipayHK as a pure model: the orders it holds, its answers, and a record of everything a correct client would never cause.

mod answered;
mod order;
mod record;

use std::collections::{BTreeMap, HashMap};

use domain::{Rulebook, Step};
use serde::{Deserialize, Serialize};

use crate::decision::{Decision, ResultStatus};
use crate::sync::{Illegal, OrderSync};

use answered::Answered;
pub use order::{Applied, Order};
pub use record::{Counters, Kind, Record, Violation};

/// The stands the model takes where AlipayHK's public pages are silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// What an `orderModifyTime` older than the one held means.
    pub order_rule: OrderRule,
    /// Whether a repeated `requestId` gets its first definitive answer again, as the gateway's family says. Off: it is decided afresh.
    pub idempotency: bool,
    /// Whether the business types' state machines are enforced.
    pub transitions: bool,
    /// Whether the members a scenario page marks REQUIRED are.
    pub required_extras: bool,
    /// Whether answers carry an `orderId`. Without, answers are few enough texts to share signatures under load.
    pub order_ids: bool,
    /// Business types the merchant is not onboarded for: UN_SUPPORT_BUSINESS.
    pub unsupported_types: Vec<String>,
}

/// What becomes of a modification older than the one held. The Base API page says only that `orderModifyTime` is used for sequential control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRule {
    /// Applied: the server orders nothing. The client's own promise shows bare.
    Off,
    /// ORDER_STATUS_INVALID with the status held.
    Refuse,
    /// SUCCESS, and nothing changes.
    Ignore,
}

/// Identity of a call while it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallId(u64);

/// The model. Times are epoch milliseconds, for the record only: nothing is decided by the clock.
pub struct Model {
    stands: Stands,
    rulebook: Rulebook,
    orders: HashMap<String, Order>,
    answered: Answered,
    open: BTreeMap<u64, (String, String)>,
    calls: u64,
    record: Record,
}

impl Default for Stands {
    fn default() -> Self {
        Self {
            order_rule: OrderRule::Refuse,
            idempotency: true,
            transitions: true,
            required_extras: true,
            order_ids: true,
            unsupported_types: Vec::new(),
        }
    }
}

impl Model {
    /// An AlipayHK that holds nothing yet.
    pub fn new(stands: Stands) -> Self {
        Self {
            stands,
            rulebook: Rulebook::standard(),
            orders: HashMap::new(),
            answered: Answered::default(),
            open: BTreeMap::new(),
            calls: 0,
            record: Record::default(),
        }
    }

    /// A call for an order begins. Two at once for one order are recorded.
    pub fn begin(&mut self, sync: &OrderSync, now: i64) -> CallId {
        let other = self.open.values().find(|(order, _)| *order == sync.merchant_biz_no).map(|(_, request_id)| request_id.clone());
        if let Some(other) = other {
            let detail = if other == sync.request_id { "the same request" } else { "another request" };
            self.record.violation(Kind::ConcurrentCalls, Some(sync), now, detail);
        }
        self.calls += 1;
        self.open.insert(self.calls, (sync.merchant_biz_no.clone(), sync.request_id.clone()));
        CallId(self.calls)
    }

    /// It ended, answered or not.
    pub fn end(&mut self, call: CallId) {
        self.open.remove(&call.0);
    }

    /// Decides a request, and applies it when that is the decision.
    pub fn decide(&mut self, sync: &OrderSync, now: i64) -> Decision {
        if let Some(decision) = self.repeated(sync, now) {
            return decision;
        }
        let decision = self.fresh(sync, now);
        self.answered.keep(&sync.request_id, &sync.content, &decision);
        decision
    }

    /// Decides a request that no rule of this crate could read.
    pub fn refuse(&mut self, illegal: &Illegal) -> Decision {
        self.record.counters.illegal += 1;
        Decision::illegal(illegal.message.clone())
    }

    /// A fault answers in the model's place: a definitive answer is remembered for its `requestId` like any other.
    pub fn inject(&mut self, sync: &OrderSync, decision: &Decision, now: i64) -> Decision {
        if let Some(decision) = self.repeated(sync, now) {
            return decision;
        }
        self.answered.keep(&sync.request_id, &sync.content, decision);
        decision.clone()
    }

    /// The order of this number.
    pub fn order(&self, merchant_biz_no: &str) -> Option<&Order> {
        self.orders.get(merchant_biz_no)
    }

    /// All orders, in no order.
    pub fn orders(&self) -> impl ExactSizeIterator<Item = (&str, &Order)> {
        self.orders.iter().map(|(number, order)| (number.as_str(), order))
    }

    /// How many calls are open.
    pub fn open_calls(&self) -> usize {
        self.open.len()
    }

    /// What was counted and found wrong.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The same, for what only the door sees.
    pub fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    fn repeated(&mut self, sync: &OrderSync, now: i64) -> Option<Decision> {
        let (content, decision) = self.answered.of(&sync.request_id)?;
        let same = content == &*sync.content;
        let decision = decision.clone();
        self.record.counters.repeats += 1;
        if !same {
            self.record.violation(Kind::RequestIdReused, Some(sync), now, "other content under a known requestId");
        }
        self.stands.idempotency.then_some(decision)
    }

    fn fresh(&mut self, sync: &OrderSync, now: i64) -> Decision {
        if self.stands.unsupported_types.iter().any(|name| name == sync.biz_type.name()) {
            return Decision::new("UN_SUPPORT_BUSINESS", ResultStatus::F, "The merchant is not onboarded for this business");
        }
        if let Some(name) = sync.missing.filter(|_| self.stands.required_extras) {
            return Decision::illegal(format!("{name} is required"));
        }
        let held = self.orders.get(&sync.merchant_biz_no);
        if let Some(order) = held {
            if order.biz_type != sync.biz_type {
                return Decision::illegal("merchantBizType differs from the order's");
            }
            if sync.modify_time < order.modify_time {
                match self.stands.order_rule {
                    OrderRule::Off => {}
                    OrderRule::Refuse => {
                        self.record.counters.older_refused += 1;
                        return Decision::order_status_invalid(Some(order.status.as_str()));
                    }
                    OrderRule::Ignore => {
                        self.record.counters.older_ignored += 1;
                        return self.success(order.status.as_str(), sync, Some(order.id.clone()));
                    }
                }
            }
        }
        if self.stands.transitions {
            match self.rulebook.of(sync.biz_type).step(held.map(|order| &order.status), &sync.status) {
                Step::Allowed | Step::Repeated => {}
                Step::Forbidden(_) | Step::Unknown => return Decision::order_status_invalid(held.map(|order| order.status.as_str())),
            }
        }
        let id = self.apply(sync, now);
        self.success(sync.status.as_str(), sync, Some(id))
    }

    fn apply(&mut self, sync: &OrderSync, now: i64) -> String {
        let count = self.orders.len();
        let order = self.orders.entry(sync.merchant_biz_no.clone()).or_insert_with(|| Order::new(sync, count, now));
        let newest = order.newest;
        let repeated = order.content == sync.content && order.applied > 0;
        order.apply(sync, now);
        self.record.counters.applied += 1;
        if repeated {
            self.record.counters.applied_again += 1;
        }
        if newest.is_some_and(|newest| sync.modify_time < newest) {
            self.record.violation(Kind::OlderAfterNewer, Some(sync), now, "an older modification was applied over a newer one");
        }
        order.id.clone()
    }

    fn success(&self, held: &str, sync: &OrderSync, id: Option<String>) -> Decision {
        let distributes = sync.biz_type == domain::BizType::AlipayCoupon;
        Decision { order_id: id.filter(|_| self.stands.order_ids), distributes, ..Decision::success(held) }
    }
}

#[cfg(test)]
mod tests;
