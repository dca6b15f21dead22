//! Every commit that the broker accepted, with the moment at which it did: read from the broker's own topic, so that none is missed.
//!
//! Its layout is Kafka's own (`OffsetCommitKey` and `OffsetCommitValue` in the group coordinator): a version and the fields, big end first;
//! from version 4 on strings and arrays are in the compact form.

use std::time::{Duration, Instant};

use order_sync_tests::kafka::Kafka;
use order_sync_tests::oracle::Told;
use order_sync_tests::wait::PATIENCE;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Message, Offset, TopicPartitionList};

/// Where a broker keeps what groups commit; ours has one partition of it.
const TOPIC: &str = "__consumer_offsets";

/// The commits of a group for a topic, in the order of their acceptance.
pub(crate) fn accepted(kafka: &Kafka, group: &str, topic: &str) -> Vec<Told> {
    // librdkafka wants a group id before it assigns; this consumer never joins and never commits.
    let consumer: BaseConsumer = kafka.client().set("group.id", "reader").set("enable.auto.commit", "false").create().expect("a consumer");
    let (start, end) = consumer.fetch_watermarks(TOPIC, 0, PATIENCE).expect("watermarks");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(TOPIC, 0, Offset::Offset(start)).expect("an offset");
    consumer.assign(&list).expect("assign");
    let (mut commits, mut next, deadline) = (Vec::new(), start, Instant::now() + PATIENCE);
    while next < end {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(record)) => {
                next = record.offset() + 1;
                commits.extend(record.key().zip(record.payload()).and_then(|(key, value)| commit(key, value, group, topic)));
            }
            Some(Err(error)) => panic!("reading {TOPIC}: {error}"),
            None => assert!(Instant::now() < deadline, "{TOPIC}: read to {next} of {end}"),
        }
    }
    commits
}

fn commit(key: &[u8], value: &[u8], group: &str, topic: &str) -> Option<Told> {
    let mut key = Reader(key);
    // 0 and 1 are commits, everything else is about members
    if key.short()? > 1 || key.text()? != group || key.text()? != topic {
        return None;
    }
    let partition = key.int()?;
    let mut value = Reader(value);
    let version = value.short()?;
    let offset = value.long()?;
    if version >= 3 {
        value.int()?;
    }
    let metadata = if version >= 4 { value.compact_text()? } else { value.text()? };
    let by = value.long()?;
    Some(Told { partition, offset, metadata, by })
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn int(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn long(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.short()?).ok()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    /// Its length and one more, seven bits a byte, the small end first.
    fn compact_text(&mut self) -> Option<String> {
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let byte = *self.take(1)?.first()?;
            length |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        String::from_utf8(self.take(length.checked_sub(1)?)?.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_of_a_commit_are_read_and_other_groups_are_left_out() {
        let key = b"\x00\x01\x00\x04soak\x00\x06orders\x00\x00\x00\x02";
        let told = Told { partition: 2, offset: 7, metadata: "hi".to_owned(), by: 9 };
        let third = b"\x00\x03\0\0\0\0\0\0\0\x07\0\0\0\0\x00\x02hi\0\0\0\0\0\0\0\x09";
        let fourth = b"\x00\x04\0\0\0\0\0\0\0\x07\0\0\0\0\x03hi\0\0\0\0\0\0\0\x09\0";
        assert_eq!(commit(key, third, "soak", "orders"), Some(told.clone()));
        assert_eq!(commit(key, fourth, "soak", "orders"), Some(told));
        assert_eq!(commit(key, third, "other", "orders"), None);
        assert_eq!(commit(b"\x00\x02\x00\x04soak", third, "soak", "orders"), None);
    }
}
