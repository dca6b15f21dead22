//! What is added to a calm line: from the write of a record to its request on the wire, beside a bare loop that polls, signs and posts.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use order_sync_tests::kafka::Topic;
use order_sync_tests::wait;

use super::bare_loop;
use super::killed::micros;
use super::witness::Witness;
use crate::place::{PARTITIONS, Place, pause};
use crate::subject::{Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "calm";
const RECORDS: u64 = 2_000;
/// Between two records.
const EVERY: Duration = Duration::from_millis(10);
/// Records that warm everything up and are not counted.
const WARM: u64 = 100;

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    let records = options.scaled(RECORDS);
    say(&format!("calm: {records} records, one each {} ms, to a bare loop", EVERY.as_millis()));
    let witness = Witness::start(place)?;
    let topic = place.kafka.topic("calm-bare", PARTITIONS);
    let bare = bare_loop::start(place, &topic, &witness.url())?;
    let bare_line = latencies(place, &topic, &witness, records)?;
    drop(bare);
    say("calm: the same to order-sync");
    let topic = place.kafka.topic("calm", PARTITIONS);
    let subject = Subject::start(place, &topic, &Settings { url: Some(witness.url()), ..Settings::default() })?;
    subject.joined();
    let ours = latencies(place, &topic, &witness, records)?;
    for (name, line) in [("bare loop", &bare_line), ("order-sync", &ours)] {
        table.add(PART, format!("write to request on the wire, {name}, p50"), quantile(line, 0.5), "ms");
        table.add(PART, format!("write to request on the wire, {name}, p99"), quantile(line, 0.99), "ms");
    }
    table.add(PART, "added, p50", quantile(&ours, 0.5) - quantile(&bare_line, 0.5), "ms");
    table.goal(PART, "added, p99", quantile(&ours, 0.99) - quantile(&bare_line, 0.99), "ms", 5.0);
    Ok(())
}

/// Milliseconds from the write to the wire, ascending.
fn latencies(place: &Place<'_>, topic: &Topic<'_>, witness: &Witness, records: u64) -> Result<Vec<f64>, String> {
    let before = witness.calls()?.len();
    let mut written = HashMap::new();
    let began = Instant::now();
    for order in 0..WARM + records {
        let due = EVERY * u32::try_from(order).unwrap_or(u32::MAX);
        pause(due.saturating_sub(began.elapsed()));
        if order >= WARM {
            written.insert(order_sync_benches::orders::number(order), micros());
        }
        topic.write(place.record(order, 1));
    }
    let calls = wait::until("every record is called", wait::PATIENCE, || {
        let calls = witness.calls()?;
        let count = calls.len() - before;
        if count as u64 >= WARM + records { Ok(calls) } else { Err(format!("{count} calls")) }
    });
    let of = |call: &crate::stand_in::Call| written.get(&call.order).map(|at| call.micros.saturating_sub(*at) as f64 / 1e3);
    let mut line: Vec<f64> = calls[before..].iter().filter_map(of).collect();
    line.sort_by(f64::total_cmp);
    Ok(line)
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
