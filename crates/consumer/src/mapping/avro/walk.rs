//! Goes once over the bytes of a record and notes where the paths of a mapping end.

use crate::schema::avro::{Broken, Cursor, Skip, SkippedRecords, blocks};

/// What to do with the next bytes.
#[derive(Debug)]
pub(super) enum Walk {
    Skip(Skip),
    /// Fields in their order.
    Record(Box<[Walk]>),
    Union(Box<[Walk]>),
    /// Keys that are looked for, and how to pass over the values of all others.
    Map(Box<[(Box<str>, Walk)]>, Skip),
    /// Numbers that are looked for, and how to pass over all other items.
    Array(Box<[(usize, Walk)]>, Skip),
    /// Paths end here, at a value of the type of that number.
    Here(Box<[usize]>, u32, Box<Walk>),
}

/// Where a path ends: the bytes from there on, and the number of their type.
pub(super) type Place<'r> = Option<(&'r [u8], u32)>;

impl Walk {
    pub(super) fn pass<'r>(&self, skipped: &SkippedRecords, cursor: &mut Cursor<'r>, places: &mut [Place<'r>]) -> Result<(), Broken> {
        match self {
            Self::Skip(skip) => skip.pass(skipped, cursor),
            Self::Record(fields) => fields.iter().try_for_each(|field| field.pass(skipped, cursor, places)),
            Self::Union(branches) => branches.get(cursor.index()?).ok_or(Broken::NoSuchBranch)?.pass(skipped, cursor, places),
            Self::Map(keys, other) => {
                let mut seen = vec![false; keys.len()];
                blocks(cursor, |cursor| {
                    let key = cursor.bytes()?;
                    let Some(at) = keys.iter().position(|(own, _)| own.as_bytes() == key) else { return other.pass(skipped, cursor) };
                    let (Some(seen), Some((_, walk))) = (seen.get_mut(at), keys.get(at)) else { return Err(Broken::NoSuchBranch) };
                    if std::mem::replace(seen, true) {
                        return Err(Broken::KeyTwice);
                    }
                    walk.pass(skipped, cursor, places)
                })
            }
            Self::Array(numbers, other) => {
                let mut number = 0_usize;
                blocks(cursor, |cursor| {
                    let wanted = numbers.iter().find(|(own, _)| *own == number);
                    number += 1;
                    match wanted {
                        Some((_, walk)) => walk.pass(skipped, cursor, places),
                        None => other.pass(skipped, cursor),
                    }
                })
            }
            Self::Here(slots, kind, inner) => {
                let place = Some((cursor.rest(), *kind));
                for slot in slots {
                    if let Some(slot) = places.get_mut(*slot) {
                        *slot = place;
                    }
                }
                inner.pass(skipped, cursor, places)
            }
        }
    }
}
