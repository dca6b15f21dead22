//! `order-sync explain ORDER`: the story of one order, out of its records, the commits, the outcomes, the dead letters and the running
//! process.

mod gather;
mod letters;
mod outcomes;
mod report;

use std::process::ExitCode;

use serde::Serialize;

use super::dlq::Letter;
use super::instances::{Instances, Said};
use super::progress::Waiting;
use super::say;
use super::trouble::{Trouble, load};
use crate::cli::ExplainArgs;
use crate::kafka::reader::Reader;
use outcomes::Outcome;

/// Everything that is known of one order.
#[derive(Debug, Default, Serialize)]
struct Story {
    order: String,
    /// Its records, in the order of their partitions.
    records: Vec<Seen>,
    /// What the outcomes topic tells; `null` when there is none.
    outcomes: Option<Vec<Outcome>>,
    letters: Vec<Letter>,
    /// What running processes say of it now.
    instances: Vec<Said>,
    /// Records that were looked at.
    records_read: u64,
}

/// A record of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Seen {
    topic: String,
    partition: i32,
    offset: i64,
    /// Epoch milliseconds, where the topic has them.
    timestamp: Option<i64>,
    /// `modification`, `unfit`, or why it is skipped.
    is: &'static str,
    merchant_biz_type: Option<&'static str>,
    order_status: Option<String>,
    order_modify_time: Option<i64>,
    /// Why it is unfit; never a value.
    why: Option<String>,
    /// What is known of its end, and from where.
    end: End,
}

/// How a record ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct End {
    /// `settled`, `open`, or `not read`: the commits' word.
    by_commit: &'static str,
    /// The offset of the newest modification of the order in its partition up to the committed offset, when that is another one.
    newer: Option<i64>,
}

pub(super) fn run(args: &ExplainArgs) -> Result<ExitCode, Trouble> {
    let config = load(&args.common.config)?;
    let reader = Reader::new(&config.kafka)?;
    let mut story = gather::records(&config, &reader, args)?;
    story.outcomes = outcomes::of(&config, &reader, &story)?;
    story.letters = letters::of(&config, &reader, &story)?;
    let instances = Instances::new(&args.instance, &config.admin)?;
    let waiting = Waiting::on("the instances");
    story.instances = instances.ask(&["api", "orders", &args.order]);
    drop(waiting);
    say(&if args.common.json { serde_json::to_string_pretty(&story).unwrap_or_default() } else { story.for_people() });
    Ok(ExitCode::SUCCESS)
}

impl Story {
    /// Whether one of its records lies there.
    fn has(&self, topic: &str, partition: i32, offset: i64) -> bool {
        self.records.iter().any(|seen| seen.topic == topic && seen.partition == partition && seen.offset == offset)
    }
}
