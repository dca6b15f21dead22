//! One run: a broker, AlipayHK, a fleet, a merchant, chaos; then calm, and the verdict.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use order_sync_tests::alipayhk::Alipayhk;
use order_sync_tests::config::Config;
use order_sync_tests::kafka::{Group, Kafka, Record, Topic};
use order_sync_tests::oracle::Log;
use order_sync_tests::proxy::Proxy;
use order_sync_tests::wait::PATIENCE;
use sandbox::model::{OrderRule, Stands};
use serde_json::Value as Json;

use crate::chaos::World;
use crate::commits;
use crate::events::Events;
use crate::evidence;
use crate::faults::{self, LATE_APPLY, TIMEOUT};
use crate::fleet::{Fleet, adds_up};
use crate::orders::{Meant, Orders};
use crate::progress::Progress;
use crate::report::Report;
use crate::schedule::{self, Mix, Track};
use crate::verdict::{self, Truth};

const PARTITIONS: i32 = 6;
/// Processes at the start; disturbances take and add one.
const FLEET: usize = 3;
/// Calls that are told one by one; far more than a run of an hour makes.
const JOURNAL: usize = 2_000_000;
/// How long everything may take to be committed once the faults have stopped.
const QUIESCE: Duration = Duration::from_secs(120);

/// What a run is.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) mix: Mix,
    pub(crate) period: Duration,
    /// Records a second.
    pub(crate) rate: u32,
    /// Calls a second.
    pub(crate) quota: u32,
}

type Written = BTreeMap<(i32, i64), Meant>;

/// Runs it.
pub(crate) fn run(plan: &Plan) -> Report {
    let acts = schedule::draw(plan.seed, plan.mix, plan.period);
    let folder = evidence::folder(plan.seed);
    let kafka: &'static Kafka = Box::leak(Box::new(Kafka::start_with_doors(1, &[])));
    let line = kafka.door(0);
    let alipayhk = naive(plan.seed);
    let orders = kafka.topic("orders", PARTITIONS);
    let letters = kafka.topic_with("letters", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let group = kafka.group("soak");
    let fleet = Fleet::new(config(plan, kafka, line, (&orders, &letters), group.id(), &alipayhk), alipayhk.port(), &folder);
    let (events, over, written) = (Events::default(), AtomicBool::new(false), Mutex::new(Written::new()));
    let always = match plan.mix {
        Mix::All => Vec::new(),
        Mix::HandOvers => faults::slow_and_stuck(Orders::first_numbers(3)),
    };
    alipayhk.set_faults(always.clone());
    for _ in 0..FLEET {
        fleet.join();
    }

    let world = World { kafka, line, alipayhk: &alipayhk, fleet: &fleet, events: &events, always };
    let progress = Progress::new(plan.period);
    std::thread::scope(|scope| {
        let tracks: Vec<_> = [Track::Processes, Track::Alipayhk, Track::Kafka]
            .map(|track| {
                scope.spawn({
                    let (world, acts, over) = (&world, &acts, &over);
                    move || world.track(track, acts, over)
                })
            })
            .into_iter()
            .collect();
        let merchant = scope.spawn(|| merchant(plan, &orders, &written, &over));
        let began = Instant::now();
        while began.elapsed() < plan.period && tracks.iter().any(|track| !track.is_finished()) {
            progress.tell(began.elapsed(), &world, lock(&written).len());
            if fleet.look_after() > 0 {
                break;
            }
        }
        over.store(true, Ordering::Relaxed);
        drop((tracks, merchant));
    });
    all_is_well(line, &alipayhk, &fleet);
    let mut wrong = Vec::new();
    if let Err(stuck) = quiesce(&group, &orders, &progress) {
        wrong.push(format!("not everything was committed within {QUIESCE:?} after the faults had stopped: {stuck}"));
    }
    wrong.extend(accounts(&fleet));
    fleet.stop_all();
    wrong.extend(fleet.last_words());
    let truth = Truth {
        meant: written.into_inner().unwrap_or_else(PoisonError::into_inner),
        log: Log::read(&orders, &letters),
        ends: orders.stable_ends().into_iter().map(|(_, end)| end).collect(),
        commits: commits::accepted(kafka, group.id(), orders.name()),
        alipayhk: alipayhk.state(),
        exchanges: alipayhk.journal(),
        events: events.all(),
        lives: fleet.lives(),
        before: wrong,
    };
    let verdict = verdict::of(&truth);
    match verdict.wrong.as_slice() {
        // nobody needs it
        [] => drop(std::fs::remove_dir_all(&folder)),
        _ => evidence::write(&folder, &truth),
    }
    let report = Report::new(plan.seed, format!("{:?}", plan.mix), plan.period.as_secs(), &truth, verdict);
    kafka.kill();
    report
}

/// An AlipayHK that orders nothing and remembers nothing: whatever we send is applied, so that every mistake shows.
fn naive(seed: u64) -> Alipayhk {
    Alipayhk::start_with(|setup| {
        setup.stands = Stands { order_rule: OrderRule::Off, idempotency: false, transitions: false, ..Stands::default() };
        setup.seed = seed;
        setup.journal = JOURNAL;
    })
}

fn config(plan: &Plan, kafka: &'static Kafka, line: &Proxy, topics: (&Topic<'_>, &Topic<'_>), group: &str, alipayhk: &Alipayhk) -> Config {
    Config::new(kafka, &[topics.0], group, topics.1, alipayhk)
        .set("kafka.bootstrap_servers", line.address())
        .property("fetch.wait.max.ms", "50")
        .set("alipayhk.timeout", format!("{}ms", TIMEOUT.as_millis()))
        .set("alipayhk.connect_timeout", "500ms")
        .set("delivery.late_apply", format!("{}ms", LATE_APPLY.as_millis()))
        .set("quota.requests_per_second", i64::from(plan.quota))
        .set("quota.max_in_flight", 64)
        .set("telemetry.log_format", "json")
}

/// Writes records at the plan's pace until it is over. While the broker is away, it waits.
fn merchant(plan: &Plan, topic: &Topic<'_>, written: &Mutex<Written>, over: &AtomicBool) {
    let mut orders = Orders::new(plan.seed);
    let (tick, began, mut count) = (Duration::from_millis(100), Instant::now(), 0_u32);
    while !over.load(Ordering::Relaxed) {
        let batch = plan.rate.div_ceil(10);
        let (records, meant): (Vec<Record>, Vec<Meant>) = (0..batch).map(|_| orders.next()).unzip();
        lock(written).extend(topic.write_all(records).into_iter().zip(meant));
        count += 1;
        // behind after the broker was away: not caught up with, so that the pace stays the plan's
        let due = (tick * count).saturating_sub(began.elapsed());
        if due.is_zero() {
            count = (began.elapsed().as_millis() / tick.as_millis()) as u32;
        }
        pause(due);
    }
}

/// Ends every fault that may still be there.
fn all_is_well(line: &Proxy, alipayhk: &Alipayhk, fleet: &Fleet) {
    line.heal();
    alipayhk.set_faults(Vec::new());
    fleet.doors(Proxy::heal);
    if fleet.running() == 0 {
        fleet.join();
    }
}

/// Every record that a process has read has its disposition: waits for it, since one that was frozen has to learn first what it lost.
fn accounts(fleet: &Fleet) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let tell = |(number, state): (u32, Result<Json, String>)| match state.map(|state| adds_up(&state)) {
            Ok(None) => None,
            Ok(Some((read, settled))) => Some(format!("process {number} has read {read} records and told of {settled} how they ended")),
            Err(error) => Some(format!("process {number} does not answer: {error}")),
        };
        let wrong: Vec<String> = fleet.states().into_iter().filter_map(tell).collect();
        if wrong.is_empty() || Instant::now() >= deadline {
            return wrong;
        }
        pause(Duration::from_millis(200));
    }
}

/// Waits until what is committed is the end of the log.
fn quiesce(group: &Group<'_>, orders: &Topic<'_>, progress: &Progress) -> Result<(), String> {
    let ends: Vec<i64> = orders.stable_ends().into_iter().map(|(_, end)| end).collect();
    let deadline = Instant::now() + QUIESCE;
    loop {
        let seen = group
            .try_committed(orders, Duration::from_secs(5))
            .map(|all| all.into_iter().map(|one| one.map_or(0, |committed| committed.offset)).collect::<Vec<i64>>());
        match seen {
            Ok(offsets) if offsets == ends => return Ok(()),
            seen if Instant::now() >= deadline => return Err(format!("{seen:?} of {ends:?}")),
            Ok(offsets) => progress.quiescing(ends.iter().sum::<i64>() - offsets.iter().sum::<i64>()),
            Err(_) => {}
        }
        pause(Duration::from_millis(100));
    }
}

#[expect(clippy::disallowed_methods, reason = "the pause between two looks, and the merchant's pace")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
