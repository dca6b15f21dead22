//! The sandbox's live page: what it holds, what it was asked, and what a correct client would not have done.

use askama::Template;
use page::plot::{Plot, nice};
use page::words::{clock, count, many, rate, span};

use crate::model::Order;

use super::pace::SPAN;
use super::state::State;

/// Orders that are listed, and statuses of each.
pub(super) const LISTED: usize = 20;
const STATUSES: usize = 6;
/// Violations that are listed.
const VIOLATIONS: usize = 20;

/// The page without its figures.
pub(super) fn frame() -> String {
    let links = [("/sandbox/state", "State as JSON"), ("/sandbox/faults", "Fault script")];
    page::Frame { name: "AlipayHK sandbox", about: "A stand-in for AlipayHK", base: "/sandbox/", live: "/sandbox/page", links: &links }
        .html()
}

/// The figures. `looked_at`: an order, and what is held of it.
pub(super) fn figures(state: &State, rates: Vec<(f64, f64)>, looked_at: Option<(&str, Option<&Order>)>) -> String {
    let violations: u64 = state.violation_counts.values().sum();
    let counters = &state.counters;
    let number = |name, value: u64, class| Figure { name, value: count(value), class };
    let page = Page {
        title: if violations == 0 { "AlipayHK sandbox" } else { "Violations · AlipayHK sandbox" },
        client: &state.client_id,
        up: span(state.uptime_ms as f64 / 1_000.0),
        said: if violations == 0 { "No violation" } else { "Violations" },
        class: if violations == 0 { "good" } else { "bad" },
        verdict: if violations == 0 {
            "No violation was seen".to_owned()
        } else {
            many(violations, "violation was seen", "violations were seen")
        },
        faults: state.faults.len(),
        order: looked_at.map(|(number, order)| Looked::of(number, order)),
        figures: vec![
            number("Orders held", state.orders_held as u64, ""),
            number("Requests", counters.requests, ""),
            number("Open calls", state.open_calls as u64, ""),
            number("Applied", counters.applied, ""),
            number("Repeated requests", counters.repeats, ""),
            number("Older refused", counters.older_refused + counters.older_ignored, ""),
            number("Without an answer", counters.unanswered, ""),
            number("Violations", violations, if violations == 0 { "" } else { "bad" }),
        ],
        pace: Paced::of(rates),
        answers: answers(state),
        rules: state.faults.iter().map(|line| (serde_json::to_string(&line.rule).unwrap_or_default(), count(line.hits))).collect(),
        violations: state.violations.iter().rev().take(VIOLATIONS).map(Seen::of).collect(),
        orders: rows(state),
    };
    // Writing to a string does not fail.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    title: &'static str,
    client: &'a str,
    up: String,
    said: &'static str,
    class: &'static str,
    verdict: String,
    faults: usize,
    order: Option<Looked>,
    figures: Vec<Figure>,
    pace: Paced,
    /// Name, how often, drawn.
    answers: Vec<(String, String, String)>,
    rules: Vec<(String, String)>,
    violations: Vec<Seen>,
    orders: Vec<Row>,
}

struct Figure {
    name: &'static str,
    value: String,
    class: &'static str,
}

/// Requests a second, drawn and in words.
struct Paced {
    now: String,
    most: String,
    svg: String,
    scale: [String; 3],
}

impl Paced {
    fn of(rates: Vec<(f64, f64)>) -> Self {
        let most = rates.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
        let (now, top) = (rates.last().map_or(0.0, |(_, rate)| *rate), nice(most, 10.0));
        let first = rates.into_iter().map(|(at, rate)| (at, Some(rate))).collect();
        let plot = Plot { span: SPAN.as_secs_f64(), top, first, ..Plot::default() };
        Self { now: rate(now), most: rate(most), svg: plot.svg(), scale: [rate(top), rate(top / 2.0), "0".to_owned()] }
    }
}

/// An order that was asked for.
struct Looked {
    number: String,
    known: bool,
    lines: Vec<String>,
}

impl Looked {
    fn of(number: &str, order: Option<&Order>) -> Self {
        let line = |applied: &crate::model::Applied| {
            format!(
                "{} of {}, applied at {} by request {}",
                applied.status.as_str(),
                clock(applied.modify_time),
                clock(applied.at),
                applied.request_id
            )
        };
        let lines = order.into_iter().flat_map(|order| order.history.iter().map(line)).collect();
        Self { number: number.to_owned(), known: order.is_some(), lines }
    }
}

/// A violation.
struct Seen {
    at: String,
    kind: String,
    order: String,
    detail: String,
}

impl Seen {
    fn of(violation: &crate::model::Violation) -> Self {
        let kind = serde_json::to_value(violation.kind).ok().and_then(|kind| Some(kind.as_str()?.replace('_', " ")));
        Self {
            at: clock(violation.at),
            kind: kind.unwrap_or_default(),
            order: violation.merchant_biz_no.clone().unwrap_or_default(),
            detail: violation.detail.clone(),
        }
    }
}

/// An order in the list.
struct Row {
    number: String,
    biz_type: &'static str,
    status: String,
    modified: String,
    applied: String,
    statuses: String,
}

fn rows(state: &State) -> Vec<Row> {
    let mut orders: Vec<(&String, &Order)> = state.orders.iter().collect();
    orders.sort_by_key(|(number, order)| (std::cmp::Reverse(order.history.back().map(|applied| applied.at)), *number));
    let row = |(number, order): (&String, &Order)| {
        let skipped = order.history.len().saturating_sub(STATUSES);
        let statuses: Vec<&str> = order.history.iter().skip(skipped).map(|applied| applied.status.as_str()).collect();
        Row {
            number: number.clone(),
            biz_type: order.biz_type.name(),
            status: order.status.as_str().to_owned(),
            modified: clock(order.modify_time),
            applied: count(order.applied),
            statuses: statuses.join(" → "),
        }
    };
    orders.into_iter().map(row).collect()
}

fn answers(state: &State) -> Vec<(String, String, String)> {
    let counters = &state.counters;
    let http = counters.http.iter().map(|(status, number)| (format!("HTTP {status}"), *number));
    let mut all: Vec<(String, u64)> = counters.answers.iter().map(|(name, number)| (name.clone(), *number)).chain(http).collect();
    all.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let sum = all.iter().map(|(_, number)| *number).sum();
    all.into_iter().map(|(name, number)| (name, count(number), page::bar::svg(&[("first", number)], sum))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::model::{Counters, Kind, Violation};

    use super::*;

    fn state() -> State {
        let counters = Counters { requests: 1_234, answers: BTreeMap::from([("SUCCESS/S".to_owned(), 1_200)]), ..Counters::default() };
        State {
            client_id: "C<1>".into(),
            uptime_ms: 65_000,
            orders_held: 7,
            open_calls: 1,
            counters,
            violation_counts: BTreeMap::new(),
            violations: Vec::new(),
            faults: Vec::new(),
            orders: BTreeMap::new(),
            now: 0,
        }
    }

    #[test]
    fn foreign_text_cannot_become_markup() {
        let page = figures(&state(), Vec::new(), Some(("<b>\"", None)));
        assert!(page.contains("C&#60;1&#62;") && page.contains("Order &#60;b&#62;&#34;") && page.contains("is not held"), "{page}");
        assert!(!page.contains("<b>\""), "{page}");
    }

    #[test]
    fn a_violation_is_what_the_page_says_first() {
        assert!(figures(&state(), Vec::new(), None).contains("verdict good"));
        let violation = Violation {
            kind: Kind::OlderAfterNewer,
            merchant_biz_no: Some("M1".into()),
            request_id: None,
            order_modify_time: None,
            at: 0,
            detail: "older".into(),
        };
        let state = State { violation_counts: BTreeMap::from([(Kind::OlderAfterNewer, 2)]), violations: vec![violation], ..state() };
        let page = figures(&state, Vec::new(), None);
        assert!(page.contains("verdict bad") && page.contains("2 violations were seen") && page.contains("older after newer"), "{page}");
    }

    #[test]
    fn the_pace_is_drawn_and_said() {
        let page = figures(&state(), vec![(-4.0, 100.0), (-2.0, 300.0)], None);
        assert!(page.contains("now 300 a second, at most 300") && page.contains("#000004") && page.contains("1,234"), "{page}");
    }
}
