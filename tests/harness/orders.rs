//! Orders of all nine types, with the untidiness of real topics.

use std::collections::BTreeMap;

use sandbox::State;
use serde_json::Value as Json;

use crate::avro::Order;
use crate::kafka::{Record, Topic};

const EXAMPLES: &str = include_str!("../../schemas/examples/orders.jsonl");
/// October 2025: behind us on every machine.
const CREATED: i64 = 1_760_000_000_000;

/// One modification, in the order in which it happened.
#[derive(Debug, Clone)]
pub struct Modification {
    /// As it is written.
    pub order: Order,
    /// `merchantBizType`.
    pub biz_type: String,
    /// `orderStatus`.
    pub status: String,
    /// `orderModifyTime`.
    pub modified_at: i64,
}

/// The life of one order.
pub type Life = Vec<Modification>;

/// `copies` lives of each of the nine types, after the examples in `schemas/`; numbers begin with `prefix`.
pub fn lives(prefix: &str, copies: usize) -> Vec<Life> {
    let mut examples: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for line in EXAMPLES.lines() {
        let example: Json = serde_json::from_str(line).expect("as in the examples");
        examples.entry(example["merchantBizNo"].as_str().expect("as in the examples").to_owned()).or_default().push(example);
    }
    assert_eq!(examples.len(), 9, "one example of each type");
    let life =
        |(number, example): (usize, &Vec<Json>)| example.iter().map(|one| modification(&format!("{prefix}-{number:03}"), one)).collect();
    (0..copies).flat_map(|_| examples.values()).enumerate().map(life).collect()
}

fn modification(number: &str, example: &Json) -> Modification {
    let later =
        example["orderModifyTime"].as_i64().expect("as in the examples") - example["orderCreateTime"].as_i64().expect("as in the examples");
    let mut order = Order::new(number).modified_after(later);
    for (field, value) in example.as_object().expect("as in the examples") {
        if !matches!(field.as_str(), "merchantBizNo" | "orderCreateTime" | "orderModifyTime") {
            order = order.set(field, value.clone());
        }
    }
    let text = |field: &str| example[field].as_str().expect("as in the examples").to_owned();
    Modification { order, biz_type: text("merchantBizType"), status: text("orderStatus"), modified_at: CREATED + later }
}

/// The newest modification.
pub fn newest(life: &Life) -> &Modification {
    life.last().expect("as in the examples")
}

/// Writes modifications of many orders turn by turn. `seed` decides who comes when; one in three comes again at once, one in four again later,
/// when it is stale, and some newer ones before older ones, but the first modification of an order stays the first.
pub fn untidy(lives: &[Life], seed: u64) -> Vec<&Modification> {
    let mut random = Random(seed);
    let mut ahead: Vec<Vec<&Modification>> = lives.iter().map(|life| with_mess(life, &mut random)).collect();
    ahead.iter_mut().for_each(|life| life.reverse());
    let mut records = Vec::new();
    while !ahead.is_empty() {
        let at = random.below(ahead.len());
        match ahead[at].pop() {
            Some(modification) => records.push(modification),
            None => drop(ahead.swap_remove(at)),
        }
    }
    records
}

fn with_mess<'l>(life: &'l Life, random: &mut Random) -> Vec<&'l Modification> {
    let mut records: Vec<&Modification> = life.iter().collect();
    for at in 1..records.len().saturating_sub(1) {
        if random.below(3) == 0 {
            records.swap(at, at + 1);
        }
    }
    for modification in life {
        if random.below(3) == 0 {
            let at = records.iter().position(|one| std::ptr::eq(*one, modification)).expect("as in the examples");
            records.insert(at, modification);
        }
        if random.below(4) == 0 {
            records.push(modification);
        }
    }
    records
}

/// Writes them by key, in Confluent's framing.
pub fn write<'m>(topic: &Topic<'_>, schema: u32, modifications: impl IntoIterator<Item = &'m Modification>) -> u64 {
    let records: Vec<Record> = modifications.into_iter().map(|modification| modification.order.record(schema)).collect();
    topic.write_all(records).len() as u64
}

/// AlipayHK holds the newest modification of every order, and each order that was ever TICKETED was so there too.
#[track_caller]
pub fn assert_delivered(state: &State, lives: &[Life]) {
    for life in lives {
        let newest = newest(life);
        let number = newest.order.merchant_biz_no();
        let held = state.orders.get(number).unwrap_or_else(|| panic!("AlipayHK does not know {number}"));
        assert_eq!((held.status.as_str(), held.modify_time), (newest.status.as_str(), newest.modified_at), "{number}");
        let body: Json = serde_json::from_str(&held.json).expect("as in the examples");
        assert_eq!(body["merchantBizType"], newest.biz_type, "{number}");
        if life.iter().any(|modification| modification.status == "TICKETED") {
            assert!(
                held.history.iter().any(|applied| applied.status.as_str() == "TICKETED"),
                "{number} was never TICKETED: {:?}",
                held.history
            );
        }
    }
}

/// Repeatable chance (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
