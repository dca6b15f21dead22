//! The last minutes, step by step: what the plots of the page are drawn from. Pure: the driver tells what happened and when.

use std::collections::VecDeque;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::state::{GateState, State};

/// How long a step is.
pub const STEP: Duration = Duration::from_secs(2);
/// How far back the page looks.
pub const SPAN: Duration = Duration::from_secs(600);
/// Steps that are kept.
const STEPS: usize = (SPAN.as_secs() / STEP.as_secs()) as usize;
/// The longest call that is told apart, in microseconds; digits of precision.
const LONGEST: u64 = 600_000_000;
const DIGITS: u8 = 2;

/// What one step saw.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// When it ended.
    pub at: Duration,
    /// The largest freshness that was seen in it, in seconds.
    pub freshness: f64,
    /// Records read, a second.
    pub read: f64,
    /// Records delivered, superseded or stale, a second: those that ended well.
    pub ended: f64,
    /// Calls begun, a second.
    pub calls: f64,
    /// How long the calls took that ended in it; none if none did.
    pub latency: Option<Latency>,
    /// The gate was not open for some of it.
    pub closed: bool,
    /// Since when the gate is as it is.
    pub gate_since: Duration,
}

/// How long calls took, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Latency {
    /// Half of them were quicker.
    pub median: f64,
    /// 19 of 20 were quicker.
    pub p95: f64,
    /// The slowest one.
    pub most: f64,
}

/// Gathers a step. The driver owns it.
#[derive(Debug)]
pub struct Gathering {
    calls: Histogram<u32>,
    begun: Option<Begun>,
    freshness: f64,
    closed: bool,
    gate: (GateState, Duration),
}

/// The sums at the beginning of a step.
#[derive(Debug, Clone, Copy)]
struct Begun {
    at: Duration,
    read: u64,
    ended: u64,
    calls: u64,
}

impl Gathering {
    /// A call ended.
    pub fn call(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // Longer calls count as the longest that is told apart.
        self.calls.saturating_record(micros.max(1));
    }

    /// The state at a moment. Some: a step is complete.
    pub fn see(&mut self, state: &State, now: Duration) -> Option<Step> {
        self.freshness = self.freshness.max(state.freshness_seconds);
        self.closed |= state.gate.state != GateState::Open;
        let (gate, since) = &mut self.gate;
        // Who probes is still closed.
        if (state.gate.state == GateState::Open) != (*gate == GateState::Open) {
            *since = now;
        }
        *gate = state.gate.state;
        let sums = Begun::of(state, now);
        let begun = *self.begun.get_or_insert(sums);
        let took = now.saturating_sub(begun.at);
        (took >= STEP).then(|| self.end(begun, sums, took))
    }

    fn end(&mut self, begun: Begun, sums: Begun, took: Duration) -> Step {
        // What a partition takes with it when it is given up is taken off the sums.
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / took.as_secs_f64();
        let seconds = |micros: u64| micros as f64 / 1e6;
        let latency = (!self.calls.is_empty()).then(|| Latency {
            median: seconds(self.calls.value_at_quantile(0.5)),
            p95: seconds(self.calls.value_at_quantile(0.95)),
            most: seconds(self.calls.max()),
        });
        self.calls.clear();
        self.begun = Some(sums);
        Step {
            at: sums.at,
            freshness: std::mem::take(&mut self.freshness),
            read: rate(sums.read, begun.read),
            ended: rate(sums.ended, begun.ended),
            calls: rate(sums.calls, begun.calls),
            latency,
            closed: std::mem::take(&mut self.closed),
            gate_since: self.gate.1,
        }
    }
}

impl Default for Gathering {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "constants that a test uses too")]
        let calls = Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("bounds and digits are in order");
        Self { calls, begun: None, freshness: 0.0, closed: false, gate: (GateState::Open, Duration::ZERO) }
    }
}

impl Begun {
    fn of(state: &State, at: Duration) -> Self {
        let ends = &state.dispositions;
        let ended = ends.delivered + ends.superseded + ends.stale;
        Self { at, read: state.records_read, ended, calls: state.calls.attempted }
    }
}

/// The steps of the last minutes, the oldest first. Bounded.
#[derive(Debug, Clone, Default)]
pub struct History(VecDeque<Step>);

impl History {
    /// The newest step.
    pub fn push(&mut self, step: Step) {
        if self.0.len() == STEPS {
            self.0.pop_front();
        }
        self.0.push_back(step);
    }

    /// Those that lie within the span, the oldest first.
    pub fn steps(&self, now: Duration) -> impl DoubleEndedIterator<Item = &Step> + Clone {
        self.0.iter().filter(move |step| step.at + SPAN > now)
    }

    /// The last one.
    pub fn last(&self) -> Option<&Step> {
        self.0.back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::state::{Calls, Dispositions, Gate};

    fn state(read: u64, calls: u64) -> State {
        let dispositions = Dispositions { delivered: read / 2, superseded: read / 4, parked: 7, ..Dispositions::default() };
        State { records_read: read, calls: Calls { attempted: calls, ..Calls::default() }, dispositions, ..State::default() }
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_step_tells_rates_by_the_time_it_really_took() {
        let mut gathering = Gathering::default();
        assert_eq!(gathering.see(&state(1_000, 50), millis(100)), None, "what was before does not count");
        assert_eq!(gathering.see(&state(1_200, 60), millis(2_000)), None);
        let step = gathering.see(&state(1_800, 150), millis(2_600)).unwrap();
        assert_eq!((step.read, step.calls, step.at), (320.0, 40.0, millis(2_600)));
        assert_eq!(step.ended, 240.0);
        let next = gathering.see(&state(1_800, 150), millis(4_600)).unwrap();
        assert_eq!((next.read, next.calls), (0.0, 0.0));
    }

    #[test]
    fn sums_that_shrink_are_no_negative_rate() {
        let mut gathering = Gathering::default();
        gathering.see(&state(1_000, 0), millis(0));
        assert_eq!(gathering.see(&state(900, 0), millis(2_000)).unwrap().read, 0.0);
    }

    #[test]
    fn the_worst_freshness_of_a_step_counts_and_begins_anew() {
        let mut gathering = Gathering::default();
        for (at, freshness) in [(0, 0.1), (500, 7.0), (1_000, 0.2)] {
            gathering.see(&State { freshness_seconds: freshness, ..State::default() }, millis(at));
        }
        assert_eq!(gathering.see(&State::default(), millis(2_000)).unwrap().freshness, 7.0);
        assert_eq!(gathering.see(&State::default(), millis(4_000)).unwrap().freshness, 0.0);
    }

    #[test]
    fn latency_is_of_the_calls_that_ended_in_the_step() {
        let mut gathering = Gathering::default();
        gathering.see(&State::default(), millis(0));
        (1..=100).for_each(|at| gathering.call(millis(at)));
        let latency = gathering.see(&State::default(), millis(2_000)).unwrap().latency.unwrap();
        let near = |value: f64, expected: f64| (value / expected - 1.0).abs() < 0.02;
        assert!(near(latency.median, 0.050) && near(latency.p95, 0.095) && near(latency.most, 0.100), "{latency:?}");
        assert_eq!(gathering.see(&State::default(), millis(4_000)).unwrap().latency, None, "no call, no number");
        gathering.call(Duration::ZERO);
        gathering.call(Duration::from_secs(100_000));
        assert!(gathering.see(&State::default(), millis(6_000)).unwrap().latency.unwrap().most > 599.0);
    }

    #[test]
    fn a_gate_that_was_closed_for_a_moment_marks_its_step_and_probing_is_still_closed() {
        let mut gathering = Gathering::default();
        let with = |gate| State { gate: Gate { state: gate, ..Gate::default() }, ..State::default() };
        gathering.see(&with(GateState::Open), millis(0));
        gathering.see(&with(GateState::Closed), millis(800));
        let step = gathering.see(&with(GateState::Probing), millis(2_000)).unwrap();
        assert_eq!((step.closed, step.gate_since), (true, millis(800)));
        let step = gathering.see(&with(GateState::Open), millis(4_000)).unwrap();
        assert_eq!((step.closed, step.gate_since), (false, millis(4_000)));
    }

    #[test]
    fn history_is_bounded_by_count_and_by_time() {
        let mut history = History::default();
        for at in 0..1_000 {
            history.push(Step { at: STEP * at, ..Step::default() });
        }
        assert_eq!(history.0.len(), STEPS);
        assert_eq!(history.last().unwrap().at, STEP * 999);
        let now = STEP * 999 + Duration::from_secs(300);
        assert_eq!(history.steps(now).count(), STEPS / 2, "what is older than the span is not shown, also when nothing new comes");
    }
}
