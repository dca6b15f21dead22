//! What goes wrong on the way: rules that can be changed while the sandbox runs.
//!
//! A fault sets one or two *axes* of a request's treatment: how long it waits, whether and when it is applied, what is answered, how that
//! is signed, how it is delivered. For each axis the first matching rule decides, so rules combine: one may slow everything down while
//! another damages every tenth signature. `apply_late` counts above what an answer or a delivery says about applying.

mod fault;
mod treatment;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration::Span;
use crate::random::Random;

pub use fault::Fault;
pub use treatment::{Answer, Apply, Damage, Delivery, Treatment};

/// One line of a fault script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What goes wrong.
    pub fault: Fault,
    /// How likely it goes wrong, from 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
    /// How often at most. Absent: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How many matching requests pass unharmed first.
    #[serde(default)]
    pub skip: u64,
    /// From how long after the script was set.
    #[serde(default)]
    pub from: Span,
    /// Until how long after. Absent: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Span>,
    /// Only these `merchantBizNo`. Empty: all, even requests the door refuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<String>,
    /// Only these `merchantBizType`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Only these `orderStatus`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<String>,
}

/// A rule and what it has done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The rule.
    pub rule: Rule,
    /// How often it took effect.
    pub hits: u64,
    #[serde(skip)]
    matched: u64,
    #[serde(skip)]
    since: Duration,
}

/// What a rule can ask about a request. Nothing for one that the door refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// `merchantBizNo`.
    pub order: Option<&'a str>,
    /// `merchantBizType`.
    pub biz_type: Option<&'a str>,
    /// `orderStatus`.
    pub status: Option<&'a str>,
}

/// The script in force.
#[derive(Debug, Clone)]
pub struct Script {
    lines: Vec<Line>,
    random: Random,
}

impl Rule {
    /// A rule that always holds.
    pub fn always(fault: Fault) -> Self {
        Self {
            fault,
            probability: 1.0,
            count: None,
            skip: 0,
            from: Span::default(),
            until: None,
            orders: Vec::new(),
            types: Vec::new(),
            statuses: Vec::new(),
        }
    }

    /// The first `count` matching requests only.
    pub fn times(fault: Fault, count: u64) -> Self {
        Self { count: Some(count), ..Self::always(fault) }
    }

    /// Whether it can be obeyed.
    ///
    /// # Errors
    /// A text that names the key.
    pub fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Err("probability: must be from 0 to 1".into());
        }
        if self.until.is_some_and(|until| until <= self.from) {
            return Err("until: must be after from".into());
        }
        if let Some(unknown) = self.types.iter().find(|name| domain::BizType::parse(name).is_none()) {
            return Err(format!("types: {unknown:?} is not a business type"));
        }
        self.fault.check()
    }

    fn concerns(&self, facts: &Facts<'_>) -> bool {
        let fits =
            |wanted: &[String], found: Option<&str>| wanted.is_empty() || found.is_some_and(|found| wanted.iter().any(|one| one == found));
        fits(&self.orders, facts.order) && fits(&self.types, facts.biz_type) && fits(&self.statuses, facts.status)
    }
}

impl Script {
    /// No faults; `seed` makes its chance repeatable.
    pub fn new(seed: u64) -> Self {
        Self { lines: Vec::new(), random: Random::new(seed) }
    }

    /// Replaces everything, hits included. `now` counts from any fixed moment.
    pub fn replace(&mut self, rules: Vec<Rule>, now: Duration) {
        self.lines.clear();
        self.add(rules, now);
    }

    /// Adds rules behind those in force.
    pub fn add(&mut self, rules: Vec<Rule>, now: Duration) {
        self.lines.extend(rules.into_iter().map(|rule| Line { rule, hits: 0, matched: 0, since: now }));
    }

    /// What is in force.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What happens to one request, and the kinds of the faults that made it so.
    pub fn treat(&mut self, facts: &Facts<'_>, now: Duration) -> (Treatment, Vec<&'static str>) {
        let mut treatment = Treatment::default();
        let mut kinds = Vec::new();
        for line in &mut self.lines {
            let rule = &line.rule;
            let age = now.saturating_sub(line.since);
            let in_time = age >= rule.from.0 && rule.until.is_none_or(|until| age < until.0);
            if !in_time || !rule.concerns(facts) || treatment.is_taken(&rule.fault) || rule.count.is_some_and(|count| line.hits >= count) {
                continue;
            }
            line.matched += 1;
            if line.matched <= rule.skip || (rule.probability < 1.0 && self.random.fraction() >= rule.probability) {
                continue;
            }
            line.hits += 1;
            kinds.push(rule.fault.kind());
            treatment.set(&rule.fault, &mut self.random);
        }
        (treatment, kinds)
    }
}

fn certain() -> f64 {
    1.0
}

#[cfg(test)]
mod tests;
