use std::time::Duration;

use domain::Cause;

use super::*;

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
