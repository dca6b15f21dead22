//! What a list of partitions carries and rdkafka shows with a panic.

use std::ffi::CString;
use std::slice;

use rdkafka::TopicPartitionList;
use rdkafka::bindings::rd_kafka_topic_partition_list_find;

/// The metadata beside one partition's offset, as bytes; empty when there is none or no such partition.
pub fn metadata<'l>(list: &'l TopicPartitionList, topic: &str, partition: i32) -> &'l [u8] {
    let Ok(topic) = CString::new(topic) else { return &[] };
    // SAFETY: the list is live for as long as it is borrowed, and is only read; the name ends with a zero byte.
    let found = unsafe { rd_kafka_topic_partition_list_find(list.ptr(), topic.as_ptr(), partition) };
    // SAFETY: null, or an element of the borrowed list.
    let Some(found) = (unsafe { found.as_ref() }) else { return &[] };
    if found.metadata.is_null() {
        return &[];
    }
    // SAFETY: librdkafka keeps as many bytes there as it says, for as long as the list lives.
    unsafe { slice::from_raw_parts(found.metadata.cast(), found.metadata_size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_found_by_its_partition() {
        let mut list = TopicPartitionList::new();
        list.add_partition("orders", 0).set_metadata("open");
        list.add_partition("orders", 1);
        assert_eq!(metadata(&list, "orders", 0), b"open");
        for (topic, partition) in [("orders", 1), ("orders", 2), ("other", 0), ("or\0ders", 0)] {
            assert_eq!(metadata(&list, topic, partition), b"", "{topic} {partition}");
        }
    }
}
