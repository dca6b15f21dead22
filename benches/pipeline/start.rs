//! From the start of the process to its first call.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use order_sync_tests::wait;

use crate::place::{PARTITIONS, Place, pause};
use crate::proc::median;
use crate::subject::{Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "start";
const ROUNDS: usize = 9;

pub(crate) fn measure(place: &Place<'_>, _: &Options, table: &mut Table) -> Result<(), String> {
    say(&format!("start: {ROUNDS} starts to the first call"));
    let topic = place.kafka.topic("start", PARTITIONS);
    topic.write_all((0..10).map(|order| place.record(order, 1)));
    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        place.seen()?;
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_micros() as f64;
        let subject = Subject::start(place, &topic, &Settings::default())?;
        let first = wait::until("the first call", wait::PATIENCE, || {
            pause(Duration::from_millis(20));
            let seen = place.seen()?;
            if seen.first_micros > 0 { Ok(seen.first_micros) } else { Err(subject.log()) }
        });
        seconds.push((first as f64 - began) / 1e6);
    }
    let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    table.goal(PART, "process start to first call, join of the group included", median(seconds), "s", 0.5);
    table.add(PART, "the quickest of them", best, "s");
    Ok(())
}
