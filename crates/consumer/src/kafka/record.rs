//! A record as it came, owned, so that it can wait and be written aside untouched. A million of them may wait, so only its bytes are kept,
//! in one allocation: what they say is read again when it is sent, which costs a hundredth of the signature.

use std::fmt;
use std::sync::Arc;

use engine::{Epoch, Offset, PartitionId};
use rdkafka::message::{BorrowedMessage, Headers, Message, OwnedHeaders};

/// One record, byte for byte.
#[derive(Debug)]
pub(crate) struct RawRecord {
    /// Where it came from.
    pub(crate) partition: PartitionId,
    /// The assignment it was read in.
    pub(crate) epoch: Epoch,
    /// Its offset.
    pub(crate) offset: Offset,
    /// The leader epoch it was read under.
    pub(crate) leader_epoch: Option<i32>,
    /// What is in it.
    pub(crate) payload: Payload,
}

/// What is in a record; what the engine holds of it while it waits. Clones share it. It is two words, and without headers one allocation: as
/// a struct of boxes it took 160 bytes more of each.
#[derive(Clone)]
pub(crate) enum Payload {
    /// Without headers.
    Bare(Arc<[u8]>),
    /// With headers.
    Headed(Arc<Headed>),
}

/// A record with headers.
pub(crate) struct Headed {
    frame: Box<[u8]>,
    headers: HeaderList,
}

/// A record's headers, kept as librdkafka has them: rdkafka panics on a name that is not UTF-8, so they are never walked.
struct HeaderList {
    headers: OwnedHeaders,
    header_bytes: usize,
    /// Some are called as those of a dead letter of ours.
    was_letter: bool,
}

/// The parts of a record.
#[derive(Clone, Copy, Default)]
pub(crate) struct Parts<'a> {
    /// Epoch milliseconds, where the topic has them.
    pub(crate) timestamp: Option<i64>,
    /// The record's key.
    pub(crate) key: Option<&'a [u8]>,
    /// The record's value; `None` is a tombstone.
    pub(crate) value: Option<&'a [u8]>,
    /// The W3C trace context out of the headers.
    pub(crate) traceparent: Option<&'a [u8]>,
}

/// A length that says: there is none.
const NONE: u32 = u32::MAX;

impl RawRecord {
    /// Copies a message out of librdkafka's memory, by way of `scratch`.
    pub(crate) fn copy(message: &BorrowedMessage<'_>, partition: PartitionId, epoch: Epoch, scratch: &mut Vec<u8>) -> Self {
        let headers = message.headers().filter(|headers| headers.count() > 0).map(|headers| headers.detach());
        let parts = Parts {
            timestamp: message.timestamp().to_millis(),
            key: message.key(),
            value: message.payload(),
            traceparent: headers.as_ref().and_then(|_| commit_queue::header(message, c"traceparent")),
        };
        let headers = headers.map(|headers| HeaderList {
            headers,
            header_bytes: commit_queue::header_bytes(message),
            was_letter: commit_queue::has_header_beginning(message, b"ordersync."),
        });
        let leader_epoch = commit_queue::leader_epoch(message);
        Self { partition, epoch, offset: Offset(message.offset()), leader_epoch, payload: Payload::new(parts, headers, scratch) }
    }
}

impl Payload {
    fn new(parts: Parts<'_>, headers: Option<HeaderList>, scratch: &mut Vec<u8>) -> Self {
        scratch.clear();
        write(parts, scratch);
        match headers {
            None => Self::Bare(Arc::from(scratch.as_slice())),
            Some(headers) => Self::Headed(Arc::new(Headed { frame: Box::from(scratch.as_slice()), headers })),
        }
    }

    /// Its parts.
    pub(crate) fn parts(&self) -> Parts<'_> {
        // Only `write` makes frames.
        read(self.frame()).unwrap_or_default()
    }

    /// The record's headers.
    pub(crate) fn headers(&self) -> Option<&OwnedHeaders> {
        match self {
            Self::Bare(_) => None,
            Self::Headed(headed) => Some(&headed.headers.headers),
        }
    }

    /// The record is a dead letter of ours that was written to a source, or says so.
    pub(crate) fn was_letter(&self) -> bool {
        match self {
            Self::Bare(_) => false,
            Self::Headed(headed) => headed.headers.was_letter,
        }
    }

    /// Bytes it holds in memory: its own, and its headers as librdkafka keeps them.
    pub(crate) fn bytes(&self) -> usize {
        let headers = match self {
            Self::Bare(_) => 0,
            Self::Headed(headed) => headed.headers.header_bytes,
        };
        let Parts { timestamp: _, key, value, traceparent } = self.parts();
        [key, value, traceparent].into_iter().flatten().map(<[u8]>::len).sum::<usize>() + headers
    }

    fn frame(&self) -> &[u8] {
        match self {
            Self::Bare(frame) => frame,
            Self::Headed(headed) => &headed.frame,
        }
    }
}

/// Time, the lengths of key and trace context, whether there is a value; then these three. A part of 4 GiB does not exist.
fn write(parts: Parts<'_>, frame: &mut Vec<u8>) {
    let Parts { timestamp, key, value, traceparent } = parts;
    let length = |part: Option<&[u8]>| part.and_then(|part| u32::try_from(part.len()).ok()).unwrap_or(NONE);
    let traceparent = traceparent.filter(|trace| trace.len() <= usize::from(u8::MAX)).unwrap_or_default();
    frame.extend_from_slice(&timestamp.unwrap_or(i64::MIN).to_le_bytes());
    frame.extend_from_slice(&length(key).to_le_bytes());
    frame.extend_from_slice(&[u8::from(value.is_some()), u8::try_from(traceparent.len()).unwrap_or(0)]);
    for part in [key.unwrap_or_default(), traceparent, value.unwrap_or_default()] {
        frame.extend_from_slice(part);
    }
}

/// The opposite of [`write`].
fn read(frame: &[u8]) -> Option<Parts<'_>> {
    let (timestamp, rest) = frame.split_first_chunk()?;
    let (key, rest) = rest.split_first_chunk()?;
    let ([has_value, trace], rest) = rest.split_first_chunk()?;
    let (timestamp, key) = (i64::from_le_bytes(*timestamp), u32::from_le_bytes(*key));
    let (key, rest) = if key == NONE { (None, rest) } else { rest.split_at_checked(key as usize).map(|(key, rest)| (Some(key), rest))? };
    let (traceparent, value) = rest.split_at_checked(usize::from(*trace))?;
    Some(Parts {
        timestamp: (timestamp != i64::MIN).then_some(timestamp),
        key,
        value: (*has_value == 1).then_some(value),
        traceparent: (!traceparent.is_empty()).then_some(traceparent),
    })
}

/// Only the size: the record may hold personal values anywhere.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.bytes())
    }
}

#[cfg(test)]
impl RawRecord {
    /// A record for tests, of partition 0 in its first assignment.
    pub(crate) fn of(offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        let payload = Payload::of(key, value, None);
        Self { partition: PartitionId(0), epoch: Epoch(1), offset: Offset(offset), leader_epoch: Some(3), payload }
    }
}

#[cfg(test)]
impl Payload {
    /// A record's content for tests.
    pub(crate) fn of(key: Option<&[u8]>, value: Option<&[u8]>, headers: Option<OwnedHeaders>) -> Self {
        let parts = Parts { timestamp: Some(1_795_478_400_000), key, value, traceparent: None };
        let was_letter = |headers: &OwnedHeaders| headers.iter().any(|header| header.key.starts_with("ordersync."));
        let headers = headers.map(|headers| HeaderList { was_letter: was_letter(&headers), headers, header_bytes: 100 });
        Self::new(parts, headers, &mut Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::message::Header;

    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_empty_is_not_absent() {
        let some: [Option<&[u8]>; 3] = [None, Some(b""), Some(b"text")];
        for (key, value) in some.into_iter().flat_map(|key| some.map(|value| (key, value))) {
            for (timestamp, traceparent) in [(None, None), (Some(-1), Some(&b"00-1-2-01"[..])), (Some(i64::MAX), None)] {
                let parts = Parts { timestamp, key, value, traceparent };
                let found = Payload::new(parts, None, &mut vec![1, 2, 3]);
                let found = found.parts();
                assert_eq!((found.timestamp, found.key, found.value, found.traceparent), (timestamp, key, value, traceparent));
            }
        }
    }

    #[test]
    fn a_record_weighs_its_key_its_value_and_its_headers() {
        assert_eq!(Payload::of(None, None, None).bytes(), 0);
        assert_eq!(Payload::of(Some(b"key"), Some(b"value"), None).bytes(), 8);
        let header = OwnedHeaders::new().insert(Header { key: "a", value: Some("b") });
        assert_eq!(Payload::of(None, Some(b"value"), Some(header)).bytes(), 5 + 100);
    }

    #[test]
    fn a_payload_is_two_words_and_shows_nothing() {
        assert_eq!(size_of::<Payload>(), 16);
        assert_eq!(format!("{:?}", RawRecord::of(1, None, Some(b"Chan")).payload), "Payload(4 bytes)");
    }
}
