//! The merchant's orders: all nine types, and topics as untidy as real ones. Which records come, and in which order, is the seed's.

use std::collections::{BTreeMap, VecDeque};

use order_sync_tests::avro::Order;
use order_sync_tests::kafka::Record;
use serde_json::Value as Json;

use crate::random::Random;

const EXAMPLES: &str = include_str!("../../schemas/examples/orders.jsonl");
/// Orders that change at a time.
const ALIVE: usize = 60;
/// Of these so many change more often than the others.
const HOT: usize = 8;
/// Records that can come again.
const REMEMBERED: usize = 400;

/// What a record is, as the oracle has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant {
    /// A modification of an order; its version is its modify time.
    Modification { order: String, version: i64 },
    /// It has to be parked for this reason.
    Bad(&'static str),
    /// It has to be skipped.
    Tombstone,
}

/// One modification.
#[derive(Debug, Clone)]
struct Modification {
    order: Order,
    version: i64,
}

/// The life of one order.
struct Life {
    number: String,
    steps: Vec<Json>,
    length: usize,
    done: usize,
}

/// An endless source of records.
pub(crate) struct Orders {
    random: Random,
    examples: Vec<Vec<Json>>,
    alive: Vec<Life>,
    made: usize,
    /// Older ones that come after newer ones, with how many records before they do.
    delayed: Vec<(usize, Modification)>,
    written: VecDeque<Modification>,
}

impl Orders {
    pub(crate) fn new(seed: u64) -> Self {
        let mut examples: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for line in EXAMPLES.lines() {
            let example: Json = serde_json::from_str(line).expect("the examples are JSON");
            let number = example["merchantBizNo"].as_str().expect("text").to_owned();
            examples.entry(number).or_default().push(example);
        }
        let mut orders = Self {
            random: Random::new(seed, "orders"),
            examples: examples.into_values().collect(),
            alive: Vec::new(),
            made: 0,
            delayed: Vec::new(),
            written: VecDeque::new(),
        };
        for _ in 0..ALIVE {
            let life = orders.life();
            orders.alive.push(life);
        }
        orders
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> (Record, Meant) {
        self.delayed.iter_mut().for_each(|(wait, _)| *wait = wait.saturating_sub(1));
        if let Some(at) = self.delayed.iter().position(|(wait, _)| *wait == 0) {
            let (_, modification) = self.delayed.swap_remove(at);
            return self.write(modification);
        }
        match self.random.below(100) {
            0..=2 => self.bad(),
            3..=9 if !self.written.is_empty() => {
                let again = self.written[self.random.below(self.written.len())].clone();
                self.write(again)
            }
            10..=19 => {
                let at = self.who();
                let (older, newer) = (self.modify(at), self.modify(at));
                self.delayed.push((1 + self.random.below(30), older));
                self.write(newer)
            }
            _ => {
                let at = self.who();
                let modification = self.modify(at);
                self.write(modification)
            }
        }
    }

    /// The numbers of the first orders.
    pub(crate) fn first_numbers(count: usize) -> Vec<String> {
        (1..=count).map(number).collect()
    }

    fn who(&mut self) -> usize {
        if self.random.percent(50) { self.random.below(HOT) } else { self.random.below(ALIVE) }
    }

    fn life(&mut self) -> Life {
        let steps = self.examples[self.made % self.examples.len()].clone();
        self.made += 1;
        let length = self.random.between(5, 80) as usize;
        Life { number: number(self.made), steps, length, done: 0 }
    }

    /// The next modification of one of those alive; a life that ends makes room for another.
    fn modify(&mut self, at: usize) -> Modification {
        let life = &mut self.alive[at];
        let step = &life.steps[life.done * life.steps.len() / life.length];
        life.done += 1;
        let amount = (1_000 + life.done).to_string();
        let mut order = Order::new(&life.number).modified_after(life.done as i64 * 1_000);
        for (field, value) in step.as_object().expect("an object") {
            if !matches!(field.as_str(), "merchantBizNo" | "orderCreateTime" | "orderModifyTime") {
                order = order.set(field, value.clone());
            }
        }
        let order = order.amount(&amount, "HKD");
        let version = order.json()["orderModifyTime"].as_i64().expect("a number");
        if life.done == life.length {
            self.alive[at] = self.life();
        }
        Modification { order, version }
    }

    fn write(&mut self, modification: Modification) -> (Record, Meant) {
        let number = modification.order.merchant_biz_no();
        let record = Record::new(number, modification.order.bare());
        let meant = Meant::Modification { order: number.to_owned(), version: modification.version };
        if self.written.len() == REMEMBERED {
            self.written.pop_front();
        }
        self.written.push_back(modification);
        (record, meant)
    }

    fn bad(&mut self) -> (Record, Meant) {
        let at = self.who();
        let number = self.alive[at].number.clone();
        let order = Order::new(&number).modified_after(1_000_000_000);
        match self.random.below(5) {
            0 => (Record::new(number, b"no Avro at all".to_vec()), Meant::Bad("undecodable")),
            1 => (Record::new(number, order.bare().split_off(7)), Meant::Bad("undecodable")),
            2 => (Record::new(number, order.biz_type("HOTEL").bare()), Meant::Bad("invalid")),
            3 => (Record::new(number, order.status("").bare()), Meant::Bad("invalid")),
            _ => (Record::tombstone(number), Meant::Tombstone),
        }
    }
}

fn number(made: usize) -> String {
    format!("SOAK-{made:06}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_records_again_and_they_are_untidy() {
        let take = |seed| {
            let mut orders = Orders::new(seed);
            (0..3_000).map(|_| orders.next()).collect::<Vec<_>>()
        };
        let records = take(5);
        assert_eq!(records, take(5));
        let (mut newest, mut older, mut again, mut bad) = (BTreeMap::new(), 0, 0, 0);
        for (_, meant) in &records {
            let Meant::Modification { order, version } = meant else {
                bad += 1;
                continue;
            };
            let newest = newest.entry(order).or_insert(0);
            older += usize::from(version < newest);
            again += usize::from(version == newest);
            *newest = *newest.max(&mut version.clone());
        }
        assert!(older > 200 && again > 20 && bad > 50, "{older} {again} {bad}");
    }
}
