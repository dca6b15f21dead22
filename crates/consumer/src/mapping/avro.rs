//! Records that are Avro: a mapping is compiled once against each writer's schema, into a walk over its bytes and the types found at the ends of
//! its paths.

mod compile;
mod read;
mod types;
mod walk;
mod write_json;

pub(crate) use compile::{Misfit, compile};
pub(crate) use read::{AvroPlan, Unread};
