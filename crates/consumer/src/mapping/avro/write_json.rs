//! A value of Avro as JSON. Members that are null are left out, as AlipayHK's optional fields are; numbers stay exact.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::read::{scalar, sized};
use super::types::{Records, Type};
use crate::mapping::fault::Trouble;
use crate::mapping::json_text::JsonText;
use crate::mapping::scalar::Scalar;
use crate::schema::avro::{Broken, Cursor, blocks};

/// As deep as values that nobody reads may be.
const DEPTH: u32 = 64;
const DAY_MILLIS: u64 = 86_400_000;

/// Writes one value.
pub(super) fn value<'r>(kind: &'r Type, records: &'r Records, cursor: &mut Cursor<'r>, out: &mut JsonText) -> Result<(), Trouble> {
    down(kind, records, cursor, out, DEPTH)
}

fn down<'r>(kind: &'r Type, records: &'r Records, cursor: &mut Cursor<'r>, out: &mut JsonText, depth: u32) -> Result<(), Trouble> {
    let deeper = || depth.checked_sub(1).ok_or(Trouble::Broken(Broken::TooDeep));
    out.room()?;
    match kind {
        Type::Null => out.raw("null"),
        Type::Float => number(out, f32::from_le_bytes(array(cursor)?))?,
        Type::Double => number(out, f64::from_le_bytes(array(cursor)?))?,
        Type::Bytes => out.text(&STANDARD.encode(cursor.bytes()?)),
        Type::Fixed(size) => out.text(&STANDARD.encode(sized(Some(*size), cursor)?)),
        Type::Duration => {
            let [months, days, millis] = [array(cursor)?, array(cursor)?, array(cursor)?].map(u32::from_le_bytes);
            out.raw(&format!("{{\"months\":{months},\"days\":{days},\"millis\":{millis}}}"));
        }
        Type::TimeOfDay(1_000) => out.text(&time_of_day(i64::from(cursor.int()?), 1_000)?),
        Type::TimeOfDay(parts) => out.text(&time_of_day(cursor.long()?, *parts)?),
        Type::Union(branches) => down(branches.get(cursor.index()?).ok_or(Broken::NoSuchBranch)?, records, cursor, out, deeper()?)?,
        Type::Array(items) => {
            out.raw("[");
            let depth = deeper()?;
            blocks(cursor, |cursor| {
                out.comma();
                down(items, records, cursor, out, depth)
            })?;
            out.raw("]");
        }
        Type::Map(values) => {
            out.raw("{");
            let (depth, mut seen) = (deeper()?, HashSet::new());
            blocks(cursor, |cursor| {
                let key = cursor.text()?;
                if !seen.insert(key) {
                    return Err(Trouble::Broken(Broken::KeyTwice));
                }
                member(key, values, records, cursor, out, depth)
            })?;
            out.raw("}");
        }
        Type::Record(place) => {
            cursor.spend()?;
            out.raw("{");
            let depth = deeper()?;
            for (name, field) in records.get(*place).ok_or(Broken::Refused)? {
                member(name, field, records, cursor, out, depth)?;
            }
            out.raw("}");
        }
        plain => match scalar(plain, cursor)? {
            Scalar::Text(text) => out.text(&text),
            Scalar::Int(number) => out.raw(&number.to_string()),
            Scalar::Moment(millis) => out.raw(&millis.to_string()),
            // As text: a reader's number may be a float.
            Scalar::Decimal(decimal) => out.text(&decimal.to_string()),
            Scalar::Boolean(yes) => out.raw(if yes { "true" } else { "false" }),
            Scalar::Date(days) => out.text(&date(days)?),
            Scalar::Number(_) | Scalar::Other(_) => return Err(Trouble::Broken(Broken::Refused)),
        },
    }
    Ok(())
}

/// A member, unless its value is null.
fn member<'r>(
    name: &str,
    kind: &'r Type,
    records: &'r Records,
    cursor: &mut Cursor<'r>,
    out: &mut JsonText,
    depth: u32,
) -> Result<(), Trouble> {
    let before = out.mark();
    out.member(name);
    let start = out.mark();
    down(kind, records, cursor, out, depth)?;
    if out.ends_as("null", start) {
        out.back(before);
    }
    Ok(())
}

fn number(out: &mut JsonText, number: impl Into<f64> + std::fmt::Display + Copy) -> Result<(), Trouble> {
    if !number.into().is_finite() {
        return Err(Trouble::Unfit("holds a number that is not finite, which JSON does not have"));
    }
    out.raw(&number.to_string());
    Ok(())
}

fn array<const N: usize>(cursor: &mut Cursor<'_>) -> Result<[u8; N], Broken> {
    cursor.take(N)?.try_into().map_err(|_| Broken::Ends)
}

/// `HH:MM:SS` and the parts of a second.
fn time_of_day(number: i64, parts: u32) -> Result<String, Trouble> {
    let all = u64::try_from(number).ok().filter(|number| *number < DAY_MILLIS / 1_000 * u64::from(parts));
    let all = all.ok_or(Trouble::Unfit("holds a time of day beyond a day"))?;
    let (seconds, rest) = (all / u64::from(parts), all % u64::from(parts));
    let digits = if parts == 1_000 { 3 } else { 6 };
    Ok(format!("{:02}:{:02}:{:02}.{rest:0digits$}", seconds / 3_600, seconds / 60 % 60, seconds % 60))
}

/// `YYYY-MM-DD`.
fn date(days: i32) -> Result<String, Trouble> {
    const RANGE: Trouble = Trouble::Unfit("holds a date far out of range");
    let day = time::OffsetDateTime::from_unix_timestamp(i64::from(days) * 86_400).map_err(|_| RANGE)?.date();
    Ok(format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()))
}
