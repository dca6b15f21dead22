//! What we build on and nobody promises us: how librdkafka, rdkafka and a real broker behave together.
//!
//! Each test states one fact. When an upgrade changes one, its test fails, and the code that relies on it has to be thought through again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, reason = "tests")]

mod broker;
mod commits;
mod hand_over;
mod log_end;
mod member;
mod membership;
