//! Resident memory: idle, and with modifications that wait.

use std::ops::Range;
use std::time::Duration;

use order_sync_tests::kafka::Topic;

use crate::place::{PARTITIONS, Place, pause};
use crate::subject::{Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "memory";
const WAITING: u64 = 300_000;
/// How long it idles.
const IDLE: Duration = Duration::from_secs(10);

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    say("memory: idle for ten seconds");
    let topic = place.kafka.topic("memory", PARTITIONS);
    let subject = Subject::start(place, &topic, &Settings { held: true, ..Settings::default() })?;
    subject.joined();
    pause(Duration::from_secs(2));
    let before = subject.cpu()?;
    pause(IDLE);
    let spent = subject.cpu()?.total().saturating_sub(before.total());
    let idle = subject.resident()?;
    table.goal(PART, "idle, resident", idle as f64 / 1e6, "MB", 60.0);
    table.add(PART, "idle, processor time", spent.as_secs_f64() / IDLE.as_secs_f64() * 100.0, "% core");

    let waiting = options.scaled(WAITING);
    say(&format!("memory: {waiting} modifications that wait"));
    let some = fill(place, &subject, &topic, 0..waiting / 3)?;
    let all = fill(place, &subject, &topic, waiting / 3..waiting)?;
    let content = place.record_bytes(1, 1) as f64;
    // between two fills: what the process needs once, librdkafka's buffers for example, is in both
    let each = all.saturating_sub(some) as f64 / (waiting - waiting / 3) as f64;
    table.add(PART, format!("with {waiting} waiting, resident"), all as f64 / 1e6, "MB");
    table.add(PART, "key and value of a waiting modification", content, "bytes");
    table.add(PART, "the engine's part, alone in a process with glibc's allocator", crate::engine_memory::measure(waiting)?, "bytes");
    table.goal(PART, "a waiting modification beyond its key and value", each - content, "bytes", 300.0);
    Ok(())
}

/// Resident bytes once these orders wait too.
fn fill(place: &Place<'_>, subject: &Subject, topic: &Topic<'_>, orders: Range<u64>) -> Result<u64, String> {
    let until = orders.end;
    topic.write_all(orders.map(|order| place.record(order, 1)));
    subject.until("every record is read", |state| state.records_read >= until);
    pause(Duration::from_secs(2));
    subject.resident()
}
