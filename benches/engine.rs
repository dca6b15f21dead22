//! The engine alone: records in, calls and commits out, ten modifications of an order for each call.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use domain::{BizType, MerchantBizNo, ModifiedAt, OrderStatus, Outcome, Rulebook, Verdict};
use engine::takeover::{Facts, plan};
use engine::{
    CommitResult, Config, Content, Effect, Engine, Epoch, Input, Modification, Now, Offset, OnUndecided, PartitionId, Record,
    UnsupportedBusiness,
};
use order_sync_benches::cpu_clock::ThreadCpu;
use order_sync_benches::orders;

const PARTITIONS: u32 = 4;
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

fn answer(engine: &mut Engine<()>, now: Now) {
    loop {
        let mut calls = 0;
        while let Some(effect) = engine.poll_effect() {
            match effect {
                Effect::Call(call) => {
                    calls += 1;
                    let outcome = Outcome::Definitive(Verdict::Accepted);
                    engine.handle(Input::CallFinished { ticket: call.ticket, outcome }, now);
                }
                Effect::Commit(commit) => {
                    engine.handle(Input::CommitFinished { commit: commit.commit, result: CommitResult::Accepted }, now);
                }
                other => drop(black_box(other)),
            }
        }
        if calls == 0 {
            return;
        }
        engine.schedule(now);
    }
}

/// An engine that owns its partitions and may speak.
fn running() -> Engine<()> {
    let mut engine = Engine::new(config(), 1, Now::default());
    engine.handle(Input::TotalPartitions(PARTITIONS), Now::default());
    for number in 0..PARTITIONS {
        let facts = Facts {
            topic: "orders".into(),
            partition: i32::try_from(number).unwrap_or(0),
            cluster_id: "cluster".into(),
            committed: None,
            log_start: Offset(0),
            last_stable: Offset(0),
            start: Offset(0),
        };
        let plan = plan(&facts, 0, Now::default()).expect("a topic without a commit is taken over");
        engine.handle(Input::Assigned { partition: PartitionId(number), epoch: Epoch(1), plan }, Now::default());
    }
    engine.handle_timeout(Now::default());
    answer(&mut engine, Now::default());
    engine
}

/// Each order's modifications come close together, among those of the other orders alive at the same time.
fn inputs(modifications: usize) -> Vec<Vec<Input<()>>> {
    let status = OrderStatus::parse("ORDER_TAKEN").expect("a status");
    let mut next = [0_i64; PARTITIONS as usize];
    let records = (0..RECORDS).map(|index| {
        let (turn, within) = (index / TURN, index % TURN);
        let alive = TURN / modifications;
        let order = (turn * alive + within % alive) as u64;
        let partition = PartitionId(u32::try_from(order % u64::from(PARTITIONS)).unwrap_or(0));
        let offset = &mut next[partition.0 as usize];
        *offset += 1;
        let record = Record {
            offset: Offset(*offset - 1),
            leader_epoch: Some(0),
            bytes: 600,
            content: Content::Modification(Modification {
                order: MerchantBizNo::parse(&orders::number(order)).expect("a number"),
                biz_type: BizType::SelfPick,
                status: status.clone(),
                modified_at: ModifiedAt::parse(1_760_000_000_000 + index as i64, 1_770_000_000_000).expect("a time"),
                content: index as u64,
                payload: (),
            }),
        };
        Input::Fetched { partition, epoch: Epoch(1), record }
    });
    let records: Vec<_> = records.collect();
    records.chunks(TURN).map(<[_]>::to_vec).collect()
}

fn config() -> Config {
    Config {
        requests_per_second: 100_000_000.0,
        reserve_per_second: 0.0,
        max_in_flight: 256,
        retry_initial: Duration::from_millis(500),
        retry_max: Duration::from_secs(60),
        timeout: Duration::from_secs(15),
        late_apply: Duration::ZERO,
        session_timeout: Duration::from_secs(45),
        heartbeat: Duration::from_secs(3),
        max_open_records: 1_000_000,
        max_open_bytes: 512 << 20,
        remembered_orders: 2_000_000,
        stall_after: Duration::from_secs(30),
        on_undecided: OnUndecided::Retry,
        unsupported_business: UnsupportedBusiness::Gate,
        outcomes: false,
        rulebook: Arc::new(Rulebook::standard()),
        cluster_id: "cluster".into(),
    }
}
