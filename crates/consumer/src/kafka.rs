//! Everything that touches Kafka. One OS thread polls librdkafka and tells the driver what happened; nothing else holds the consumer.

mod asker;
pub(crate) mod assignment;
mod commits;
pub(crate) mod context;
pub(crate) mod dead_letter;
#[cfg(feature = "sandbox")]
pub(crate) mod embedded;
pub(crate) mod groups;
mod held;
pub(crate) mod letter;
mod line;
pub(crate) mod messages;
pub(crate) mod oauth;
pub(crate) mod outcomes;
mod owned;
mod poller;
pub(crate) mod positions;
pub(crate) mod producer;
pub(crate) mod reader;
pub(crate) mod record;
pub(crate) mod restore;
mod session;
#[cfg(test)]
mod shuttled;
pub(crate) mod topics;
pub(crate) mod transit;

/// What the lines between threads are made of; the tests of every order of their steps make them of something else.
mod sync {
    pub(super) use std::sync::mpsc;
}

pub(crate) use assignment::Beginning;
pub(crate) use poller::{Handle, Poller, connect, start};
