//! Makes [`Skip`]s. Each named type is looked at once, however often it is used.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, Name, UuidSchema};

use super::compile::Mismatch;
use super::skip::Skip;

/// A text of schemas nests less; a chain of references could go as deep as the text is long.
const DEPTH: u32 = 256;

/// Makes [`Skip`]s for the types of one schema.
#[derive(Debug)]
pub(crate) struct Skipping<'s, 'n> {
    names: &'n HashMap<Name, &'s Schema>,
    places: HashMap<Name, usize>,
    records: Vec<Vec<Skip>>,
}

impl<'s, 'n> Skipping<'s, 'n> {
    pub(crate) fn new(names: &'n HashMap<Name, &'s Schema>) -> Self {
        Self { names, places: HashMap::new(), records: Vec::new() }
    }

    /// How to pass over a type.
    pub(crate) fn of(&mut self, schema: &'s Schema, namespace: Option<&str>) -> Result<Skip, Mismatch> {
        self.down(schema, namespace, DEPTH)
    }

    /// The fields of every record that was met.
    pub(crate) fn finish(self) -> Vec<Vec<Skip>> {
        self.records
    }

    fn down(&mut self, schema: &'s Schema, namespace: Option<&str>, depth: u32) -> Result<Skip, Mismatch> {
        let depth = depth.checked_sub(1).ok_or(Mismatch::TooDeep)?;
        Ok(match schema {
            Schema::Null => Skip::Null,
            Schema::Boolean => Skip::Boolean,
            Schema::Int | Schema::Date | Schema::TimeMillis => Skip::Int,
            Schema::Long
            | Schema::TimeMicros
            | Schema::TimestampMillis
            | Schema::TimestampMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos => Skip::Long,
            Schema::Float => Skip::Fixed(4),
            Schema::Double => Skip::Fixed(8),
            Schema::Bytes | Schema::String | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes | UuidSchema::String) => Skip::Bytes,
            Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => Skip::Fixed(fixed.size),
            Schema::Decimal(decimal) => match &decimal.inner {
                InnerDecimalSchema::Bytes => Skip::Bytes,
                InnerDecimalSchema::Fixed(fixed) => Skip::Fixed(fixed.size),
            },
            Schema::Enum(symbols) => Skip::Symbol(symbols.symbols.len()),
            Schema::Array(array) => Skip::Array(Box::new(self.down(&array.items, namespace, depth)?)),
            Schema::Map(map) => Skip::Map(Box::new(self.down(&map.types, namespace, depth)?)),
            Schema::Union(union) => {
                let branches: Result<Vec<_>, _> = union.variants().iter().map(|variant| self.down(variant, namespace, depth)).collect();
                Skip::Union(branches?.into())
            }
            Schema::Record(record) => {
                let name = record.name.fully_qualified_name(namespace).into_owned();
                if let Some(place) = self.places.get(&name) {
                    return Ok(Skip::Record(*place));
                }
                let place = self.records.len();
                self.records.push(Vec::new());
                self.places.insert(name.clone(), place);
                let fields: Result<Vec<_>, _> =
                    record.fields.iter().map(|field| self.down(&field.schema, name.namespace(), depth)).collect();
                if let (Some(slot), fields) = (self.records.get_mut(place), fields?) {
                    *slot = fields;
                }
                Skip::Record(place)
            }
            Schema::Ref { name } => {
                let name = name.fully_qualified_name(namespace);
                let known = self.names.get(&*name).ok_or_else(|| Mismatch::NotAvro(format!("{} is not defined", name.name())))?;
                // What a reference names has been given its namespace by the place of its definition.
                self.down(known, name.namespace(), depth)?
            }
        })
    }
}
