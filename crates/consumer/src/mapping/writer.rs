//! A writer's schema with the mappings that were held against it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use apache_avro::Schema;
use apache_avro::schema::{Aliases, Name, RecordSchema, ResolvedSchema};

use super::avro::{AvroPlan, Misfit, compile};
use super::rule::Mapping;
use super::{Mapped, Mappings, Unread};
use crate::schema::avro::{Broken, Cursor, Mismatch, parse_with_aliases};

/// A writer's schema. Its records are of one type, or of several in a union.
#[derive(Debug)]
pub(crate) struct Writer {
    schema: Schema,
    is_union: bool,
    roots: Vec<Option<Root>>,
}

/// One record that a value may be.
#[derive(Debug)]
struct Root {
    /// Its full name and former ones.
    names: Vec<String>,
    /// One for each mapping, made when the first record needs it.
    plans: Vec<OnceLock<Result<AvroPlan, Arc<str>>>>,
}

/// One record of a schema, held against the mapping that takes it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) record: String,
    /// The mapping's key; none takes it.
    pub(crate) mapping: Option<String>,
    /// Paths that the schema does not have and that may be null.
    pub(crate) missing: Vec<Misfit>,
}

/// Why a record is no order.
#[derive(Debug)]
pub(crate) enum NoPlan<'r> {
    /// The value is none of the schema's records.
    NoRecord(Broken),
    /// No mapping takes records of this name.
    NoMapping(&'r str),
    /// The mapping that takes it does not fit the schema.
    Misfit(Arc<str>),
    /// The mapping fits, the record does not.
    Unread(Unread<'r>),
}

impl Writer {
    /// Understands a schema's text for so many mappings.
    pub(crate) fn parse(text: &str, mappings: &Mappings) -> Result<Self, Mismatch> {
        Self::new(parse_with_aliases(text)?, mappings)
    }

    fn new(schema: Schema, mappings: &Mappings) -> Result<Self, Mismatch> {
        let is_union = matches!(schema, Schema::Union(_));
        let plans = || mappings.iter().map(|_| OnceLock::new()).collect();
        let roots: Vec<_> =
            records(&schema)?.into_iter().map(|record| record.map(|record| Root { names: names(record), plans: plans() })).collect();
        if roots.iter().all(Option::is_none) {
            return Err(Mismatch::Type { name: "its root".into(), found: crate::schema::avro::type_name(&schema), wanted: "a record" });
        }
        Ok(Self { schema, is_union, roots })
    }

    /// The order in one value.
    pub(crate) fn read<'r>(&'r self, mappings: &'r Mappings, topic: &str, bytes: &'r [u8]) -> Result<Mapped<'r>, NoPlan<'r>> {
        let mut cursor = Cursor::new(bytes);
        let at = if self.is_union { cursor.index().map_err(NoPlan::NoRecord)? } else { 0 };
        let root = self.roots.get(at).ok_or(NoPlan::NoRecord(Broken::NoSuchBranch))?.as_ref().ok_or(NoPlan::NoRecord(Broken::Refused))?;
        let name = root.names.first().map(String::as_str).unwrap_or_default();
        let (number, mapping) = mappings.select(topic, Some(&root.names)).ok_or(NoPlan::NoMapping(name))?;
        let plan = root.plans.get(number).ok_or(NoPlan::NoMapping(name))?.get_or_init(|| self.plan(at, mapping));
        let plan = plan.as_ref().map_err(|reason| NoPlan::Misfit(Arc::clone(reason)))?;
        plan.read(mapping, cursor).map_err(NoPlan::Unread)
    }

    /// Refuses a schema for whose records there is no mapping, or one that does not fit or names a path that is not there.
    pub(crate) fn must_fit(&self, mappings: &Mappings) -> Result<(), String> {
        let mut taken = false;
        for (record, root) in records(&self.schema).map_err(|mismatch| mismatch.to_string())?.into_iter().zip(&self.roots) {
            let (Some(record), Some(root)) = (record, root) else { continue };
            for mapping in mappings.iter().filter(|mapping| mapping.record.as_ref().is_none_or(|name| root.names.contains(name))) {
                taken = true;
                let (_, missing) = compile(mapping, &self.schema, record).map_err(|misfit| misfit.to_string())?;
                missing.first().map_or(Ok(()), |missing| Err(missing.to_string()))?;
            }
        }
        if taken { Ok(()) } else { Err("mapping: none takes the records of schema.writer_schema_file".to_owned()) }
    }

    /// Holds the mappings that take its records against it: what fits, with the paths that are not there, or the first that does not fit.
    pub(crate) fn check(&self, mappings: &Mappings, topic: &str) -> Result<Vec<Held>, Misfit> {
        let records = records(&self.schema)?;
        let mut found = Vec::new();
        for (record, root) in records.into_iter().zip(&self.roots) {
            let (Some(record), Some(root)) = (record, root) else { continue };
            let name = record.name.fullname(None);
            match mappings.select(topic, Some(&root.names)) {
                None => found.push(Held { record: name, mapping: None, missing: Vec::new() }),
                Some((_, mapping)) => {
                    let (_, missing) = compile(mapping, &self.schema, record)?;
                    found.push(Held { record: name, mapping: Some(mapping.key.to_string()), missing });
                }
            }
        }
        Ok(found)
    }

    fn plan(&self, at: usize, mapping: &Mapping) -> Result<AvroPlan, Arc<str>> {
        let record = records(&self.schema).ok().and_then(|records| records.into_iter().nth(at).flatten());
        let compiled = record.ok_or(Misfit::Schema(Mismatch::NotAvro("it has no such record".to_owned())));
        match compiled.and_then(|record| compile(mapping, &self.schema, record)) {
            Ok((plan, missing)) => {
                for missing in missing {
                    tracing::warn!(reason = %missing, "the mapping names a path that a writer's schema does not have: it counts as null");
                }
                Ok(plan)
            }
            Err(misfit) => {
                tracing::error!(reason = %misfit, "the mapping does not fit a writer's schema: its records are parked as unmapped");
                Err(misfit.to_string().into())
            }
        }
    }
}

/// The records that a value may be: one, or in a union one for each branch that is one.
fn records(schema: &Schema) -> Result<Vec<Option<&RecordSchema>>, Mismatch> {
    let resolved = ResolvedSchema::new(schema).map_err(|error| Mismatch::NotAvro(error.to_string()))?;
    Ok(match schema {
        Schema::Union(union) => union.variants().iter().map(|variant| record(variant, resolved.get_names())).collect(),
        other => vec![record(other, resolved.get_names())],
    })
}

fn record<'s>(schema: &'s Schema, names: &HashMap<Name, &'s Schema>) -> Option<&'s RecordSchema> {
    let schema = match schema {
        Schema::Ref { name } => names.get(name).copied()?,
        other => other,
    };
    match schema {
        Schema::Record(record) => Some(record),
        _ => None,
    }
}

fn names(record: &RecordSchema) -> Vec<String> {
    let former = |aliases: &Aliases| -> Vec<String> {
        let aliases = aliases.iter().flatten();
        aliases.map(|alias| alias.fullname(Name::namespace(&record.name))).collect()
    };
    let mut names = vec![record.name.fullname(None)];
    names.extend(former(&record.aliases));
    names
}
