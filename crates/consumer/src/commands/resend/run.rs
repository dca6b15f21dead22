//! One run of a replay or a backfill: its name, and how far it has come. Both outlive the process, in the offsets of a group of the run's
//! own, so that it can be gone on with from anywhere.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::Offset as KafkaOffset;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::commands::trouble::Trouble;
use crate::config::Kafka;
use crate::kafka::assignment::committed_in;
use crate::kafka::connect;
use crate::kafka::context::PollContext;
use crate::kafka::oauth;
use crate::kafka::reader::{Part, patiently};

/// First word of what stands beside the offsets.
const FORMAT: &str = "ordersync-run/1";
const NAMED_TIME: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");
const ANSWER: Duration = Duration::from_secs(10);

/// A run.
pub(in crate::commands) struct Run {
    pub(in crate::commands) name: String,
    client: ClientConfig,
    consumer: BaseConsumer<PollContext>,
    flags: String,
    /// What is read as a whole: also what was done before an interruption.
    pub(in crate::commands) parts: Vec<Part>,
    /// Where to go on, by part.
    pub(in crate::commands) from: Vec<i64>,
}

impl Run {
    /// A new run of `kind` over these parts. `flags`: what it was asked, so that it is gone on with in the same way.
    ///
    /// The time of its beginning is taken before the parts are: what is not in them happened later.
    pub(in crate::commands) fn begin(
        kafka: &Kafka,
        kind: &str,
        flags: String,
        parts: impl FnOnce() -> Result<Vec<Part>, Trouble>,
    ) -> Result<Self, Trouble> {
        let name = new_name(kind, OffsetDateTime::now_utc());
        let parts = parts()?;
        let from = parts.iter().map(|part| part.from).collect();
        let run = Self::of(kafka, name, flags, parts, from)?;
        run.reached(&run.from)?;
        Ok(run)
    }

    /// The run of this name, where it stopped. `topics`: where it reads.
    pub(in crate::commands) fn go_on(kafka: &Kafka, name: &str, flags: String, topics: &BTreeSet<String>) -> Result<Self, Trouble> {
        let mut run = Self::of(kafka, name.to_owned(), flags, Vec::new(), Vec::new())?;
        for (topic, of_topic) in patiently(|| committed_in(&run.consumer, topics))? {
            for (partition, (next, text)) in of_topic {
                let Some((flags, from, to)) = read(&text) else { continue };
                if flags != fingerprint(&run.flags) {
                    return Err(Trouble::usage(format!(
                        "--run: {name} was begun with other flags; give the same ones, or begin a new run without --run"
                    )));
                }
                run.parts.push(Part { topic: topic.as_str().into(), partition, from, to });
                run.from.push(next.0);
            }
        }
        if run.parts.is_empty() {
            return Err(Trouble::usage(format!("--run: there is nothing left of a run {name}: it ended, or its offsets expired")));
        }
        Ok(run)
    }

    fn of(kafka: &Kafka, name: String, flags: String, parts: Vec<Part>, from: Vec<i64>) -> Result<Self, Trouble> {
        let mut client = kafka.reader_config();
        client.set("group.id", format!("{}.{name}", kafka.group_id));
        let consumer = connect(&client)?;
        Ok(Self { name, client, consumer, flags, parts, from })
    }

    /// When it began, in epoch milliseconds: its name tells, also when it is gone on with.
    pub(in crate::commands) fn began(&self) -> Option<i64> {
        let time = self.name.split('-').nth(1)?;
        let time = PrimitiveDateTime::parse(time, NAMED_TIME).ok()?.assume_utc();
        time.unix_timestamp().checked_mul(1_000)
    }

    /// The run's own consumer, for questions.
    pub(super) fn consumer(&self) -> &BaseConsumer<PollContext> {
        &self.consumer
    }

    /// Writes down how far each part is done.
    pub(in crate::commands) fn reached(&self, next: &[i64]) -> KafkaResult<()> {
        if self.parts.is_empty() {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        let flags = fingerprint(&self.flags);
        for (part, next) in self.parts.iter().zip(next) {
            list.add_partition_offset(&part.topic, part.partition, KafkaOffset::Offset(*next))?;
            if let Some(mut element) = list.find_partition(&part.topic, part.partition) {
                element.set_metadata(format!("{FORMAT} {flags} {} {}", part.from, part.to));
            }
        }
        self.consumer.commit(&list, CommitMode::Sync)
    }

    /// It ended: nothing is left to go on with.
    pub(in crate::commands) async fn ended(&self) {
        let mut client = ClientConfig::new();
        for (name, value) in self.client.config_map() {
            if !matches!(name, "group.id" | "enable.partition.eof") {
                client.set(name, value);
            }
        }
        let Ok(admin) = client.create::<AdminClient<DefaultClientContext>>() else { return };
        oauth::give(&client, admin.inner());
        let Some(group) = self.client.get("group.id") else { return };
        // What is not deleted expires by itself.
        let _ = admin.delete_groups(&[group], &AdminOptions::new().request_timeout(Some(ANSWER))).await;
    }

    /// The flags that go on with it.
    pub(in crate::commands) fn flags(&self) -> String {
        format!("--run {} {}", self.name, self.flags).trim_end().to_owned()
    }
}

/// A name that no other run has: it goes into every `requestId`.
fn new_name(kind: &str, now: OffsetDateTime) -> String {
    let time = now.format(NAMED_TIME).unwrap_or_default();
    let mut random = [0; 4];
    if getrandom::fill(&mut random).is_err() {
        random = std::process::id().to_be_bytes();
    }
    format!("{kind}-{time}-{:08x}", u32::from_be_bytes(random))
}

/// The flags as a number: they may be longer than what fits beside an offset.
fn fingerprint(flags: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    flags.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn read(text: &str) -> Option<(&str, i64, i64)> {
    let mut words = text.strip_prefix(FORMAT)?.split_whitespace();
    Some((words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_say_what_they_are() {
        let now = OffsetDateTime::from_unix_timestamp(1_793_462_400).unwrap();
        let (one, other) = (new_name("replay", now), new_name("replay", now));
        assert!(one.starts_with("replay-20261031T160000Z-") && one != other, "{one}");
        assert!(one.len() < 64 && one.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    }

    #[test]
    fn what_stands_beside_an_offset_is_read_back_and_nothing_else_is() {
        let text = format!("{FORMAT} {} 5 70", fingerprint("--reason rejected"));
        assert_eq!(read(&text), Some((fingerprint("--reason rejected").as_str(), 5, 70)));
        assert_ne!(fingerprint("--reason rejected"), fingerprint("--reason invalid"));
        for other in ["", "ordersync/1 a b c", "ordersync-run/1 x 5", "ordersync-run/1 x five 70"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
