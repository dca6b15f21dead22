//! Gauges, and counters that the engine keeps: read from the published state whenever somebody asks.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::BizType;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use super::catalogue::{self, Entry};
use super::mapped::gate_reasons;
use super::series::Series as _;
use super::words::ExportEnd;
use crate::admin::health::Watched;
use crate::admin::state::{GateState, Partition, Published, State};
use crate::telemetry::otlp::Exports;

/// Registers all of them.
pub(super) fn register(meter: &Meter, published: &Published, watched: &Watched, version: &'static str) {
    of_state(meter, published);
    of_partitions(meter, published);
    of_gates(meter, published);
    let watched = watched.clone();
    f64_gauge(meter, &catalogue::LOOP_AGE, move |to| {
        for (name, age) in watched.ages() {
            to.observe(age.as_secs_f64(), &[KeyValue::new("loop", name)]);
        }
    });
    // read once: a clock that is set while the process runs is no restart
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    f64_gauge(meter, &catalogue::PROCESS_START, move |to| to.observe(started, &[]));
    u64_gauge(meter, &catalogue::BUILD, move |to| to.observe(1, &[KeyValue::new("version", version)]));
}

/// What became of what was sent to the collector.
pub(super) fn exports(meter: &Meter, exports: Arc<Exports>) {
    let ends = ExportEnd::all().into_iter().map(|end| (end, end.attributes())).collect::<Vec<_>>();
    counter(meter, &catalogue::EXPORTS, move |to| {
        for (end, labels) in &ends {
            let count = match end {
                ExportEnd::Exported => &exports.done,
                ExportEnd::Failed => &exports.failed,
            };
            to.observe(count.load(Ordering::Relaxed), labels);
        }
    });
}

fn of_state(meter: &Meter, published: &Published) {
    type Float = fn(&State) -> f64;
    let floats: [(&Entry, Float); 6] = [
        (&catalogue::FRESHNESS, |state| state.freshness_seconds),
        (&catalogue::BEHIND_GATE, |state| state.freshness_behind_gate_seconds),
        (&catalogue::QUOTA_RATE, |state| state.quota.rate_per_second),
        (&catalogue::QUOTA_SHARE, |state| state.quota.share_per_second),
        (&catalogue::QUOTA_TOKENS, |state| state.quota.tokens),
        (&catalogue::FUSE_TOKENS, |state| state.fuse.tokens),
    ];
    for (entry, read) in floats {
        let published = published.clone();
        f64_gauge(meter, entry, move |to| to.observe(read(&published.get()), &[]));
    }
    type Whole = fn(&State) -> u64;
    let counters: [(&Entry, Whole); 2] =
        [(&catalogue::RECORDS_READ, |state| state.records_read), (&catalogue::CALLS_SAVED, |state| state.calls_saved)];
    for (entry, read) in counters {
        let published = published.clone();
        counter(meter, entry, move |to| to.observe(read(&published.get()), &[]));
    }
    let gauges: [(&Entry, Whole); 4] = [
        (&catalogue::IN_FLIGHT, |state| state.calls.in_flight),
        (&catalogue::MAX_IN_FLIGHT, |state| state.calls.max_in_flight),
        (&catalogue::REMEMBERED, |state| state.remembered_orders),
        (&catalogue::UNFIT_ALARM, |state| u64::from(state.unfit_alarm)),
    ];
    for (entry, read) in gauges {
        let published = published.clone();
        u64_gauge(meter, entry, move |to| to.observe(read(&published.get()), &[]));
    }
}

fn of_partitions(meter: &Meter, published: &Published) {
    // None: the number is not known yet, and the series is absent
    type Read = fn(&Partition) -> Option<u64>;
    let gauges: [(&Entry, Read); 11] = [
        (&catalogue::PARTITION_POSITION, |of| offset(of.position)),
        (&catalogue::PARTITION_COMMITTABLE, |of| offset(of.committable)),
        (&catalogue::PARTITION_COMMITTED, |of| of.committed.and_then(offset)),
        (&catalogue::PARTITION_OPEN, |of| Some(of.open)),
        (&catalogue::PARTITION_WAITING, |of| Some(of.waiting)),
        (&catalogue::PARTITION_IN_FLIGHT, |of| Some(of.in_flight)),
        (&catalogue::PARTITION_LAG, Partition::lag),
        (&catalogue::PARTITION_WINDOW_LEFT, Partition::window_left),
        (&catalogue::PARTITION_METADATA, |of| of.commit_metadata),
        (&catalogue::PARTITION_PAUSED, |of| Some(u64::from(of.paused))),
        (&catalogue::PARTITION_RESTORING, |of| Some(u64::from(of.restoring))),
    ];
    for (entry, read) in gauges {
        let published = published.clone();
        u64_gauge(meter, entry, move |to| {
            for partition in &published.get().partitions {
                if let Some(value) = read(partition) {
                    to.observe(value, &place(&partition.topic, partition.partition));
                }
            }
        });
    }
    let published = published.clone();
    u64_gauge(meter, &catalogue::PARTITION_HALTED, move |to| {
        let state = published.get();
        state.partitions.iter().for_each(|of| to.observe(0, &place(&of.topic, of.partition)));
        state.halted.iter().for_each(|of| to.observe(1, &place(&of.topic, of.partition)));
    });
}

fn of_gates(meter: &Meter, published: &Published) {
    let state = published.clone();
    u64_gauge(meter, &catalogue::GATE_CLOSED, move |to| {
        let gate = &state.get().gate;
        for reason in gate_reasons() {
            let closed = gate.state != GateState::Open && gate.reason == Some(reason);
            to.observe(u64::from(closed), &[KeyValue::new("reason", reason)]);
        }
    });
    let state = published.clone();
    u64_gauge(meter, &catalogue::GATE_TYPE_CLOSED, move |to| {
        let types = &state.get().gate.types;
        for name in BizType::ALL.map(BizType::name) {
            let closed = types.get(name).is_some_and(|gate| gate.state != GateState::Open);
            to.observe(u64::from(closed), &[KeyValue::new("biz_type", name)]);
        }
    });
}

/// The labels of a partition.
fn place(topic: &str, partition: i32) -> [KeyValue; 2] {
    [KeyValue::new("topic", topic.to_owned()), KeyValue::new("partition", i64::from(partition))]
}

fn offset(value: i64) -> Option<u64> {
    u64::try_from(value).ok()
}

/// Registers a counter that is read, not counted.
pub(super) fn counter(meter: &Meter, entry: &Entry, read: impl Fn(&dyn AsyncInstrument<u64>) + Send + Sync + 'static) {
    meter.u64_observable_counter(entry.name).with_unit(entry.unit).with_description(entry.help).with_callback(read).build();
}

fn u64_gauge(meter: &Meter, entry: &Entry, read: impl Fn(&dyn AsyncInstrument<u64>) + Send + Sync + 'static) {
    meter.u64_observable_gauge(entry.name).with_unit(entry.unit).with_description(entry.help).with_callback(read).build();
}

fn f64_gauge(meter: &Meter, entry: &Entry, read: impl Fn(&dyn AsyncInstrument<f64>) + Send + Sync + 'static) {
    meter.f64_observable_gauge(entry.name).with_unit(entry.unit).with_description(entry.help).with_callback(read).build();
}
