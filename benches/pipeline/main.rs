//! The real pipeline on a real Kafka against a cheap stand-in for AlipayHK: what an order costs, beside what the same machine pays for the
//! bare parts in the same run.
//!
//! `cargo bench --package order-sync-benches --bench pipeline -- [--json] [--only PART] [--quick]`. The binary under test is
//! `order-sync` of the same build folder; `ORDER_SYNC_BIN` names another.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that people start and read")]

mod absorbed;
mod delivered;
mod engine_memory;
mod memory;
mod page;
mod place;
mod post;
mod proc;
mod recovery;
mod signing;
mod stand_in;
mod start;
mod subject;
mod table;
mod tools;
mod traced;

use std::process::ExitCode;

use order_sync_tests::kafka::Kafka;

use crate::place::Place;
use crate::table::Table;

const PARTS: [&str; 11] = ["start", "memory", "absorbed", "delivered", "traced", "page", "calm", "killed", "catch_up", "outage", "tools"];
const USAGE: &str =
    "usage: pipeline [--json] [--quick] [--only start|memory|absorbed|delivered|traced|page|calm|killed|catch_up|outage|tools]";

/// What is measured, and how long.
struct Options {
    json: bool,
    /// A tenth of everything: shows that it works, not what it costs.
    quick: bool,
    only: Option<String>,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { json: false, quick: false, only: None };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // cargo says so to every bench
                "--bench" => {}
                "--json" => options.json = true,
                "--quick" => options.quick = true,
                "--only" => options.only = Some(arguments.next().filter(|part| PARTS.contains(&part.as_str())).ok_or(USAGE)?),
                other => return Err(format!("unknown argument {other}; {USAGE}")),
            }
        }
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }

    fn scaled(&self, count: u64) -> u64 {
        if self.quick { count / 10 } else { count }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // helpers run in processes of their own, so that their processor time is nobody else's
    let done = match arguments.first().map(String::as_str) {
        Some("stand-in") => stand_in::serve(&arguments[1..]),
        Some("post") => post::run(&arguments[1..]),
        Some("bare-loop") => recovery::bare_loop::run(&arguments[1..]),
        Some("engine-memory") => engine_memory::run(&arguments[1..]),
        _ => Options::parse(arguments.into_iter()).and_then(|options| measure(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pipeline: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<(), String> {
    subject::binary()?;
    say("starting Kafka");
    let kafka = Kafka::start();
    let place = Place::new(&kafka)?;
    let mut table = Table::default();
    if options.wants("start") {
        start::measure(&place, options, &mut table)?;
    }
    if options.wants("memory") {
        memory::measure(&place, options, &mut table)?;
    }
    if options.wants("absorbed") {
        absorbed::measure(&place, options, &mut table)?;
    }
    if options.wants("delivered") {
        delivered::measure(&place, options, &mut table)?;
    }
    if options.wants("traced") {
        traced::measure(&place, options, &mut table)?;
    }
    if options.wants("page") {
        page::measure(&place, options, &mut table)?;
    }
    if options.wants("calm") {
        recovery::calm(&place, options, &mut table)?;
    }
    if options.wants("killed") {
        recovery::killed(&place, options, &mut table)?;
    }
    if options.wants("catch_up") {
        recovery::catch_up(&place, options, &mut table)?;
    }
    if options.wants("outage") {
        recovery::outage(&place, options, &mut table)?;
    }
    if options.wants("tools") {
        tools::measure(&place, options, &mut table)?;
    }
    println!("{}", if options.json { table.json() } else { table.text() });
    Ok(())
}

/// Tells what goes on; the figures alone go to standard output.
fn say(what: &str) {
    eprintln!("pipeline: {what}");
}
