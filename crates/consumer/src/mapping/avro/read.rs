//! Follows a compiled mapping through the bytes of one record.

use std::borrow::Cow;

use super::types::{Records, Type};
use super::walk::{Place, Walk};
use super::write_json;
use crate::mapping::assemble::{Assembly, Found, Mapped};
use crate::mapping::decimal::Decimal;
use crate::mapping::fault::{Fault, Trouble};
use crate::mapping::json_text::JsonText;
use crate::mapping::rule::Mapping;
use crate::mapping::scalar::Scalar;
use crate::schema::avro::{Broken, Cursor, Skip};

/// A mapping, compiled against one record of one writer's schema.
#[derive(Debug)]
pub(crate) struct AvroPlan {
    /// The writer's fields, with their names for messages.
    pub(super) fields: Vec<(Box<str>, Walk)>,
    /// The fields of the records that are passed over.
    pub(super) skipped: Vec<Vec<Skip>>,
    /// The types that paths end at.
    pub(super) kinds: Vec<Type>,
    /// The fields of the records among them.
    pub(super) records: Records,
}

/// Why a value is no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread<'r> {
    /// The bytes of this field of the writer's cannot be read.
    Field(&'r str, Broken),
    /// Bytes behind the end.
    Trailing(usize),
    /// By the mapping.
    Fault(Fault<'r>),
}

impl AvroPlan {
    /// Reads all of one record's bytes.
    pub(crate) fn read<'r>(&'r self, mapping: &'r Mapping, mut cursor: Cursor<'r>) -> Result<Mapped<'r>, Unread<'r>> {
        let mut places = vec![None; mapping.paths.len()];
        for (name, walk) in &self.fields {
            walk.pass(&self.skipped, &mut cursor, &mut places).map_err(|broken| Unread::Field(name, broken))?;
        }
        match cursor.left() {
            0 => Assembly { mapping, found: Taken { plan: self, places } }.order().map_err(Unread::Fault),
            left => Err(Unread::Trailing(left)),
        }
    }
}

/// What stands along the paths.
struct Taken<'r> {
    plan: &'r AvroPlan,
    places: Vec<Place<'r>>,
}

impl<'r> Taken<'r> {
    /// The type and the bytes at the end of a path, unions looked through; `None` is null, or nothing.
    fn at(&self, slot: usize) -> Result<Option<(&'r Type, Cursor<'r>)>, Broken> {
        let Some((bytes, kind)) = self.places.get(slot).copied().flatten() else { return Ok(None) };
        let mut cursor = Cursor::new(bytes);
        let mut kind = self.plan.kinds.get(kind as usize).ok_or(Broken::Refused)?;
        while let Type::Union(branches) = kind {
            kind = branches.get(cursor.index()?).ok_or(Broken::NoSuchBranch)?;
        }
        Ok(if *kind == Type::Null { None } else { Some((kind, cursor)) })
    }
}

impl<'r> Found<'r> for Taken<'r> {
    fn scalar(&self, slot: usize) -> Result<Option<Scalar<'r>>, Trouble> {
        let Some((kind, mut cursor)) = self.at(slot)? else { return Ok(None) };
        scalar(kind, &mut cursor).map(Some)
    }

    fn whole(&self, slot: usize) -> Result<Option<Cow<'r, str>>, Trouble> {
        let Some((kind, mut cursor)) = self.at(slot)? else { return Ok(None) };
        match kind {
            Type::Text | Type::Bytes => Ok(Some(Cow::Borrowed(cursor.text()?))),
            Type::Record(_) | Type::Map(_) | Type::Array(_) => {
                let mut out = JsonText::default();
                write_json::value(kind, &self.plan.records, &mut cursor, &mut out)?;
                Ok(Some(Cow::Owned(out.finish())))
            }
            _ => Err(Trouble::Unfit("is neither a record, map or array nor text that holds JSON")),
        }
    }

    fn json(&self, slot: usize, out: &mut JsonText) -> Result<bool, Trouble> {
        let Some((kind, mut cursor)) = self.at(slot)? else { return Ok(false) };
        write_json::value(kind, &self.plan.records, &mut cursor, out)?;
        Ok(true)
    }

    fn exists(&self, slot: usize) -> Result<bool, Trouble> {
        Ok(self.at(slot)?.is_some())
    }
}

/// One plain value.
pub(super) fn scalar<'r>(kind: &'r Type, cursor: &mut Cursor<'r>) -> Result<Scalar<'r>, Trouble> {
    const TOO_LARGE: Trouble = Trouble::Unfit("is a decimal of more than 256 bits");
    Ok(match kind {
        Type::Text | Type::Bytes => Scalar::Text(Cow::Borrowed(cursor.text()?)),
        Type::Enum(symbols) => Scalar::Text(Cow::Borrowed(symbols.get(cursor.index()?).ok_or(Broken::NoSuchBranch)?)),
        Type::Int => Scalar::Int(i64::from(cursor.int()?)),
        Type::Long => Scalar::Int(cursor.long()?),
        Type::Boolean => Scalar::Boolean(cursor.boolean()?),
        Type::Decimal(scale, size) => Scalar::Decimal(Decimal::of_bytes(sized(*size, cursor)?, *scale).ok_or(TOO_LARGE)?),
        Type::BigDecimal => {
            let mut inner = Cursor::new(cursor.bytes()?);
            let (bytes, scale) = (inner.bytes()?, inner.int()?);
            Scalar::Decimal(Decimal::of_bytes(bytes, scale).ok_or(TOO_LARGE)?)
        }
        Type::Uuid(size) => Scalar::Text(uuid(sized(*size, cursor)?).ok_or(Trouble::Unfit("is a uuid that has not 16 bytes"))?.into()),
        // Downwards, also before 1970, so that the order of times stays.
        Type::Timestamp(parts) => Scalar::Moment(cursor.long()?.div_euclid(*parts)),
        Type::Date => Scalar::Date(cursor.int()?),
        Type::Float | Type::Double => Scalar::Other("a floating point number"),
        Type::TimeOfDay(_) => Scalar::Other("a time of day"),
        Type::Null | Type::Fixed(_) | Type::Duration => Scalar::Other("bytes"),
        Type::Array(_) | Type::Map(_) | Type::Union(_) | Type::Record(_) => Scalar::Other("a record, map or array"),
    })
}

/// So many bytes, or as many as a length before them says.
pub(super) fn sized<'r>(size: Option<usize>, cursor: &mut Cursor<'r>) -> Result<&'r [u8], Broken> {
    match size {
        None => cursor.bytes(),
        Some(size) => cursor.take(size),
    }
}

/// A uuid in its usual form.
fn uuid(bytes: &[u8]) -> Option<String> {
    use std::fmt::Write;
    let bytes: &[u8; 16] = bytes.try_into().ok()?;
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if [4, 6, 8, 10].contains(&place) {
            text.push('-');
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}
