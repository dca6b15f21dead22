//! Things librdkafka can do and rdkafka 0.39 does not reach. All `unsafe` code of the house is here, and nothing else is.
//!
//! - [`CommitQueue`]: commits that never block and whose results come back with a ticket. rdkafka offers `CommitMode::Async`, which
//!   passes no reply queue and so never calls `commit_callback`, and `CommitMode::Sync`, which waits without a limit.
//! - [`leader_epoch`]: the leader epoch a record was written under.
//! - [`header`], [`has_header_beginning`] and [`header_bytes`]: one header of a record by name, whether there are some of a kind, and what all of them weigh. rdkafka's own iterator panics on a header name that is not UTF-8, and anybody who may
//!   write to a topic can write one.
//! - [`give_token`]: an OAUTHBEARER token for a client that nobody polls.
//! - [`metadata`]: the text beside a committed offset. rdkafka panics where it is not UTF-8, and whoever may commit can write it.
//!
//! Not here: the offset of an end-of-partition event. rdkafka takes the event and keeps only the partition number, so reaching the offset
//! would mean polling the consumer's queue ourselves. `Consumer::position` tells the same without `unsafe`: it steps over control records.

mod list;
mod message;
mod queue;
mod token;

pub use list::metadata;
pub use message::{has_header_beginning, header, header_bytes, leader_epoch};
pub use queue::{Answer, Commit, CommitQueue};
pub use token::give_token;
