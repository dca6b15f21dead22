//! `order-sync`: keeps AlipayHK's view of every order equal to the merchant's newest one.

use std::process::ExitCode;

use consumer::{cli::Cli, commands};

fn main() -> ExitCode {
    match Cli::from_process() {
        Ok(cli) => commands::dispatch(&cli),
        Err(code) => code,
    }
}
