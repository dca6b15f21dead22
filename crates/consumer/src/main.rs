//! `order-sync`: keeps AlipayHK's view of every order equal to the merchant's newest one.

use std::process::ExitCode;

use consumer::{cli::Cli, commands};

/// Records are allocated by the poll thread, wait by the million and are freed by the driver: docs/benchmarks.md tells what that saves.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match Cli::from_process() {
        Ok(cli) => commands::dispatch(&cli),
        Err(code) => code,
    }
}
