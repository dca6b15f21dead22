//! A backlog of a million modifications of 20,000 orders, under a quota and with the default limits: how many calls it takes.

use std::collections::HashMap;
use std::time::Instant;

use super::witness::Witness;
use crate::place::{PARTITIONS, Place};
use crate::subject::{Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "catch up";
const RECORDS: u64 = 1_000_000;
const ORDERS: u64 = 20_000;
/// Calls a second.
const QUOTA: u32 = 500;

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    let (records, orders) = (options.scaled(RECORDS), options.scaled(ORDERS));
    say(&format!("catch up: writing {records} modifications of {orders} orders"));
    let witness = Witness::start(place)?;
    let topic = place.kafka.topic("catch-up", PARTITIONS);
    // turn by turn: the newest of every order lies in the last fiftieth of the backlog, which is as far away as it can be
    topic.write_all((0..records).map(|index| place.record(index % orders, index / orders)));
    let settings = Settings { url: Some(witness.url()), rate: QUOTA, default_limits: true, ..Settings::default() };
    let subject = Subject::start(place, &topic, &settings)?;
    subject.joined();
    let began = Instant::now();
    subject.until("every record is read", |state| state.records_read >= records);
    let read = began.elapsed();
    say(&format!("catch up: read in {:.1} s; delivering {QUOTA} a second", read.as_secs_f64()));
    let state = subject.until("every record is settled and committed", |state| state.is_done(records));
    let took = began.elapsed();
    let mut last: HashMap<String, i64> = HashMap::new();
    let calls = witness.calls()?;
    for call in &calls {
        last.insert(call.order.clone(), call.version);
    }
    let newest = last.values().filter(|version| **version == order_sync_benches::orders::modified_at(records / orders - 1)).count() as u64;
    table.goal(PART, format!("calls an order, {QUOTA} calls a second"), state.calls.attempted as f64 / orders as f64, "calls", 1.3);
    table.goal(PART, "orders whose last call was not their newest", orders.saturating_sub(newest) as f64, "orders", 0.0);
    table.add(PART, "the whole backlog read", read.as_secs_f64(), "s");
    table.add(PART, "the whole backlog delivered and committed", took.as_secs_f64(), "s");
    table.add(PART, "resident", subject.resident()? as f64 / 1e6, "MB");
    Ok(())
}
