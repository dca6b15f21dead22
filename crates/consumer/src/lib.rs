//! The `order-sync` binary: the one edge of the house. It reads Kafka, calls AlipayHK, and does what the engine decides.

#![allow(unreachable_pub, reason = "the library of a binary is nobody's interface")]

pub mod cli;
pub mod commands;
pub mod config;
pub mod schema;
pub mod telemetry;

mod admin;
mod call;
mod clock;
mod driver;
mod hardening;
mod kafka;
mod mapping;
mod pipeline;
mod reload;
mod supervisor;
mod terminal;
