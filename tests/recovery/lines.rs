//! Lines that break: between the process and its broker, and between the process and AlipayHK.

use std::time::Duration;

use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::proxy::{Damage, Proxy, api};
use order_sync_tests::wait::{PATIENCE, throughout, until};

use crate::world::{LONG, World, consuming, disposed, door, until_in_the_middle, until_said};

/// Records are written while the line is broken in one way after the other; each time everything arrives afterwards.
fn breaks(world: &World, run: &OrderSync, line: &Proxy, ways: &[(&str, &dyn Fn(), Duration)]) {
    run.until("every partition", |state| consuming(state) == 3);
    let records = world.records(ways.len() * 2);
    for (part, (name, way, period)) in records.parts(ways.len()).into_iter().zip(ways) {
        let before = disposed(&run.state().unwrap(), "delivered");
        world.write(part.iter().take(part.len() / 2).copied());
        run.until_within(&format!("some are delivered before {name}"), LONG, |state| disposed(state, "delivered") > before);
        println!("{} ms: {name}", millis());
        way();
        world.write(part.iter().skip(part.len() / 2).copied());
        throughout(&format!("alive while {name}"), *period, || match run.get("/livez")? {
            (200, _) => Ok(()),
            other => Err(format!("{other:?}; {}", run.log())),
        });
        line.heal();
        let began = std::time::Instant::now();
        world.until_committed(&[run]);
        println!("{} ms: everything committed {:.1} s after it was over", millis(), began.elapsed().as_secs_f64());
    }
}

/// Epoch milliseconds, as the oracle tells them.
fn millis() -> u128 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis())
}

const SHORT: Duration = Duration::from_millis(1_200);

#[test]
fn a_line_to_the_broker_that_is_slow_cut_reset_or_half_open_loses_nothing() {
    let (world, line) = (World::new("broker-line", 3).with_lost_answers(), door());
    let run = OrderSync::start(&world.config_by(line).property("socket.timeout.ms", "3000"));
    let slow = || line.delay(Duration::from_millis(100));
    let ways: [(&str, &dyn Fn(), Duration); 5] = [
        ("it is slow", &slow, SHORT),
        ("it is reset", &|| line.reset(), Duration::from_millis(200)),
        ("it is cut", &|| line.cut(), SHORT),
        ("it is half open", &|| line.half_open(), SHORT),
        ("it is cut for longer than the session", &|| line.cut(), Duration::from_secs(8)),
    ];
    breaks(&world, &run, line, &ways);
    world.end(vec![run]);
}

#[test]
fn a_broker_that_answers_nonsense_is_not_believed_and_nothing_is_lost() {
    let (world, line) = (World::new("nonsense", 3).with_lost_answers(), door());
    let run = OrderSync::start(&world.config_by(line).property("socket.timeout.ms", "3000"));
    let nonsense = |api: i16, damage: Damage| move || line.corrupt_answers(api, damage);
    let (fetch, half) = (nonsense(api::FETCH, Damage::Nonsense), nonsense(api::FETCH, Damage::Truncated));
    let commit = nonsense(api::OFFSET_COMMIT, Damage::Nonsense);
    let all = || line.corrupt(Damage::Truncated);
    let ways: [(&str, &dyn Fn(), Duration); 4] = [
        ("fetches are answered with nonsense", &fetch, SHORT),
        ("fetched records break off", &half, SHORT),
        ("commits are answered with nonsense", &commit, SHORT),
        ("every answer breaks off", &all, SHORT),
    ];
    breaks(&world, &run, line, &ways);
    world.end(vec![run]);
}

#[test]
fn bits_that_flip_in_fetched_records_are_never_sent_and_nothing_is_lost() {
    let (world, line) = (World::new("flipped", 3).with_lost_answers(), door());
    let records = world.records(6);
    let parts = records.parts(2);
    let mut run = OrderSync::start(&world.config_by(line));
    world.write(parts[0].iter().copied());
    until_in_the_middle(&run);
    line.corrupt_answers(api::FETCH, Damage::Flipped);
    world.write(parts[1].iter().copied());
    let fetches = line.seen(api::FETCH);
    let gone = until("it fetches, or has ended", LONG, || match run.get("/livez") {
        Ok(_) if line.seen(api::FETCH) > fetches + 10 => Ok(false),
        Ok(_) => Err("still".to_owned()),
        Err(_) => Ok(true),
    });
    line.heal();
    if gone || run.get("/livez").is_err() {
        // Records have checksums, lengths have none: librdkafka asks for as much memory as a flipped bit says, and aborts when it gets none.
        let ended = run.finish(PATIENCE);
        assert!(ended.code == 134 && ended.errors.contains("rd_calloc"), "{} {}", ended.code, ended.errors);
        run = world.start();
    }
    world.end(vec![run]);
}

#[test]
fn a_line_to_alipayhk_that_is_slow_cut_refused_half_open_or_corrupt_parks_nothing() {
    let world = World::new("alipayhk-line", 3);
    let port: u16 = world.alipayhk.base_url().rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse().ok()).unwrap();
    let line = Proxy::before(port);
    let run = OrderSync::start(&world.config().set("alipayhk.base_url", format!("http://{}", line.address())));
    let slow = || line.delay(Duration::from_millis(50));
    let refused = || {
        line.refuse();
        line.reset();
    };
    let ways: [(&str, &dyn Fn(), Duration); 8] = [
        ("it is slow", &slow, SHORT),
        ("it is cut", &|| line.cut(), SHORT + SHORT),
        ("it is half open", &|| line.half_open(), SHORT),
        ("it is reset", &|| line.reset(), Duration::from_millis(200)),
        ("it is refused", &refused, SHORT),
        ("bits flip", &|| line.corrupt(Damage::Flipped), SHORT),
        ("everything is nonsense", &|| line.corrupt(Damage::Nonsense), SHORT),
        ("answers break off", &|| line.corrupt(Damage::Truncated), SHORT),
    ];
    breaks(&world, &run, &line, &ways);
    world.end(vec![run]);
}

#[test]
fn commits_alone_keep_a_member_in_its_group() {
    let (world, line) = (World::new("heartbeat", 2), door());
    let records = world.records(4);
    let parts = records.parts(2);
    let run = OrderSync::start(&world.config_by(line));
    run.until("its partitions", |state| consuming(state) == 2);
    world.write(parts[0].iter().copied());
    world.until_committed(&[&run]);
    let epoch = run.state().unwrap()["partitions"][0]["epoch"].clone();
    // The coordinator hears no heartbeat for two sessions and a half, and commits only: an idle process makes one each fifth of a session.
    line.answer_heartbeats();
    let (beats, commits) = (line.seen(api::HEARTBEAT), line.seen(api::OFFSET_COMMIT));
    throughout("a member", Duration::from_secs(15), || match world.group.members() {
        (1, state) if state == "Stable" => Ok(()),
        other => Err(format!("{other:?}")),
    });
    assert!(line.seen(api::HEARTBEAT) > beats + 10, "heartbeats were made, and went nowhere");
    assert!(line.seen(api::OFFSET_COMMIT) > commits + 10, "commits were made");
    assert_eq!(run.state().unwrap()["partitions"][0]["epoch"], epoch, "without a rebalance");
    // Without them it is expelled: so it was they that kept it.
    line.swallow(api::OFFSET_COMMIT);
    until("it is expelled", LONG, || match world.group.members() {
        (0, _) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    line.heal();
    world.write(parts[1].iter().copied());
    world.end(vec![run]);
}

/// Fetches go nowhere, also none that waits at the broker already: that one would take what is written next along.
fn swallow_fetches(line: &Proxy) {
    line.swallow(api::FETCH);
    let before = line.seen(api::FETCH);
    until("a fetch is swallowed", LONG, || match line.seen(api::FETCH) {
        more if more > before => Ok(()),
        seen => Err(format!("{seen} of them")),
    });
}

#[test]
fn a_partition_that_silently_stands_still_is_sought_joined_anew_and_at_last_the_process_ends() {
    let (world, line) = (World::new("swallowed", 2), door());
    let records = world.records(4);
    let parts = records.parts(2);
    let config = world.config_by(line).set("delivery.stall_after", "2s");
    let run = OrderSync::start(&config);
    world.write(parts[0].iter().copied());
    world.until_committed(&[&run]);
    // Fetches go nowhere, while everything else works: the group is in order, and nothing arrives.
    swallow_fetches(line);
    world.write(parts[1].iter().copied());
    let steps = ["a partition stands still", "destroyed and joins as a new member", "nothing else helped"];
    for step in &steps[..2] {
        until_said(&run, step);
    }
    let ended = run.finish(LONG);
    assert_eq!(ended.code, 1, "{}", ended.errors);
    let at: Vec<Option<usize>> = steps.iter().map(|step| ended.errors.find(step)).collect();
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{at:?}: {}", ended.errors);
    line.heal();
    let run = world.start();
    world.end(vec![run]);
}

#[test]
fn a_partition_that_stands_still_for_a_while_goes_on_by_itself() {
    let (world, line) = (World::new("swallowed-a-while", 2), door());
    let records = world.records(4);
    let parts = records.parts(2);
    let run = OrderSync::start(&world.config_by(line).set("delivery.stall_after", "2s"));
    world.write(parts[0].iter().copied());
    world.until_committed(&[&run]);
    swallow_fetches(line);
    world.write(parts[1].iter().copied());
    until_said(&run, "a partition stands still");
    line.heal();
    world.end(vec![run]);
}

#[test]
fn what_cannot_be_counted_at_the_start_is_counted_as_soon_as_it_can_be() {
    let (world, line) = (World::new("uncounted", 2), door());
    let records = world.records(4);
    let parts = records.parts(2);
    let first = world.start();
    first.until("every partition", |state| consuming(state) == 2);
    let run = OrderSync::start(&world.config_by(line));
    run.until("its partition", |state| consuming(state) == 1);
    world.write(parts[0].iter().copied());
    until_in_the_middle(&run);
    // Metadata are not answered while the other one goes: what it leaves is taken over with the last count, and sent.
    line.swallow(api::METADATA);
    first.kill();
    world.write(parts[1].iter().copied());
    let delivered = disposed(&run.state().unwrap(), "delivered");
    run.until_within("it goes on with what it has", PATIENCE, |state| disposed(state, "delivered") > delivered);
    line.heal();
    run.until_within("every partition", LONG, |state| consuming(state) == 2);
    world.end(vec![run]);
}
