//! What one test has to itself.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use order_sync_tests::alipayhk::Alipayhk;
use order_sync_tests::avro::ORDER_EVENT;
use order_sync_tests::config::Config;
use order_sync_tests::kafka::{Group, Kafka, Topic};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::registry::Registry;
use sandbox::State;
use sandbox::model::{Kind, OrderRule, Stands, Violation};
use serde_json::Value as Json;

/// Topics, a group, an AlipayHK.
pub(crate) struct World {
    pub(crate) kafka: &'static Kafka,
    pub(crate) alipayhk: Alipayhk,
    pub(crate) orders: Topic<'static>,
    pub(crate) dead_letters: Topic<'static>,
    pub(crate) group: Group<'static>,
    /// The id of the order event's schema.
    pub(crate) schema: u32,
}

/// AlipayHK without an order control of its own: what arrives late there is our fault and shows.
pub(crate) fn unordered() -> Stands {
    Stands { order_rule: OrderRule::Off, ..Stands::default() }
}

/// The registry of the tests that do nothing to it, and the id of the order event's schema there.
pub(crate) fn shared_registry() -> (&'static Registry, u32) {
    static REGISTRY: OnceLock<(Registry, u32)> = OnceLock::new();
    let (registry, schema) = REGISTRY.get_or_init(|| {
        let registry = Registry::start();
        let schema = registry.register("orders-value", ORDER_EVENT);
        (registry, schema)
    });
    (registry, *schema)
}

impl World {
    pub(crate) fn new(name: &str, partitions: i32) -> Self {
        Self::with(name, partitions, unordered())
    }

    pub(crate) fn with(name: &str, partitions: i32, stands: Stands) -> Self {
        Self::of(name, partitions, &[], &[], Alipayhk::start_with(|setup| setup.stands = stands))
    }

    /// Everything is up to the caller.
    pub(crate) fn of(name: &str, partitions: i32, orders: &[(&str, &str)], letters: &[(&str, &str)], alipayhk: Alipayhk) -> Self {
        let kafka = Kafka::shared();
        let (orders, dead_letters) = (kafka.topic_with(name, partitions, orders), kafka.topic_with(&format!("{name}-dlq"), 1, letters));
        Self { kafka, alipayhk, orders, dead_letters, group: kafka.group(name), schema: shared_registry().1 }
    }

    /// On a broker of one's own.
    pub(crate) fn on(kafka: &'static Kafka, name: &str, partitions: i32, alipayhk: Alipayhk) -> Self {
        Self {
            kafka,
            alipayhk,
            orders: kafka.topic(name, partitions),
            dead_letters: kafka.topic(&format!("{name}-dlq"), 1),
            group: kafka.group(name),
            schema: shared_registry().1,
        }
    }

    pub(crate) fn config(&self) -> Config {
        Config::new(self.kafka, &[&self.orders], self.group.id(), &self.dead_letters, &self.alipayhk)
            .registry(shared_registry().0)
            .property("fetch.wait.max.ms", "50")
            .set("alipayhk.environment", "e2e")
            .set("retry.initial", "20ms")
            .set("retry.max", "200ms")
    }

    pub(crate) fn start(&self) -> OrderSync {
        OrderSync::start(&self.config())
    }

    /// Stops it, and holds it to its word: exit code 0, and everything in the topic is committed.
    #[track_caller]
    pub(crate) fn stop_at_the_end(&self, run: OrderSync) {
        run.stop_well();
        let ends: Vec<i64> = self.orders.ends().into_iter().map(|(_, end)| end).collect();
        assert_eq!(self.group.offsets(&self.orders), ends, "committed after SIGTERM, and the ends of the log");
    }

    /// AlipayHK saw nothing that a correct client does not cause. A call that was given up may be repeated as it was while AlipayHK still
    /// works on it; another one for its order may not begin then.
    #[track_caller]
    pub(crate) fn assert_well_behaved(&self) -> State {
        let state = self.alipayhk.state();
        let repeated = |violation: &Violation| violation.kind == Kind::ConcurrentCalls && violation.detail == "the same request";
        let wrong: Vec<&Violation> = state.violations.iter().filter(|violation| !repeated(violation)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        state
    }
}

/// Epoch milliseconds.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// One of `/api/state`'s dispositions.
pub(crate) fn disposed(state: &Json, name: &str) -> u64 {
    state["dispositions"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {state}"))
}

/// An AlipayHK without an order control.
pub(crate) fn alipayhk() -> Alipayhk {
    Alipayhk::start_with(|setup| setup.stands = unordered())
}

/// One that also keeps a journal of its calls.
pub(crate) fn journaled() -> Alipayhk {
    Alipayhk::start_with(|setup| {
        setup.stands = unordered();
        setup.journal = 1_000;
    })
}
