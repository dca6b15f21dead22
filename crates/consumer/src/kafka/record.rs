//! A record as it came, owned, so that it can wait and be written aside untouched.

use engine::{Epoch, Offset, PartitionId};
use rdkafka::message::{BorrowedMessage, Headers, Message, OwnedHeaders};

/// What one header costs in memory, about. They are never walked one by one: rdkafka panics on a name that is not UTF-8.
const HEADER_BYTES: usize = 128;

/// One record, byte for byte.
#[derive(Debug)]
pub(crate) struct RawRecord {
    /// Where it came from.
    pub(crate) partition: PartitionId,
    /// The assignment it was read in.
    pub(crate) epoch: Epoch,
    /// Its offset.
    pub(crate) offset: Offset,
    /// Epoch milliseconds, where the topic has them.
    pub(crate) timestamp: Option<i64>,
    /// The record's key.
    pub(crate) key: Option<Box<[u8]>>,
    /// The record's value; `None` is a tombstone.
    pub(crate) value: Option<Box<[u8]>>,
    /// The record's headers.
    pub(crate) headers: Option<OwnedHeaders>,
    /// The W3C trace context out of the headers.
    pub(crate) traceparent: Option<Box<[u8]>>,
    /// The leader epoch it was read under.
    pub(crate) leader_epoch: Option<i32>,
}

impl RawRecord {
    /// Copies a message out of librdkafka's memory.
    pub(crate) fn copy(message: &BorrowedMessage<'_>, partition: PartitionId, epoch: Epoch) -> Self {
        let headers = message.headers().filter(|headers| headers.count() > 0).map(|headers| headers.detach());
        Self {
            partition,
            epoch,
            offset: Offset(message.offset()),
            timestamp: message.timestamp().to_millis(),
            key: message.key().map(Box::from),
            value: message.payload().map(Box::from),
            traceparent: headers.as_ref().and_then(|_| commit_queue::header(message, c"traceparent")).map(Box::from),
            headers,
            leader_epoch: commit_queue::leader_epoch(message),
        }
    }

    /// Bytes it holds in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let headers = self.headers.as_ref().map_or(0, |headers| headers.count() * HEADER_BYTES);
        self.key.as_deref().map_or(0, <[u8]>::len) + self.value.as_deref().map_or(0, <[u8]>::len) + headers
    }
}
