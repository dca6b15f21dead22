//! `order-sync completions`: what a shell offers, written from the definition of the commands.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::say;
use crate::cli::{Cli, CompletionsArgs};

pub(super) fn run(args: &CompletionsArgs) -> ExitCode {
    say(script(args.shell).trim_end());
    ExitCode::SUCCESS
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "order-sync", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    // clap_complete takes the hyphen of our name for the border of a command in one half of bash's script and not in the other, so that
    // nothing is offered behind a command.
    if shell == Shell::Bash { script.replace("order__subcmd__sync", "order__sync") } else { script }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_is_offered_every_command() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }

    #[test]
    fn bash_reads_the_script_and_completes_commands_and_flags() {
        let offered = |words: &str, at: usize, word: &str| {
            let ask = format!(
                "{}\nCOMP_WORDS=({words})\nCOMP_CWORD={at}\n_order__sync order-sync '{word}'\necho \"${{COMPREPLY[*]}}\"",
                script(Shell::Bash)
            );
            let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        assert_eq!(offered("order-sync expl", 1, "expl"), "explain");
        assert_eq!(offered("order-sync run --sha", 2, "--sha"), "--shadow");
        assert_eq!(offered("order-sync dlq re", 2, "re"), "replay");
    }
}
