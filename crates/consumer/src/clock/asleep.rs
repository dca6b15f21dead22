//! The process after its machine was asleep. No test can suspend the machine; but a process in a time namespace of Linux has a `CLOCK_BOOTTIME` that is
//! ahead, and the `CLOCK_MONOTONIC` of everybody: what the two clocks show to a process that slept for so long.

use std::process::Command;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::Moment;

const TOLD: &str = "ORDER_SYNC_TEST_BEFORE_THE_SLEEP";

impl Moment {
    /// A moment of the past.
    pub(crate) fn ago(time: Duration) -> Self {
        Self(Self::now().0.checked_sub(time).unwrap())
    }
}

fn monotonic_seconds() -> i64 {
    clock_gettime(ClockId::Monotonic).tv_sec
}

/// In the process that slept: the moment that it kept from before. The other clock shows that hardly any time has passed.
pub(crate) fn kept() -> Option<Moment> {
    let told = std::env::var(TOLD).ok()?;
    let (moment, monotonic) = told.split_once(' ').unwrap();
    assert!(monotonic_seconds() - monotonic.parse::<i64>().unwrap() < 60, "the clock without the time asleep runs on: {told}");
    Some(Moment(Duration::from_nanos(moment.parse().unwrap())))
}

/// Runs a test of this binary, named with its path, once more with a moment of now, in a process that has slept for so many seconds since. Where
/// nobody may make such a process nothing is proven, and a line says so.
#[track_caller]
pub(crate) fn wake(test: &str, kept: Moment, seconds: u32) {
    let seconds = seconds.to_string();
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--time", "--fork", "--boottime", &seconds]);
        command
    };
    if !unshare().arg("true").output().is_ok_and(|tried| tried.status.success()) {
        return eprintln!("not proven here: nobody may make a time namespace (unshare --user --time)");
    }
    let told = format!("{} {}", kept.0.as_nanos(), monotonic_seconds());
    let woken = unshare().arg(std::env::current_exe().unwrap()).args(["--exact", test]).env(TOLD, told).output().unwrap();
    let said = String::from_utf8_lossy(&woken.stdout);
    assert!(woken.status.success() && said.contains("1 passed"), "{said}");
}
