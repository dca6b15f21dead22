//! Order events as a merchant's producer writes them, encoded by Apache's own crate (the consumer decodes with another).

use std::borrow::Cow;
use std::sync::OnceLock;

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use serde_json::{Map, Value as Json, json};

use crate::kafka::Record;

/// The reader's schema, which is also the writer's unless a test takes another.
pub const ORDER_EVENT: &str = include_str!("../../schemas/order_event.avsc");

/// One order event. [`Order::new`] is valid as it stands; every field can be set or left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Order(Map<String, Json>);

impl Order {
    /// A movie ticket of this order number, created and modified in October 2025.
    pub fn new(merchant_biz_no: &str) -> Self {
        let created = 1_760_000_000_000_i64;
        let fields = json!({
            "merchantBizNo": merchant_biz_no,
            "merchantBizType": "MOVIE_TICKET",
            "orderStatus": "TICKETED",
            "userId": "2088102000000001",
            "orderCreateTime": created,
            "orderModifyTime": created,
        });
        let Json::Object(fields) = fields else { unreachable!("an object") };
        Self(fields)
    }

    /// Sets a field by its name in the schema; `null` for none.
    pub fn set(mut self, field: &str, value: impl Into<Json>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// Sets the business type.
    pub fn biz_type(self, name: &str) -> Self {
        self.set("merchantBizType", name)
    }

    /// Sets the status.
    pub fn status(self, status: &str) -> Self {
        self.set("orderStatus", status)
    }

    /// Modified this many milliseconds after the order was created.
    pub fn modified_after(self, millis: i64) -> Self {
        let created = self.0["orderCreateTime"].as_i64().expect("a number");
        self.set("orderModifyTime", created + millis)
    }

    /// Sets what was paid: minor units and currency.
    pub fn amount(self, value: &str, currency: &str) -> Self {
        self.set("amount", json!({ "value": value, "currency": currency }))
    }

    /// Sets the extra information, a JSON object as text.
    pub fn ext_info(self, object: &str) -> Self {
        self.set("extInfo", object)
    }

    /// The order number.
    pub fn merchant_biz_no(&self) -> &str {
        self.0["merchantBizNo"].as_str().expect("text")
    }

    /// As plain JSON, null fields left out.
    pub fn json(&self) -> Json {
        Json::Object(self.0.clone().into_iter().filter(|(_, value)| !value.is_null()).collect())
    }

    /// As bare Avro.
    pub fn bare(&self) -> Vec<u8> {
        datum(ORDER_EVENT, &self.json())
    }

    /// In Confluent's framing, with this schema id.
    pub fn confluent(&self, schema_id: u32) -> Vec<u8> {
        confluent(schema_id, &self.bare())
    }

    /// In Avro's single-object encoding.
    pub fn single_object(&self) -> Vec<u8> {
        single_object(ORDER_EVENT, &self.bare())
    }

    /// A record with the order number as key, in Confluent's framing.
    pub fn record(&self, schema_id: u32) -> Record {
        Record::new(self.merchant_biz_no(), self.confluent(schema_id))
    }
}

/// Encodes JSON with any schema. A union takes the first branch that fits; a field that is missing takes its default.
pub fn datum(schema: &str, value: &Json) -> Vec<u8> {
    // Parsing costs more than encoding, and nearly everything is an order event.
    static ORDER: OnceLock<Schema> = OnceLock::new();
    let parse = || Schema::parse_str(schema).expect("a valid schema");
    let schema = if schema == ORDER_EVENT { Cow::Borrowed(ORDER.get_or_init(parse)) } else { Cow::Owned(parse()) };
    let value = Value::try_from(value.clone()).and_then(|value| value.resolve(&schema)).expect("a value of this schema");
    let writer = GenericDatumWriter::builder(&schema).build().expect("a valid schema");
    writer.write_value_to_vec(value).expect("a value of this schema")
}

/// Confluent Schema Registry › Wire format: a zero byte, the schema id as four bytes, big end first, the datum.
pub fn confluent(schema_id: u32, datum: &[u8]) -> Vec<u8> {
    [&[0], schema_id.to_be_bytes().as_slice(), datum].concat()
}

/// Apache Avro specification › Single-object encoding: C3 01, the CRC-64-AVRO fingerprint of the writer's schema, little end first, the datum.
pub fn single_object(schema: &str, datum: &[u8]) -> Vec<u8> {
    let fingerprint = Schema::parse_str(schema).expect("a valid schema").fingerprint::<Rabin>();
    [&[0xC3, 0x01], fingerprint.bytes.as_slice(), datum].concat()
}

#[cfg(test)]
mod tests {
    use apache_avro::reader::datum::GenericDatumReader;

    use super::*;

    #[test]
    fn a_datum_is_encoded_as_the_avro_specification_says() {
        // Apache Avro specification › Binary encoding, its example of a record {"a": 27, "b": "foo"}.
        let schema = r#"{"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]}"#;
        assert_eq!(datum(schema, &json!({ "a": 27, "b": "foo" })), [0x36, 0x06, 0x66, 0x6f, 0x6f]);
    }

    #[test]
    fn confluent_framing_puts_a_zero_and_the_id_first() {
        assert_eq!(confluent(258, b"x"), [0, 0, 0, 1, 2, b'x']);
    }

    #[test]
    fn single_object_encoding_carries_the_fingerprint_of_the_schema() {
        // The fingerprint of "int" in the specification's own test cases (share/test/data/schema-tests.txt): 0x7275d51a3f395c8f.
        assert_eq!(single_object("\"int\"", &[2]), [0xC3, 0x01, 0x8f, 0x5c, 0x39, 0x3f, 0x1a, 0xd5, 0x75, 0x72, 2]);
    }

    #[test]
    fn an_order_is_read_back_by_the_schema() {
        let order = Order::new("A1").amount("100", "HKD").ext_info("{\"a\":1}").modified_after(5);
        let schema = Schema::parse_str(ORDER_EVENT).unwrap();
        let reader = GenericDatumReader::builder(&schema).build().unwrap();
        let read = reader.read_value(&mut order.bare().as_slice()).unwrap();
        let Value::Record(fields) = read else { panic!("{read:?}") };
        assert_eq!(fields.len(), 18);
        assert_eq!(fields[6].1, Value::TimestampMillis(1_760_000_000_005));
        assert_eq!(fields[4].1, Value::Union(0, Box::new(Value::Null)));
        assert_eq!(fields[17].1, Value::Union(1, Box::new(Value::String("{\"a\":1}".to_owned()))));
    }
}
