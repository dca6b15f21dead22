//! `order-sync demo`.

use std::process::ExitCode;

use crate::cli::DemoArgs;

pub fn run(_: &DemoArgs) -> ExitCode {
    ExitCode::FAILURE
}
