//! Resident memory: idle, and with modifications that wait.

use std::time::Duration;

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
    topic.write_all((0..waiting).map(|order| place.record(order, 1)));
    subject.until("every record is read", |state| state.records_read >= waiting);
    pause(Duration::from_secs(2));
    let full = subject.resident()?;
    let content = place.record_bytes(1, 1) as f64;
    let each = full.saturating_sub(idle) as f64 / waiting as f64;
    table.add(PART, "with them waiting, resident", full as f64 / 1e6, "MB");
    table.add(PART, "key and value of a waiting modification", content, "bytes");
    table.add(PART, "of it the engine's, alone in a process", crate::engine_memory::measure(waiting)?, "bytes");
    table.goal(PART, "a waiting modification beyond its key and value", each - content, "bytes", 300.0);
    Ok(())
}
