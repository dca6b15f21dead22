//! kill -9 in the middle of 80,000 records, 256 calls at once: what is called again, and how soon the next process calls.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use order_sync_tests::wait;

use super::witness::{Witness, repeats_and_older};
use crate::place::{PARTITIONS, Place, pause};
use crate::proc::median;
use crate::subject::{Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "killed";
const RECORDS: u64 = 80_000;
/// Modifications of each order.
const VERSIONS: u64 = 2;
const ROUNDS: usize = 5;
/// As `quota.max_in_flight` has it by default: the goal is twice as many.
const AT_ONCE: f64 = 256.0;

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    let records = options.scaled(RECORDS);
    let (mut repeats, mut older, mut waits, mut rates) = (Vec::new(), 0, Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        say(&format!("killed: round {round} of {ROUNDS}: {records} records, kill -9 in the middle"));
        let one = one(place, records)?;
        repeats.push(one.repeats as f64);
        older += one.older;
        waits.push(one.first_call);
        rates.push(one.rate);
    }
    let worst = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    table.add(PART, "calls a second when it was killed", median(rates), "/s");
    table.add(PART, "calls made again, median", median(repeats.clone()), "calls");
    table.goal(PART, "calls made again, worst round", worst(&repeats), "calls", 2.0 * AT_ONCE);
    table.goal(PART, "older after newer, all rounds", older as f64, "calls", 0.0);
    table.add(PART, "the partitions assigned to the first call, median", median(waits.clone()), "s");
    table.goal(PART, "the partitions assigned to the first call, worst round", worst(&waits), "s", 1.0);
    Ok(())
}

struct One {
    repeats: u64,
    older: u64,
    first_call: f64,
    rate: f64,
}

fn one(place: &Place<'_>, records: u64) -> Result<One, String> {
    let witness = Witness::start(place)?;
    let topic = place.kafka.topic("killed", PARTITIONS);
    let orders = records / VERSIONS;
    topic.write_all((0..records).map(|index| place.record(index % orders, index / orders)));
    let group = place.kafka.name("killed");
    let settings = Settings { url: Some(witness.url()), group: Some(group), quick_session: true, ..Settings::default() };
    let victim = Subject::start(place, &topic, &settings)?;
    victim.joined();
    let began = micros();
    let middle = wait::until("the middle", wait::PATIENCE * 4, || {
        pause(Duration::from_millis(10));
        let attempted = victim.state()?.calls.attempted;
        if attempted >= orders / 2 { Ok(attempted) } else { Err(format!("{attempted} calls of {orders}")) }
    });
    let rate = middle as f64 / ((micros() - began) as f64 / 1e6);
    drop(victim);
    let killed_at = micros();
    let heir = Subject::start(place, &topic, &settings)?;
    let state = heir.until("every record is settled and committed", |state| {
        state.partitions.len() == PARTITIONS as usize
            && state.partitions.iter().all(|one| one.committed.unwrap_or(0) >= one.position)
            && state.partitions.iter().map(|one| one.position).sum::<i64>() >= records as i64
    });
    let calls = witness.calls()?;
    let assigned = heir.assigned_micros().ok_or("the log does not tell of the assignment")?;
    let first = calls.iter().map(|call| call.micros).find(|at| *at > killed_at.max(assigned));
    let first = first.ok_or_else(|| format!("no call after the assignment: {state:?}"))?;
    let (repeats, older) = repeats_and_older(&calls);
    Ok(One { repeats, older, first_call: (first - assigned) as f64 / 1e6, rate })
}

/// The clock in microseconds.
pub(super) fn micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
