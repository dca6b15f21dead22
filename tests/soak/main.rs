//! `./dev soak`: real processes on a real Kafka under random faults from a seed, and an oracle that judges them from outside.
//!
//! Nothing here believes what the pipeline says of itself: the oracle has the topic, the dead letters, every commit the broker accepted and
//! every call the sandbox AlipayHK saw. That AlipayHK is naive on purpose: it orders nothing and remembers no `requestId`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a program of the tests, that people start and read"
)]

mod chaos;
mod commits;
mod events;
mod evidence;
mod faults;
mod fleet;
mod late_commits;
mod orders;
mod progress;
mod random;
mod repeats;
mod report;
mod run;
mod schedule;
mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::run::Plan;
use crate::schedule::Mix;

/// Runs a fleet of order-sync processes on a real Kafka under random faults, and judges from outside what came of it
#[derive(Debug, Parser)]
#[command(name = "soak", max_term_width = 100)]
#[command(after_help = "\
Faults: processes join, leave, are killed and freeze beyond their session; AlipayHK is slow, fails, resets, hangs, answers
unsigned or badly signed, applies late; the broker is stopped, killed, frozen; the lines to both are delayed, cut, reset,
half-open, corrupt. Then the faults stop, everything is committed, and the oracle judges: nothing lost, nothing backwards,
nothing committed early, every repeat with a reason.

Exit codes: 0 nothing is wrong; 1 something is, with the seed that draws the same faults again; 2 usage error.

Examples:
  ./dev soak --minutes 2
  ./dev soak --minutes 60 --json > report.json
  ./dev soak --seed 4711 --mix hand-overs       the same faults as a run that failed")]
struct Arguments {
    /// How long things go wrong, in minutes; the verdict comes up to two minutes later
    #[arg(long, default_value_t = 2.0, value_parser = minutes)]
    minutes: f64,
    /// Draws the faults and the records; absent: another one each time
    #[arg(long)]
    seed: Option<u64>,
    /// Which faults
    #[arg(long, value_enum, default_value_t = Mix::All)]
    mix: Mix,
    /// Records written a second [default: 150; hand-overs: 250]
    #[arg(long)]
    rate: Option<u32>,
    /// Calls a second, of all processes together [default: 120; hand-overs: 60]
    #[arg(long)]
    quota: Option<u32>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| events::now() as u64 % 1_000_000);
    let (rate, quota) = match arguments.mix {
        Mix::All => (150, 120),
        Mix::HandOvers => (250, 60),
    };
    let plan = Plan {
        seed,
        mix: arguments.mix,
        period: Duration::from_secs_f64(arguments.minutes * 60.0),
        rate: arguments.rate.unwrap_or(rate),
        quota: arguments.quota.unwrap_or(quota),
    };
    // said first: a run that breaks off has told it
    eprintln!("soak: seed {seed}");
    let report = run::run(&plan);
    match arguments.json {
        true => println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default()),
        false => println!("{}", report.text()),
    }
    if report.violations.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("soak: what to look at (timeline, calls, logs of the processes): .dev/soak-{seed}/");
    let mix = if arguments.mix == Mix::HandOvers { " --mix hand-overs" } else { "" };
    eprintln!(
        "soak: {} violations; the same faults again: ./dev soak --minutes {} --seed {seed}{mix}",
        report.violations.len(),
        arguments.minutes
    );
    ExitCode::FAILURE
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if minutes > 0.0 && minutes <= 10_000.0 => Ok(minutes),
        _ => Err("must be a number of minutes above 0, for example 2 or 0.5".to_owned()),
    }
}
