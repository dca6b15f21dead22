//! A process that wakes after its session has ended.

use std::time::{Duration, Instant};

use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::process::Signal;
use order_sync_tests::wait::PATIENCE;

use crate::world::{LONG, World, consuming};

#[test]
fn who_wakes_joins_as_one_member_and_keeps_nobody_waiting_for_another_one() {
    let world = World::new("wakes", 6);
    let runs: Vec<OrderSync> = (0..3).map(|_| world.start()).collect();
    for run in &runs {
        run.until("a third", |state| consuming(state) == 2);
    }
    for round in 0..6 {
        let (sleeper, others) = (&runs[round % 3], [&runs[(round + 1) % 3], &runs[(round + 2) % 3]]);
        sleeper.signal(Signal::STOP);
        for other in others {
            other.until_within("a half", LONG, |state| consuming(state) == 3);
        }
        sleeper.signal(Signal::CONT);
        // A member that nobody stands for would hold the group up for its whole session.
        let (woken, mut most) = (Instant::now(), 0);
        loop {
            let (members, state) = world.group.members();
            most = most.max(members);
            if members == 3 && state == "Stable" && woken.elapsed() > Duration::from_secs(1) {
                break;
            }
            assert!(woken.elapsed() < PATIENCE, "{members} members, {state}: {}", sleeper.log());
        }
        assert_eq!(most, 3, "round {round}: {}", sleeper.log());
        for run in &runs {
            run.until_within("a third", LONG, |state| consuming(state) == 2);
        }
    }
    world.write(world.records(6).parts(1).remove(0));
    world.end(runs);
}
