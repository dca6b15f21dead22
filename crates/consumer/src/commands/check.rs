//! `order-sync check`: is everything there, and what would become of these orders. Nothing is sent, but for `--call`.

mod call;
mod connections;
mod listener;
mod mapped;
mod report;
mod request;
mod sample;
mod schemas;
mod topic;

use std::path::Path;
use std::process::ExitCode;

use crate::cli::CheckArgs;
use crate::config::{self, Config};
use crate::schema::Decoder;

use super::{complain, now_millis, say};
use report::Report;
use sample::Checker;

pub(super) use request::{masked, order as order_json};

/// Checks, shows, and ends with 0, with 1 when somebody could not be reached, or with 2 when something has to be corrected.
pub(super) fn run(args: &CheckArgs) -> ExitCode {
    let config = match Config::load(&args.config, config::environment()) {
        Ok(config) => config,
        Err(error) => return complain(&error, 2),
    };
    if let Err(error) = Decoder::new(&config.schema, config.mappings.clone()) {
        return complain(&error, 2);
    }
    let mut report = Report::new(&args.config, &config);
    let mut connections = if args.sample.is_some() { Vec::new() } else { connections::check(&config) };
    if args.call {
        let called = call::check(&config);
        report.called = Some(called.sent);
        connections.push(called.connection);
    }
    if let Some(path) = &args.sample {
        let text = match read(path) {
            Ok(text) => text,
            Err(error) => return complain(&format!("--sample: {}: {error}", path.display()), 2),
        };
        let mut checker = Checker::new(&config, args.topic.as_deref(), now_millis());
        report.orders = Some(text.lines().enumerate().filter_map(|(at, line)| checker.check(at + 1, line)).collect());
    } else if let Some(records) = args.from_topic {
        // Who did not answer would be asked in vain, for longer.
        let is_there = connections.iter().all(|connection| !(connection.failed && connections::of_kafka(connection)));
        match is_there.then(|| topic::check(&config, records, now_millis())) {
            Some(Ok((checked, between))) => (report.orders, report.topic) = (Some(checked), Some(between)),
            Some(Err(trouble)) => return trouble.exit(),
            None => {}
        }
    } else {
        match request::example(&config, now_millis()) {
            Ok(shown) => report.example = Some(shown),
            Err(error) => return complain(&format!("alipayhk: no request can be made: {error}"), 2),
        }
    }
    let wrong = connections.iter().find_map(|connection| connection.wrong.clone());
    let failed = connections.iter().find(|connection| connection.failed).map(|failed| format!("{}: {}", failed.who, failed.found));
    report.connections = connections;
    say(&if args.json { report.json() } else { report.for_people() });
    match (wrong, failed) {
        (Some(wrong), _) => complain(&wrong, 2),
        (None, Some(failed)) => complain(&failed, 1),
        (None, None) => ExitCode::SUCCESS,
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) }
}

#[cfg(test)]
mod tests;
