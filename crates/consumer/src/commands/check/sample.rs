//! Orders taken the way of a record, from JSON lines or from a topic: read, checked, held against the rules, signed.

use std::collections::HashMap;

use domain::{MerchantBizNo, Mode, ModifiedAt, OrderEvent, OrderStatus, Step};
use rand_core::UnwrapErr;
use serde::Serialize;

use super::mapped::Mapped;
use super::request::{self, Shown};
use crate::commands::sample::Sample;
use crate::config::Config;

/// One line or record, and what becomes of it.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    /// Its number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    /// Where it lies, when it comes from a topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) record: Option<String>,
    /// `call`, `stale`, `skipped` or `parked`.
    pub(super) becomes: &'static str,
    /// The dead letter's reason, or why it is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    /// What is wrong, field by field; never a value.
    pub(super) remarks: Vec<String>,
    /// What was read, when it could be read.
    #[serde(flatten)]
    pub(super) order: Option<Order>,
    /// The signed request of a `call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<Shown>,
}

impl Checked {
    /// Something that cannot be sent.
    pub(super) fn parked(reason: &'static str, remark: String) -> Self {
        Self { line: None, record: None, becomes: "parked", reason: Some(reason), remarks: vec![remark], order: None, request: None }
    }

    /// Something that says by itself that it is not for us.
    pub(super) fn skipped(reason: &'static str) -> Self {
        Self { line: None, record: None, becomes: "skipped", reason: Some(reason), remarks: Vec::new(), order: None, request: None }
    }
}

/// The order of a line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) merchant_biz_no: String,
    pub(super) merchant_biz_type: &'static str,
    pub(super) order_status: String,
    /// Hong Kong time.
    pub(super) order_modify_time: String,
}

/// Goes through the lines of a sample and remembers what each order had.
pub(super) struct Checker<'a> {
    config: &'a Config,
    mapped: Option<Mapped>,
    now_millis: i64,
    had: HashMap<MerchantBizNo, (ModifiedAt, OrderStatus)>,
}

impl<'a> Checker<'a> {
    /// `topic`: which one the sample is of, where there is a mapping.
    pub(super) fn new(config: &'a Config, topic: Option<&str>, now_millis: i64) -> Self {
        Self { config, mapped: Mapped::new(config, topic), now_millis, had: HashMap::new() }
    }

    /// Checks one line; an empty one is nothing.
    pub(super) fn check(&mut self, line: usize, text: &str) -> Option<Checked> {
        if text.trim().is_empty() {
            return None;
        }
        let parked = |reason, remark| Checked { line: Some(line), ..Checked::parked(reason, remark) };
        if let Some(mapped) = &self.mapped {
            return Some(match mapped.event(text, self.now_millis) {
                Ok(event) => Checked { line: Some(line), ..self.judge(&event) },
                Err((becomes, reason, remark)) => Checked {
                    line: Some(line),
                    record: None,
                    becomes,
                    reason: Some(reason),
                    remarks: remark.into_iter().collect(),
                    order: None,
                    request: None,
                },
            });
        }
        Some(match Sample::read(text) {
            Err(problem) => parked("undecodable", problem),
            Ok(sample) => match sample.event(self.now_millis) {
                Err(invalid) => parked("invalid", invalid.to_string()),
                Ok(event) => Checked { line: Some(line), ..self.judge(&event) },
            },
        })
    }

    /// What a modification becomes after those before it.
    pub(super) fn judge(&mut self, event: &OrderEvent) -> Checked {
        let time = ::alipayhk::exchange::timestamp(event.modified_at.millis().div_euclid(1_000));
        let order = Order {
            merchant_biz_no: event.merchant_biz_no.to_string(),
            merchant_biz_type: event.biz_type.name(),
            order_status: event.status.to_string(),
            order_modify_time: time.unwrap_or_default(),
        };
        let rules = self.config.rulebook.of(event.biz_type);
        let mut remarks: Vec<String> = rules.violations(event).iter().map(ToString::to_string).collect();
        let had = self.had.get(&event.merchant_biz_no);
        if let Step::Forbidden(why) = rules.step(had.map(|(_, status)| status), &event.status) {
            remarks.push(format!("orderStatus: may not follow the order's status before ({})", why.name()));
        }
        let too_old = self.config.delivery.max_age.is_some_and(|max| {
            let age = u128::try_from(self.now_millis.saturating_sub(event.modified_at.millis())).unwrap_or(0);
            age > max.as_millis()
        });
        let stale = had.is_some_and(|(at, _)| event.modified_at < *at);
        let (becomes, reason) = match (too_old, remarks.is_empty(), rules.mode()) {
            (true, ..) => ("skipped", Some("older than delivery.max_age")),
            (false, false, Mode::Strict) => ("parked", Some("invalid")),
            (false, true, Mode::Strict) | (false, _, Mode::Observe) if stale => {
                ("stale", Some("a newer modification of the order comes before it"))
            }
            (false, true, Mode::Strict) | (false, _, Mode::Observe) => ("call", None),
        };
        let mut request = None;
        if becomes == "call" {
            self.had.insert(event.merchant_biz_no.clone(), (event.modified_at, event.status.clone()));
            match request::of(self.config, event, self.now_millis.div_euclid(1_000), &mut UnwrapErr(getrandom::SysRng)) {
                Ok(shown) => request = Some(shown),
                Err(error) => remarks.push(format!("the request cannot be made: {error}")),
            }
        }
        Checked { line: None, record: None, becomes, reason, remarks, order: Some(order), request }
    }
}
