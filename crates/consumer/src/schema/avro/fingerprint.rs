//! Fingerprints of schemas (Apache Avro, Specification › Schema fingerprints).

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, UuidSchema};

/// CRC-64-AVRO of a schema's canonical form, its lowest byte first.
pub(crate) type Fingerprint = [u8; 8];

/// The fingerprint of the empty text, and the polynomial.
const EMPTY: u64 = 0xc15d_213a_a4d7_a795;

/// The fingerprint that the specification and the Java library give a schema.
pub(crate) fn fingerprint(schema: &Schema) -> Fingerprint {
    let mut form = String::new();
    canonical(schema, None, &mut form);
    crc(form.as_bytes())
}

/// Every fingerprint that writers of the schema use: the Rust and Python libraries leave `{"type":"long"}` where a logical type was,
/// which gives another one.
pub(crate) fn fingerprints(schema: &Schema) -> [Fingerprint; 2] {
    [fingerprint(schema), crc(schema.canonical_form().as_bytes())]
}

/// Writes the parsing canonical form: full names, no attributes but those that the bytes depend on, no white space.
fn canonical(schema: &Schema, namespace: Option<&str>, form: &mut String) {
    let primitive = match schema {
        Schema::Null => "null",
        Schema::Boolean => "boolean",
        Schema::Int | Schema::Date | Schema::TimeMillis => "int",
        Schema::Long
        | Schema::TimeMicros
        | Schema::TimestampMillis
        | Schema::TimestampMicros
        | Schema::TimestampNanos
        | Schema::LocalTimestampMillis
        | Schema::LocalTimestampMicros
        | Schema::LocalTimestampNanos => "long",
        Schema::Float => "float",
        Schema::Double => "double",
        Schema::Bytes | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => "bytes",
        Schema::String | Schema::Uuid(UuidSchema::String) => "string",
        Schema::Array(array) => {
            form.push_str("{\"type\":\"array\",\"items\":");
            canonical(&array.items, namespace, form);
            return form.push('}');
        }
        Schema::Map(map) => {
            form.push_str("{\"type\":\"map\",\"values\":");
            canonical(&map.types, namespace, form);
            return form.push('}');
        }
        Schema::Union(union) => return list(form, union.variants(), |form, variant| canonical(variant, namespace, form)),
        Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
            named(form, &fixed.name.fullname(namespace), "fixed");
            return form.push_str(&format!("\"size\":{}}}", fixed.size));
        }
        Schema::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Bytes => "bytes",
            InnerDecimalSchema::Fixed(fixed) => {
                named(form, &fixed.name.fullname(namespace), "fixed");
                return form.push_str(&format!("\"size\":{}}}", fixed.size));
            }
        },
        Schema::Enum(symbols) => {
            named(form, &symbols.name.fullname(namespace), "enum");
            form.push_str("\"symbols\":");
            list(form, &symbols.symbols, |form, symbol| quote(form, symbol));
            return form.push('}');
        }
        Schema::Record(record) => {
            let name = record.name.fully_qualified_name(namespace);
            named(form, &name.fullname(None), "record");
            form.push_str("\"fields\":");
            list(form, &record.fields, |form, field| {
                form.push_str("{\"name\":");
                quote(form, &field.name);
                form.push_str(",\"type\":");
                canonical(&field.schema, name.namespace(), form);
                form.push('}');
            });
            return form.push('}');
        }
        Schema::Ref { name } => return quote(form, &name.fullname(namespace)),
    };
    quote(form, primitive);
}

fn named(form: &mut String, name: &str, kind: &str) {
    form.push_str("{\"name\":");
    quote(form, name);
    form.push_str(",\"type\":");
    quote(form, kind);
    form.push(',');
}

fn list<T>(form: &mut String, items: &[T], mut item: impl FnMut(&mut String, &T)) {
    let mut front = '[';
    for each in items {
        form.push(front);
        front = ',';
        item(form, each);
    }
    form.push_str(if items.is_empty() { "[]" } else { "]" });
}

/// Names and symbols hold nothing that had to be escaped.
fn quote(form: &mut String, name: &str) {
    form.push('"');
    form.push_str(name);
    form.push('"');
}

fn crc(bytes: &[u8]) -> Fingerprint {
    let step = |crc: u64, byte: &u8| {
        let mut low = (crc ^ u64::from(*byte)) & 0xff;
        for _ in 0..8 {
            low = (low >> 1) ^ (EMPTY & (low & 1).wrapping_neg());
        }
        (crc >> 8) ^ low
    };
    bytes.iter().fold(EMPTY, step).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::avro::{ORDER_EVENT, parse};

    /// What org.apache.avro:avro 1.12.0 answers to `SchemaNormalization.parsingFingerprint("CRC-64-AVRO", schema)`.
    #[test]
    fn the_fingerprints_are_those_of_the_java_library() {
        let types = r#"{"type":"record","name":"a.B","doc":"x","fields":[
            {"name":"x","type":{"type":"fixed","name":"D","size":12,"logicalType":"duration"}},
            {"name":"y","type":{"type":"map","values":{"type":"array","items":{"type":"enum","name":"E","symbols":["Q"]}}}},
            {"name":"z","type":["null","E",{"type":"bytes","logicalType":"decimal","precision":4}]}]}"#;
        for (schema, expected) in [(ORDER_EVENT, 0x17b5_57a8_2eee_0baf_u64), (types, 0xbcdd_e9c0_efbf_7abd)] {
            assert_eq!(fingerprint(&parse(schema).unwrap()), expected.to_be_bytes());
        }
    }

    /// Apache Avro, Specification › Schema fingerprints: the one of "int".
    #[test]
    fn the_fingerprint_of_int_is_that_of_the_specification() {
        assert_eq!(fingerprint(&Schema::Int), 0x7275_d51a_3f39_5c8f_u64.to_le_bytes());
    }

    /// What the Python package avro answers to `schema.fingerprint()`.
    #[test]
    fn the_other_form_of_logical_types_is_known_too() {
        let [java, python] = fingerprints(&parse(ORDER_EVENT).unwrap());
        assert_eq!((java, python), (0x17b5_57a8_2eee_0baf_u64.to_be_bytes(), 0x4fcc_474a_3487_3bcc_u64.to_be_bytes()));
    }
}
