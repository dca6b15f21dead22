//! The log as it lies in the topic, and the dead letters beside it.

use std::collections::BTreeMap;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;

use crate::avro::ORDER_EVENT;
use crate::kafka::{Found, Topic};

/// What one record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// One modification of an order.
    Modification {
        /// `merchantBizNo`.
        order: String,
        /// `orderModifyTime`.
        at: i64,
        /// `orderStatus`.
        status: String,
    },
    /// A null value.
    Tombstone,
    /// No order event.
    Unfit,
}

/// One dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// `ordersync.reason`.
    pub reason: String,
    /// When it was written, epoch milliseconds.
    pub at: i64,
}

/// Every record and every dead letter, by partition and offset of the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// The records.
    pub records: BTreeMap<(i32, i64), What>,
    /// The first dead letter of each record that has one.
    pub letters: BTreeMap<(i32, i64), Letter>,
    /// Dead letters that were written again.
    pub letters_again: u64,
}

impl Log {
    /// Reads both topics to their ends. Every framing of [`crate::avro::Order`] is understood.
    pub fn read(orders: &Topic<'_>, dead_letters: &Topic<'_>) -> Self {
        let schema = Schema::parse_str(ORDER_EVENT).expect("a valid schema");
        let reader = GenericDatumReader::builder(&schema).build().expect("a valid schema");
        let mut log = Self::default();
        orders.each(|record| {
            let what = match &record.value {
                None => What::Tombstone,
                Some(value) => modification(&reader, datum(value)).unwrap_or(What::Unfit),
            };
            log.records.insert((record.partition, record.offset), what);
        });
        dead_letters.each(|letter| {
            // Letters of other topics belong to other logs.
            if letter.header("ordersync.topic") == Some(orders.name()) {
                let number = |name: &str| letter.header(name).and_then(|text| text.parse::<i64>().ok()).expect("a number in a letter");
                let place = (number("ordersync.partition") as i32, number("ordersync.offset"));
                log.add_letter(place, &letter);
            }
        });
        log
    }

    fn add_letter(&mut self, place: (i32, i64), letter: &Found) {
        if self.letters.contains_key(&place) {
            self.letters_again += 1;
            return;
        }
        let reason = letter.header("ordersync.reason").unwrap_or_default().to_owned();
        self.letters.insert(place, Letter { reason, at: letter.timestamp.unwrap_or(i64::MAX) });
    }
}

/// What stands behind the framing. A datum of ours begins with the length of a text, so never with these bytes.
fn datum(value: &[u8]) -> &[u8] {
    match value {
        [0, _, _, _, _, rest @ ..] | [0xC3, 1, _, _, _, _, _, _, _, _, rest @ ..] => rest,
        bare => bare,
    }
}

fn modification(reader: &GenericDatumReader<'_>, mut datum: &[u8]) -> Option<What> {
    let Value::Record(fields) = reader.read_value(&mut datum).ok()? else { return None };
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
    let text = |name: &str| if let Some(Value::String(text)) = field(name) { Some(text.clone()) } else { None };
    let Some(Value::TimestampMillis(at)) = field("orderModifyTime") else { return None };
    Some(What::Modification { order: text("merchantBizNo")?, at: *at, status: text("orderStatus")? })
}
