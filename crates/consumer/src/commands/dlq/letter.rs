//! A dead letter as it lies in its topic.

use std::ffi::CStr;

use rdkafka::message::{BorrowedMessage, Message};
use serde::Serialize;

/// A dead letter; the names are those of its headers.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Letter {
    /// `PARTITION:OFFSET` in the dead-letter topic.
    pub(crate) letter: String,
    /// When it was written, in epoch milliseconds.
    pub(crate) written: Option<i64>,
    /// `None`: no letter of ours.
    pub(crate) reason: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) partition: Option<i32>,
    pub(crate) offset: Option<i64>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) group: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) merchant_biz_no: Option<String>,
    pub(crate) order_modify_time: Option<i64>,
    pub(crate) attempts: Option<u32>,
    pub(crate) first_failure: Option<i64>,
    pub(crate) last_failure: Option<i64>,
    pub(crate) schema_id: Option<u32>,
    pub(crate) truncated: bool,
    pub(crate) version: Option<String>,
    #[serde(skip)]
    pub(crate) place: (i32, i64),
    #[serde(skip)]
    pub(crate) key: Option<Box<[u8]>>,
    #[serde(skip)]
    pub(crate) value: Option<Box<[u8]>>,
}

impl Letter {
    /// Everything its headers tell, the last one of a name; key and value are copied only when they are asked for.
    pub(crate) fn of(message: &BorrowedMessage<'_>, with_record: bool) -> Self {
        let text = |name: &CStr| {
            let value = commit_queue::header(message, name).filter(|value| !value.is_empty())?;
            Some(String::from_utf8_lossy(value).chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>())
        };
        let number = |name: &CStr| text(name).and_then(|text| text.parse::<i64>().ok());
        let copy = |bytes: Option<&[u8]>| bytes.filter(|_| with_record).map(Box::from);
        let place = (message.partition(), message.offset());
        Self {
            letter: format!("{}:{}", place.0, place.1),
            written: message.timestamp().to_millis(),
            reason: text(c"ordersync.reason"),
            code: text(c"ordersync.code"),
            message: text(c"ordersync.message"),
            topic: text(c"ordersync.topic"),
            partition: number(c"ordersync.partition").and_then(|number| i32::try_from(number).ok()),
            offset: number(c"ordersync.offset"),
            timestamp: number(c"ordersync.timestamp"),
            group: text(c"ordersync.group"),
            environment: text(c"ordersync.environment"),
            merchant_biz_no: text(c"ordersync.merchant_biz_no"),
            order_modify_time: number(c"ordersync.order_modify_time"),
            attempts: number(c"ordersync.attempts").and_then(|number| u32::try_from(number).ok()),
            first_failure: number(c"ordersync.first_failure"),
            last_failure: number(c"ordersync.last_failure"),
            schema_id: number(c"ordersync.schema_id").and_then(|number| u32::try_from(number).ok()),
            truncated: text(c"ordersync.truncated").is_some_and(|text| text == "true"),
            version: text(c"ordersync.version"),
            place,
            key: copy(message.key()),
            value: copy(message.payload()),
        }
    }

    /// `topic/partition@offset` of the record.
    pub(crate) fn source(&self) -> String {
        match (&self.topic, self.partition, self.offset) {
            (Some(topic), Some(partition), Some(offset)) => format!("{topic}/{partition}@{offset}"),
            _ => "-".to_owned(),
        }
    }
}
