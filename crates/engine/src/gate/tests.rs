use std::time::Duration;

use domain::Cause;
use proptest::prelude::*;

use super::*;
use crate::retry::Rng;

const BACKOFF: Backoff = Backoff { initial: Duration::from_secs(1), max: Duration::from_secs(8) };
const REASON: GateReason = GateReason::Cause(Cause::Timeout);

fn at(secs: u64) -> Now {
    Now(Duration::from_secs(secs))
}

#[test]
fn transport_failures_in_a_row_close_it_and_an_answer_between_them_does_not() {
    let (mut gate, mut rng) = (Gate::default(), Rng::new(1));
    for _ in 1..FAILURES {
        assert!(!gate.failed(REASON, 1, at(0), BACKOFF, &mut rng));
    }
    gate.answered();
    assert!(!gate.failed(REASON, 1, at(0), BACKOFF, &mut rng));
    for _ in 2..FAILURES {
        gate.failed(REASON, 1, at(0), BACKOFF, &mut rng);
    }
    assert_eq!(gate.pass(at(0)), Pass::Open);
    assert!(gate.failed(REASON, 1, at(0), BACKOFF, &mut rng));
    assert!(gate.closed().is_some());
}

#[test]
fn one_probe_at_a_time_and_each_failed_one_waits_longer() {
    let (mut gate, mut rng) = (Gate::default(), Rng::new(1));
    assert!(gate.close(REASON, Some(1), at(0), BACKOFF, &mut rng));
    assert_eq!(gate.pass(at(1)), Pass::Probe);
    gate.probing(7);
    assert_eq!(gate.pass(at(1)), Pass::Probing);
    gate.probe_failed(6, at(1), BACKOFF, &mut rng);
    assert_eq!(gate.pass(at(1)), Pass::Probing, "another call's end is not the probe's");
    gate.probe_failed(7, at(1), BACKOFF, &mut rng);
    let State::Closed { failed_probes, probe_at, .. } = gate.state else { panic!("closed") };
    assert_eq!(failed_probes, 2);
    assert!(probe_at > at(1) && probe_at <= at(3));
}

#[test]
fn it_opens_once() {
    let (mut gate, mut rng) = (Gate::default(), Rng::new(1));
    gate.close(REASON, None, at(0), BACKOFF, &mut rng);
    assert!(gate.open());
    assert!(!gate.open());
}

/// What happens to a gate.
#[derive(Debug, Clone, Copy)]
enum Event {
    Systemic(Option<u64>),
    Failed(u64),
    Answered,
    Success,
    ProbeFailed(u64),
    /// A call with this serial goes, if the gate lets it.
    Call(u64),
}

fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let serial = 0..6_u64;
    let event = prop_oneof![
        2 => prop::option::of(serial.clone()).prop_map(Event::Systemic),
        6 => serial.clone().prop_map(Event::Failed),
        1 => Just(Event::Answered),
        1 => Just(Event::Success),
        3 => serial.clone().prop_map(Event::ProbeFailed),
        6 => serial.prop_map(Event::Call),
    ];
    prop::collection::vec((0..5_u64, event), 0..80)
}

/// The gate by its definition, from the whole story so far: since when it is closed, the probes since then, the failures in a row.
#[derive(Debug, Default)]
struct Story {
    failures: u32,
    closed: bool,
    failed_probes: u32,
    probe: Option<u64>,
    /// Of the last wait.
    began: u64,
}

impl Story {
    fn wait(&mut self, now: u64) {
        (self.probe, self.began) = (None, now);
        self.failed_probes += 1;
    }

    /// The gate closes, or its probe, if this was it, failed.
    fn trouble(&mut self, serial: Option<u64>, now: u64) -> bool {
        let was_open = !self.closed;
        if was_open {
            *self = Self { failures: self.failures, closed: true, ..Self::default() };
            self.wait(now);
        } else if self.probe.is_some() && self.probe == serial {
            self.wait(now);
        }
        was_open
    }

    /// The longest that the wait in force may be.
    fn longest(&self) -> u64 {
        8.min(1 << (self.failed_probes.max(1) - 1).min(3))
    }
}

proptest! {
    #[test]
    fn it_lets_through_what_its_whole_story_allows(events in events()) {
        let (mut gate, mut rng, mut story, mut now) = (Gate::default(), Rng::new(5), Story::default(), 0);
        for (pause, event) in events {
            now += pause;
            match event {
                Event::Systemic(serial) => {
                    prop_assert_eq!(gate.close(REASON, serial, at(now), BACKOFF, &mut rng), story.trouble(serial, now));
                }
                Event::Failed(serial) => {
                    story.failures += 1;
                    let closes = if story.closed || story.failures >= 8 { story.trouble(Some(serial), now) } else { false };
                    prop_assert_eq!(gate.failed(REASON, serial, at(now), BACKOFF, &mut rng), closes);
                }
                Event::Answered => {
                    gate.answered();
                    story.failures = 0;
                }
                Event::Success => {
                    prop_assert_eq!(gate.open(), story.closed);
                    story = Story::default();
                }
                Event::ProbeFailed(serial) => {
                    gate.probe_failed(serial, at(now), BACKOFF, &mut rng);
                    if story.closed && story.probe == Some(serial) {
                        story.wait(now);
                    }
                }
                Event::Call(serial) => {
                    let pass = gate.pass(at(now));
                    if matches!(pass, Pass::Open | Pass::Probe) {
                        gate.probing(serial);
                        story.probe = story.closed.then_some(serial);
                    }
                }
            }
            prop_assert_eq!(gate.failures_in_a_row(), story.failures);
            match gate.pass(at(now)) {
                Pass::Open => prop_assert!(!story.closed),
                Pass::Probing => prop_assert!(story.closed && story.probe.is_some(), "one probe at a time"),
                Pass::Probe => prop_assert!(story.closed && story.probe.is_none() && now > story.began),
                Pass::NotBefore(then) => {
                    prop_assert!(story.closed && story.probe.is_none());
                    prop_assert!(then > at(now) && then <= at(story.began + story.longest()), "each failed probe waits longer, up to the cap");
                    prop_assert_eq!(gate.probe_at(), Some(then));
                }
            }
            prop_assert_eq!(gate.closed().map(|(_, probing)| probing), story.closed.then_some(story.probe.is_some()));
        }
    }
}
