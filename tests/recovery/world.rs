//! What one scenario has to itself, with the oracle beside it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use order_sync_tests::alipayhk::Alipayhk;
use order_sync_tests::config::Config;
use order_sync_tests::kafka::{Group, Kafka, Topic};
use order_sync_tests::oracle::{Oracle, Seen};
use order_sync_tests::order_sync::{OrderSync, settled};
use order_sync_tests::orders::{Life, Modification, assert_delivered, lives, untidy};
use order_sync_tests::proxy::Proxy;
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::faults::{Fault, Rule};
use sandbox::model::{OrderRule, Stands};
use sandbox::{Span, State};
use serde_json::Value as Json;

/// Doors of the shared broker: one for each test that needs a line of its own.
const DOORS: usize = 12;

/// Long enough for everything that has to wait for a session or two, also on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Topics, a group, an AlipayHK, an oracle.
pub(crate) struct World {
    pub(crate) kafka: &'static Kafka,
    pub(crate) alipayhk: Alipayhk,
    pub(crate) orders: Topic<'static>,
    pub(crate) dead_letters: Topic<'static>,
    pub(crate) group: Group<'static>,
    pub(crate) oracle: Oracle,
    began: Instant,
    name: String,
}

/// The broker of all tests that do nothing to it.
pub(crate) fn shared() -> &'static Kafka {
    static SHARED: OnceLock<Kafka> = OnceLock::new();
    SHARED.get_or_init(|| Kafka::start_with_doors(DOORS, &[]))
}

/// A door of the shared broker that nobody else goes through.
pub(crate) fn door() -> &'static Proxy {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    shared().door(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// An AlipayHK that applies whatever comes: what is sent too late, twice or in the wrong order shows.
pub(crate) fn gullible() -> Alipayhk {
    Alipayhk::start_with(|setup| {
        setup.stands = Stands { order_rule: OrderRule::Off, idempotency: false, transitions: false, ..Stands::default() };
    })
}

/// Calls take so long that some are always on their way.
pub(crate) fn slow() -> Vec<Rule> {
    vec![Rule::always(Fault::Latency { delay: Span(Duration::from_millis(20)), jitter: Span(Duration::from_millis(60)) })]
}

impl World {
    pub(crate) fn new(name: &str, partitions: i32) -> Self {
        Self::on(shared(), name, partitions)
    }

    /// On a broker of one's own.
    pub(crate) fn on(kafka: &'static Kafka, name: &str, partitions: i32) -> Self {
        Self::with(kafka, name, partitions, &[])
    }

    /// Partitions with one copy only, on a cluster.
    pub(crate) fn with_one_copy(kafka: &'static Kafka, name: &str, partitions: i32) -> Self {
        Self::of(kafka.topic_copied(name, partitions, 1, &[("min.insync.replicas", "1")]), name, &[])
    }

    /// With settings of the dead-letter topic.
    pub(crate) fn with(kafka: &'static Kafka, name: &str, partitions: i32, letters: &[(&str, &str)]) -> Self {
        Self::of(kafka.topic(name, partitions), name, letters)
    }

    fn of(orders: Topic<'static>, name: &str, letters: &[(&str, &str)]) -> Self {
        let kafka = orders.kafka();
        let (dead_letters, group) = (kafka.topic_with(&format!("{name}-dlq"), 1, letters), kafka.group(name));
        let oracle = Oracle::watch(&orders, &dead_letters, &group);
        let (alipayhk, began) = (gullible(), Instant::now());
        alipayhk.set_faults(slow());
        Self { kafka, alipayhk, orders, dead_letters, group, oracle, began, name: name.to_owned() }
    }

    /// For tests that break the line to the broker.
    pub(crate) fn with_lost_answers(self) -> Self {
        Self { oracle: self.oracle.with_lost_answers(), ..self }
    }

    /// Slow enough that there is a middle.
    pub(crate) fn config(&self) -> Config {
        Config::new(self.kafka, &[&self.orders], self.group.id(), &self.dead_letters, &self.alipayhk)
            .property("fetch.wait.max.ms", "50")
            .set("retry.initial", "20ms")
            .set("retry.max", "200ms")
            .set("quota.requests_per_second", 150)
            .set("alipayhk.timeout", "1s")
            .set("alipayhk.connect_timeout", "500ms")
    }

    /// The same, through a door.
    pub(crate) fn config_by(&self, door: &Proxy) -> Config {
        self.config().set("kafka.bootstrap_servers", door.address())
    }

    pub(crate) fn start(&self) -> OrderSync {
        OrderSync::start(&self.config())
    }

    /// Lives of all nine types, untidily written, in two halves.
    pub(crate) fn records(&self, copies: usize) -> Records {
        Records { lives: lives(&self.name.to_uppercase().replace('-', ""), copies), seed: self.name.len() as u64 * 31 }
    }

    pub(crate) fn write<'m>(&self, modifications: impl IntoIterator<Item = &'m Modification>) -> u64 {
        self.orders.write_all(modifications.into_iter().map(bare)).len() as u64
    }

    /// Waits until the ends of the log are committed. They are asked for again each time: a broker that has just thawed still believes that
    /// it leads, and tells the end it knew.
    #[track_caller]
    pub(crate) fn until_committed(&self, runs: &[&OrderSync]) {
        until("everything is committed", LONG, || {
            let ends: Vec<i64> = self.orders.stable_ends().into_iter().map(|(_, end)| end).collect();
            let offsets = self.group.offsets(&self.orders);
            if offsets == ends {
                return Ok(());
            }
            let states: Vec<_> = runs.iter().map(|run| run.state()).collect();
            let logs: Vec<_> = runs.iter().map(|run| run.log()).collect();
            Err(format!("{offsets:?} of {ends:?}\n{states:?}\n{}", logs.join("\n----\n")))
        });
    }

    /// Everything is done: each process adds up and leaves in order, nothing was given up, and the oracle finds nothing wrong.
    #[track_caller]
    pub(crate) fn end(self, runs: Vec<OrderSync>) -> Seen {
        let seen = self.end_with_letters(runs);
        assert_eq!(seen.letters, 0, "an outage parks nothing");
        seen
    }

    /// The same, where dead letters are expected.
    #[track_caller]
    pub(crate) fn end_with_letters(self, runs: Vec<OrderSync>) -> Seen {
        self.until_committed(&runs.iter().collect::<Vec<_>>());
        for run in &runs {
            run.until("dispositions add up to records read", |state| state["records_read"] == settled(state));
        }
        for run in runs {
            run.stop_well();
        }
        let seen = self.oracle.judge(&self.alipayhk.state());
        println!("{}: {:.1} s, {seen:?}", self.name, self.began.elapsed().as_secs_f64());
        seen
    }
}

/// Orders with everything that happens to them.
pub(crate) struct Records {
    lives: Vec<Life>,
    seed: u64,
}

impl Records {
    /// In the order in which they are written, cut in so many parts.
    pub(crate) fn parts(&self, parts: usize) -> Vec<Vec<&Modification>> {
        let records = untidy(&self.lives, self.seed);
        let size = records.len().div_ceil(parts);
        records.chunks(size).map(<[_]>::to_vec).collect()
    }

    /// AlipayHK holds the newest of each.
    #[track_caller]
    pub(crate) fn assert_delivered(&self, state: &State) {
        assert_delivered(state, &self.lives);
    }
}

/// A record in bare Avro, as the configuration says.
fn bare(modification: &Modification) -> order_sync_tests::kafka::Record {
    let order = &modification.order;
    order_sync_tests::kafka::Record::new(order.merchant_biz_no(), order.bare())
}

/// One of `/api/state`'s dispositions.
pub(crate) fn disposed(state: &Json, name: &str) -> u64 {
    state["dispositions"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {state}"))
}

/// How many partitions are read.
pub(crate) fn consuming(state: &Json) -> usize {
    state["partitions"].as_array().map_or(0, |all| all.iter().filter(|one| one["phase"] == "consuming").count())
}

/// Waits until a process has said something; gives the line.
#[track_caller]
pub(crate) fn until_said(run: &OrderSync, what: &str) -> String {
    until(what, LONG, || {
        let log = run.log();
        log.lines().find(|line| line.contains(what)).map(str::to_owned).ok_or(log)
    })
}

/// Some are delivered, and as records are written faster than they are sent, most wait.
#[track_caller]
pub(crate) fn until_in_the_middle(run: &OrderSync) {
    run.until_within("the middle", PATIENCE, |state| disposed(state, "delivered") >= 5);
}
