//! What a delivered order costs: distinct orders, nothing collapses, every record becomes a call.

use crate::place::{PARTITIONS, Place};
use crate::proc::{median, micros};
use crate::subject::{Settings, Subject};
use crate::table::Table;
use crate::{Options, post, say, signing};

const PART: &str = "delivered";
const ORDERS: u64 = 20_000;
const ROUNDS: u64 = 5;
/// As `quota.max_in_flight` has it by default.
const AT_ONCE: u32 = 256;

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    let orders = options.scaled(ORDERS);
    let body = signing::body(place)?;
    let mut runs = Vec::new();
    for round in 1..=ROUNDS {
        say(&format!("delivered: round {round} of {ROUNDS}: bare signatures, bare calls, {orders} orders"));
        let bare_crypto = signing::bare_on_all_cores(place)?;
        let costs = signing::measure(place)?;
        let bare_post = post::measure(place, &body, orders, AT_ONCE, 0)?.cpu_micros;
        let Delivered { order, calls_a_second, threads } = pipeline(place, orders, &Settings::default())?;
        let paced = post::measure(place, &body, orders / 2, 32, calls_a_second)?.cpu_micros;
        runs.push(Run { bare_crypto, costs, bare_post, paced, order, calls_a_second, threads });
    }
    report(&runs, table);
    table.add(PART, "bytes of a request's body", body.len() as f64, "bytes");
    Ok(())
}

struct Run {
    bare_crypto: f64,
    costs: signing::Costs,
    bare_post: f64,
    paced: f64,
    order: f64,
    calls_a_second: u64,
    threads: Vec<(&'static str, f64)>,
}

impl Run {
    /// Everything of an order that is neither signing nor verifying.
    fn rest(&self) -> f64 {
        self.order - self.bare_crypto
    }
}

fn report(runs: &[Run], table: &mut Table) {
    let middle = |of: &dyn Fn(&Run) -> f64| median(runs.iter().map(of).collect());
    table.add(PART, "bare sign + verify, aws-lc-rs, every core busy", middle(&|run| run.bare_crypto), "µs CPU");
    table.add(PART, "bare sign, one thread", middle(&|run| run.costs.bare_sign), "µs CPU");
    table.add(PART, "bare verify, one thread", middle(&|run| run.costs.bare_verify), "µs CPU");
    table.add(PART, "bare sign + verify, one thread", middle(&|run| run.costs.bare()), "µs CPU");
    table.goal(PART, "ours ÷ bare: signature and verification", middle(&|run| run.costs.crypto_ratio), "", 1.05);
    table.goal(PART, "ours ÷ bare: with content, headers, base64, parsing, judging", middle(&|run| run.costs.exchange_ratio), "", 1.05);
    table.add(PART, "bare POST, 256 at once, as fast as it goes", middle(&|run| run.bare_post), "µs CPU");
    table.add(PART, "bare POST, at the pipeline's pace", middle(&|run| run.paced), "µs CPU");
    table.add(PART, "delivered order, whole process", middle(&|run| run.order), "µs CPU");
    table.add(PART, "delivered orders a second", middle(&|run| run.calls_a_second as f64), "/s");
    for (index, (name, _)) in runs.first().map_or(&[][..], |run| &run.threads[..]).iter().enumerate() {
        let of = |run: &Run| run.threads.get(index).map_or(0.0, |(_, micros)| *micros);
        table.add(PART, format!("  of it: {name}"), middle(&of), "µs CPU");
    }
    table.add(PART, "everything but signing and verifying", middle(&Run::rest), "µs CPU");
    table.goal(PART, "everything else ÷ bare POST", middle(&|run| run.rest() / run.bare_post), "", 2.0);
    table.goal(PART, "everything else ÷ bare POST at the pipeline's pace", middle(&|run| run.rest() / run.paced), "", 2.0);
}

/// What one round of the pipeline cost.
pub(crate) struct Delivered {
    /// Microseconds of an order.
    pub(crate) order: f64,
    calls_a_second: u64,
    /// Microseconds of an order by what the threads are for.
    threads: Vec<(&'static str, f64)>,
}

/// One round. Records arrive at a running process, so that reading and decoding
/// them is part of it; starting is not.
pub(crate) fn pipeline(place: &Place<'_>, orders: u64, settings: &Settings) -> Result<Delivered, String> {
    let topic = place.kafka.topic("delivered", PARTITIONS);
    let subject = Subject::start(place, &topic, settings)?;
    subject.joined();
    let (before, began) = (subject.cpu()?, std::time::Instant::now());
    topic.write_all((0..orders).map(|order| match settings.header {
        None => place.record(order, 1),
        Some(name) => place.record(order, 1).header(name, format!("00-{:032x}-{:016x}-01", order + 1, order + 1)),
    }));
    let state = subject.until("every order is delivered and committed", |state| state.is_done(orders));
    let after = subject.cpu()?;
    let took = began.elapsed().as_secs_f64();
    if state.dispositions.delivered != orders || state.calls.attempted != orders {
        return Err(format!("{orders} orders were to be delivered by as many calls: {state:?}"));
    }
    let spent = after.total().saturating_sub(before.total());
    let calls_a_second = (orders as f64 / took) as u64;
    Ok(Delivered { order: micros(spent, orders), calls_a_second, threads: after.each_since(&before, orders) })
}
