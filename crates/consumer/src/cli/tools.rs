//! The operator's tools: what they take.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::commands::when::{When, parse as when};

/// What every tool takes.
#[derive(Debug, Args)]
pub struct Common {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "ORDER_SYNC_CONFIG", hide_env_values = true)]
    pub config: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `order-sync status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub common: Common,
    /// The admin address of a running process; may be given several times [default: admin.listen]. Token and certificates come from [admin] of the configuration or the environment
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    pub instance: Vec<String>,
}

/// `order-sync explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub common: Common,
    /// The order's merchantBizNo
    #[arg(value_name = "ORDER")]
    pub order: String,
    /// Look only at records written at this time or later: 2026-11-01T08:00:00+08:00, 2026-11-01 (Hong Kong), or 24h for so long ago
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub from: Option<When>,
    /// The admin address of a running process; may be given several times [default: admin.listen]. Token and certificates come from [admin] of the configuration or the environment
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    pub instance: Vec<String>,
}

/// `order-sync dlq …`.
#[derive(Debug, Subcommand)]
pub enum DlqCommand {
    /// List dead letters, oldest first
    #[command(after_help = "Examples:\n  order-sync dlq list --config order-sync.toml --from 24h\n  \
        order-sync dlq list --config order-sync.toml --reason rejected --code PARAM_ILLEGAL --json")]
    List(ListArgs),
    /// Show one dead letter: why it is there, and what its record would become today
    #[command(after_help = "Example:\n  order-sync dlq show 0:17 --config order-sync.toml --value-to order.json")]
    Show(ShowLetterArgs),
    /// Send parked records again, unless AlipayHK has newer state of their orders by now
    #[command(after_help = "Examples:\n  order-sync dlq replay --config order-sync.toml --reason rejected --from 24h --dry-run\n  \
        order-sync dlq replay --config order-sync.toml --letter 0:17 --value order.json\n\n\
        The group has to be stopped, or --online given. Ctrl-C stops in an orderly way and says how to go on.")]
    Replay(ReplayArgs),
}

/// `order-sync dlq list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub letters: LettersArgs,
    /// Only the newest so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// `order-sync dlq show`.
#[derive(Debug, Args)]
pub struct ShowLetterArgs {
    #[command(flatten)]
    pub common: Common,
    /// The letter's partition and offset, as `dlq list` prints them
    #[arg(value_name = "PARTITION:OFFSET", value_parser = place)]
    pub letter: (i32, i64),
    /// Write the record's value to a file that only you can read: an order as JSON, ready to be mended and replayed with --value, else the bytes as they came
    #[arg(long, value_name = "FILE")]
    pub value_to: Option<PathBuf>,
}

/// `order-sync dlq replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub letters: LettersArgs,
    #[command(flatten)]
    pub resend: ResendArgs,
    /// Send this mended order, as JSON, in place of the value of the one letter that --letter names
    #[arg(long, value_name = "FILE", requires = "letter")]
    pub value: Option<PathBuf>,
}

/// `order-sync backfill`.
#[derive(Debug, Args)]
pub struct BackfillArgs {
    #[command(flatten)]
    pub common: Common,
    /// Records written at this time or later: 2026-11-01T08:00:00+08:00, 2026-11-01 (Hong Kong), or 24h for so long ago
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub from: When,
    /// Leave orders alone that changed at this time or later
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub to: Option<When>,
    /// Only these orders: a file with one merchantBizNo a line
    #[arg(long, value_name = "FILE")]
    pub orders: Option<PathBuf>,
    /// Send also what AlipayHK has accepted before, by the outcomes topic
    #[arg(long)]
    pub force: bool,
    /// Give what is sent the time of now as orderModifyTime, so that it goes over what AlipayHK holds with a later one: to undo a wrong mapping
    #[arg(long, requires = "force")]
    pub as_of_now: bool,
    #[command(flatten)]
    pub resend: ResendArgs,
}

/// What a second writer takes.
#[derive(Debug, Clone, Default, Args)]
pub struct ResendArgs {
    /// Say what would be sent, and send nothing
    #[arg(long, conflicts_with = "run")]
    pub dry_run: bool,
    /// Calls a second [default: quota.requests_per_second, with --online quota.reserve_per_second]
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rate: Option<f64>,
    /// Send beside a group that is alive, within quota.reserve_per_second, relying on AlipayHK's own order control
    #[arg(long)]
    pub online: bool,
    /// Go on with a run that was stopped
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
}

/// Which dead letters.
#[derive(Debug, Clone, Default, Args)]
pub struct LettersArgs {
    /// Of this reason; may be given several times
    #[arg(long, value_enum, value_name = "REASON")]
    pub reason: Vec<Reason>,
    /// Of this code of AlipayHK (or cause, when undecided); may be given several times
    #[arg(long, value_name = "CODE")]
    pub code: Vec<String>,
    /// Of this order; may be given several times
    #[arg(long, value_name = "MERCHANT_BIZ_NO")]
    pub order: Vec<String>,
    /// Of this business type; may be given several times. What cannot be decoded has none
    #[arg(long = "type", value_name = "TYPE")]
    pub biz_type: Vec<String>,
    /// Written at this time or later: 2026-11-01T08:00:00+08:00, 2026-11-01 (Hong Kong), or 24h for so long ago
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub from: Option<When>,
    /// Written before this time
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub to: Option<When>,
    /// This one; may be given several times
    #[arg(long, value_name = "PARTITION:OFFSET", value_parser = place)]
    pub letter: Vec<(i32, i64)>,
}

/// `ordersync.reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reason {
    /// Its bytes are not what the schema says
    Undecodable,
    /// It breaks a rule
    Invalid,
    /// No mapping has a value for it
    Unmapped,
    /// AlipayHK refused it for good
    Rejected,
    /// Given up by delivery.on_undecided
    Undecided,
}

impl ReplayArgs {
    /// What the run is about, as flags.
    pub fn flags(&self) -> String {
        let LettersArgs { reason, code, order, biz_type, from, to, letter } = &self.letters;
        let mut flags = Flags::default();
        flags.all("--reason", reason.iter().map(|reason| reason.word().to_owned()));
        flags.all("--code", code.iter().cloned());
        flags.all("--order", order.iter().cloned());
        flags.all("--type", biz_type.iter().cloned());
        flags.all("--from", from.iter().map(|from| from.flag()));
        flags.all("--to", to.iter().map(|to| to.flag()));
        flags.all("--letter", letter.iter().map(|(partition, offset)| format!("{partition}:{offset}")));
        flags.all("--value", self.value.iter().map(|path| path.display().to_string()));
        flags.0.join(" ")
    }
}

impl ResendArgs {
    /// How it is sent, as flags.
    pub fn flags(&self) -> String {
        let mut flags = Flags::default();
        flags.all("--rate", self.rate.iter().map(ToString::to_string));
        flags.0.extend(self.online.then(|| "--online".to_owned()));
        flags.0.join(" ")
    }
}

impl BackfillArgs {
    /// What the run is about, as flags.
    pub fn flags(&self) -> String {
        let mut flags = Flags::default();
        flags.all("--from", [self.from.flag()].into_iter());
        flags.all("--to", self.to.iter().map(|to| to.flag()));
        flags.all("--orders", self.orders.iter().map(|path| path.display().to_string()));
        flags.0.extend(self.force.then(|| "--force".to_owned()));
        flags.0.extend(self.as_of_now.then(|| "--as-of-now".to_owned()));
        flags.0.join(" ")
    }
}

/// A command line in the making.
#[derive(Debug, Default)]
struct Flags(Vec<String>);

impl Flags {
    fn all(&mut self, name: &str, values: impl Iterator<Item = String>) {
        self.0.extend(values.map(|value| format!("{name} {}", quoted(&value))));
    }
}

/// As a shell takes it for one word.
pub fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:+@,%=".contains(c);
    if !value.is_empty() && value.chars().all(plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', "'\\''")) }
}

impl Reason {
    /// The header's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Invalid => "invalid",
            Self::Unmapped => "unmapped",
            Self::Rejected => "rejected",
            Self::Undecided => "undecided",
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "expected calls a second, such as 5 or 0.5".to_owned())
}

fn place(text: &str) -> Result<(i32, i64), String> {
    let found = text.split_once(':').and_then(|(partition, offset)| Some((partition.parse().ok()?, offset.parse().ok()?)));
    found.filter(|(partition, offset)| *partition >= 0 && *offset >= 0).ok_or_else(|| "expected PARTITION:OFFSET, such as 0:17".to_owned())
}

fn address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0));
    let url = reqwest::Url::parse(&format!("http://{text}/"));
    let only_that =
        url.is_ok_and(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none() && url.fragment().is_none());
    if port && only_that { Ok(text.to_owned()) } else { Err("expected a host and a port, such as 127.0.0.1:8080".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_is_about_is_told_as_flags() {
        let letters = LettersArgs { reason: vec![Reason::Rejected], letter: vec![(0, 17)], ..LettersArgs::default() };
        let common = Common { config: "c.toml".into(), json: true };
        let args = ReplayArgs { common, letters, resend: ResendArgs::default(), value: Some("order.json".into()) };
        assert_eq!(args.flags(), "--reason rejected --letter 0:17 --value order.json");
    }

    #[test]
    fn a_word_is_written_as_a_shell_takes_it() {
        assert_eq!([quoted("2026-11-01T08:00:00+08:00"), quoted("")], ["2026-11-01T08:00:00+08:00", "''"]);
        assert_eq!([quoted("my orders.txt"), quoted("it's; $HOME")], ["'my orders.txt'", "'it'\\''s; $HOME'"]);
    }

    #[test]
    fn a_rate_is_a_number_above_nothing() {
        assert_eq!(rate("0.5"), Ok(0.5));
        for wrong in ["0", "-1", "NaN", "inf", "fast", ""] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_instance_is_a_host_and_a_port() {
        for right in ["127.0.0.1:8080", "[::1]:8080", "orders-0.orders:8080"] {
            assert_eq!(address(right), Ok(right.to_owned()));
        }
        for wrong in ["", "bogus", "host:", ":8080", "host:0", "host:70000", "http://host:8080", "me@host:8080", "host/api:8080", "h?x:80"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_letter_is_named_by_partition_and_offset() {
        assert_eq!(place("0:17"), Ok((0, 17)));
        for wrong in ["", "17", "0:", ":17", "-1:5", "0:-5", "a:b", "0:1:2"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }
}
