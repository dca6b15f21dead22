//! Sample orders are held against the domain's own tables.

use std::collections::{BTreeSet, HashMap};

use domain::{OrderEvent, OrderStatus, Rulebook, Step};

use super::*;
use crate::config::{Framing, Mappings, Schema};
use crate::schema::{Decoded, Decoder, Encoder, KeyNote};

/// 2026-11-24T00:00:00Z.
const START: i64 = 1_795_478_400_000;

fn settings() -> Settings {
    Settings { orders: 900, ..Settings::new(7, START) }
}

#[test]
fn every_way_is_legal_from_its_first_step_to_an_end() {
    let book = Rulebook::standard();
    for biz_type in BizType::ALL {
        let rules = book.of(biz_type);
        assert!(!walks::of(biz_type).is_empty());
        for walk in walks::of(biz_type) {
            let walk: Vec<OrderStatus> = walk.iter().map(|status| OrderStatus::parse(status).unwrap()).collect();
            let mut before = None;
            for status in &walk {
                let step = rules.step(before, status);
                assert!(matches!(step, Step::Allowed | Step::Repeated), "{biz_type}: {step:?} at {status:?} of {walk:?}");
                before = Some(status);
            }
            assert!(rules.is_end(walk.last().unwrap()) || biz_type == BizType::AlipayCoupon, "{biz_type}: {walk:?} does not end");
        }
    }
}

#[test]
fn every_record_is_an_order_that_breaks_no_rule() {
    let book = Rulebook::standard();
    for sample in Samples::new(settings()) {
        let event = OrderEvent::parse(&sample.raw, START).unwrap();
        assert_eq!(book.of(event.biz_type).violations(&event), []);
        assert!(event.created_at.millis() <= event.modified_at.millis());
    }
}

#[test]
fn the_same_settings_give_the_same_records_and_another_seed_other_orders() {
    let run = |seed| {
        let samples = Samples::new(Settings { seed, ..settings() });
        samples.map(|sample| Encoder::confluent(1).encode(&sample.raw)).collect::<Vec<_>>()
    };
    assert_eq!(run(7), run(7));
    let numbers =
        |seed| Samples::new(Settings { seed, ..settings() }).map(|sample| sample.raw.merchant_biz_no.to_string()).collect::<BTreeSet<_>>();
    assert_eq!(numbers(7).len(), 900);
    assert!(numbers(7).is_disjoint(&numbers(8)));
}

#[test]
fn modifications_of_an_order_are_ordered_by_time_and_arrive_as_they_are_called() {
    let mut seen: HashMap<String, Vec<i64>> = HashMap::new();
    let mut counts: BTreeMap<Arrival, u32> = BTreeMap::new();
    for sample in Samples::new(settings()) {
        let times = seen.entry(sample.raw.merchant_biz_no.to_string()).or_default();
        let time = sample.raw.order_modify_time;
        let (known, newest) = (times.contains(&time), times.iter().max().copied().unwrap_or(i64::MIN));
        let expected = match (known, time >= newest) {
            (false, true) => Arrival::New,
            (false, false) => Arrival::Late,
            (true, true) => Arrival::Duplicate,
            (true, false) => Arrival::Stale,
        };
        assert_eq!(sample.arrival, expected);
        times.push(time);
        *counts.entry(sample.arrival).or_default() += 1;
    }
    assert!(counts[&Arrival::New] > 3_000, "{counts:?}");
    for arrival in [Arrival::Late, Arrival::Duplicate, Arrival::Stale] {
        assert!(counts[&arrival] > 50, "{counts:?}");
    }
}

#[test]
fn the_newest_of_every_order_is_known_and_is_an_end_where_there_is_one() {
    let mut samples = Samples::new(settings());
    let mut newest: BTreeMap<String, (i64, String)> = BTreeMap::new();
    while let Some(sample) = samples.next() {
        let raw = &sample.raw;
        let held = newest.entry(raw.merchant_biz_no.to_string()).or_default();
        if raw.order_modify_time > held.0 {
            *held = (raw.order_modify_time, raw.order_status.to_string());
        }
        let told = &samples.newest()[&*raw.merchant_biz_no];
        assert_eq!((told.modified_at, &told.status), (held.0, &held.1), "at every moment");
    }
    assert_eq!(samples.newest().len(), 900);
    let book = Rulebook::standard();
    for newest in samples.newest().values() {
        let end = book.of(newest.biz_type).is_end(&OrderStatus::parse(&newest.status).unwrap());
        assert!(end || newest.biz_type == BizType::AlipayCoupon, "{newest:?}");
    }
    let types: BTreeSet<BizType> = samples.newest().values().map(|newest| newest.biz_type).collect();
    assert_eq!(types.len(), 9);
}

#[test]
fn without_disturbances_everything_is_new_and_no_more_than_promised() {
    let settings = Settings { duplicates: 0.0, stale: 0.0, swapped: 0.0, ..settings() };
    let samples: Vec<_> = Samples::new(settings.clone()).collect();
    assert!(samples.iter().all(|sample| sample.arrival == Arrival::New));
    assert!(u64::try_from(samples.len()).unwrap() <= settings.most());
    assert!(settings.most() < 20 * settings.orders);
    assert!(samples.windows(2).all(|pair| pair[0].raw.order_modify_time < pair[1].raw.order_modify_time));
}

#[test]
fn what_is_finished_grows_to_all_orders() {
    let (mut samples, mut finished) = (Samples::new(settings()), 0);
    while samples.next().is_some() {
        assert!(samples.finished() >= finished);
        finished = samples.finished();
    }
    assert!(finished < 900 && samples.finished() == 900);
}

#[test]
fn orders_overlap() {
    let mut runs = 0;
    let samples: Vec<_> = Samples::new(settings()).collect();
    for pair in samples.windows(2) {
        runs += u32::from(pair[0].raw.merchant_biz_no != pair[1].raw.merchant_biz_no);
    }
    assert!(runs > 3_000, "{runs}");
}

#[test]
fn a_decoder_takes_every_record() {
    let mut decoder = Decoder::new(&Schema { framing: Framing::Confluent, registry: None, writer_schema: None }, Mappings::none()).unwrap();
    decoder.insert(1, Encoder::SCHEMA);
    for sample in Samples::new(settings()) {
        let value = Encoder::confluent(1).encode(&sample.raw);
        let (decoded, note) = decoder.decode("orders", Some(sample.raw.merchant_biz_no.as_bytes()), Some(&value), START);
        assert!(matches!((&decoded, note), (Decoded::Event(_), KeyNote::Matches)), "{decoded:?}");
    }
}
