//! The sandbox over real sockets, spoken to by the client's own requests: every fault does what it says, and the client's judgement of it
//! is the one it promises.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

#[path = "http/admin.rs"]
mod admin;
#[path = "http/answers.rs"]
mod answers;
#[path = "http/connections.rs"]
mod connections;
#[path = "http/harness.rs"]
mod harness;
#[path = "http/sealed.rs"]
mod sealed;
