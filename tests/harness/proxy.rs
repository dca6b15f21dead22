//! A TCP proxy of the tests' own, to stand before a broker or before AlipayHK: it delays, cuts, forgets, resets, refuses and corrupts, and
//! knows enough of Kafka's protocol to do so to one kind of request only.
//!
//! What a TCP proxy can do to two programs that speak through it is all here: see [`Proxy::delay`], [`Proxy::cut`], [`Proxy::half_open`],
//! [`Proxy::reset`], [`Proxy::refuse`], [`Proxy::corrupt`], and for Kafka [`Proxy::swallow`], [`Proxy::answer_heartbeats`] and
//! [`Proxy::corrupt_answers`]. [`Proxy::heal`] ends all of it.

mod frames;
mod pipe;
mod weather;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::ports;
use crate::wait::{block_on, runtime};
use weather::{Fate, Weather};

pub use frames::api;
pub use weather::Damage;

/// A running proxy on loopback. It ends, and resets what goes through it, when it is dropped.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

/// What all connections share.
struct Shared {
    target: u16,
    kafka: bool,
    weather: watch::Sender<Weather>,
    seen: Mutex<BTreeMap<i16, u64>>,
    accepted: AtomicU64,
}

impl Proxy {
    /// A proxy before whatever listens on a loopback port: bytes are bytes.
    pub fn before(target: u16) -> Self {
        Self::start(ports::free(), target, false)
    }

    /// A proxy before a Kafka broker, on this port; it reads requests and answers one by one.
    pub fn before_kafka(port: u16, target: u16) -> Self {
        Self::start(port, target, true)
    }

    fn start(port: u16, target: u16, kafka: bool) -> Self {
        let shared = Arc::new(Shared {
            target,
            kafka,
            weather: watch::channel(Weather::default()).0,
            seen: Mutex::new(BTreeMap::new()),
            accepted: AtomicU64::new(0),
        });
        let listener = block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port))).expect("the port is free");
        let listener = runtime().spawn(accept(listener, Arc::clone(&shared)));
        Self { port, shared, listener }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Every piece is held back so long, each way.
    pub fn delay(&self, delay: Duration) {
        self.change(|weather| weather.delay = delay);
    }

    /// Nothing passes and nobody is told: connections stay open, new ones are accepted. What was sent meanwhile passes after
    /// [`Proxy::heal`], as TCP's retransmissions do after a network partition.
    pub fn cut(&self) {
        self.change(|weather| weather.cut = true);
    }

    /// The connections that are open now are dead from here on, and nobody is told: what is sent through them is thrown away, after
    /// [`Proxy::heal`] too. New ones work.
    pub fn half_open(&self) {
        self.change(|weather| weather.half_opened += 1);
    }

    /// Every open connection ends with a reset, both ways. New ones work.
    pub fn reset(&self) {
        self.change(|weather| weather.resets += 1);
    }

    /// New connections are reset at once; open ones go on.
    pub fn refuse(&self) {
        self.change(|weather| weather.refuse = true);
    }

    /// Whatever the other side sends is damaged.
    pub fn corrupt(&self, damage: Damage) {
        self.change(|weather| weather.corrupt_all = Some(damage));
    }

    /// Requests of this kind (see [`api`]) never reach the broker, and are never answered.
    pub fn swallow(&self, api: i16) {
        self.change(|weather| weather.requests.extend([(api, Fate::Swallow)]));
    }

    /// Heartbeats never reach the broker; the proxy itself answers that all is well, so that the client notices nothing.
    pub fn answer_heartbeats(&self) {
        self.change(|weather| weather.requests.extend([(api::HEARTBEAT, Fate::Answer)]));
    }

    /// Answers to requests of this kind are damaged.
    pub fn corrupt_answers(&self, api: i16, damage: Damage) {
        self.change(|weather| weather.answers.extend([(api, damage)]));
    }

    /// The weather is fine again. Connections that were forgotten stay so.
    pub fn heal(&self) {
        self.change(|weather| *weather = Weather { resets: weather.resets, half_opened: weather.half_opened, ..Weather::default() });
    }

    /// How many requests of this kind came, those that were swallowed included.
    pub fn seen(&self, api: i16) -> u64 {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&api).copied().unwrap_or_default()
    }

    /// How many connections were made through it.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    fn change(&self, change: impl FnOnce(&mut Weather)) {
        self.shared.weather.send_modify(change);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
        self.change(|weather| {
            weather.resets += 1;
            weather.refuse = true;
        });
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        shared.accepted.fetch_add(1, Ordering::Relaxed);
        let refuse = shared.weather.borrow().refuse;
        let server = if refuse { None } else { TcpStream::connect((Ipv4Addr::LOCALHOST, shared.target)).await.ok() };
        match server {
            Some(server) => drop(tokio::spawn(pipe::run(client, server, Arc::clone(&shared)))),
            None => drop(client.set_zero_linger()),
        }
    }
}

#[cfg(test)]
mod tests;
