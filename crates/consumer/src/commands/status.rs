//! `order-sync status`: how far a group is, whether it goes on, and what holds it up. From the broker, and from the instances that answer.

mod blockers;
mod report;

use std::collections::BTreeSet;
use std::process::ExitCode;

use engine::metadata::{self, Place};
use serde::Serialize;

use super::instances::{Instances, Said};
use super::progress::Waiting;
use super::say;
use super::trouble::{Trouble, load};
use crate::cli::StatusArgs;
use crate::config::Config;
use crate::kafka::assignment::committed_in;
use crate::kafka::groups::{Group, group};
use crate::kafka::reader::{Reader, patiently};
use crate::kafka::topics::cluster_id;

/// Everything found.
#[derive(Debug, Serialize)]
struct Status {
    group: Group,
    /// Records that wait, over all partitions.
    lag: u64,
    /// The largest of the instances that answer.
    freshness_seconds: Option<f64>,
    /// What holds it up, as far as anybody can tell.
    blockers: Vec<String>,
    partitions: Vec<Partition>,
    instances: Vec<Said>,
}

/// A partition by the broker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Partition {
    topic: String,
    partition: i32,
    log_start: i64,
    log_end: i64,
    committed: Option<i64>,
    /// Records from the committed offset on that are not settled.
    lag: u64,
    /// What the last commit says of its writer: `open`, `closed`, `foreign`, or null without a commit.
    commit: Option<&'static str>,
    /// Settled beyond the committed offset.
    settled_ahead: u64,
}

pub(super) fn run(args: &StatusArgs) -> Result<ExitCode, Trouble> {
    let config = load(&args.common.config)?;
    let waiting = Waiting::on("Kafka");
    let reader = Reader::new(&config.kafka)?;
    let partitions = partitions(&config, &reader)?;
    let group = group(reader.consumer(), &config.kafka.group_id)?;
    drop(waiting);
    let waiting = Waiting::on("the instances");
    let instances = Instances::new(&args.instance, &config.admin)?;
    let said = instances.ask(&["api", "state"]);
    let freshness = said.iter().filter_map(|said| said.answer.as_ref()?["freshness_seconds"].as_f64()).reduce(f64::max);
    let mut status = Status {
        group,
        lag: partitions.iter().map(|partition| partition.lag).sum(),
        freshness_seconds: freshness,
        blockers: Vec::new(),
        partitions,
        instances: said,
    };
    status.blockers = blockers::find(&config, &reader, &instances, &status)?;
    drop(waiting);
    say(&if args.common.json { serde_json::to_string_pretty(&status).unwrap_or_default() } else { status.for_people() });
    Ok(ExitCode::SUCCESS)
}

fn partitions(config: &Config, reader: &Reader) -> Result<Vec<Partition>, Trouble> {
    let key = Trouble::at(config.kafka.topics.key());
    let topics: BTreeSet<String> = reader.sources(&config.kafka.topics).map_err(&key)?.into_iter().collect();
    let mut numbers = Vec::new();
    for topic in &topics {
        numbers.extend(reader.partitions(topic).map_err(&key)?.into_iter().map(|number| (topic, number)));
    }
    let committed = patiently(|| committed_in(reader.consumer(), &topics))?;
    let cluster = cluster_id(reader.consumer()).unwrap_or_default();
    let mut found = Vec::new();
    for (topic, number) in numbers {
        let (log_start, log_end) = reader.bounds(topic, number).map_err(&key)?;
        let own = committed.get(topic).and_then(|of_topic| of_topic.get(&number));
        let mut partition = Partition { topic: topic.clone(), partition: number, log_start, log_end, ..Partition::default() };
        if let Some((offset, text)) = own {
            let place = Place { cluster_id: &cluster, topic, partition: number };
            partition.committed = Some(offset.0);
            (partition.commit, partition.settled_ahead) = match metadata::decode(place, *offset, text) {
                Ok(told) => (Some(if told.closed { "closed" } else { "open" }), told.settled.len() as u64),
                Err(_) => (Some("foreign"), 0),
            };
        }
        let from = partition.committed.unwrap_or(log_start);
        partition.lag = u64::try_from(log_end - from).unwrap_or(0).saturating_sub(partition.settled_ahead);
        found.push(partition);
    }
    Ok(found)
}
