//! `order-sync dlq`: the dead letters, looked at and sent again.

mod letter;
mod list;
mod replay;
mod scan;
mod show;

use std::process::ExitCode;

use super::trouble::end;
use crate::cli::DlqCommand;

pub(super) use letter::Letter;

/// Does what was asked.
pub(super) fn run(command: &DlqCommand) -> ExitCode {
    end(match command {
        DlqCommand::List(args) => list::run(args),
        DlqCommand::Show(args) => show::run(args),
        DlqCommand::Replay(args) => replay::run(args),
    })
}
