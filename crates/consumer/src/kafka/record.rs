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

#[cfg(test)]
impl RawRecord {
    /// A record for tests, of partition 0 in its first assignment.
    pub(crate) fn of(offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        Self {
            partition: PartitionId(0),
            epoch: Epoch(1),
            offset: Offset(offset),
            timestamp: Some(1_795_478_400_000),
            key: key.map(Box::from),
            value: value.map(Box::from),
            headers: None,
            traceparent: None,
            leader_epoch: Some(3),
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::message::Header;

    use super::*;

    #[test]
    fn a_record_weighs_its_key_its_value_and_something_for_each_header() {
        assert_eq!(RawRecord::of(0, None, None).bytes(), 0);
        assert_eq!(RawRecord::of(0, Some(b"key"), Some(b"value")).bytes(), 8);
        let header = OwnedHeaders::new().insert(Header { key: "a", value: Some("b") });
        let with = RawRecord { headers: Some(header), ..RawRecord::of(0, None, Some(b"value")) };
        assert_eq!(with.bytes(), 5 + HEADER_BYTES);
    }
}
