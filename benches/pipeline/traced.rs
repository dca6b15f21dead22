//! What being seen costs: distinct orders with the spans of a tenth of the calls and the metrics exported, and with nothing exported, in turns,
//! so that whatever disturbs the machine disturbs both. The records carry a trace context in both.

use crate::delivered::pipeline;
use crate::place::Place;
use crate::proc::median;
use crate::subject::Settings;
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "traced";
const ORDERS: u64 = 20_000;
const ROUNDS: u64 = 7;
/// The part of the calls that is kept.
const SAMPLED: f64 = 0.1;

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    let orders = options.scaled(ORDERS);
    let (mut off, mut on, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        say(&format!("traced: round {round} of {ROUNDS}: {orders} orders unseen and seen"));
        let one = |traced| {
            Ok::<f64, String>(pipeline(place, orders, &Settings { header: Some("traceparent"), traced, ..Settings::default() })?.order)
        };
        // who comes first changes, for the first one finds the machine otherwise
        let (unseen, seen) = if round % 2 == 0 {
            let seen = one(Some(SAMPLED))?;
            (one(None)?, seen)
        } else {
            (one(None)?, one(Some(SAMPLED))?)
        };
        off.push(unseen);
        on.push(seen);
        ratios.push(seen / unseen);
    }
    table.add(PART, "delivered order, nothing exported", median(off), "µs CPU");
    table.add(PART, "delivered order, a tenth of the calls traced, metrics exported", median(on), "µs CPU");
    table.goal(PART, "traced ÷ not, median of the rounds", median(ratios), "", 1.03);
    Ok(())
}
