//! The demo is what somebody runs first, so it runs here as they run it.
#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn demo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_order-sync")).arg("demo").args(args).output().unwrap()
}

#[test]
fn the_demo_ends_well_and_tells_scripts_what_it_showed() {
    let ended = demo(&["--for", "8s", "--json"]);
    let (said, complained) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert_eq!(ended.status.code(), Some(0), "{said}{complained}");
    let told: serde_json::Value = serde_json::from_str(&said).unwrap();
    let count = |name: &str| told[name].as_u64().unwrap_or_else(|| panic!("{name}: {said}"));
    assert_eq!(told["ok"], true, "{said}");
    assert!(count("delivered") > 0 && count("calls_saved") > 0, "{said}");
    let ends: u64 = ["delivered", "superseded", "stale", "rejected", "parked"].into_iter().map(count).sum();
    assert_eq!((ends, count("records_read")), (count("modifications"), count("modifications")), "{said}");
    assert_eq!((count("violations"), count("differing_count")), (0, 0), "{said}");
}

#[test]
fn a_second_signal_ends_it_at_once_with_1_and_without_a_verdict() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_order-sync"));
    let mut demo = command.arg("demo").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(demo.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("/metrics")), "it began");
    let pid = Pid::from_child(&demo);
    // Two kinds of signal: of one kind, two that come together count as one.
    kill_process(pid, Signal::TERM).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    said.for_each(drop);
    let ended = demo.wait_with_output().unwrap();
    let complained = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{complained}");
    assert!(complained.contains("ended at once"), "{complained}");
}

#[test]
fn a_duration_that_is_none_is_a_usage_error() {
    assert_eq!(demo(&["--for", "soon"]).status.code(), Some(2));
}
