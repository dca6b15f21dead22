//! Kafka's protocol by hand, for bytes that no client library lets through: header names that are not UTF-8.
//!
//! Apache Kafka, Protocol guide: Produce version 3, Fetch version 4; Message format: record batch version 2.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const PRODUCE: [u8; 4] = [0, 0, 0, 3];
const FETCH: [u8; 4] = [0, 1, 0, 4];

/// Writes one record into partition 0.
pub(crate) fn produce(broker: &str, topic: &str, key: &[u8], value: &[u8], headers: &[(&[u8], &[u8])]) {
    let batch = batch(&record(key, value, headers));
    let mut body = [&[0xff, 0xff, 0xff, 0xff][..], &10_000_i32.to_be_bytes(), &1_i32.to_be_bytes(), &text(topic)].concat();
    body.extend([&1_i32.to_be_bytes()[..], &0_i32.to_be_bytes(), &(batch.len() as i32).to_be_bytes(), &batch].concat());
    let answer = ask(broker, PRODUCE, &body);
    // One topic by name, one partition by number, then the error code.
    let at = 4 + 2 + topic.len() + 4 + 4;
    assert_eq!(answer[at..at + 2], [0, 0], "the broker took it: {answer:?}");
}

/// Everything in partition 0, as the broker keeps it.
pub(crate) fn fetch(broker: &str, topic: &str) -> Vec<u8> {
    let limit = 1_000_000_i32.to_be_bytes();
    let mut body = [&(-1_i32).to_be_bytes()[..], &5_000_i32.to_be_bytes(), &1_i32.to_be_bytes(), &limit, &[0]].concat();
    body.extend(
        [&1_i32.to_be_bytes()[..], &text(topic), &1_i32.to_be_bytes(), &0_i32.to_be_bytes(), &0_i64.to_be_bytes(), &limit].concat(),
    );
    ask(broker, FETCH, &body)
}

/// A header as it stands in a record.
pub(crate) fn header(name: &[u8], value: &[u8]) -> Vec<u8> {
    [sized(name), sized(value)].concat()
}

fn ask(broker: &str, api: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(broker).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // Correlation id 1, no client id.
    let request = [&api[..], &[0, 0, 0, 1, 0xff, 0xff], body].concat();
    stream.write_all(&[&(request.len() as u32).to_be_bytes()[..], &request].concat()).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer).unwrap();
    answer.split_off(4)
}

fn batch(record: &[u8]) -> Vec<u8> {
    let (time, nobody) = (1_760_000_000_000_i64.to_be_bytes(), (-1_i64).to_be_bytes());
    // Attributes, last offset delta, first and last time, no producer id, epoch and sequence, one record.
    let checked = [&[0; 6][..], &time, &time, &nobody, &[0xff; 2], &[0xff; 4], &1_i32.to_be_bytes(), record].concat();
    // Leader epoch and version.
    let rest = [&(-1_i32).to_be_bytes()[..], &[2], &crc32c(&checked).to_be_bytes(), &checked].concat();
    [&0_i64.to_be_bytes()[..], &(rest.len() as i32).to_be_bytes(), &rest].concat()
}

fn record(key: &[u8], value: &[u8], headers: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut record = [&[0, 0, 0][..], &sized(key), &sized(value), &varint(headers.len())].concat();
    headers.iter().for_each(|(name, value)| record.extend(header(name, value)));
    sized(&record)
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as i16).to_be_bytes()[..], text.as_bytes()].concat()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&varint(bytes.len()), bytes].concat()
}

/// Zigzag, seven bits a byte, low ones first.
fn varint(number: usize) -> Vec<u8> {
    let mut rest = number * 2;
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// RFC 3720, B.4: the Castagnoli polynomial, reflected.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[test]
fn the_checksum_is_that_of_the_rfc() {
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}
