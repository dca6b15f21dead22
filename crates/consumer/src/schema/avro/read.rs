//! Follows a plan through the bytes of one value.

use std::borrow::Cow;
use std::fmt;

use domain::{RawMoney, RawOrderEvent};

use super::cursor::{Broken, Cursor};
use super::plan::{Action, Branch, Member, Money, Order, Plan, Source, Step, Text, Time};
use super::reader::Constant;
use super::skip::Records;
use crate::schema::fill::{set_money, set_text, set_time};

/// Why a value cannot be read. The text names the writer's field and what is wrong, never what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable<'p> {
    /// In this field.
    Field(&'p str, Broken),
    /// Before any field.
    Start(Broken),
    /// Bytes behind the end.
    Trailing(usize),
}

impl Plan {
    /// Reads one value: all of its bytes, and no byte is copied that need not be.
    pub(crate) fn read<'r>(&'r self, bytes: &'r [u8]) -> Result<RawOrderEvent<'r>, Unreadable<'r>> {
        let mut cursor = Cursor::new(bytes);
        let order = match self.order.branch(&mut cursor) {
            Ok(Branch::Value(order)) => order,
            Ok(Branch::Null | Branch::Refused) => return Err(Unreadable::Start(Broken::Refused)),
            Err(broken) => return Err(Unreadable::Start(broken)),
        };
        let raw = order.read(&self.records, &mut cursor)?;
        match cursor.left() {
            0 => Ok(raw),
            left => Err(Unreadable::Trailing(left)),
        }
    }
}

impl Order {
    fn read<'r>(&'r self, records: &Records, cursor: &mut Cursor<'r>) -> Result<RawOrderEvent<'r>, Unreadable<'r>> {
        let mut raw = RawOrderEvent::default();
        for (field, constant) in &self.defaults {
            match constant {
                Constant::Null => {}
                Constant::Text(text) => set_text(&mut raw, *field, Some(Cow::Borrowed(text))),
                Constant::Time(time) => set_time(&mut raw, *field, *time),
            }
        }
        for step in &self.steps {
            step.action.take(&mut raw, records, cursor).map_err(|broken| Unreadable::Field(&step.name, broken))?;
        }
        Ok(raw)
    }
}

impl Action {
    fn take<'r>(&'r self, raw: &mut RawOrderEvent<'r>, records: &Records, cursor: &mut Cursor<'r>) -> Result<(), Broken> {
        match self {
            Self::Text(field, source) => set_text(raw, *field, source.text(cursor)?.map(Cow::Borrowed)),
            Self::Time(field, source) => match source.branch(cursor)? {
                Branch::Value(time) => set_time(raw, *field, time.millis(cursor)?),
                Branch::Null => {}
                Branch::Refused => return Err(Broken::Refused),
            },
            Self::Money(field, source) => match source.branch(cursor)? {
                Branch::Value(money) => set_money(raw, *field, money.read(records, cursor)?),
                Branch::Null => {}
                Branch::Refused => return Err(Broken::Refused),
            },
            Self::Skip(skip) => skip.pass(records, cursor)?,
        }
        Ok(())
    }
}

impl Money {
    fn read<'r>(&'r self, records: &Records, cursor: &mut Cursor<'r>) -> Result<RawMoney<'r>, Broken> {
        let mut raw = RawMoney { value: Cow::Borrowed(&self.value), currency: Cow::Borrowed(&self.currency) };
        for Step { action, .. } in &self.steps {
            match action {
                Member::Value(source) => raw.value = Cow::Borrowed(source.text(cursor)?.ok_or(Broken::Refused)?),
                Member::Currency(source) => raw.currency = Cow::Borrowed(source.text(cursor)?.ok_or(Broken::Refused)?),
                Member::Skip(skip) => skip.pass(records, cursor)?,
            }
        }
        Ok(raw)
    }
}

impl<L> Source<L> {
    /// The branch that the bytes use.
    fn branch(&self, cursor: &mut Cursor<'_>) -> Result<&Branch<L>, Broken> {
        match self {
            Self::Plain(branch) => Ok(branch),
            Self::Union(branches) => branches.get(cursor.index()?).ok_or(Broken::NoSuchBranch),
        }
    }
}

impl Source<Text> {
    fn text<'r>(&'r self, cursor: &mut Cursor<'r>) -> Result<Option<&'r str>, Broken> {
        match self.branch(cursor)? {
            Branch::Value(Text::Utf8) => cursor.text().map(Some),
            Branch::Value(Text::Symbols(symbols)) => match symbols.get(cursor.index()?) {
                Some(symbol) => Ok(Some(symbol)),
                None => Err(Broken::NoSuchBranch),
            },
            Branch::Null => Ok(None),
            Branch::Refused => Err(Broken::Refused),
        }
    }
}

impl Time {
    fn millis(self, cursor: &mut Cursor<'_>) -> Result<i64, Broken> {
        match self {
            Self::Int => cursor.int().map(i64::from),
            Self::Millis => cursor.long(),
            // Downwards, also before 1970, so that the order of times stays.
            Self::Micros => cursor.long().map(|micros| micros.div_euclid(1_000)),
            Self::Nanos => cursor.long().map(|nanos| nanos.div_euclid(1_000_000)),
        }
    }
}

impl fmt::Display for Unreadable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name, broken) => write!(f, "{name}: {broken}"),
            Self::Start(broken) => write!(f, "the value {broken}"),
            Self::Trailing(left) => write!(f, "{left} bytes follow the order"),
        }
    }
}
