//! AlipayHK is away for five minutes while 100,000 records are open.

use std::time::{Duration, Instant};

use super::killed::micros;
use super::witness::Witness;
use crate::place::{PARTITIONS, Place, pause};
use crate::subject::{Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "outage";
const RECORDS: u64 = 100_000;
const LASTS: Duration = Duration::from_secs(300);
/// `retry.max`.
const CAP: u32 = 10;

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    let (records, lasts) = (options.scaled(RECORDS), if options.quick { LASTS / 10 } else { LASTS });
    let mut witness = Witness::start(place)?;
    let topic = place.kafka.topic("outage", PARTITIONS);
    let settings = Settings { url: Some(witness.url()), backoff_cap: Some(CAP), default_limits: true, ..Settings::default() };
    let subject = Subject::start(place, &topic, &settings)?;
    let before = subject.joined();
    let idle = subject.resident()?;
    witness.away();
    let began = Instant::now();
    topic.write_all((0..records).map(|order| place.record(order, 1)));
    subject.until("every record is open", |state| state.open() >= records);
    pause(lasts / 10);
    let (early, spent) = (subject.resident()?, subject.cpu()?.total());
    say(&format!("outage: {records} records are open; AlipayHK is away for {} s", lasts.as_secs()));
    let mut rest = lasts.saturating_sub(began.elapsed());
    let watched = rest;
    while !rest.is_zero() {
        let step = rest.min(Duration::from_secs(60));
        pause(step);
        rest -= step;
        say(&format!("outage: {} s left, {} MB resident", rest.as_secs(), subject.resident()? / 1_000_000));
    }
    let (late, spent) = (subject.resident()?, subject.cpu()?.total().saturating_sub(spent));
    let during = subject.state()?;
    let rebalances = during.partitions.iter().zip(&before.partitions).filter(|(now, then)| now.epoch != then.epoch).count();
    let back = micros();
    witness.back()?;
    let ended = subject.until("every record is delivered and committed", |state| state.is_done(records));
    let first = witness.calls()?.first().map(|call| call.micros).ok_or("no call came")?;
    let lost = ended.dispositions.parked + ended.dispositions.rejected;
    table.goal(PART, "partitions that moved", rebalances as f64, "", 0.0);
    table.goal(PART, "records parked or rejected", lost as f64, "", 0.0);
    table.add(PART, "idle, resident", idle as f64 / 1e6, "MB");
    table.add(PART, format!("with {records} open, resident"), late as f64 / 1e6, "MB");
    table.add(PART, "key and value of them", (records as usize * place.record_bytes(1, 1)) as f64 / 1e6, "MB");
    table.goal(
        PART,
        format!("resident memory that {} s of outage added", watched.as_secs()),
        late.saturating_sub(early) as f64 / 1e6,
        "MB",
        5.0,
    );
    table.add(PART, "processor time meanwhile", spent.as_secs_f64() / watched.as_secs_f64().max(1.0) * 100.0, "% core");
    let name = "AlipayHK is back to the first call (backoff cap 10 s)";
    table.goal(PART, name, first.saturating_sub(back) as f64 / 1e6, "s", f64::from(CAP) + 1.0);
    table.goal(PART, "delivered", (records - ended.dispositions.delivered) as f64, "missing", 0.0);
    Ok(())
}
