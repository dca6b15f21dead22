//! The live page at `/`: a frame without figures, and the figures, made anew for each look. Pure: state, history and time are arguments.

mod minutes;
mod rows;
mod story;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use page::words::{count, rate, span};

use self::minutes::{Minute, Plotted, Reach};
use self::rows::{End, PartitionRow, Waiting};
use self::story::Story;
use self::verdict::Verdict;
use super::history::{History, Step};
use super::orders::{OrderLane, Unanswered};
use super::state::{GateState, State};

/// The page without its figures.
pub(super) fn frame() -> String {
    let links = [("/api/state", "State as JSON"), ("/metrics", "Metrics"), ("/readyz", "Readiness"), ("/livez", "Liveness")];
    page::Frame { name: "order-sync", about: "The live page of this process", base: "/", live: "/api/page", links: &links }.html()
}

/// What the figures are made of.
pub(super) struct Look<'a> {
    pub(super) state: &'a State,
    pub(super) history: &'a History,
    /// Since the process began.
    pub(super) now: Duration,
    /// The same moment in epoch milliseconds.
    pub(super) millis: i64,
    /// The orders that wait longest.
    pub(super) oldest: Result<Arc<Vec<OrderLane>>, Unanswered>,
    /// The order that is looked at, and what is known of it.
    pub(super) order: Option<(String, Result<Vec<OrderLane>, Unanswered>)>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    title: String,
    environment: Option<&'a str>,
    group: &'a str,
    version: &'a str,
    up: String,
    story: Option<Story>,
    verdict: Verdict,
    figures: Vec<Figure>,
    reach: &'static str,
    was_closed: bool,
    plots: Vec<Plotted>,
    minutes: Vec<Minute>,
    oldest_empty: Option<&'static str>,
    oldest: Vec<Waiting>,
    /// Name, value, class.
    limits: Vec<(String, String, &'static str)>,
    partitions_said: String,
    partitions: Vec<PartitionRow>,
    read: String,
    ends: Vec<End>,
    remarks: Vec<(String, String)>,
}

/// What stands in place of a number that nobody has told.
const UNKNOWN: &str = "–";

/// One of the large figures.
struct Figure {
    name: &'static str,
    value: String,
    unit: &'static str,
    below: String,
    class: &'static str,
}

impl Look<'_> {
    /// The figures as a document, of which the script takes what has changed.
    pub(super) fn html(&self) -> String {
        let state = self.state;
        let steps: Vec<&Step> = self.history.steps(self.now).collect();
        let verdict = Verdict::of(state, self.gate_for());
        let reach = Reach::of(&steps, self.now);
        let environment = state.environment.as_deref();
        let (_, group) = state.group.readiness();
        let page = Page {
            title: [Some(verdict.say), environment, Some("order-sync")].into_iter().flatten().collect::<Vec<_>>().join(" · "),
            environment,
            group,
            version: state.version,
            up: span(self.now.as_secs_f64()),
            story: self.order.as_ref().map(|(number, lanes)| Story::of(number, lanes)),
            figures: self.figures(&steps, verdict.class),
            verdict,
            reach: reach.title,
            was_closed: steps.iter().any(|step| step.closed),
            plots: minutes::plots(&steps, reach, state, self.now),
            minutes: minutes::table(&steps, self.now, self.millis),
            oldest_empty: rows::oldest_empty(&self.oldest),
            oldest: self.oldest.iter().flat_map(|lanes| lanes.iter()).map(Waiting::of).collect(),
            limits: self.limits(),
            partitions_said: rows::partitions_said(&state.partitions),
            partitions: rows::partitions(&state.partitions, &state.halted),
            read: count(state.records_read),
            ends: rows::ends(state),
            remarks: rows::remarks(state),
        };
        // Writing to a string does not fail.
        page.render().unwrap_or_default()
    }

    fn gate_for(&self) -> Duration {
        self.now.saturating_sub(self.history.last().map_or(self.now, |step| step.gate_since))
    }

    fn figures(&self, steps: &[&Step], class: &'static str) -> Vec<Figure> {
        let state = self.state;
        let class = if self.is_known() { class } else { "" };
        let known = |text: String| if self.is_known() { text } else { UNKNOWN.to_owned() };
        let last = steps.last();
        let worst = steps.iter().map(|step| step.freshness).fold(state.freshness_seconds, f64::max);
        let sum = |of: fn(&super::state::Partition) -> u64| state.partitions.iter().map(of).sum::<u64>();
        let (lanes, waiting, open) = (sum(|of| of.lanes), sum(|of| of.waiting), sum(|of| of.open));
        let asked = state.calls.attempted + state.calls_saved;
        let saved = state.calls_saved * 100 / asked.max(1);
        let figure = |name, value, unit, below| Figure { name, value, unit, below, class: "" };
        let latency = steps.iter().rev().find_map(|step| step.latency);
        vec![
            Figure {
                class,
                ..figure("Freshness", known(span(state.freshness_seconds)), "", format!("worst in ten minutes {}", span(worst)))
            },
            figure(
                "Records read",
                last.map_or("–".to_owned(), |step| rate(step.read)),
                " a second",
                format!("{} since the start", count(state.records_read)),
            ),
            figure(
                "Calls",
                last.map_or("–".to_owned(), |step| rate(step.calls)),
                " a second",
                known(format!("{} of {} in flight", count(state.calls.in_flight), count(state.calls.max_in_flight))),
            ),
            figure(
                "A call takes",
                latency.map_or("–".to_owned(), |of| span(of.median)),
                "",
                latency.map_or(String::new(), |of| format!("95 % within {}", span(of.p95))),
            ),
            figure(
                "Orders in work",
                count(lanes),
                "",
                format!(
                    "{} wait, {} open",
                    page::words::many(waiting, "modification", "modifications"),
                    page::words::many(open, "record", "records")
                ),
            ),
            figure("Saved by collapse", format!("{saved} %"), "", format!("{} of {} calls", count(state.calls_saved), count(asked))),
        ]
    }

    /// The pipeline has said how it stands; before, it waits for Kafka, and every number is nothing but a beginning.
    fn is_known(&self) -> bool {
        self.state.calls.max_in_flight > 0
    }

    fn limits(&self) -> Vec<(String, String, &'static str)> {
        let state = self.state;
        if !self.is_known() {
            let names = ["Gate", "Quota share", "Tokens left", "Dead-letter fuse", "Orders remembered"];
            return names.map(|name| (name.to_owned(), UNKNOWN.to_owned(), "")).into();
        }
        let since = span(self.gate_for().as_secs_f64());
        let reason = state.gate.reason.map_or("no reason given", |reason| reason).replace('_', " ");
        let (gate, class) = match state.gate.state {
            GateState::Open => (format!("open for {since}"), "good"),
            GateState::Closed => (format!("closed for {since}: {reason}"), "bad"),
            GateState::Probing => (format!("closed for {since}: {reason}; one call is finding out"), "bad"),
        };
        let mut limits = vec![("Gate".to_owned(), gate, class)];
        limits.extend(
            state
                .gate
                .types
                .iter()
                .map(|(name, gate)| (format!("Gate of {name}"), format!("closed: {}", gate.reason.replace('_', " ")), "warn")),
        );
        let tokens = state.quota.tokens.max(0.0).floor() as u64;
        limits.extend([
            ("Quota share".to_owned(), format!("{} calls a second", rate(state.quota.share_per_second)), ""),
            ("Tokens left".to_owned(), count(tokens), if tokens == 0 && state.quota.share_per_second > 0.0 { "warn" } else { "" }),
            (
                "Dead-letter fuse".to_owned(),
                format!("{:.0} of 100 tokens", state.fuse.tokens.max(0.0)),
                if state.fuse.tokens < 50.0 { "warn" } else { "" },
            ),
            ("Orders remembered".to_owned(), count(state.remembered_orders), ""),
        ]);
        limits
    }
}

#[cfg(test)]
mod tests;
