//! A writer's schema, as far as reading needs it.

use apache_avro::Schema;
use serde_json::Value;

use super::compile::Mismatch;

/// Parses a writer's schema. Its defaults, aliases and documentation do not matter for reading, so they are taken out first: registries
/// hold schemas with, for one, a null default of a type that begins with another one, which strict parsers refuse.
pub(crate) fn parse(text: &str) -> Result<Schema, Mismatch> {
    without(&["default", "aliases", "doc"], text)
}

/// The same, with the former names of fields and records, where a strict parser takes them.
pub(crate) fn parse_with_aliases(text: &str) -> Result<Schema, Mismatch> {
    without(&["default", "doc"], text).or_else(|_| parse(text))
}

fn without(names: &[&str], text: &str) -> Result<Schema, Mismatch> {
    let mut json: Value = serde_json::from_str(text).map_err(|error| Mismatch::NotAvro(error.to_string()))?;
    reduce(&mut json, names);
    Schema::parse(&json).map_err(|error| Mismatch::NotAvro(error.to_string()))
}

/// The name of a type, for messages.
pub(crate) fn type_name(schema: &Schema) -> &'static str {
    match schema {
        Schema::Null => "null",
        Schema::Boolean => "a boolean",
        Schema::Int => "an int",
        Schema::Long => "a long",
        Schema::Float => "a float",
        Schema::Double => "a double",
        Schema::Bytes => "bytes",
        Schema::String => "a string",
        Schema::Array(_) => "an array",
        Schema::Map(_) => "a map",
        Schema::Union(_) => "a union",
        Schema::Record(_) => "a record",
        Schema::Enum(_) => "an enum",
        Schema::Fixed(_) => "a fixed",
        Schema::Decimal(_) | Schema::BigDecimal => "a decimal",
        Schema::Uuid(_) => "a uuid in bytes",
        Schema::Date => "a date",
        Schema::TimeMillis | Schema::TimeMicros => "a time of day",
        Schema::TimestampMillis | Schema::TimestampMicros | Schema::TimestampNanos => "a timestamp",
        Schema::LocalTimestampMillis | Schema::LocalTimestampMicros | Schema::LocalTimestampNanos => "a timestamp without a zone",
        Schema::Duration(_) => "a duration",
        Schema::Ref { .. } => "a reference",
    }
}

fn reduce(json: &mut Value, names: &[&str]) {
    match json {
        Value::Array(branches) => branches.iter_mut().for_each(|branch| reduce(branch, names)),
        Value::Object(schema) => {
            for name in names {
                schema.remove(*name);
            }
            for inner in ["type", "items", "values", "fields"] {
                if let Some(inner) = schema.get_mut(inner) {
                    reduce(inner, names);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_that_does_not_fit_is_no_reason_to_refuse_a_writer() {
        let text = r#"{"type":"record","name":"O","fields":[
            {"name":"a","type":["string","null"],"default":null},
            {"name":"b","type":{"type":"enum","name":"E","symbols":["X"],"default":"Y"},"default":7,"aliases":["not a name"]}]}"#;
        assert!(Schema::parse_str(text).is_err(), "the strict parser takes it: the reduction is no longer needed");
        assert!(parse(text).is_ok());
    }

    #[test]
    fn a_field_may_be_called_as_what_is_taken_out() {
        let text = r#"{"type":"record","name":"O","fields":[{"name":"default","type":"string"},{"name":"doc","type":"int"}]}"#;
        let Schema::Record(record) = parse(text).unwrap() else { panic!("no record") };
        assert_eq!(record.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["default", "doc"]);
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        for text in ["", "{", "7", r#"{"type":"record","name":"O"}"#, r#""nosuchtype""#, &"[".repeat(100_000)] {
            assert!(matches!(parse(text), Err(Mismatch::NotAvro(_))));
        }
    }
}
