//! From the start of the process to its first call.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use order_sync_tests::wait;
use rdkafka::consumer::{BaseConsumer, Consumer};

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
    let (mut seconds, mut joins) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        joins.push(bare_join(place, topic.name())?);
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
    let beside = seconds.iter().zip(&joins).map(|(all, join)| all - join).collect();
    let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    table.add(PART, "process start to first call", median(seconds), "s");
    table.add(PART, "the quickest of them", best, "s");
    table.add(PART, "a bare librdkafka consumer joins such a group", median(joins), "s");
    table.goal(PART, "process start to first call beside the join", median(beside), "s", 0.5);
    Ok(())
}

/// Seconds until a consumer with nothing around it has its partitions.
fn bare_join(place: &Place<'_>, topic: &str) -> Result<f64, String> {
    let began = Instant::now();
    let consumer: BaseConsumer = place.kafka.member(&place.kafka.name("bare")).create().map_err(|error| error.to_string())?;
    consumer.subscribe(&[topic]).map_err(|error| error.to_string())?;
    while consumer.assignment().map_err(|error| error.to_string())?.count() == 0 {
        if began.elapsed() > wait::PATIENCE {
            return Err("a bare consumer got no partitions".to_owned());
        }
        consumer.poll(Duration::from_millis(5));
    }
    Ok(began.elapsed().as_secs_f64())
}
