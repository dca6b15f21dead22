//! One record's bytes to an owned, checked order: framing, Avro, every rule on its fields.

use std::hint::black_box;

use consumer::config::{Framing, Schema};
use consumer::schema::{Decoded, Decoder, Encoder};
use criterion::{Criterion, Throughput};
use domain::OrderEvent;
use order_sync_benches::cpu_clock::ThreadCpu;
use order_sync_benches::orders;

const SCHEMA_ID: u32 = 1;

fn main() {
    let mut criterion = Criterion::default().with_measurement(ThreadCpu).configure_from_args();
    let raw = orders::raw(1, 1);
    let (key, now) = (orders::number(1), orders::now_millis());
    let value = Encoder::confluent(SCHEMA_ID).encode(&raw);
    let mut decoder = Decoder::new(&Schema { framing: Framing::Confluent, registry: None, writer_schema: None }).expect("our own schema");
    decoder.insert(SCHEMA_ID, Encoder::SCHEMA);
    let decoded = decoder.decode(Some(key.as_bytes()), Some(&value), now).0;
    assert!(matches!(decoded, Decoded::Event(_)), "the sample is decoded");

    let mut group = criterion.benchmark_group("avro");
    group.throughput(Throughput::Elements(1));
    group.bench_function(format!("{} bytes to an owned, checked order", value.len()), |bencher| {
        bencher.iter(|| decoder.decode(Some(black_box(key.as_bytes())), Some(black_box(&value)), now));
    });
    group.bench_function("the checks alone, from borrowed fields to an owned order", |bencher| {
        bencher.iter(|| OrderEvent::parse(black_box(&raw), now));
    });
    let event = orders::event(1, 1);
    group.bench_function("its number for equal content", |bencher| bencher.iter(|| black_box(&event).content()));
    group.finish();
    criterion.final_summary();
}
