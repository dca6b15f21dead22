//! Which order is called next, and which offset may be committed: pure decisions, without I/O, clock, tasks or log.
//!
//! The driver feeds [`Input`]s with the time, lets the engine [`Engine::schedule`], and performs every [`Effect`]. One owner of all
//! state, no locks.

#![deny(missing_docs, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking"))]
#![cfg_attr(test, allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for"))]

mod bucket;
mod completion_map;
mod config;
mod engine;
mod fuse;
mod gate;
mod io;
mod key;
mod lane;
mod ledger;
pub mod metadata;
mod partition;
mod retry;
mod rules;
pub mod takeover;
mod window;

pub use config::{Config, OnUndecided, UnsupportedBusiness};
pub use engine::{Counters, Engine, GateView, LaneState, LaneView, PartitionView, Snapshot};
pub use io::*;
pub use partition::Phase;
#[cfg(feature = "mutants")]
pub use rules::{Rule, Rules};
pub use takeover::{Halt, Plan};
