//! The `order-sync` binary: the one edge of the house. It reads Kafka, calls AlipayHK, and does what the engine decides.

pub mod cli;
pub mod commands;
pub mod config;
pub mod schema;
pub mod telemetry;

mod admin;
mod driver;
mod kafka;
