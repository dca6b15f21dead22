//! Ports that stay ours while a server is away.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};

/// A loopback port nobody listens on, between 20,000 and 30,000.
///
/// Below 32,768 on purpose: from there on Linux picks the local ports of outgoing connections, and one of those could take the port of a
/// server that a test has stopped and wants to start again.
pub fn free() -> u16 {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let random = RandomState::new();
    loop {
        let port = 20_000 + (random.hash_one(COUNTER.fetch_add(1, Ordering::Relaxed)) % 10_000) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
