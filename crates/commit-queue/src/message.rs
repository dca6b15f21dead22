//! What a record carries and rdkafka does not show, or shows with a panic.

use std::ffi::{CStr, c_char, c_void};
use std::{ptr, slice};

use rdkafka::bindings::{
    rd_kafka_header_cnt, rd_kafka_header_get_all, rd_kafka_header_get_last, rd_kafka_headers_t, rd_kafka_message_headers,
    rd_kafka_message_leader_epoch, rd_kafka_message_t,
};
use rdkafka::message::BorrowedMessage;
use rdkafka::types::RDKafkaRespErr;

/// The leader epoch of the batch the record was read in; `None` when the broker's message format has none.
pub fn leader_epoch(message: &BorrowedMessage<'_>) -> Option<i32> {
    // SAFETY: the message is live for as long as it is borrowed; the call only reads it.
    let epoch = unsafe { rd_kafka_message_leader_epoch(message.ptr()) };
    (epoch >= 0).then_some(epoch)
}

/// The value of the last header called `name`; `None` when there is none, when its value is null, and when the headers cannot be read.
pub fn header<'m>(message: &'m BorrowedMessage<'_>, name: &CStr) -> Option<&'m [u8]> {
    let headers = headers_of(message.ptr())?;
    let mut value: *const c_void = ptr::null();
    let mut length = 0_usize;
    // SAFETY: `headers` belongs to the message, which is borrowed; `name` ends with a zero byte; both results are ours to be written.
    let found = unsafe { rd_kafka_header_get_last(headers, name.as_ptr(), &raw mut value, &raw mut length) };
    if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR || value.is_null() {
        return None;
    }
    // SAFETY: librdkafka gave us the place and the length of a value it keeps for as long as the message lives, and never changes it.
    Some(unsafe { slice::from_raw_parts(value.cast(), length) })
}

/// What librdkafka allocates for a list of headers: its own fields, and room for pointers.
const LIST: usize = 128;
/// What it allocates for one header beside name and value: three sizes, a pointer, two zero bytes, the pointer to it, and what `malloc` adds.
const EACH: usize = 64;

/// Bytes that a copy of the record's headers takes in memory.
pub fn header_bytes(message: &BorrowedMessage<'_>) -> usize {
    let Some(headers) = headers_of(message.ptr()) else { return 0 };
    each_header(message, headers).map(|(name, length)| EACH + name.len() + length).sum::<usize>() + LIST
}

/// Whether the record has a header whose name begins like this.
pub fn has_header_beginning(message: &BorrowedMessage<'_>, beginning: &[u8]) -> bool {
    headers_of(message.ptr()).is_some_and(|headers| each_header(message, headers).any(|(name, _)| name.starts_with(beginning)))
}

/// The name of each header of the message, with the bytes of its value.
fn each_header<'m>(_: &'m BorrowedMessage<'_>, headers: *const rd_kafka_headers_t) -> impl Iterator<Item = (&'m [u8], usize)> {
    // SAFETY: `headers` belongs to the message, which is borrowed; the call only reads it.
    let count = unsafe { rd_kafka_header_cnt(headers) };
    (0..count).filter_map(move |index| nth_header(headers, index))
}

fn nth_header<'m>(headers: *const rd_kafka_headers_t, index: usize) -> Option<(&'m [u8], usize)> {
    let mut name: *const c_char = ptr::null();
    let mut value: *const c_void = ptr::null();
    let mut length = 0_usize;
    // SAFETY: the caller's headers are live; all three results are ours to be written.
    let found = unsafe { rd_kafka_header_get_all(headers, index, &raw mut name, &raw mut value, &raw mut length) };
    if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR || name.is_null() {
        return None;
    }
    // SAFETY: librdkafka ends every name with a zero byte and keeps it for as long as the headers live.
    Some((unsafe { CStr::from_ptr(name) }.to_bytes(), length))
}

fn headers_of(message: *const rd_kafka_message_t) -> Option<*const rd_kafka_headers_t> {
    let mut headers: *mut rd_kafka_headers_t = ptr::null_mut();
    // SAFETY: the message is live; its headers are parsed at the first call and stay its property.
    let found = unsafe { rd_kafka_message_headers(message, &raw mut headers) };
    (found == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR).then_some(headers.cast_const())
}

#[cfg(test)]
mod tests;
