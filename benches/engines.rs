//! The engine on its own: taken over partitions, records to feed it, and a world that answers everything at once.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use domain::{BizType, MerchantBizNo, ModifiedAt, OrderStatus, Outcome, Rulebook, Verdict};
use engine::takeover::{Facts, plan};
use engine::{
    CommitResult, Config, Content, Effect, Engine, Epoch, Input, Modification, Now, Offset, OnUndecided, PartitionId, Record,
    UnsupportedBusiness,
};

use crate::orders;

/// How many partitions [`running`] owns.
pub const PARTITIONS: u32 = 4;

/// An engine that owns its partitions and may speak.
///
/// # Panics
/// When a topic without a commit cannot be taken over.
pub fn running() -> Engine<()> {
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

/// Makes every call accepted and every commit stored, until the engine asks for nothing more.
pub fn answer(engine: &mut Engine<()>, now: Now) {
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

/// Record `index` of the partition that the order belongs to; `next` counts the offsets of each partition.
///
/// # Panics
/// When our own sample breaks a rule.
pub fn input(index: usize, order: u64, next: &mut [i64; PARTITIONS as usize]) -> Input<()> {
    let number = order % u64::from(PARTITIONS);
    let offset = next.get_mut(usize::try_from(number).unwrap_or(0)).expect("a partition");
    *offset += 1;
    let record = Record {
        offset: Offset(*offset - 1),
        leader_epoch: Some(0),
        bytes: 600,
        content: Content::Modification(Modification {
            order: MerchantBizNo::parse(&orders::number(order)).expect("a number"),
            biz_type: BizType::SelfPick,
            status: OrderStatus::parse("ORDER_TAKEN").expect("a status"),
            modified_at: ModifiedAt::parse(1_760_000_000_000 + index as i64, 1_770_000_000_000).expect("a time"),
            content: index as u64,
            payload: (),
        }),
    };
    Input::Fetched { partition: PartitionId(u32::try_from(number).unwrap_or(0)), epoch: Epoch(1), record }
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
        static_member: false,
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
