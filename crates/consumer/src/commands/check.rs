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
    let mut code = ExitCode::SUCCESS;
    if let Some(path) = &args.sample {
        let text = match read(path) {
            Ok(text) => text,
            Err(error) => return complain(&format!("--sample: {}: {error}", path.display()), 2),
        };
        let mut checker = Checker::new(&config, args.topic.as_deref(), now_millis());
        report.orders = Some(text.lines().enumerate().filter_map(|(at, line)| checker.check(at + 1, line)).collect());
    } else if let Some(records) = args.from_topic {
        match topic::check(&config, records, now_millis()) {
            Ok((checked, between)) => (report.orders, report.topic) = (Some(checked), Some(between)),
            Err(trouble) => return trouble.exit(),
        }
    } else {
        let connections = connections::check(&config, args.call);
        if connections.iter().any(|connection| connection.failed) {
            code = ExitCode::from(1);
        }
        if let Some(wrong) = connections.iter().find_map(|connection| connection.wrong.as_deref()) {
            code = complain(&wrong, 2);
        }
        report.connections = Some(connections);
    }
    say(&if args.json { report.json() } else { report.for_people() });
    code
}

fn read(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) }
}

#[cfg(test)]
mod tests;
