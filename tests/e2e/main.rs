//! The real binary, a real Apache Kafka, a stand-in for the schema registry, and AlipayHK played by the sandbox.
//!
//! Every test has its topics, its group and its AlipayHK to itself; the broker is shared.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod admin;
mod bad_input;
mod canary;
mod framing;
mod hand_over;
mod hostile;
mod keys;
mod letters;
mod mapping;
mod nine_types;
mod operator;
mod orders;
mod outages;
mod outcomes;
mod registry;
mod rejected;
mod rules;
mod sealed;
mod security;
mod settings;
mod start;
mod telemetry;
mod tls;
mod tools;
mod wire;
mod world;
