//! Passes over what the writer has and nobody reads.

use super::cursor::{Broken, Cursor};

/// Deeper than any order; Avro's recursive types have no limit of their own.
const DEPTH: u32 = 64;

/// How to pass over one type of the writer's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Skip {
    Null,
    Boolean,
    Int,
    Long,
    Fixed(usize),
    Bytes,
    /// An enum of that many symbols.
    Symbol(usize),
    Array(Box<Skip>),
    Map(Box<Skip>),
    Union(Box<[Skip]>),
    /// A record, by its place in [`Records`]: records may hold themselves.
    Record(usize),
}

/// The fields of every record that is passed over.
pub(crate) type Records = [Vec<Skip>];

impl Skip {
    /// Moves the cursor behind one value.
    pub(crate) fn pass(&self, records: &Records, cursor: &mut Cursor<'_>) -> Result<(), Broken> {
        self.down(records, cursor, DEPTH)
    }

    fn down(&self, records: &Records, cursor: &mut Cursor<'_>, depth: u32) -> Result<(), Broken> {
        match self {
            Self::Null => Ok(()),
            Self::Boolean => cursor.boolean().map(drop),
            Self::Int => cursor.int().map(drop),
            Self::Long => cursor.long().map(drop),
            Self::Fixed(size) => cursor.take(*size).map(drop),
            Self::Bytes => cursor.bytes().map(drop),
            Self::Symbol(count) => {
                if cursor.index()? < *count {
                    Ok(())
                } else {
                    Err(Broken::NoSuchBranch)
                }
            }
            Self::Array(items) => blocks(cursor, |cursor| items.down(records, cursor, deeper(depth)?)),
            Self::Map(values) => blocks(cursor, |cursor| {
                cursor.bytes()?;
                values.down(records, cursor, deeper(depth)?)
            }),
            Self::Union(branches) => {
                let branch = branches.get(cursor.index()?).ok_or(Broken::NoSuchBranch)?;
                branch.down(records, cursor, deeper(depth)?)
            }
            Self::Record(place) => {
                cursor.spend()?;
                let depth = deeper(depth)?;
                let fields = records.get(*place).ok_or(Broken::Refused)?;
                fields.iter().try_for_each(|field| field.down(records, cursor, depth))
            }
        }
    }
}

fn deeper(depth: u32) -> Result<u32, Broken> {
    depth.checked_sub(1).ok_or(Broken::TooDeep)
}

/// Arrays and maps come in blocks: a count and that many items, until a count of zero. Behind a negative count stands the block's
/// size, which is held against what its items really take.
pub(crate) fn blocks<'a, E: From<Broken>>(
    cursor: &mut Cursor<'a>,
    mut item: impl FnMut(&mut Cursor<'a>) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        let count = cursor.long()?;
        if count == 0 {
            return Ok(());
        }
        let end = if count < 0 {
            let size = usize::try_from(cursor.long()?).map_err(|_| Broken::NegativeLength)?;
            Some(cursor.left().checked_sub(size).ok_or(Broken::Ends)?)
        } else {
            None
        };
        for _ in 0..count.unsigned_abs() {
            cursor.spend()?;
            item(cursor)?;
        }
        if end.is_some_and(|end| cursor.left() != end) {
            return Err(Broken::BlockSize.into());
        }
    }
}
