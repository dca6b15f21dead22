//! What each command does.

mod backfill;
mod check;
mod completions;
mod decoding;
#[cfg(feature = "sandbox")]
mod demo;
mod dlq;
mod explain;
mod instances;
mod keys;
mod produce;
mod progress;
mod resend;
mod run;
mod sample;
#[cfg(feature = "sandbox")]
mod sandbox;
mod status;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod trouble;
pub mod when;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::SystemTime;

use crate::cli::{Cli, Command, KeysCommand};
use crate::hardening::harden;

/// Does what was asked.
pub fn dispatch(cli: &Cli) -> ExitCode {
    if let Err(error) = harden() {
        return complain(&format!("this process cannot keep its memory out of core dumps: {error}"), 1);
    }
    match &cli.command {
        Command::Run(args) => run::run(args),
        #[cfg(feature = "sandbox")]
        Command::Demo(args) => demo::run(args),
        Command::Check(args) => check::run(args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(args),
        Command::Produce(args) => produce::run(args),
        Command::Status(args) => trouble::end(status::run(args)),
        Command::Explain(args) => trouble::end(explain::run(args)),
        Command::Backfill(args) => trouble::end(backfill::run(args)),
        Command::Dlq(command) => dlq::run(command),
        Command::Keys(KeysCommand::Generate(args)) => keys::generate(args),
        Command::Keys(KeysCommand::Show(args)) => keys::show::run(args),
        Command::Completions(args) => completions::run(args),
    }
}

/// Says on stderr, in one line, why a command ends, and gives the exit code back.
pub(crate) fn complain(error: &impl Display, code: u8) -> ExitCode {
    let text = error.to_string();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Nobody is left to hear of it when stderr is gone.
    let _ = writeln!(io::stderr().lock(), "order-sync: {line}");
    ExitCode::from(code)
}

/// Writes a command's result to stdout. A reader that left early is no failure.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
}

/// The clock, in epoch milliseconds.
pub(crate) fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
