//! Sample orders of all nine business types, the same for the same settings: for `produce --sample` and the demo.
//!
//! They arrive as they do from real systems: orders overlap, some modifications come twice, some come again when the order is long
//! further on, some overtake each other. [`Samples::newest`] knows what every order should be in the end.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;

use domain::{BizType, RawOrderEvent};

mod content;
mod random;
mod walks;

use random::Random;

/// What is generated. Shares are of all arrivals, 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Decides everything that is chance, the orders' numbers included.
    pub seed: u64,
    /// The clock of the first modification, in epoch milliseconds.
    pub start_millis: i64,
    /// How far the clock moves from one modification to the next, over all orders; at least 1.
    pub step_millis: i64,
    /// How many orders.
    pub orders: u64,
    /// How many of them are alive at a time.
    pub at_once: usize,
    /// The newest modification of an order once more.
    pub duplicates: f64,
    /// An older one once more.
    pub stale: f64,
    /// Two modifications in the wrong order.
    pub swapped: f64,
}

/// One record to be written.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What it says. The key is its `merchantBizNo`.
    pub raw: Arc<RawOrderEvent<'static>>,
    /// How it comes.
    pub arrival: Arrival,
}

/// How a modification comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arrival {
    /// For the first time, and newer than what came before.
    New,
    /// For the first time, behind a newer one.
    Late,
    /// Again, and nothing newer came in between.
    Duplicate,
    /// Again, behind a newer one.
    Stale,
}

/// The newest modification of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Its type.
    pub biz_type: BizType,
    /// Its status.
    pub status: String,
    /// `orderModifyTime`.
    pub modified_at: i64,
}

/// The records, one after the other.
#[derive(Debug)]
pub struct Samples {
    settings: Settings,
    random: Random,
    clock: i64,
    begun: u64,
    alive: Vec<Order>,
    newest: BTreeMap<String, Newest>,
}

#[derive(Debug)]
struct Order {
    biz_type: BizType,
    latest: RawOrderEvent<'static>,
    ahead: VecDeque<&'static str>,
    /// A modification that was overtaken.
    held: Option<Arc<RawOrderEvent<'static>>>,
    sent: Vec<Arc<RawOrderEvent<'static>>>,
}

impl Settings {
    /// A hundred orders with a little of everything.
    pub fn new(seed: u64, start_millis: i64) -> Self {
        Self { seed, start_millis, step_millis: 40, orders: 100, at_once: 64, duplicates: 0.05, stale: 0.05, swapped: 0.05 }
    }

    /// More modifications than this do not come, repeated ones aside: so far, in steps, does the clock move.
    pub fn most(&self) -> u64 {
        let longest = BizType::ALL.iter().flat_map(|biz_type| walks::of(*biz_type)).map(|walk| walk.len()).max();
        self.orders.saturating_mul(longest.and_then(|longest| u64::try_from(longest).ok()).unwrap_or(0))
    }
}

impl Samples {
    /// Begins.
    pub fn new(settings: Settings) -> Self {
        let random = Random::new(settings.seed);
        let clock = settings.start_millis;
        Self { settings, random, clock, begun: 0, alive: Vec::new(), newest: BTreeMap::new() }
    }

    /// What every order should be once everything that was taken so far has arrived.
    pub fn newest(&self) -> &BTreeMap<String, Newest> {
        &self.newest
    }

    /// Orders that have nothing more to say.
    pub fn finished(&self) -> u64 {
        self.begun.saturating_sub(u64::try_from(self.alive.len()).unwrap_or(u64::MAX))
    }

    fn tick(&mut self) -> i64 {
        let now = self.clock;
        self.clock = now.saturating_add(self.settings.step_millis.max(1));
        now
    }

    fn begin(&mut self) {
        let types = u64::try_from(BizType::ALL.len()).unwrap_or(u64::MAX);
        let turn = usize::try_from(self.begun % types).unwrap_or(0);
        let biz_type = BizType::ALL.get(turn).copied().unwrap_or(BizType::PassTicket);
        self.begun += 1;
        let number = format!("SAMPLE-{:08X}-{:07}", Random::new(self.settings.seed).next() >> 32, self.begun);
        let latest = content::begin(number, biz_type, self.clock, &mut self.random);
        let ahead = self.random.pick(walks::of(biz_type)).into_iter().flat_map(|walk| walk.iter().copied()).collect();
        self.alive.push(Order { biz_type, latest, ahead, held: None, sent: Vec::new() });
    }

    /// The next modification of an order.
    fn modify(&mut self, at: usize) -> Option<Arc<RawOrderEvent<'static>>> {
        let now = self.tick();
        let order = self.alive.get_mut(at)?;
        let status = order.ahead.pop_front()?;
        content::modify(&mut order.latest, order.biz_type, status, now, &mut self.random);
        Some(Arc::new(order.latest.clone()))
    }

    /// What one order has to say, if anything.
    fn turn(&mut self, at: usize) -> Option<Sample> {
        let Settings { duplicates, stale, swapped, .. } = self.settings;
        let order = self.alive.get_mut(at)?;
        if let Some(raw) = order.held.take() {
            return Some(Sample { raw, arrival: Arrival::Late });
        }
        let times = |raw: &Arc<RawOrderEvent<'static>>| raw.order_modify_time;
        let newest = order.sent.iter().max_by_key(|raw| times(raw));
        let older: Vec<_> = order.sent.iter().filter(|raw| newest.is_some_and(|newest| times(raw) < times(newest))).collect();
        if let Some(raw) = self.random.pick(&older).filter(|_| self.random.chance(stale)) {
            return Some(Sample { raw: Arc::clone(raw), arrival: Arrival::Stale });
        }
        if let Some(raw) = newest.filter(|_| self.random.chance(duplicates)) {
            return Some(Sample { raw: Arc::clone(raw), arrival: Arrival::Duplicate });
        }
        let overtaken = order.ahead.len() > 1 && self.random.chance(swapped);
        let raw = self.modify(at)?;
        if !overtaken {
            return Some(Sample { raw, arrival: Arrival::New });
        }
        let overtaking = self.modify(at)?;
        self.alive.get_mut(at)?.held = Some(raw);
        Some(Sample { raw: overtaking, arrival: Arrival::New })
    }

    fn note(&mut self, at: usize, sample: &Sample) {
        let Some(order) = self.alive.get_mut(at) else { return };
        if matches!(sample.arrival, Arrival::New | Arrival::Late) {
            order.sent.push(Arc::clone(&sample.raw));
        }
        if sample.arrival == Arrival::New {
            let raw = &sample.raw;
            let newest = Newest { biz_type: order.biz_type, status: raw.order_status.to_string(), modified_at: raw.order_modify_time };
            self.newest.insert(raw.merchant_biz_no.to_string(), newest);
        }
    }
}

impl Iterator for Samples {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        loop {
            while self.alive.len() < self.settings.at_once.max(1) && self.begun < self.settings.orders {
                self.begin();
            }
            let alive = u64::try_from(self.alive.len()).ok().filter(|alive| *alive > 0)?;
            let at = usize::try_from(self.random.next() % alive).unwrap_or(0);
            if let Some(sample) = self.turn(at) {
                self.note(at, &sample);
                return Some(sample);
            }
            // It had its last chance to come again.
            self.alive.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests;
