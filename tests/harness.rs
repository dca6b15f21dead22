//! The parts of the harness, one file each.

pub mod alipayhk;
pub mod avro;
pub mod browser;
pub mod cargo;
pub mod config;
pub mod http;
pub mod kafka;
pub mod keys;
pub mod oidc;
pub mod oracle;
pub mod order_sync;
pub mod orders;
pub mod otlp;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod python;
pub mod registry;
pub mod tls;
pub mod wait;
