//! Holds a mapping against a writer's schema, once.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{Name, RecordSchema, ResolvedSchema};

use super::read::AvroPlan;
use super::types::{Types, resolve};
use super::walk::Walk;
use crate::mapping::rule::Mapping;
use crate::schema::avro::{Mismatch, Skipping, type_name};

/// Unions of unions multiply: more places than this are in no honest schema.
const LARGEST: usize = 100_000;

/// Why a mapping does not fit a writer's schema. It names the key, the path and types, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misfit {
    #[error("{key}: {record} has no {path:?}: {why}")]
    NoSuchPath { key: Box<str>, path: String, record: String, why: String },
    #[error("{key}: {path:?} of {record} is {found}, which does not become {wanted}")]
    Type { key: Box<str>, path: String, record: String, found: String, wanted: &'static str },
    #[error(transparent)]
    Schema(#[from] Mismatch),
}

/// A plan, and what it will take for null because this schema does not have it.
pub(crate) type Compiled = (AvroPlan, Vec<Misfit>);

/// Compiles a mapping for the records of `root`, a record of the writer's schema `schema`.
pub(crate) fn compile<'s>(mapping: &Mapping, schema: &'s Schema, root: &'s RecordSchema) -> Result<Compiled, Misfit> {
    let resolved = ResolvedSchema::new(schema).map_err(|error| Mismatch::NotAvro(error.to_string()))?;
    let names = resolved.get_names();
    let count = mapping.paths.len();
    let mut compiler = Compiler {
        names,
        types: Types::new(names),
        skipping: Skipping::new(names),
        ends: vec![Vec::new(); count],
        missing: vec![None; count],
        kinds: Vec::new(),
        budget: LARGEST,
    };
    let wanted: Vec<_> = mapping.paths.iter().enumerate().map(|(slot, path)| (slot, path.parts())).collect();
    let mut fields = Vec::with_capacity(root.fields.len());
    for (field, walk) in root.fields.iter().zip(compiler.fields(root, None, &wanted)?) {
        fields.push((field.name.as_str().into(), walk));
    }
    let mut left_out = Vec::new();
    for demand in &mapping.demands {
        let (path, record) = (mapping.path(demand.slot).to_string(), root.name.fullname(None));
        let key = demand.key.clone();
        let ends = compiler.ends.get(demand.slot).map(Vec::as_slice).unwrap_or_default();
        if ends.is_empty() {
            let why = compiler.missing.get(demand.slot).cloned().flatten().unwrap_or_default();
            let misfit = Misfit::NoSuchPath { key, path, record, why };
            if !demand.optional {
                return Err(misfit);
            }
            left_out.push(misfit);
            continue;
        }
        let fits = |(kind, _): &(u32, String)| compiler.kinds.get(*kind as usize).is_some_and(|kind| kind.fits(demand.want));
        if !ends.iter().any(fits) {
            let found = ends.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(" or ");
            return Err(Misfit::Type { key, path, record, found, wanted: demand.want.name() });
        }
    }
    let Compiler { types, skipping, kinds, .. } = compiler;
    let plan = AvroPlan { fields, skipped: skipping.finish(), kinds, records: types.records };
    Ok((plan, left_out))
}

/// A path that goes on from here: its place, and the parts that are left.
type On<'w> = (usize, &'w [Box<str>]);
type Wanted<'w> = [On<'w>];
/// Paths by their next part.
type Groups<'w> = Vec<(&'w str, Vec<On<'w>>)>;

struct Compiler<'s, 'n> {
    names: &'n HashMap<Name, &'s Schema>,
    types: Types<'s, 'n>,
    skipping: Skipping<'s, 'n>,
    /// For each path: the types that it ends at, by number, and their names.
    ends: Vec<Vec<(u32, String)>>,
    /// For each path: where it broke off.
    missing: Vec<Option<String>>,
    kinds: Vec<super::types::Type>,
    /// How many more places may be looked at.
    budget: usize,
}

impl<'s> Compiler<'s, '_> {
    fn walk(&mut self, schema: &'s Schema, namespace: Option<&str>, wanted: &Wanted<'_>) -> Result<Walk, Mismatch> {
        self.budget = self.budget.checked_sub(1).ok_or(Mismatch::TooLarge)?;
        if wanted.is_empty() {
            return Ok(Walk::Skip(self.skipping.of(schema, namespace)?));
        }
        if let Schema::Ref { name } = schema {
            let (known, name) = resolve(self.names, name, namespace)?;
            return self.walk(known, name.namespace(), wanted);
        }
        let here: Vec<usize> = wanted.iter().filter(|(_, parts)| parts.is_empty()).map(|(slot, _)| *slot).collect();
        let on: Vec<_> = wanted.iter().filter(|(_, parts)| !parts.is_empty()).copied().collect();
        let inner = if on.is_empty() { Walk::Skip(self.skipping.of(schema, namespace)?) } else { self.parts(schema, namespace, &on)? };
        if here.is_empty() {
            return Ok(inner);
        }
        let kind = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        self.kinds.push(self.types.of(schema, namespace)?);
        for slot in &here {
            if let Some(ends) = self.ends.get_mut(*slot) {
                ends.push((kind, describe(schema)));
            }
        }
        Ok(Walk::Here(here.into(), kind, Box::new(inner)))
    }

    /// Goes into a type. Every path has a further part.
    fn parts(&mut self, schema: &'s Schema, namespace: Option<&str>, wanted: &Wanted<'_>) -> Result<Walk, Mismatch> {
        match schema {
            Schema::Record(record) => Ok(Walk::Record(self.fields(record, namespace, wanted)?.into())),
            Schema::Union(union) => {
                let branches: Result<Vec<_>, _> = union.variants().iter().map(|variant| self.walk(variant, namespace, wanted)).collect();
                Ok(Walk::Union(branches?.into()))
            }
            Schema::Map(map) => {
                let mut keys: Vec<(Box<str>, Walk)> = Vec::new();
                for (key, inner) in grouped(wanted) {
                    keys.push((key.into(), self.walk(&map.types, namespace, &inner)?));
                }
                Ok(Walk::Map(keys.into(), self.skipping.of(&map.types, namespace)?))
            }
            Schema::Array(array) => {
                let mut numbers: Vec<(usize, Walk)> = Vec::new();
                for (part, inner) in grouped(wanted) {
                    match part.parse() {
                        Ok(number) => numbers.push((number, self.walk(&array.items, namespace, &inner)?)),
                        Err(_) => self.lacks(&inner, &format!("{part:?} stands behind an array, where the number of an item is needed")),
                    }
                }
                Ok(Walk::Array(numbers.into(), self.skipping.of(&array.items, namespace)?))
            }
            other => {
                // Null is the branch of a union in which there is nothing.
                if !matches!(other, Schema::Null) {
                    let part = wanted.first().and_then(|(_, parts)| parts.first()).map(AsRef::as_ref).unwrap_or_default();
                    self.lacks(wanted, &format!("{part:?} stands behind {}, which has no parts", type_name(other)));
                }
                Ok(Walk::Skip(self.skipping.of(other, namespace)?))
            }
        }
    }

    /// Fields are found by their name, then by a former name that the writer's schema tells.
    fn fields(&mut self, record: &'s RecordSchema, namespace: Option<&str>, wanted: &Wanted<'_>) -> Result<Vec<Walk>, Mismatch> {
        let own = record.name.fully_qualified_name(namespace).into_owned();
        let mut inner: Vec<Vec<On<'_>>> = vec![Vec::new(); record.fields.len()];
        for (part, paths) in grouped(wanted) {
            let named = record.fields.iter().position(|field| field.name == part);
            let at = named.or_else(|| record.fields.iter().position(|field| field.aliases.iter().any(|alias| alias == part)));
            match at.and_then(|at| inner.get_mut(at)) {
                Some(inner) => inner.extend(paths),
                None => {
                    let names = record.fields.iter().map(|field| field.name.as_str()).take(12).collect::<Vec<_>>().join(", ");
                    self.lacks(&paths, &format!("{} has no field {part:?}, only {names}", own.name()));
                }
            }
        }
        record.fields.iter().zip(inner).map(|(field, wanted)| self.walk(&field.schema, own.namespace(), &wanted)).collect()
    }

    fn lacks(&mut self, wanted: &Wanted<'_>, why: &str) {
        for (slot, _) in wanted {
            if let Some(missing) = self.missing.get_mut(*slot) {
                missing.get_or_insert_with(|| why.to_owned());
            }
        }
    }
}

/// Paths by their next part, which is taken off.
fn grouped<'w>(wanted: &Wanted<'w>) -> Groups<'w> {
    let mut groups: Groups<'_> = Vec::new();
    for (slot, parts) in wanted {
        let Some((first, rest)) = parts.split_first() else { continue };
        match groups.iter_mut().find(|(part, _)| **part == **first) {
            Some((_, group)) => group.push((*slot, rest)),
            None => groups.push((&**first, vec![(*slot, rest)])),
        }
    }
    groups
}

/// The name of a type; of a union the names of its branches.
fn describe(schema: &Schema) -> String {
    match schema {
        Schema::Union(union) => {
            let branches = union.variants().iter().filter(|variant| !matches!(variant, Schema::Null));
            branches.map(type_name).collect::<Vec<_>>().join(" or ")
        }
        other => type_name(other).to_owned(),
    }
}
