//! Every metric, once: its name, unit, labels and meaning. `docs/metrics.md` is written from here.

use alipayhk::Code;
use domain::{BizType, Cause};

use super::mapped::{CallEnd, Ended, gate_reasons};
use super::series::Series;
use super::words::{
    AnswerNote, CommitEnd, DeadLetter, ExportEnd, KeyKind, NoteKind, OutcomeName, Rebuild, RegistryFetch, Reloaded, Restored,
};
use crate::admin::health::LOOPS;
use crate::telemetry::causes;

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// OpenTelemetry name.
    pub name: &'static str,
    /// What it measures with.
    pub kind: Kind,
    /// UCUM unit; `{x}` counts x.
    pub unit: &'static str,
    /// Its labels.
    pub labels: &'static [Label],
    /// One sentence.
    pub help: &'static str,
}

/// The instruments in use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// The value of the moment.
    Gauge,
    /// A distribution over these upper bounds.
    Histogram(&'static [f64]),
}

/// One label and all it can say.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Its values.
    pub values: Values,
}

/// What a label can say.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// One of these.
    Closed(fn() -> Vec<&'static str>),
    /// As many as we own; described by the text.
    Ours(&'static str),
}

const fn closed(name: &'static str, values: fn() -> Vec<&'static str>) -> Label {
    Label { name, values: Values::Closed(values) }
}

const BIZ_TYPE: Label = closed("biz_type", || BizType::ALL.map(BizType::name).into());
const PARTITION: &[Label] = &[
    Label { name: "topic", values: Values::Ours("a subscribed topic") },
    Label { name: "partition", values: Values::Ours("a partition that is ours") },
];
const CALL_SECONDS: Kind = Kind::Histogram(&[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0]);
const SIGN_SECONDS: Kind = Kind::Histogram(&[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0]);

macro_rules! catalogue {
    ($($id:ident = $name:literal, $kind:expr, $unit:literal, $labels:expr, $help:literal;)*) => {
        $(pub(super) const $id: Entry = Entry { name: $name, kind: $kind, unit: $unit, labels: $labels, help: $help };)*
        /// All of them, in the order of the documentation.
        pub const ALL: &[Entry] = &[$($id),*];
    };
}

catalogue! {
    FRESHNESS = "ordersync.freshness", Kind::Gauge, "s", &[], "The headline: the largest, over orders, of now minus the arrival of its first modification since the last accepted one.";
    BEHIND_GATE = "ordersync.freshness.behind_gate", Kind::Gauge, "s", &[], "Of the freshness, the time in which the gate of all calls was closed: for AlipayHK or the operator to end, and no instance more would shorten it. Gates of single business types are in `ordersync.gate.type_closed`.";
    RECORDS_READ = "ordersync.records.read", Kind::Counter, "{record}", &[], "Records read for the first time; what the history window and seeks read again is left out.";
    DISPOSED = "ordersync.records.disposed", Kind::Counter, "{record}", &[closed("disposition", Ended::first), closed("reason", Ended::second)], "How records ended.";
    CALLS = "ordersync.calls", Kind::Counter, "{call}", &[closed("outcome", CallEnd::first), closed("cause", CallEnd::second)], "Calls to AlipayHK that ended. `indefinite` ones have a cause and are tried again.";
    CODES = "ordersync.answers.codes", Kind::Counter, "{call}", &[closed("code", Code::first)], "Answers by AlipayHK's `resultCode`; every undocumented one is `UNKNOWN`.";
    ANSWERS_NOTED = "ordersync.answers.noted", Kind::Counter, "{call}", &[closed("note", AnswerNote::first)], "Answers with something to look after.";
    CALL_DURATION = "ordersync.call.duration", CALL_SECONDS, "s", &[closed("outcome", OutcomeName::first)], "From handing a call out to its outcome: building, signing, exchange and verification.";
    SIGNING_DURATION = "ordersync.signing.duration", SIGN_SECONDS, "s", &[], "One signature, sealing included when it is on.";
    IN_FLIGHT = "ordersync.calls.in_flight", Kind::Gauge, "{call}", &[], "Calls on their way.";
    MAX_IN_FLIGHT = "ordersync.calls.max_in_flight", Kind::Gauge, "{call}", &[], "Calls that may be on their way at once: `quota.max_in_flight` of this instance.";
    CALLS_SAVED = "ordersync.calls.saved", Kind::Counter, "{call}", &[], "Calls that collapse made unnecessary.";
    PARTITION_POSITION = "ordersync.partition.position", Kind::Gauge, "{offset}", PARTITION, "The next offset to read.";
    PARTITION_COMMITTABLE = "ordersync.partition.committable", Kind::Gauge, "{offset}", PARTITION, "The lowest open offset, else the next to read.";
    PARTITION_COMMITTED = "ordersync.partition.committed", Kind::Gauge, "{offset}", PARTITION, "What the broker has stored; absent before the first commit.";
    PARTITION_OPEN = "ordersync.partition.open", Kind::Gauge, "{record}", PARTITION, "Records read and not settled.";
    PARTITION_WAITING = "ordersync.partition.waiting", Kind::Gauge, "{order}", PARTITION, "Orders that wait: ready, in backoff or held.";
    PARTITION_IN_FLIGHT = "ordersync.partition.in_flight", Kind::Gauge, "{call}", PARTITION, "Calls on their way.";
    PARTITION_LAG = "ordersync.partition.lag", Kind::Gauge, "{record}", PARTITION, "Records from the committable offset to the end of the log; absent until the end is known.";
    PARTITION_PAUSED = "ordersync.partition.paused", Kind::Gauge, "{state}", PARTITION, "1 while fetching stands still because enough is open.";
    PARTITION_RESTORING = "ordersync.partition.restoring", Kind::Gauge, "{state}", PARTITION, "1 while nothing of the partition is sent because the outcomes topic is still being read for it, or cannot be read.";
    PARTITION_HALTED = "ordersync.partition.halted", Kind::Gauge, "{state}", PARTITION, "1 while the partition is held and not read because its offsets cannot be trusted: an operator has to decide. 0 for one that is read.";
    PARTITION_WINDOW_LEFT = "ordersync.partition.window_left", Kind::Gauge, "{offset}", PARTITION, "Offsets from the position to the announced window; 0: reading is further than what may be sent yet.";
    PARTITION_METADATA = "ordersync.partition.commit_metadata", Kind::Gauge, "{character}", PARTITION, "Characters of the last commit's metadata, of at most 4,096: the window and the map of what is settled ahead. What the map does not reach is sent again after a crash.";
    GATE_CLOSED = "ordersync.gate.closed", Kind::Gauge, "{state}", &[closed("reason", gate_reasons)], "1 for the reason for which no calls are made, or only one to find out.";
    GATE_TYPE_CLOSED = "ordersync.gate.type_closed", Kind::Gauge, "{state}", &[BIZ_TYPE], "1 while no calls of this business type are made.";
    QUOTA_SHARE = "ordersync.quota.share", Kind::Gauge, "{call}/s", &[], "This instance's part of the quota.";
    QUOTA_RATE = "ordersync.quota.rate", Kind::Gauge, "{call}/s", &[], "The calls a second in force: the share, cut after throttling answers.";
    QUOTA_TOKENS = "ordersync.quota.tokens", Kind::Gauge, "{call}", &[], "Calls that could be made at once.";
    FUSE_TOKENS = "ordersync.fuse.tokens", Kind::Gauge, "{record}", &[], "Rejected or undecided records that may still be parked before the gate closes.";
    REMEMBERED = "ordersync.orders.remembered", Kind::Gauge, "{order}", &[], "Orders whose last decision is remembered.";
    DEAD_LETTERS = "ordersync.dead_letters", Kind::Counter, "{record}", &[closed("reason", DeadLetter::first)], "Writes of dead letters; one that the broker did not confirm is counted again when it is repeated.";
    UNFIT_ALARM = "ordersync.records.unfit_alarm", Kind::Gauge, "{state}", &[], "1 while many records can never be sent: undecodable, invalid or unmapped were 10 or more and one in a hundred or more of the last minute, until a minute has none.";
    COMMITS = "ordersync.commits", Kind::Counter, "{commit}", &[closed("result", CommitEnd::first)], "Commits by the coordinator's word; `unanswered`: none came in time.";
    REBALANCES = "ordersync.rebalances", Kind::Counter, "{rebalance}", &[], "Times the group settled after a change.";
    HALTED = "ordersync.partitions.halted", Kind::Counter, "{partition}", &[], "Times a partition was left alone because its offsets cannot be trusted; those that are so now are in `ordersync.partition.halted`.";
    REBUILDS = "ordersync.consumer.rebuilds", Kind::Counter, "{rebuild}", &[closed("reason", Rebuild::first)], "Times the consumer was destroyed to join as a new member.";
    LOOP_AGE = "ordersync.loop.age", Kind::Gauge, "s", &[closed("loop", || LOOPS.into())], "Time since the loop last turned; of `poll`: the gap between two polls of Kafka.";
    REGISTRY_FETCHES = "ordersync.registry.fetches", Kind::Counter, "{request}", &[closed("result", RegistryFetch::first)], "Schemas asked for.";
    RESTORED = "ordersync.outcomes.restored", Kind::Counter, "{partition}", &[closed("result", Restored::first)], "Partitions of which the outcomes topic told what their orders have had decided. `short`: it does not reach back to the beginning; `missing`: it is gone; then the records before the committed offset have to do.";
    KEYS = "ordersync.records.keys", Kind::Counter, "{record}", &[closed("key", KeyKind::first)], "What the record's key was, beside the order number in its value.";
    VIOLATIONS = "ordersync.records.violations", Kind::Counter, "{record}", &[BIZ_TYPE], "Records that break a rule of their business type's table by themselves: an unknown status, a missing field or path. `observe` sends them, `strict` parks them.";
    NOTES = "ordersync.notes", Kind::Counter, "{note}", &[closed("note", NoteKind::first)], "What the engine remarked; each is told in a log line where it is rare.";
    RELOADS = "ordersync.config.reloads", Kind::Counter, "{read}", &[closed("result", Reloaded::first)], "Times keys and quota were read again, by SIGHUP or because a file changed; `refused`: something was wrong with them and nothing is changed.";
    EXPORTS = "ordersync.telemetry.exports", Kind::Counter, "{request}", &[closed("result", ExportEnd::first)], "Batches of spans and readings of metrics sent to `telemetry.otlp_endpoint`. `failed` ones are lost; nothing else is concerned.";
    PROCESS_START = "process.start_time", Kind::Gauge, "s", &[], "When the process started, in seconds since 1970: Prometheus' name for it. It changes with every restart and never in between.";
    BUILD = "ordersync.build.info", Kind::Gauge, "{build}", &[Label { name: "version", values: Values::Ours("the program's version") }], "Always 1.";
}

impl Entry {
    /// The name on `/metrics`, by OpenTelemetry's rules for Prometheus.
    pub fn prometheus_name(&self) -> String {
        let unit = match self.unit {
            "s" => "_seconds",
            unit if unit.ends_with("/s") => "_per_second",
            _ => "",
        };
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{total}", self.name.replace('.', "_"))
    }
}

/// The page `docs/metrics.md`.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Metrics\n\n<!-- Written by `UPDATE_DOCS=1 cargo test -p consumer metrics`; the source is crates/consumer/src/telemetry/metrics/catalogue.rs. -->\n\n\
         The same instruments feed `GET /metrics` (Prometheus names) and OTLP (OpenTelemetry names). Labels come from closed sets or from the partitions\n\
         we own, never from a record. Counters start at 0, so every series is there from the beginning.\n\n\
         | Prometheus | OpenTelemetry | kind | unit | labels | meaning |\n|---|---|---|---|---|---|\n",
    );
    for entry in ALL {
        let labels: Vec<String> = entry.labels.iter().map(|label| format!("`{}`", label.name)).collect();
        let kind = match entry.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let row =
            [&format!("`{}`", entry.prometheus_name()), &format!("`{}`", entry.name), kind, entry.unit, &labels.join(", "), entry.help];
        page.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    page.push_str("\n## Labels\n\n| metric | label | values |\n|---|---|---|\n");
    for entry in ALL {
        for label in entry.labels {
            let values = match label.values {
                Values::Closed(values) => values().iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", "),
                Values::Ours(text) => text.to_owned(),
            };
            page.push_str(&format!("| `{}` | `{}` | {values} |\n", entry.name, label.name));
        }
    }
    page.push_str(
        "\n## Causes\n\nWhy a call decided nothing. Log lines and dead letters say the same.\n\n| cause | meaning |\n|---|---|\n",
    );
    for cause in Cause::ALL {
        page.push_str(&format!("| `{}` | {} |\n", cause.name(), causes::meaning(cause)));
    }
    page
}
