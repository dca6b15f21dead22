//! What AlipayHK does, as rules of the sandbox.

use std::time::Duration;

use sandbox::Span;
use sandbox::decision::ResultStatus;
use sandbox::faults::{Damage, Fault, Rule};

use crate::schedule::Api;

/// Longer than any of these AlipayHK does not take to apply a call: `alipayhk.timeout` and `delivery.late_apply` together.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(1_000);
pub(crate) const LATE_APPLY: Duration = Duration::from_millis(1_500);

/// Some late ones are applied so much later. The rest to `TIMEOUT` and `LATE_APPLY` is for a machine that is busy.
const LATER: Duration = Duration::from_millis(1_500);

/// The rules of a disturbance; `draw` chooses among its variants.
pub(crate) fn of(api: Api, draw: u64) -> Vec<Rule> {
    let share = [0.2, 0.6, 1.0][draw as usize % 3];
    let some = |fault| vec![Rule { probability: share, ..Rule::always(fault) }];
    let odd = draw / 3 % 2 == 1;
    match api {
        Api::Latency => some(latency(50, 1_450)),
        Api::ServerErrors => some(http(if odd { 500 } else { 503 }, odd.then_some("1"), false)),
        Api::AppliedServerErrors => some(http(if odd { 502 } else { 504 }, None, true)),
        Api::Throttling if odd => some(http(429, Some("1"), false)),
        Api::Throttling => some(result("REQUEST_TRAFFIC_EXCEED_LIMIT", ResultStatus::F, false)),
        Api::Resets => some(Fault::Reset { apply: false }),
        Api::AppliedResets => some(Fault::Reset { apply: true }),
        Api::Hangs => some(Fault::Hang { apply: false }),
        Api::AppliedHangs => some(Fault::Hang { apply: true }),
        Api::Closes => some(Fault::Close { apply: odd }),
        Api::Unsigned => some(Fault::Unsigned),
        Api::BadlySigned => some(Fault::BadlySigned { how: damage(draw) }),
        Api::UnknownStatus => some(result("NEVER_HEARD_OF", ResultStatus::U, odd)),
        Api::SystemErrors => some(result(if odd { "SYSTEM_ERROR" } else { "UNKNOWN_EXCEPTION" }, ResultStatus::U, odd)),
        // for good, so only a few: each of them is a dead letter
        Api::Refusals => vec![Rule { probability: 0.03, ..Rule::always(result("PARAM_ILLEGAL", ResultStatus::F, false)) }],
        // nobody hears of what is applied late: a success before it is applied would be a lie that no client can see through
        Api::AppliedLate => {
            let withheld = if odd { Fault::Hang { apply: false } } else { http(503, None, false) };
            vec![Rule::always(Fault::ApplyLate { delay: Span(LATER) }), Rule::always(withheld)]
        }
        Api::Truncated => some(Fault::Truncate),
        Api::NotJson => some(Fault::NotJson { apply: odd }),
    }
}

/// Calls take so long that some are always on their way, and some orders are never decided, so that commits stay behind: what a hand-over
/// finds is far more than what was committed last.
pub(crate) fn slow_and_stuck(orders: Vec<String>) -> Vec<Rule> {
    let stuck = Rule { orders, ..Rule::always(result("SYSTEM_ERROR", ResultStatus::U, false)) };
    vec![stuck, Rule::always(latency(20, 80))]
}

fn latency(delay: u64, jitter: u64) -> Fault {
    Fault::Latency { delay: Span(Duration::from_millis(delay)), jitter: Span(Duration::from_millis(jitter)) }
}

fn http(status: u16, retry_after: Option<&str>, apply: bool) -> Fault {
    Fault::Http { status, retry_after: retry_after.map(str::to_owned), apply }
}

fn result(code: &str, status: ResultStatus, apply: bool) -> Fault {
    Fault::Result { code: code.into(), status, message: "Drawn by the soak".into(), order_status: None, apply }
}

/// Ways in which no client may believe an answer.
fn damage(draw: u64) -> Damage {
    let ways = [Damage::Flipped, Damage::OtherContent, Damage::OtherTime, Damage::WhiteSpace, Damage::Duplicate, Damage::OtherClient];
    ways[draw as usize / 7 % ways.len()]
}
