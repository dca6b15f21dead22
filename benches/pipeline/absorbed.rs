//! What a record costs that never becomes a call: from poll to settled, while its order waits.

use std::collections::HashMap;
use std::time::Instant;

use crate::place::{PARTITIONS, Place};
use crate::proc::{median, micros};
use crate::subject::{Dispositions, Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "absorbed";
const RECORDS: u64 = 1_000_000;
const ORDERS: u64 = 1_000;
const ROUNDS: usize = 3;

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    let records = options.scaled(RECORDS);
    say(&format!("absorbed: writing {records} modifications of {ORDERS} orders"));
    let topic = place.kafka.topic("absorbed", PARTITIONS);
    let places = topic.write_all((0..records).map(|index| place.record(index % ORDERS, index / ORDERS)));
    ascending(&places)?;
    let (mut each, mut reading, mut rates, mut threads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        say(&format!("absorbed: round {round} of {ROUNDS}"));
        let subject = Subject::start(place, &topic, &Settings { held: true, ..Settings::default() })?;
        subject.joined();
        let began = Instant::now();
        subject.until("every record is read", |state| state.records_read >= records);
        let (took, read) = (began.elapsed(), subject.cpu()?);
        subject.let_go()?;
        let state = subject.until("every record is settled and committed", |state| state.is_done(records));
        let end = subject.cpu()?;
        let Dispositions { delivered, superseded, stale, .. } = state.dispositions;
        if delivered + superseded + stale != records || stale > 0 || state.calls.attempted != ORDERS {
            return Err(format!("each of {ORDERS} orders was to be called once, and nothing was written stale: {state:?}"));
        }
        // Signing is another part's figure. What else the last thousand calls cost is left in: less than a tenth of a microsecond.
        each.push(micros(end.total().saturating_sub(end.of_purpose("signing pool")), records));
        reading.push(micros(read.total(), records));
        rates.push(records as f64 / took.as_secs_f64());
        threads = end.each_since(&crate::proc::Cpu::default(), records);
    }
    table.goal(PART, "absorbed record, poll to settled, start of the process included", median(each), "µs CPU", 5.0);
    table.add(PART, "absorbed record, poll to waiting", median(reading), "µs CPU");
    table.add(PART, "records read a second", median(rates), "/s");
    for (name, micros) in threads {
        table.add(PART, format!("  of the last round, calls included: {name}"), micros, "µs CPU");
    }
    table.add(PART, "bytes of a record", place.record_bytes(1, 1) as f64, "bytes");
    Ok(())
}

/// A producer that reorders when it sends a batch again would make modifications stale that were written in their order.
fn ascending(places: &[(i32, i64)]) -> Result<(), String> {
    let mut last = HashMap::new();
    for (index, (partition, offset)) in places.iter().enumerate() {
        if let Some(before) = last.insert(*partition, *offset).filter(|before| before > offset) {
            return Err(format!("record {index} of partition {partition} was written to {offset}, behind {before}"));
        }
    }
    Ok(())
}
