//! The operator's tools, and what a start restores from the outcomes topic.

use std::process::Command;
use std::time::{Duration, Instant};

use consumer::schema::outcome::{self, Facts};
use engine::{Disposition, Offset, Standing};
use order_sync_benches::orders;
use order_sync_tests::kafka::{Record, Topic};
use serde::Deserialize;

use crate::place::{PARTITIONS, Place, pause};
use crate::subject::{self, Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "tools";
/// Orders with one outcome each.
const RESTORED: u64 = 1_000_000;
/// Records to look through for one order.
const EXPLAINED: u64 = 1_000_000;
/// Calls a second of a backfill, and how many.
const RATE: u64 = 200;
const BACKFILLED: u64 = 4_000;
/// So many records are written at once.
const BATCH: u64 = 50_000;

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    restore(place, options.scaled(RESTORED), table)?;
    explain(place, options.scaled(EXPLAINED), table)?;
    backfill(place, options.scaled(BACKFILLED), table)?;
    replay(place, options.scaled(BACKFILLED), table)
}

/// From the assignment of the partitions until everything is restored, and what an order takes.
fn restore(place: &Place<'_>, restored: u64, table: &mut Table) -> Result<(), String> {
    say(&format!("tools: {restored} outcomes to restore"));
    let (topic, outcomes) = (place.kafka.topic("restore", PARTITIONS), place.kafka.topic("restore-outcomes", PARTITIONS));
    let settings = Settings { held: true, outcomes: Some(outcomes.name().to_owned()), ..Settings::default() };
    let empty = Subject::start(place, &topic, &settings)?;
    empty.joined();
    pause(Duration::from_secs(2));
    let idle = empty.resident()?;
    drop(empty);
    write(&outcomes, restored, |order| told(&topic, order));
    let subject = Subject::start(place, &topic, &settings)?;
    subject.joined();
    let began = Instant::now();
    subject.until("everything is restored", |state| {
        state.remembered_orders == restored && state.partitions.iter().all(|partition| !partition.restoring)
    });
    table.goal(PART, format!("restoring {restored} orders, from their partitions on"), began.elapsed().as_secs_f64(), "s", 20.0);
    pause(Duration::from_secs(2));
    let each = subject.resident()?.saturating_sub(idle) as f64 / restored as f64;
    table.goal(PART, "a restored order, resident", each, "bytes", 150.0);
    Ok(())
}

/// The outcome of a delivered order, as the pipeline writes it.
fn told(topic: &Topic<'_>, order: u64) -> Record {
    let (number, partition) = (orders::number(order), (order % PARTITIONS as u64) as i32);
    let standing = Standing {
        at: 1_760_000_000_000 + order as i64,
        offset: Offset((order / PARTITIONS as u64) as i64),
        content: order as u32,
        was_accepted: true,
        accepted: None,
    };
    let value = outcome::encode(&Facts {
        topic: topic.name(),
        partition,
        offset: standing.offset.0,
        order: Some(&number),
        disposition: &Disposition::Delivered,
        event: None,
        request_id: Some("0123456789abcdef0123456789abcdef"),
        notes: None,
        at_millis: 1_760_000_000_000,
        standing: Some(&standing),
    });
    Record::new(number, value).to(partition)
}

/// One order among many.
fn explain(place: &Place<'_>, records: u64, table: &mut Table) -> Result<(), String> {
    say(&format!("tools: one order in {records} records"));
    let topic = place.kafka.topic("explain", PARTITIONS);
    write(&topic, records, |order| place.record(order, 1));
    let (took, _) = run(place, &topic, &Settings::default(), &["explain", &orders::number(records / 2)])?;
    table.goal(PART, format!("explain, one order in {records} records"), took.as_secs_f64(), "s", 10.0);
    Ok(())
}

/// How exactly a rate is held.
fn backfill(place: &Place<'_>, orders: u64, table: &mut Table) -> Result<(), String> {
    say(&format!("tools: {orders} orders at {RATE} a second"));
    let topic = place.kafka.topic("backfill", PARTITIONS);
    write(&topic, orders, |order| place.record(order, 1));
    let off = off_by(run(place, &topic, &Settings::default(), &["backfill", "--from", "1h", "--rate", &RATE.to_string(), "--json"])?.1)?;
    table.goal(PART, format!("backfill of {orders} orders, off the rate of {RATE} a second by"), off, "%", 5.0);
    Ok(())
}

/// The same for dead letters, each of another order.
fn replay(place: &Place<'_>, letters: u64, table: &mut Table) -> Result<(), String> {
    say(&format!("tools: {letters} dead letters at {RATE} a second"));
    let topic = place.kafka.topic("replay", PARTITIONS);
    let settings = Settings { group: Some("bench-replay".to_owned()), ..Settings::default() };
    write(&topic, letters, |order| place.record(order, 1).to((order % PARTITIONS as u64) as i32));
    write(&place.dead_letters, letters, |order| {
        let (partition, offset) = (order % PARTITIONS as u64, order / PARTITIONS as u64);
        let source = [("topic", topic.name().to_owned()), ("partition", partition.to_string()), ("offset", offset.to_string())];
        let why = [("group", "bench-replay".to_owned()), ("reason", "rejected".to_owned()), ("code", "PARAM_ILLEGAL".to_owned())];
        let headers = source.into_iter().chain(why).chain([("merchant_biz_no", orders::number(order))]);
        headers.fold(place.record(order, 1), |letter, (name, value)| letter.header(&format!("ordersync.{name}"), value))
    });
    let off = off_by(run(place, &topic, &settings, &["dlq", "replay", "--rate", &RATE.to_string(), "--json"])?.1)?;
    table.goal(PART, format!("replay of {letters} dead letters, off the rate of {RATE} a second by"), off, "%", 5.0);
    Ok(())
}

/// How far a run was off its rate, in percent.
fn off_by(output: String) -> Result<f64, String> {
    let told: Told = serde_json::from_str(&output).map_err(|error| format!("{error}: {output}"))?;
    Ok((told.calls as f64 / told.seconds / RATE as f64 - 1.0).abs() * 100.0)
}

#[derive(Deserialize)]
struct Told {
    calls: u64,
    seconds: f64,
}

fn write(topic: &Topic<'_>, count: u64, record: impl Fn(u64) -> Record) {
    for from in (0..count).step_by(BATCH as usize) {
        topic.write_all((from..count.min(from + BATCH)).map(&record));
    }
}

/// Runs a tool on a topic: how long it took, and what it said.
fn run(place: &Place<'_>, topic: &Topic<'_>, settings: &Settings, arguments: &[&str]) -> Result<(Duration, String), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
    let file = subject::write_configuration(place, topic, settings, order_sync_tests::ports::free(), folder.path())?;
    let began = Instant::now();
    let output = Command::new(subject::binary()?).args(arguments).args(["--config", &file]).output();
    let output = output.map_err(|error| format!("{arguments:?}: {error}"))?;
    if output.status.success() {
        Ok((began.elapsed(), String::from_utf8_lossy(&output.stdout).into_owned()))
    } else {
        Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}
