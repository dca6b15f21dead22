//! Every repeat has a reason with a name. A repeat is a second call with the same modification of an order.

use std::collections::BTreeMap;

use order_sync_tests::oracle::Told;
use sandbox::Exchange;

use crate::events::Event;
use crate::faults::{LATE_APPLY, TIMEOUT};
use crate::fleet::{End, Life};
use crate::schedule::What;

/// A member is expelled so long after its last heartbeat at the latest.
pub(crate) const SESSION: i64 = 6_000;
/// Between what the sandbox notes and what a process lives through lie two schedulers.
const SLACK: i64 = 250;

/// What is known beside the calls.
pub(crate) struct Known<'k> {
    pub(crate) exchanges: &'k [Exchange],
    pub(crate) events: &'k [Event],
    pub(crate) lives: &'k [Life],
    pub(crate) commits: &'k [Told],
    /// Of these, the ones that landed late, over newer ones.
    pub(crate) late: &'k [Told],
    /// The partition of each order.
    pub(crate) places: &'k BTreeMap<&'k str, i32>,
    pub(crate) partitions: usize,
}

/// How often each reason applied, and the repeats that have none.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    pub(crate) by_reason: BTreeMap<&'static str, u64>,
    pub(crate) unexplained: Vec<String>,
}

/// Goes through all of them.
pub(crate) fn explain(known: &Known<'_>) -> Repeats {
    let mut calls: BTreeMap<(&str, i64), Vec<&Exchange>> = BTreeMap::new();
    for exchange in known.exchanges {
        calls.entry((&exchange.merchant_biz_no, exchange.order_modify_time)).or_default().push(exchange);
    }
    let mut repeats = Repeats::default();
    for ((order, version), of) in calls {
        for two in of.windows(2) {
            let [before, after] = two else { continue };
            match reason(known, &of, before, after) {
                Some(reason) => *repeats.by_reason.entry(reason).or_default() += 1,
                None => repeats
                    .unexplained
                    .push(format!("{order} {version}: called at {} and again at {}: {before:?} {after:?}", before.at, after.at)),
            }
        }
    }
    repeats
}

/// The first that applies; `all` are the calls with this modification.
fn reason(known: &Known<'_>, all: &[&Exchange], before: &Exchange, after: &Exchange) -> Option<&'static str> {
    if undecided(before) {
        return Some("AlipayHK did not decide it, or nobody heard");
    }
    let timeout = TIMEOUT.as_millis() as i64;
    match before.answered_at {
        None => return Some(if known.killed(before, after) { "the process was killed under the call" } else { "the answer was given up" }),
        // the client's clock runs from before the connection is made
        Some(answered) if answered - before.at > timeout - 2 * SLACK => return Some("the answer came too late"),
        Some(_) => {}
    }
    if known.happened(before.at - SLACK, before.at + timeout, |event| matches!(event.what, What::ApiLine(_))) {
        return Some("the line to AlipayHK was disturbed");
    }
    let of = known.lives.iter().find(|life| life.host == before.host);
    if known.killed(before, after) {
        return Some("killed between the answer and its commit");
    }
    let frozen = |event: &Event| event.what == What::Freeze && event.member == of.map(|life| life.number);
    if known.happened(before.at - SLACK, after.at, frozen) {
        return Some("the process was frozen");
    }
    if known.kafka_was_disturbed(before.at - SLACK, after.at) {
        return Some("Kafka was disturbed: the commit did not arrive");
    }
    if of.is_some_and(|life| life.losses.iter().any(|at| (before.at - SESSION..=after.at).contains(at))) {
        return Some("the partition was lost");
    }
    let held_for = (TIMEOUT + LATE_APPLY).as_millis() as i64 + SLACK;
    if before.host != after.host
        && of.is_some_and(|life| life.holds.iter().any(|at| (before.at - held_for..=before.at + SLACK).contains(at)))
    {
        return Some("held behind an unclean hand-over, and moved again");
    }
    if known.a_commit_landed_late(&before.merchant_biz_no, before.at, after.at) {
        return Some("an older commit landed over the one that told of it");
    }
    if before.host != after.host && left_open(all, before, after) {
        return Some("an earlier attempt could still be applied: the hand-over left it open");
    }
    (before.host != after.host).then(|| milestone(known, before, after)).flatten()
}

fn undecided(exchange: &Exchange) -> bool {
    exchange.faults.iter().any(|fault| *fault != "latency")
}

/// Accepted, but not settled: an earlier attempt that decided nothing may be applied until `TIMEOUT` and `LATE_APPLY` are over, and until then
/// the commits leave the order open, so that a successor holds back what is newer. It then sends this one again, perhaps behind its own hold.
fn left_open(all: &[&Exchange], before: &Exchange, after: &Exchange) -> bool {
    let alive = (TIMEOUT + LATE_APPLY).as_millis() as i64 + SLACK;
    let earlier = |one: &&&Exchange| one.at < before.at && one.host == before.host && undecided(one);
    all.iter().filter(earlier).any(|one| before.at <= one.at + alive && after.at <= one.at + 2 * alive + SESSION)
}

/// A milestone whose settlement the hand-over lost sight of is sent again although the order is further on, and then the order's newest.
fn milestone(known: &Known<'_>, before: &Exchange, after: &Exchange) -> Option<&'static str> {
    let of_order = || known.exchanges.iter().filter(|one| one.merchant_biz_no == after.merchant_biz_no);
    let was_further_on = |one: &Exchange| one.order_modify_time > after.order_modify_time && one.at <= after.at;
    let milestone_between = |one: &Exchange| one.order_modify_time < after.order_modify_time && (before.at..=after.at).contains(&one.at);
    if of_order().any(was_further_on) {
        return Some("a milestone after a hand-over");
    }
    of_order().any(milestone_between).then_some("the newest, behind a milestone after a hand-over")
}

impl Known<'_> {
    fn happened(&self, from: i64, to: i64, which: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(|event| event.from <= to && event.to >= from && which(event))
    }

    /// A disturbance of Kafka lasts until every partition has an accepted commit again.
    pub(crate) fn kafka_was_disturbed(&self, from: i64, to: i64) -> bool {
        let of_kafka = |event: &&Event| event.what.is_kafkas();
        self.events.iter().filter(of_kafka).any(|event| event.from <= to && self.well_again(event.to).is_none_or(|well| well >= from))
    }

    /// The first moment at or after this one at which every partition has had an accepted commit since.
    pub(crate) fn well_again(&self, since: i64) -> Option<i64> {
        let first = |partition: usize| {
            self.commits.iter().find(|told| told.partition as usize == partition && told.by >= since).map(|told| told.by)
        };
        (0..self.partitions).map(first).collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max())
    }

    /// What the partition of this order had committed was undone.
    fn a_commit_landed_late(&self, order: &str, from: i64, to: i64) -> bool {
        let partition = self.places.get(order);
        self.late.iter().any(|told| Some(&told.partition) == partition && (from..=to + SLACK).contains(&told.by))
    }

    /// The process that made the first call was killed before the second one.
    fn killed(&self, before: &Exchange, after: &Exchange) -> bool {
        let ended = self.lives.iter().find(|life| life.host == before.host).and_then(|life| life.ended);
        ended.is_some_and(|(at, end)| !matches!(end, End::Stopped(0)) && (before.at..=after.at).contains(&at))
    }
}
