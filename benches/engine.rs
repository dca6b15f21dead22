//! The engine alone: records in, calls and commits out, ten modifications of an order for each call.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use engine::{Engine, Input, Now};
use order_sync_benches::cpu_clock::ThreadCpu;
use order_sync_benches::engines::{PARTITIONS, answer, input, running};

/// Records between two looks at what to send: what the driver takes in one turn under pressure.
const TURN: usize = 4_000;
const RECORDS: usize = 200_000;

fn main() {
    let mut criterion = Criterion::default().with_measurement(ThreadCpu).sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(RECORDS as u64));
    for modifications in [10, 1] {
        group.bench_function(format!("{modifications} modifications of an order for each call"), |bencher| {
            bencher.iter_batched(|| (running(), inputs(modifications)), work, BatchSize::PerIteration);
        });
    }
    group.finish();
    criterion.final_summary();
}

/// Takes all records, answers every call and every commit at once; gives the engine back, so that its end is not measured.
fn work((mut engine, turns): (Engine<()>, Vec<Vec<Input<()>>>)) -> Engine<()> {
    let mut now = Duration::ZERO;
    for turn in turns {
        now += Duration::from_millis(1);
        for input in turn {
            engine.handle(input, Now(now));
        }
        engine.handle_timeout(Now(now));
        engine.schedule(Now(now));
        answer(&mut engine, Now(now));
    }
    now += Duration::from_secs(1);
    engine.handle_timeout(Now(now));
    answer(&mut engine, Now(now));
    let counters = engine.snapshot(Now(now)).counters;
    assert_eq!(counters.delivered + counters.superseded, RECORDS as u64, "everything has an end");
    black_box(engine)
}

/// Each order's modifications come close together, among those of the other orders alive at the same time.
fn inputs(modifications: usize) -> Vec<Vec<Input<()>>> {
    let mut next = [0_i64; PARTITIONS as usize];
    let records = (0..RECORDS).map(|index| {
        let (turn, within, alive) = (index / TURN, index % TURN, TURN / modifications);
        input(index, (turn * alive + within % alive) as u64, &mut next)
    });
    let records: Vec<_> = records.collect();
    records.chunks(TURN).map(<[_]>::to_vec).collect()
}
