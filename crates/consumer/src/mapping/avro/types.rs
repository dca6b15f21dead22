//! What a type of a writer's schema means where a value of it is taken. Each named record is looked at once, however often it is used.

use std::collections::HashMap;
use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, Name, UuidSchema};

use crate::mapping::rule::Want;
use crate::schema::avro::Mismatch;

/// A text of schemas nests less; a chain of references could go as deep as the text is long.
const DEPTH: u32 = 256;

/// One type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Fixed(usize),
    /// A uuid in so many bytes, or behind a length.
    Uuid(Option<usize>),
    Enum(Arc<[Box<str>]>),
    /// The scale, and the size of a fixed.
    Decimal(i32, Option<usize>),
    BigDecimal,
    Date,
    /// So many of these are a second.
    TimeOfDay(u32),
    /// So many of these are a millisecond.
    Timestamp(i64),
    Duration,
    Array(Box<Type>),
    Map(Box<Type>),
    Union(Box<[Type]>),
    /// By its place in [`Records`]: records may hold themselves.
    Record(usize),
}

/// The fields of records, by name.
pub(super) type Records = Vec<Vec<(Box<str>, Type)>>;

impl Type {
    /// Whether values of it, or of a branch of it, can become what is wanted.
    pub(super) fn fits(&self, want: Want) -> bool {
        if let Self::Union(branches) = self {
            return branches.iter().any(|branch| *branch != Self::Null && branch.fits(want));
        }
        let number = matches!(self, Self::Int | Self::Long | Self::Decimal(..) | Self::BigDecimal);
        match want {
            Want::Any => true,
            Want::Text => number || matches!(self, Self::Text | Self::Bytes | Self::Uuid(_) | Self::Enum(_) | Self::Boolean),
            Want::Time => number || matches!(self, Self::Text | Self::Bytes | Self::Timestamp(_) | Self::Date),
            Want::Integer => number || matches!(self, Self::Text | Self::Bytes),
            Want::Amount => number || matches!(self, Self::Text | Self::Bytes),
            Want::Whole => matches!(self, Self::Record(_) | Self::Map(_) | Self::Array(_) | Self::Text | Self::Bytes),
        }
    }
}

/// Makes types.
pub(super) struct Types<'s, 'n> {
    names: &'n HashMap<Name, &'s Schema>,
    places: HashMap<Name, usize>,
    enums: HashMap<Name, Arc<[Box<str>]>>,
    pub(super) records: Records,
}

impl<'s, 'n> Types<'s, 'n> {
    pub(super) fn new(names: &'n HashMap<Name, &'s Schema>) -> Self {
        Self { names, places: HashMap::new(), enums: HashMap::new(), records: Vec::new() }
    }

    pub(super) fn of(&mut self, schema: &'s Schema, namespace: Option<&str>) -> Result<Type, Mismatch> {
        self.down(schema, namespace, DEPTH)
    }

    fn down(&mut self, schema: &'s Schema, namespace: Option<&str>, depth: u32) -> Result<Type, Mismatch> {
        let depth = depth.checked_sub(1).ok_or(Mismatch::TooDeep)?;
        Ok(match schema {
            Schema::Null => Type::Null,
            Schema::Boolean => Type::Boolean,
            Schema::Int => Type::Int,
            Schema::Long => Type::Long,
            Schema::Float => Type::Float,
            Schema::Double => Type::Double,
            Schema::Bytes => Type::Bytes,
            Schema::String | Schema::Uuid(UuidSchema::String) => Type::Text,
            Schema::Fixed(fixed) => Type::Fixed(fixed.size),
            Schema::Uuid(UuidSchema::Bytes) => Type::Uuid(None),
            Schema::Uuid(UuidSchema::Fixed(fixed)) => Type::Uuid(Some(fixed.size)),
            Schema::Enum(symbols) => {
                let name = symbols.name.fully_qualified_name(namespace).into_owned();
                let made = || symbols.symbols.iter().map(|symbol| symbol.as_str().into()).collect();
                Type::Enum(Arc::clone(self.enums.entry(name).or_insert_with(made)))
            }
            Schema::Decimal(decimal) => {
                let size = match &decimal.inner {
                    InnerDecimalSchema::Bytes => None,
                    InnerDecimalSchema::Fixed(fixed) => Some(fixed.size),
                };
                Type::Decimal(i32::try_from(decimal.scale).unwrap_or(i32::MAX), size)
            }
            Schema::BigDecimal => Type::BigDecimal,
            Schema::Date => Type::Date,
            Schema::TimeMillis => Type::TimeOfDay(1_000),
            Schema::TimeMicros => Type::TimeOfDay(1_000_000),
            Schema::TimestampMillis | Schema::LocalTimestampMillis => Type::Timestamp(1),
            Schema::TimestampMicros | Schema::LocalTimestampMicros => Type::Timestamp(1_000),
            Schema::TimestampNanos | Schema::LocalTimestampNanos => Type::Timestamp(1_000_000),
            Schema::Duration(_) => Type::Duration,
            Schema::Array(array) => Type::Array(Box::new(self.down(&array.items, namespace, depth)?)),
            Schema::Map(map) => Type::Map(Box::new(self.down(&map.types, namespace, depth)?)),
            Schema::Union(union) => {
                let branches: Result<Vec<_>, _> = union.variants().iter().map(|variant| self.down(variant, namespace, depth)).collect();
                Type::Union(branches?.into())
            }
            Schema::Record(record) => {
                let name = record.name.fully_qualified_name(namespace).into_owned();
                if let Some(place) = self.places.get(&name) {
                    return Ok(Type::Record(*place));
                }
                let place = self.records.len();
                self.records.push(Vec::new());
                self.places.insert(name.clone(), place);
                let mut fields = Vec::with_capacity(record.fields.len());
                for field in &record.fields {
                    fields.push((field.name.as_str().into(), self.down(&field.schema, name.namespace(), depth)?));
                }
                if let Some(slot) = self.records.get_mut(place) {
                    *slot = fields;
                }
                Type::Record(place)
            }
            Schema::Ref { name } => {
                let (known, name) = resolve(self.names, name, namespace)?;
                self.down(known, name.namespace(), depth)?
            }
        })
    }
}

/// What a reference names, and under which full name.
pub(super) fn resolve<'s, 'n>(
    names: &HashMap<Name, &'s Schema>,
    name: &'n Name,
    namespace: Option<&str>,
) -> Result<(&'s Schema, std::borrow::Cow<'n, Name>), Mismatch> {
    let name = name.fully_qualified_name(namespace);
    let known = names.get(&*name).ok_or_else(|| Mismatch::NotAvro(format!("{} is not defined", name.name())))?;
    Ok((known, name))
}
