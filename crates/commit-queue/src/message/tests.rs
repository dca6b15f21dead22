#![allow(clippy::unwrap_used, reason = "tests")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rdkafka::bindings::rd_kafka_header_add;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// Writes one record with these headers, reads it back and shows it.
fn with_record(headers: OwnedHeaders, look: impl FnOnce(&BorrowedMessage<'_>)) {
    let broker: MockCluster<'_, DefaultProducerContext> = MockCluster::new(1).unwrap();
    broker.create_topic("orders", 1, 1).unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.bootstrap_servers());
    let producer: BaseProducer = config.create().unwrap();
    producer.send(BaseRecord::<(), str>::to("orders").payload("value").headers(headers)).map_err(|(error, _)| error).unwrap();
    producer.flush(PATIENCE).unwrap();
    let consumer: BaseConsumer = config.set("group.id", "group").create().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("orders", 0, Offset::Beginning).unwrap();
    consumer.assign(&list).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(polled) = consumer.poll(Duration::from_millis(100)) {
            return look(&polled.unwrap());
        }
    }
    panic!("no record came");
}

/// Adds a header whose name is not UTF-8, as any producer in another language can.
fn with_wild_name(headers: OwnedHeaders) -> OwnedHeaders {
    let raw = ptr::from_ref(headers.as_borrowed()).cast::<rd_kafka_headers_t>().cast_mut();
    // SAFETY: rdkafka's borrowed headers are librdkafka's own structure behind a reference; nobody else holds it here.
    let added = unsafe { rd_kafka_header_add(raw, [0xFF_u8].as_ptr().cast(), 1, b"x".as_ptr().cast(), 1) };
    assert_eq!(added, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
    headers
}

#[test]
fn a_header_is_found_by_name_and_the_last_one_counts() {
    let headers = OwnedHeaders::new()
        .insert(Header { key: "traceparent", value: Some("first") })
        .insert(Header { key: "traceparent", value: Some("last") })
        .insert(Header { key: "empty", value: Some("") })
        .insert(Header { key: "null", value: None::<&str> });
    with_record(headers, |record| {
        assert_eq!(header(record, c"traceparent"), Some(b"last".as_slice()));
        assert_eq!(header(record, c"empty"), Some(b"".as_slice()));
        assert_eq!(header(record, c"null"), None);
        assert_eq!(header(record, c"tracestate"), None);
    });
}

#[test]
fn a_header_name_that_is_no_text_stops_rdkafka_but_not_us() {
    let headers = with_wild_name(OwnedHeaders::new()).insert(Header { key: "traceparent", value: Some("here") });
    with_record(headers, |record| {
        assert_eq!(header(record, c"traceparent"), Some(b"here".as_slice()));
        let listed = catch_unwind(AssertUnwindSafe(|| record.headers().unwrap().iter().count()));
        assert!(listed.is_err(), "rdkafka reads such names now: `header` is no longer needed");
    });
}

#[test]
fn detached_headers_keep_a_name_that_is_no_text() {
    with_record(with_wild_name(OwnedHeaders::new()), |record| {
        let kept = record.headers().unwrap().detach();
        with_record(kept, |copy| {
            let raw = headers_of(copy.ptr()).unwrap();
            let name = c"\xFF";
            let (mut value, mut length) = (ptr::null(), 0);
            // SAFETY: as in `header`.
            let found = unsafe { rd_kafka_header_get_last(raw, name.as_ptr(), &raw mut value, &raw mut length) };
            assert_eq!((found, length), (RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR, 1));
        });
    });
}

#[test]
fn a_record_without_headers_has_none() {
    with_record(OwnedHeaders::new(), |record| assert_eq!(header(record, c"traceparent"), None));
}

#[test]
fn a_record_tells_its_leader_epoch() {
    with_record(OwnedHeaders::new(), |record| assert_eq!(leader_epoch(record), Some(0)));
}

#[test]
fn headers_of_a_kind_are_found_by_how_their_names_begin() {
    let headers = with_wild_name(OwnedHeaders::new()).insert(Header { key: "kind.one", value: None::<&str> });
    with_record(headers, |record| {
        let found = [b"kind.".as_slice(), b"kind.one", b"kind.other", b"one"].map(|beginning| has_header_beginning(record, beginning));
        assert_eq!(found, [true, true, false, false]);
    });
    with_record(OwnedHeaders::new(), |record| assert!(!has_header_beginning(record, b"")));
}

#[test]
fn headers_weigh_their_names_their_values_and_what_librdkafka_puts_around_them() {
    let headers = with_wild_name(OwnedHeaders::new())
        .insert(Header { key: "four", value: Some("five5") })
        .insert(Header { key: "null", value: None::<&str> });
    with_record(headers, |record| assert_eq!(header_bytes(record), LIST + 3 * EACH + 2 + 9 + 4));
    with_record(OwnedHeaders::new(), |record| assert_eq!(header_bytes(record), 0));
}
