//! Orders as JSON lines, taken the way of a record: read, checked, held against the rules, signed.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::{Invalid, MerchantBizNo, Mode, ModifiedAt, OrderEvent, OrderStatus, RawMoney, RawOrderEvent, Step};
use rand_core::UnwrapErr;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::mapped::Mapped;
use super::request::{self, Shown};
use crate::config::Config;

/// One line and what becomes of it.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    /// Its number, from 1.
    pub(super) line: usize,
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
        let parked = |reason, remark: String| Checked {
            line,
            becomes: "parked",
            reason: Some(reason),
            remarks: vec![remark],
            order: None,
            request: None,
        };
        if let Some(mapped) = &self.mapped {
            return Some(match mapped.event(text, self.now_millis) {
                Ok(event) => self.judge(line, &event),
                Err((becomes, reason, remark)) => {
                    Checked { line, becomes, reason: Some(reason), remarks: remark.into_iter().collect(), order: None, request: None }
                }
            });
        }
        Some(match Sample::read(text) {
            Err(problem) => parked("undecodable", problem),
            Ok(sample) => match sample.event(self.now_millis) {
                Err(invalid) => parked("invalid", invalid.to_string()),
                Ok(event) => self.judge(line, &event),
            },
        })
    }

    fn judge(&mut self, line: usize, event: &OrderEvent) -> Checked {
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
                ("stale", Some("the sample has a newer modification before it"))
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
        Checked { line, becomes, reason, remarks, order: Some(order), request }
    }
}

/// A line, in the shape of `schemas/order_event.avsc`; absent is null. The opaque fields may be JSON text or JSON itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sample<'a> {
    merchant_biz_no: String,
    merchant_biz_type: String,
    order_status: String,
    user_id: Option<String>,
    open_id: Option<String>,
    order_create_time: i64,
    order_modify_time: i64,
    merchant_account_id: Option<String>,
    merchant_id: Option<String>,
    tiny_app_id: Option<String>,
    trade_no: Option<String>,
    amount: Option<Money>,
    pay_amount: Option<Money>,
    discount_amount: Option<Money>,
    actual_amount: Option<Money>,
    #[serde(borrow)]
    shop_info: Option<&'a RawValue>,
    #[serde(borrow)]
    item_order_list: Option<&'a RawValue>,
    #[serde(borrow)]
    ext_info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Money {
    value: String,
    currency: String,
}

impl<'a> Sample<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            let said = error.to_string();
            // Other texts of serde quote the value.
            let names_a_field = ["unknown field", "missing field", "duplicate field"].into_iter().any(|front| said.starts_with(front));
            match names_a_field {
                true => said,
                false if error.is_data() => format!("column {}: a field has another type than in schemas/order_event.avsc", error.column()),
                false => format!("column {}: is not one JSON object", error.column()),
            }
        })
    }

    fn event(&self, now_millis: i64) -> Result<OrderEvent, Invalid> {
        let raw = RawOrderEvent {
            merchant_biz_no: Cow::from(&self.merchant_biz_no),
            merchant_biz_type: Cow::from(&self.merchant_biz_type),
            order_status: Cow::from(&self.order_status),
            user_id: text(self.user_id.as_ref()),
            open_id: text(self.open_id.as_ref()),
            order_create_time: self.order_create_time,
            order_modify_time: self.order_modify_time,
            merchant_account_id: text(self.merchant_account_id.as_ref()),
            merchant_id: text(self.merchant_id.as_ref()),
            tiny_app_id: text(self.tiny_app_id.as_ref()),
            trade_no: text(self.trade_no.as_ref()),
            amount: money(self.amount.as_ref()),
            pay_amount: money(self.pay_amount.as_ref()),
            discount_amount: money(self.discount_amount.as_ref()),
            actual_amount: money(self.actual_amount.as_ref()),
            shop_info: opaque(self.shop_info),
            item_order_list: opaque(self.item_order_list),
            ext_info: opaque(self.ext_info),
        };
        OrderEvent::parse(&raw, now_millis)
    }
}

fn text(text: Option<&String>) -> Option<Cow<'_, str>> {
    text.map(Cow::from)
}

fn money(money: Option<&Money>) -> Option<RawMoney<'_>> {
    money.map(|money| RawMoney { value: Cow::from(&money.value), currency: Cow::from(&money.currency) })
}

/// JSON text in quotes is what is in the quotes.
fn opaque(value: Option<&RawValue>) -> Option<Cow<'_, str>> {
    value.map(|value| serde_json::from_str::<String>(value.get()).map_or(Cow::from(value.get()), Cow::from))
}
