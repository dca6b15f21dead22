//! The hand-over rules in simulated worlds: virtual time, one seed, the real engine, the real meaning of answers, the sandbox's own model
//! of AlipayHK; Kafka's log, coordinator and client as models. A seed tells everything: the same seed is the same run.

mod alipayhk_side;
mod client;
mod driver;
mod faults;
mod group;
mod letters;
pub mod log;
pub mod mutants;
mod oracle;
mod poller;
mod process;
mod random;
pub mod scenario;
mod world;

pub use mutants::{Hunt, Mutant};
pub use oracle::{Invariant, Violation};
pub use scenario::{Generator, Scenario};
pub use world::{Ended, World};
