//! A stand-in for AlipayHK's order sync interface: for integration work, the demo and the tests. It is no part of a production image.
//!
//! The pure half decides: [`gateway`] lets a request in or not, [`sync`] reads what it asks, [`model`] holds the orders and answers,
//! [`faults`] says what goes wrong on the way. Time and chance are arguments there. The other half, [`server`], performs it over
//! loopback HTTP/1.1.
//!
//! What AlipayHK does where its public pages are silent (an older `orderModifyTime`, a repeated `requestId`, a wrong clock) is not known.
//! The sandbox takes one stand and lets configuration take another; nothing it answers proves what AlipayHK would.
//!
//! The client and the sandbox share `crypto`, so a mistake of theirs could cancel out. Against that the sandbox lays out the signed content,
//! its time stamps and its reading of a request with code of its own ([`signed`], [`sync`]), and both sides are held to the same
//! published known answers.

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly"))]

pub mod config;
pub mod decision;
mod duration;
pub mod faults;
pub mod gateway;
pub mod model;
mod random;
pub mod server;
pub mod signed;
pub mod sync;

pub use config::{ConfigError, SandboxConfig, Setup};
pub use duration::Span;
pub use server::{Exchange, Orders, Running, Sandbox, StartError, State};
