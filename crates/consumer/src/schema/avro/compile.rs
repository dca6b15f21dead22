//! Schema resolution, done once for each writer's schema (Apache Avro, Specification › Schema resolution).
//!
//! Fields are found by name, then by the reader's aliases; what only the writer has is passed over; what only the reader has takes
//! its default. `int` becomes `long`, `bytes` become `string`, a union is looked through branch by branch. Two things go beyond the
//! specification, because topics exist that need them: records are matched by their fields whatever they are called, as Avro's Java
//! library does, and an enum's symbol counts as its text. Timestamps of finer logical types become milliseconds.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{Name, RecordField, RecordSchema, ResolvedSchema, UuidSchema};

use super::plan::{Action, Branch, Member, Money, Order, Plan, Source, Step, Text, Time};
use super::reader::{Constant, Kind, Part, Reader, Wanted, kind};
use super::skipping::Skipping;
use super::writer;

/// Why no record of a writer's schema can become an order. It speaks of names and types, never of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    #[error("it is no Avro schema: {0}")]
    NotAvro(String),
    #[error("{0} is missing and has no default")]
    Missing(Box<str>),
    #[error("{name} is {found}, which does not become {wanted}")]
    Type { name: Box<str>, found: &'static str, wanted: &'static str },
    #[error("it is nested too deeply")]
    TooDeep,
    #[error("it has more branches than can be followed")]
    TooLarge,
}

/// Resolves a writer's schema against the reader's.
pub(crate) fn compile(writer: &Schema, reader: &Reader) -> Result<Plan, Mismatch> {
    let resolved = ResolvedSchema::new(writer).map_err(|error| Mismatch::NotAvro(error.to_string()))?;
    let mut compiler = Compiler { names: resolved.get_names(), reader, skipping: Skipping::new(resolved.get_names()) };
    let root = Asked { name: "its root", nullable: false, wanted: "an order" };
    let order = compiler.source(writer, None, root, |compiler, schema, namespace| match schema {
        Schema::Record(record) => compiler.order(record, namespace),
        other => Err(root.mismatch(other)),
    })?;
    Ok(Plan { order, records: compiler.skipping.finish() })
}

type Names<'s> = HashMap<Name, &'s Schema>;

/// What is looked for in a type of the writer's.
#[derive(Debug, Clone, Copy)]
struct Asked<'f> {
    /// The writer's name of the field.
    name: &'f str,
    nullable: bool,
    wanted: &'static str,
}

impl Asked<'_> {
    fn mismatch(self, found: &Schema) -> Mismatch {
        Mismatch::Type { name: self.name.into(), found: writer::type_name(found), wanted: self.wanted }
    }
}

struct Compiler<'s, 'n> {
    names: &'n Names<'s>,
    reader: &'n Reader,
    skipping: Skipping<'s, 'n>,
}

impl<'s> Compiler<'s, '_> {
    fn order(&mut self, record: &'s RecordSchema, namespace: Option<&str>) -> Result<Order, Mismatch> {
        let reader = self.reader;
        let own = record.name.fully_qualified_name(namespace);
        let (pairs, missing) = pair(&record.fields, &reader.order);
        let mut defaults = Vec::new();
        for wanted in missing {
            defaults.push((wanted.target, wanted.default.clone().ok_or_else(|| Mismatch::Missing(wanted.name.clone()))?));
        }
        let mut steps = Vec::with_capacity(record.fields.len());
        for (field, wanted) in record.fields.iter().zip(pairs) {
            let action = match wanted {
                None => Action::Skip(self.skipping.of(&field.schema, own.namespace())?),
                Some(wanted) => self.action(field, wanted, own.namespace())?,
            };
            steps.push(Step { name: field.name.as_str().into(), action });
        }
        Ok(Order { steps, defaults })
    }

    fn action(&mut self, field: &'s RecordField, wanted: &Wanted<domain::Field>, namespace: Option<&str>) -> Result<Action, Mismatch> {
        let (name, nullable) = (field.name.as_str(), wanted.nullable);
        match kind(wanted.target) {
            Kind::Text => Ok(Action::Text(wanted.target, self.text(field, namespace, nullable)?)),
            Kind::Time => {
                let asked = Asked { name, nullable, wanted: "epoch milliseconds" };
                let time = |_: &mut Self, schema, _: Option<&str>| time(schema).ok_or_else(|| asked.mismatch(schema));
                Ok(Action::Time(wanted.target, self.source(&field.schema, namespace, asked, time)?))
            }
            Kind::Money => {
                let asked = Asked { name, nullable, wanted: "an amount" };
                let money = |compiler: &mut Self, schema: &'s Schema, namespace: Option<&str>| match schema {
                    Schema::Record(record) => compiler.money(record, namespace),
                    other => Err(asked.mismatch(other)),
                };
                Ok(Action::Money(wanted.target, self.source(&field.schema, namespace, asked, money)?))
            }
        }
    }

    fn money(&mut self, record: &'s RecordSchema, namespace: Option<&str>) -> Result<Money, Mismatch> {
        let reader = self.reader;
        let own = record.name.fully_qualified_name(namespace);
        let (pairs, missing) = pair(&record.fields, &reader.money);
        let (mut value, mut currency) = (Box::default(), Box::default());
        for wanted in missing {
            let Some(Constant::Text(text)) = &wanted.default else { return Err(Mismatch::Missing(wanted.name.clone())) };
            match wanted.target {
                Part::Value => value = text.clone(),
                Part::Currency => currency = text.clone(),
            }
        }
        let mut steps = Vec::with_capacity(record.fields.len());
        for (field, wanted) in record.fields.iter().zip(pairs) {
            let action = match wanted.map(|wanted| wanted.target) {
                None => Member::Skip(self.skipping.of(&field.schema, own.namespace())?),
                Some(Part::Value) => Member::Value(self.text(field, own.namespace(), false)?),
                Some(Part::Currency) => Member::Currency(self.text(field, own.namespace(), false)?),
            };
            steps.push(Step { name: field.name.as_str().into(), action });
        }
        Ok(Money { steps, value, currency })
    }

    fn text(&mut self, field: &'s RecordField, namespace: Option<&str>, nullable: bool) -> Result<Source<Text>, Mismatch> {
        let asked = Asked { name: &field.name, nullable, wanted: "text" };
        self.source(&field.schema, namespace, asked, |_, schema, _| text(schema).ok_or_else(|| asked.mismatch(schema)))
    }

    /// Looks through a union. A branch that has no meaning for us is refused when a record uses it; without any that has, the
    /// whole schema is.
    fn source<L>(
        &mut self,
        schema: &'s Schema,
        namespace: Option<&str>,
        asked: Asked<'_>,
        mut leaf: impl FnMut(&mut Self, &'s Schema, Option<&str>) -> Result<L, Mismatch>,
    ) -> Result<Source<L>, Mismatch> {
        let mut branch = |compiler: &mut Self, schema: &'s Schema| match schema {
            Schema::Null if asked.nullable => Ok(Branch::Null),
            Schema::Null => Err(asked.mismatch(schema)),
            Schema::Ref { name } => {
                let name = name.fully_qualified_name(namespace);
                let known = compiler.names.get(&*name).ok_or_else(|| Mismatch::NotAvro(format!("{} is not defined", name.name())))?;
                leaf(compiler, known, name.namespace()).map(Branch::Value)
            }
            other => leaf(compiler, other, namespace).map(Branch::Value),
        };
        let Schema::Union(union) = schema else { return branch(self, schema).map(Source::Plain) };
        let (mut branches, mut fault, mut any) = (Vec::new(), None, false);
        for variant in union.variants() {
            branches.push(branch(self, variant).map_or_else(
                |mismatch| {
                    // The type that comes closest says most; null never does.
                    if fault.is_none() || !matches!(variant, Schema::Null) {
                        fault = Some(mismatch);
                    }
                    Branch::Refused
                },
                |branch| {
                    any = true;
                    branch
                },
            ));
        }
        match fault {
            Some(fault) if !any => Err(fault),
            Some(_) | None => Ok(Source::Union(branches.into())),
        }
    }
}

/// Which of the reader's fields each field of the writer's is, and those that no field is.
fn pair<'r, T>(writer: &[RecordField], reader: &'r [Wanted<T>]) -> (Vec<Option<&'r Wanted<T>>>, Vec<&'r Wanted<T>>) {
    let mut pairs: Vec<Option<&Wanted<T>>> = vec![None; writer.len()];
    let mut claim = |wanted: &'r Wanted<T>, name: &str| {
        let place = writer.iter().position(|field| field.name == name)?;
        let slot = pairs.get_mut(place).filter(|slot| slot.is_none())?;
        *slot = Some(wanted);
        Some(())
    };
    // A name in force goes before any former one.
    let unnamed: Vec<_> = reader.iter().filter(|wanted| claim(wanted, &wanted.name).is_none()).collect();
    let missing = unnamed.into_iter().filter(|wanted| !wanted.aliases.iter().any(|alias| claim(wanted, alias).is_some())).collect();
    (pairs, missing)
}

fn text(schema: &Schema) -> Option<Text> {
    match schema {
        Schema::String | Schema::Bytes | Schema::Uuid(UuidSchema::String) => Some(Text::Utf8),
        Schema::Enum(symbols) => Some(Text::Symbols(symbols.symbols.iter().map(|symbol| symbol.as_str().into()).collect())),
        _ => None,
    }
}

/// A time of day, a date and a time without a zone are no moments.
fn time(schema: &Schema) -> Option<Time> {
    match schema {
        Schema::Int => Some(Time::Int),
        Schema::Long | Schema::TimestampMillis => Some(Time::Millis),
        Schema::TimestampMicros => Some(Time::Micros),
        Schema::TimestampNanos => Some(Time::Nanos),
        _ => None,
    }
}
