//! The command line: what can be asked, and how a mistake in asking is answered.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::parse_duration;

mod tools;

pub use tools::{
    BackfillArgs, Common, DlqCommand, ExplainArgs, LettersArgs, ListArgs, Reason, ReplayArgs, ResendArgs, ShowLetterArgs, StatusArgs,
    quoted,
};

/// Keeps AlipayHK's view of every order equal to the merchant's newest one: Kafka order topics in, signed order sync calls out.
#[derive(Debug, Parser)]
#[command(name = "order-sync", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed while running, 2 configuration or usage error.\n\n\
    Try it without installing anything:  order-sync demo\n\
    Before the first real run:           order-sync check --config order-sync.toml")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the pipeline until SIGTERM or SIGINT
    #[command(after_help = "Example:\n  order-sync run --config /etc/order-sync/order-sync.toml\n  \
        ORDER_SYNC__ADMIN__LISTEN=127.0.0.1:8090 order-sync run --config /etc/order-sync/order-sync.toml --shadow\n\n\
        Any key can be overridden by the environment: ORDER_SYNC__KAFKA__GROUP_ID=orders-2 order-sync run …")]
    Run(RunArgs),
    /// Show all of it on this machine: embedded broker, stand-in AlipayHK, sample orders of all nine types
    #[cfg(feature = "sandbox")]
    #[command(after_help = "Example:\n  order-sync demo --for 30s")]
    Demo(DemoArgs),
    /// Check the configuration, the keys and who can be reached; show what records become. Sends nothing unless --call says so
    #[command(after_help = "Examples:\n  order-sync check --config order-sync.toml\n  \
        order-sync check --config order-sync.toml --call\n  \
        order-sync check --config order-sync.toml --sample schemas/examples/orders.jsonl\n  \
        tail -n 5 orders.jsonl | order-sync check --config order-sync.toml --sample - --json\n  \
        order-sync check --config order-sync.toml --from-topic 100 --call")]
    Check(CheckArgs),
    /// Run a stand-in AlipayHK for integration work
    #[cfg(feature = "sandbox")]
    #[command(after_help = "Example:\n  order-sync sandbox --config deploy/sandbox.example.toml")]
    Sandbox(SandboxArgs),
    /// Write sample orders of all nine types to the topic that is read
    #[command(after_help = "Example:\n  order-sync produce --sample --orders 200 --config order-sync.toml")]
    Produce(ProduceArgs),
    /// Tell how far the group is, and what holds it up
    #[command(after_help = "Examples:\n  order-sync status --config order-sync.toml\n  \
        order-sync status --config order-sync.toml --instance 127.0.0.1:8080 --instance 127.0.0.1:8081 --json")]
    Status(StatusArgs),
    /// Tell the story of one order: its records, answers and dead letters, and what it waits for
    #[command(after_help = "Examples:\n  order-sync explain 20261101000017 --config order-sync.toml\n  \
        order-sync explain 20261101000017 --config order-sync.toml --from 48h --json")]
    Explain(ExplainArgs),
    /// Read the source again from a time on and bring AlipayHK up to date; the group's offsets stay as they are
    #[command(after_help = "Examples:\n  order-sync backfill --config order-sync.toml --from 2026-11-01T08:00:00+08:00 --dry-run\n  \
        order-sync backfill --config order-sync.toml --from 48h --orders orders.txt --force --rate 5\n\n\
        The group has to be stopped, or --online given. Ctrl-C stops in an orderly way and says how to go on.")]
    Backfill(BackfillArgs),
    /// Look at dead letters, and send them again
    #[command(
        subcommand,
        after_help = "Example:\n  order-sync dlq list --config order-sync.toml --from 24h\n\n\
            Each command has more: order-sync dlq replay --help"
    )]
    Dlq(DlqCommand),
    /// Make keys for the signature, and show which there are
    #[command(subcommand, after_help = "Examples:\n  order-sync keys generate --out keys\n  order-sync keys show --config order-sync.toml")]
    Keys(KeysCommand),
    /// Print the completions of a shell
    #[command(after_help = "Examples:\n  order-sync completions bash > /etc/bash_completion.d/order-sync\n  \
        order-sync completions zsh > \"${fpath[1]}/_order-sync\"\n  \
        order-sync completions fish > ~/.config/fish/completions/order-sync.fish")]
    Completions(CompletionsArgs),
}

/// `order-sync completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `order-sync run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "ORDER_SYNC_CONFIG", hide_env_values = true)]
    pub config: PathBuf,
    /// In a group of its own (the group's name and .shadow): build and sign everything, send nothing, write no dead letters and no outcomes
    #[arg(long)]
    pub shadow: bool,
}

/// `order-sync demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End after this time, such as 30s, once what is open is finished, and print the result; without it: until Ctrl-C
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub for_: Option<Duration>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// `order-sync check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "ORDER_SYNC_CONFIG", hide_env_values = true)]
    pub config: PathBuf,
    /// Orders as JSON lines, in the shape of schemas/order_event.avsc, or with a mapping in the shape of the topic; `-` reads standard input.
    /// With it nothing is connected, but for --call
    #[arg(long, value_name = "FILE")]
    pub sample: Option<PathBuf>,
    /// Which topic the sample is of, where mappings differ by topic [default: the first that is read]
    #[arg(long, value_name = "NAME", requires = "sample")]
    pub topic: Option<String>,
    /// Also send AlipayHK one signed request that is invalid on purpose and touches no order: its signed PARAM_ILLEGAL proves address, keys
    /// and clock
    #[arg(long)]
    pub call: bool,
    /// The newest so many records of every source topic, evenly over its partitions; they are read without joining the group
    #[arg(long, value_name = "N", conflicts_with = "sample", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub from_topic: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `order-sync sandbox`.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// The sandbox's own configuration file
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// `order-sync produce`.
#[derive(Debug, Args)]
pub struct ProduceArgs {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "ORDER_SYNC_CONFIG", hide_env_values = true)]
    pub config: PathBuf,
    /// Sample orders, which is all there is to write
    #[arg(long, required = true)]
    pub sample: bool,
    /// How many orders; each has several modifications
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub orders: u64,
    /// Records a second [default: as fast as the broker takes them]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// The topic [default: the first of kafka.topics]
    #[arg(long)]
    pub topic: Option<String>,
    /// Makes the same orders again
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Write even when alipayhk.base_url is not this machine, so that sample orders will be sent there
    #[arg(long)]
    pub force: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `order-sync keys …`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key pair and say what to give to AlipayHK and what to configure
    #[command(after_help = "Example:\n  order-sync keys generate --out keys --algorithm rsa256 --bits 2048")]
    Generate(GenerateArgs),
    /// Show which keys are configured, by fingerprint, or the fingerprint of a key file; never a key
    #[command(after_help = "Examples:\n  order-sync keys show --config order-sync.toml\n  order-sync keys show keys/alipayhk.pub.pem\n\n\
        The fingerprint is the SHA-256 of the public key (SPKI DER). It is what both sides can compare by phone:\n  \
        openssl pkey -pubin -in keys/merchant.pub.pem -outform DER | sha256sum")]
    Show(ShowArgs),
}

/// `order-sync keys show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Key files, public or private
    #[arg(value_name = "KEY_FILE")]
    pub files: Vec<PathBuf>,
    /// The configuration file whose keys are shown, when no key file is named
    #[arg(long, value_name = "FILE", env = "ORDER_SYNC_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `order-sync keys generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// The folder for merchant.pem and merchant.pub.pem; made if it is missing, nothing in it is overwritten
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How requests will be signed
    #[arg(long, value_enum, ignore_case = true, default_value = "rsa256")]
    pub algorithm: KeyAlgorithm,
    /// The length of an RSA key [default: 2048]
    #[arg(long, value_parser = ["2048", "3072", "4096"])]
    pub bits: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The algorithms of AlipayHK's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyAlgorithm {
    /// RSA with SHA-256
    Rsa256,
    /// ECDSA on P-224; its profile must be agreed with AlipayHK
    Ecc224,
}

impl Cli {
    /// Reads the command line of this process. Help and version end with 0, a mistake with 2 and one line on stderr.
    ///
    /// # Errors
    /// The exit code, everything having been said.
    pub fn from_process() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| answer(&error))
    }
}

fn answer(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        _ => crate::commands::complain(&one_line(error), 2),
    }
}

/// The mistake without clap's usage block.
fn one_line(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing; see order-sync --help".to_owned();
    }
    let text = error.render().to_string();
    let end = ["\n\nUsage:", "\n\nFor more"].into_iter().filter_map(|block| text.find(block)).min().unwrap_or(text.len());
    let front = &text[..end];
    let words = front.replace("\n\n  tip: ", "; ").split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}; see --help", words.trim_start_matches("error: "))
}

fn duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Some(duration) if !duration.is_zero() => Ok(duration),
        Some(_) | None => Err("expected a number with a unit, such as 30s or 2m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn mistake(line: &str) -> String {
        one_line(&Cli::try_parse_from(line.split(' ')).unwrap_err())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_teaches_by_an_example() {
        let mut command = Cli::command();
        command.build();
        let ours = |command: &&clap::Command| command.get_name() != "help";
        let all = command.get_subcommands().filter(ours).flat_map(|command| command.get_subcommands().filter(ours).chain([command]));
        for command in all {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "{}: {help}", command.get_name());
        }
    }

    #[test]
    fn a_mistake_is_one_line_that_names_the_flag() {
        assert!(mistake("order-sync run").contains("--config <FILE>"));
        assert!(mistake("order-sync run --confg x").contains("'--confg' found; a similar argument exists: '--config'"));
        assert!(mistake("order-sync keys generate --out d --bits 1024").contains("--bits"));
        assert!(mistake("order-sync").contains("a command is missing"));
        assert!(mistake("order-sync rnu").contains("'rnu'"));
        for line in ["order-sync", "order-sync run", "order-sync run --confg x", "order-sync keys generate --out d --bits 1"] {
            assert!(!mistake(line).contains('\n'), "{line}");
        }
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn the_demo_takes_a_time_with_a_unit() {
        let Command::Demo(args) = Cli::try_parse_from(["order-sync", "demo", "--for", "30s"]).unwrap().command else { unreachable!() };
        assert_eq!(args.for_, Some(Duration::from_secs(30)));
        assert!(mistake("order-sync demo --for 30").contains("--for"));
        assert!(mistake("order-sync demo --for 0s").contains("--for"));
    }
}
