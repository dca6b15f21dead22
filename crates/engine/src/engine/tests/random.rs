//! The whole engine in random worlds.

use std::time::Duration;

use proptest::prelude::*;

use super::world::World;
use crate::io::CommitResult;

/// One record of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Order {
        order: u8,
        at: u8,
        status: u8,
    },
    Unfit,
    Skip,
    /// No record has this offset.
    Gap,
}

/// One thing that happens to the engine.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Read(u8),
    Position,
    Answer(u8, Answer),
    Letter(u8, bool),
    Written(u8),
    Restore(u8),
    Commit(u8, CommitResult),
    Pass(u16),
    Revoke,
    Lose,
    Crash,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Accepted,
    Rejected,
    PeerAhead,
    HeldAlready,
    Undecided { ambiguous: bool },
    Transport,
    Throttled,
    Unsupported,
    Refused,
}

fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    let kind = prop_oneof![
        14 => (0..4_u8, 0..12_u8, 0..3_u8).prop_map(|(order, at, status)| Kind::Order { order, at, status }),
        1 => Just(Kind::Unfit),
        1 => Just(Kind::Skip),
        1 => Just(Kind::Gap),
    ];
    prop::collection::vec(kind, 1..40)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let answer = prop_oneof![
        8 => Just(Answer::Accepted),
        2 => Just(Answer::Rejected),
        1 => Just(Answer::PeerAhead),
        1 => Just(Answer::HeldAlready),
        3 => any::<bool>().prop_map(|ambiguous| Answer::Undecided { ambiguous }),
        2 => Just(Answer::Transport),
        1 => Just(Answer::Throttled),
        1 => Just(Answer::Unsupported),
        1 => Just(Answer::Refused),
    ];
    let commit = prop_oneof![
        12 => Just(CommitResult::Accepted),
        2 => Just(CommitResult::TryAgain),
        2 => Just(CommitResult::InDoubt),
        1 => Just(CommitResult::NotAMember),
        1 => Just(CommitResult::MetadataTooLarge),
        1 => Just(CommitResult::Refused),
    ];
    let step = prop_oneof![
        8 => (1..6_u8).prop_map(Step::Read),
        1 => Just(Step::Position),
        10 => (any::<u8>(), answer).prop_map(|(which, answer)| Step::Answer(which, answer)),
        3 => (any::<u8>(), any::<bool>()).prop_map(|(which, ok)| Step::Letter(which, ok)),
        4 => any::<u8>().prop_map(Step::Written),
        3 => (0..4_u8).prop_map(Step::Restore),
        6 => (any::<u8>(), commit).prop_map(|(which, result)| Step::Commit(which, result)),
        6 => prop_oneof![4 => 1..300_u16, 2 => 300..5_000_u16, 1 => 5_000..50_000_u16].prop_map(Step::Pass),
        1 => Just(Step::Revoke),
        1 => Just(Step::Lose),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..120)
}

#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) outcomes: bool,
    pub(super) rate: f64,
    pub(super) slots: u32,
    pub(super) records: u64,
    pub(super) undecided: crate::OnUndecided,
    pub(super) late_apply: u64,
    pub(super) history: u64,
}

fn settings() -> impl Strategy<Value = Setting> {
    let undecided = prop_oneof![
        Just(crate::OnUndecided::Retry),
        Just(crate::OnUndecided::ParkAfter { after: Duration::from_secs(5), attempts: 3 }),
        Just(crate::OnUndecided::ParkWhenBlocking)
    ];
    (
        any::<bool>(),
        prop_oneof![Just(1.0), Just(1_000.0)],
        1..8_u32,
        prop_oneof![Just(3_u64), Just(1_000_000)],
        undecided,
        0..5_u64,
        0..60_u64,
    )
        .prop_map(|(outcomes, rate, slots, records, undecided, late_apply, history)| Setting {
            outcomes,
            rate,
            slots,
            records,
            undecided,
            late_apply,
            history,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn every_rule_holds_in_every_world(setting in settings(), log in kinds(), steps in steps()) {
        let mut world = World::new(&setting, log);
        for step in steps {
            world.step(step);
        }
        world.calm_down();
    }
}

#[test]
fn without_faults_every_record_ends_in_exactly_one_way() {
    let order = |order, at| Kind::Order { order, at, status: 2 };
    let log = vec![order(0, 3), order(1, 1), Kind::Unfit, order(0, 2), Kind::Skip, order(0, 5), order(1, 1), order(1, 4)];
    let setting = Setting {
        outcomes: false,
        rate: 1_000.0,
        slots: 8,
        records: 1_000_000,
        undecided: crate::OnUndecided::Retry,
        late_apply: 0,
        history: 0,
    };
    let mut world = World::new(&setting, log);
    world.calm_down();
    let counters = world.engine.snapshot(world.now).counters;
    let ends = counters.delivered + counters.superseded + counters.stale + counters.rejected + counters.parked + counters.skipped;
    assert_eq!((counters.records_read, ends), (8, 8));
}
