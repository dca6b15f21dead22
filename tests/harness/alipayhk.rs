//! The sandbox AlipayHK, inside the test process.

use sandbox::faults::Rule;
use sandbox::model::Order;
use sandbox::{Exchange, Orders, Running, Sandbox, Setup, State};

use crate::keys::Keys;
use crate::ports;
use crate::wait::block_on;

/// The only client it knows.
pub const CLIENT_ID: &str = "4Q5Y8W0WSG45P907917";

/// A running sandbox that knows the merchant's key. It ends when it is dropped.
pub struct Alipayhk {
    running: Running,
}

impl Alipayhk {
    /// Starts one that is strict and without faults.
    pub fn start() -> Self {
        Self::start_with(|_| ())
    }

    /// Starts one after `change` had its way with the set-up.
    pub fn start_with(change: impl FnOnce(&mut Setup)) -> Self {
        let keys = Keys::rsa();
        let private = crypto::PrivateKey::parse(keys.alipayhk.private.as_bytes()).expect("openssl's key");
        let public = crypto::PublicKey::parse(keys.merchant.public.as_bytes()).expect("openssl's key");
        let mut setup = Setup::new(CLIENT_ID, private, public).expect("keys that fit");
        setup.listen.set_port(ports::free());
        change(&mut setup);
        Self { running: block_on(Sandbox::run(setup)).expect("the port is free") }
    }

    /// Ends it and starts another one at its address, which holds nothing yet: the other side after a change.
    pub fn replace(self, change: impl FnOnce(&mut Setup)) -> Self {
        let address = self.running.addr();
        block_on(self.running.shutdown());
        Self::start_with(|setup| {
            setup.listen = address;
            change(setup);
        })
    }

    /// For `alipayhk.base_url`.
    pub fn base_url(&self) -> String {
        self.running.base_url()
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.running.addr().port()
    }

    /// Requests, applications and faults met so far.
    pub fn counters(&self) -> (u64, u64, u64) {
        let counters = self.running.state(Orders::None).counters;
        (counters.requests, counters.applied, counters.faults.values().sum())
    }

    /// The calls one by one, as many as the set-up says.
    pub fn journal(&self) -> Vec<Exchange> {
        self.running.journal()
    }

    /// Everything it holds and has counted.
    pub fn state(&self) -> State {
        self.running.state(Orders::All)
    }

    /// One order as it is held.
    pub fn order(&self, merchant_biz_no: &str) -> Option<Order> {
        self.running.order(merchant_biz_no)
    }

    /// Replaces the fault script; an empty one ends all faults.
    pub fn set_faults(&self, rules: Vec<Rule>) {
        self.running.set_faults(rules).expect("a valid fault script");
    }
}
