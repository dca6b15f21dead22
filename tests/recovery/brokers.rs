//! One broker that goes and comes back.

use std::time::{Duration, Instant};

use order_sync_tests::kafka::Kafka;
use order_sync_tests::wait::throughout;

use crate::world::{LONG, World, consuming, disposed, until_in_the_middle};

#[test]
fn a_broker_that_ends_dies_or_freezes_beyond_the_session_is_waited_for() {
    let kafka: &'static Kafka = Box::leak(Box::new(Kafka::start()));
    let world = World::on(kafka, "one-broker", 4).with_lost_answers();
    let records = world.records(16);
    let parts = records.parts(4);
    let runs = [world.start(), world.start()];
    for run in &runs {
        run.until("half of the partitions", |state| consuming(state) == 2);
    }
    let alive = |period: Duration| {
        throughout("alive", period, || match runs[0].get("/livez")? {
            (200, _) => Ok(()),
            other => Err(format!("{other:?}")),
        });
    };
    let mut delivered = 0;
    for (part, way) in parts.iter().zip(["SIGTERM", "SIGKILL", "SIGSTOP", "nothing"]) {
        world.write(part.iter().copied());
        until_in_the_middle(&runs[1]);
        match way {
            "SIGTERM" => kafka.stop(),
            "SIGKILL" => kafka.kill(),
            "SIGSTOP" => {
                kafka.pause();
                // Longer than the session: both are lost when it wakes, and both find back.
                alive(Duration::from_secs(8));
                kafka.resume();
            }
            _ => {}
        }
        if matches!(way, "SIGTERM" | "SIGKILL") {
            alive(Duration::from_secs(1));
            kafka.restart();
        }
        let back = Instant::now();
        runs[0].until_within(&format!("it goes on after {way}"), LONG, |state| disposed(state, "delivered") > delivered + 5);
        println!("after {way} it goes on within {:.2} s", back.elapsed().as_secs_f64());
        world.until_committed(&[&runs[0], &runs[1]]);
        delivered = disposed(&runs[0].state().unwrap(), "delivered");
    }
    world.end(runs.into());
    kafka.kill();
}
