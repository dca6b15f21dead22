//! The wall clock may jump; only what means the time of day reads it.

use crate::report::{Finding, expect_none};
use crate::tree;

/// Readers of the wall clock, by file.
const READERS: [(&str, &str); 10] = [
    ("crates/consumer/src/call.rs", "Request-Time, and how far Response-Time is off"),
    ("crates/consumer/src/commands.rs", "the time of a command typed by hand"),
    ("crates/consumer/src/driver.rs", "max_age, the bound on the future, times in dead letters and outcomes"),
    ("crates/consumer/src/driver/report.rs", "when the process started, for people"),
    ("crates/consumer/src/admin/routes.rs", "the minutes of the page's table"),
    ("crates/consumer/src/admin/state.rs", "the same, before the first turn"),
    ("crates/consumer/src/commands/resend/run.rs", "when a run by hand began, in its name"),
    ("crates/consumer/src/kafka/oauth.rs", "when a token ends, as librdkafka and tokens say it"),
    ("crates/consumer/src/telemetry/logs/lines.rs", "the time of a log line"),
    ("crates/consumer/src/telemetry/metrics/gauges.rs", "when the process started, for Prometheus"),
];

#[test]
fn timers_are_monotonic_the_wall_clock_is_read_only_for_the_time_of_day() {
    let mut findings = Vec::new();
    for file in tree::files().iter().filter(|file| file.path.starts_with("crates/consumer/src/") && file.extension() == "rs") {
        if READERS.iter().any(|(reader, _)| file.path.starts_with(reader)) {
            continue;
        }
        for (number, line) in file.lines() {
            if ["SystemTime::now", "now_utc(", "now_local("].iter().any(|clock| line.contains(clock)) {
                findings.push(Finding::new(format!("{}:{number}", file.path), line.trim().to_owned()));
            }
        }
    }
    expect_none(
        "a timer of the pipeline does not jump with the wall clock",
        "count with Moment or Instant, or take the time as an argument",
        &findings,
    );
}
