//! One plain value of a record, whatever it was written in, and what it becomes.

use std::borrow::Cow;

use time::OffsetDateTime;
use time::format_description::well_known::{Iso8601, Rfc3339};

use super::decimal::{Decimal, NotUnits};
use super::rule::{AmountUnit, TimeUnit};

/// AlipayHK's longest amount.
const DIGITS: usize = 64;
const DAY_MILLIS: i64 = 86_400_000;
const NEGATIVE: &str = "is a negative amount";
const DIGITS_ONLY: &str = "is no whole number of minor units in digits; is it unit = \"major\"?";

/// A plain value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar<'r> {
    /// Text; an enum's symbol and a uuid too.
    Text(Cow<'r, str>),
    Int(i64),
    /// A JSON number as it is written.
    Number(&'r str),
    /// Avro's decimal.
    Decimal(Decimal),
    Boolean(bool),
    /// A logical timestamp, in epoch milliseconds.
    Moment(i64),
    /// A logical date, in days.
    Date(i32),
    /// Something that is none of these, by its name.
    Other(&'static str),
}

impl<'r> Scalar<'r> {
    /// Its text, for numbers the decimal one.
    pub(crate) fn text(self) -> Result<Cow<'r, str>, &'static str> {
        Ok(match self {
            Self::Text(text) => text,
            Self::Int(number) => number.to_string().into(),
            Self::Number(text) => text.into(),
            Self::Decimal(decimal) => decimal.to_string().into(),
            Self::Boolean(true) => "true".into(),
            Self::Boolean(false) => "false".into(),
            Self::Moment(_) => return Err("is a timestamp, which does not become text"),
            Self::Date(_) => return Err("is a date, which does not become text"),
            Self::Other(_) => return Err("is of a type that does not become text"),
        })
    }

    /// Epoch milliseconds. Finer parts are cut downwards, so that the order of moments stays.
    pub(crate) fn millis(&self, unit: TimeUnit) -> Result<i64, &'static str> {
        const RANGE: &str = "is a time far out of range";
        match self {
            Self::Moment(millis) => return Ok(*millis),
            Self::Date(days) => return Ok(i64::from(*days) * DAY_MILLIS),
            Self::Text(_) | Self::Int(_) | Self::Number(_) | Self::Decimal(_) => {}
            Self::Boolean(_) | Self::Other(_) => return Err("is of a type that does not become a time"),
        }
        let (factor, power) = match unit {
            TimeUnit::Iso8601 => return self.iso8601(),
            TimeUnit::Seconds => (Ok(1_000), 3),
            TimeUnit::Millis => (Ok(1), 0),
            TimeUnit::Micros => (Err(1_000), -3),
            TimeUnit::Nanos => (Err(1_000_000), -6),
        };
        match self {
            Self::Int(number) => match factor {
                Ok(times) => number.checked_mul(times).ok_or(RANGE),
                Err(parts) => Ok(number.div_euclid(parts)),
            },
            Self::Decimal(decimal) => decimal.floor(power).ok_or(RANGE),
            Self::Number(text) => Decimal::parse(text).and_then(|decimal| decimal.floor(power)).ok_or(RANGE),
            Self::Text(text) => match Decimal::parse(text) {
                Some(decimal) => decimal.floor(power).ok_or(RANGE),
                None => Err("is text that is no number; a date and time in text needs unit = \"iso8601\""),
            },
            Self::Moment(_) | Self::Date(_) | Self::Boolean(_) | Self::Other(_) => Err(RANGE),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self) -> Result<i64, &'static str> {
        let number = match self {
            Self::Int(number) => Some(*number),
            Self::Number(text) => text.parse().ok(),
            Self::Text(text) => text.parse().ok(),
            Self::Decimal(decimal) => decimal.to_string().parse().ok(),
            Self::Boolean(_) | Self::Moment(_) | Self::Date(_) | Self::Other(_) => None,
        };
        number.ok_or("is no whole number")
    }

    /// The digits of an amount in minor units, of which `places` are behind the point.
    pub(crate) fn units(self, unit: AmountUnit, places: u8) -> Result<Cow<'r, str>, &'static str> {
        const NO_DECIMAL: &str = "is no decimal number";
        let (decimal, places) = match (unit, self) {
            (AmountUnit::Minor, Self::Text(text)) if are_digits(&text) => return Ok(text),
            (AmountUnit::Minor, Self::Number(text)) if are_digits(text) => return Ok(text.into()),
            (AmountUnit::Minor, Self::Text(text)) => return Err(no_digits(&text)),
            (AmountUnit::Minor, Self::Number(text)) => return Err(no_digits(text)),
            (AmountUnit::Minor, Self::Int(number)) => (Decimal::of_int(number), 0),
            (AmountUnit::Minor, Self::Decimal(decimal)) => (decimal, 0),
            (AmountUnit::Major, Self::Text(text)) => (Decimal::parse(&text).ok_or(NO_DECIMAL)?, places),
            (AmountUnit::Major, Self::Number(text)) => (Decimal::parse(text).ok_or(NO_DECIMAL)?, places),
            (AmountUnit::Major, Self::Int(number)) => (Decimal::of_int(number), places),
            (AmountUnit::Major, Self::Decimal(decimal)) => (decimal, places),
            (_, Self::Boolean(_) | Self::Moment(_) | Self::Date(_) | Self::Other(_)) => {
                return Err("is of a type that does not become an exact amount");
            }
        };
        decimal.units(places, DIGITS).map(Cow::Owned).map_err(|not| match not {
            NotUnits::Negative => NEGATIVE,
            NotUnits::Finer if unit == AmountUnit::Minor => DIGITS_ONLY,
            NotUnits::Finer => "is finer than the currency's minor unit",
            NotUnits::TooLong => "is longer than 64 digits",
        })
    }

    fn iso8601(&self) -> Result<i64, &'static str> {
        let Self::Text(text) = self else { return Err("is no text, as unit = \"iso8601\" expects") };
        let moment = OffsetDateTime::parse(text, &Iso8601::DEFAULT).or_else(|_| OffsetDateTime::parse(text, &Rfc3339));
        let moment = moment.map_err(|_| "is no date and time of ISO 8601 with its offset from UTC, such as 2026-11-24T10:00:00+08:00")?;
        i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).map_err(|_| "is a time far out of range")
    }
}

/// The 32 digits of a uuid in its usual form; text that has no hyphens already stays.
pub(crate) fn uuid_simple(text: &str) -> Result<String, &'static str> {
    let simple: String = text.chars().filter(|c| *c != '-').collect();
    let hyphens = || text.char_indices().filter(|(_, c)| *c == '-').map(|(at, _)| at).eq([8, 13, 18, 23]);
    let form = text.len() == 32 || text.len() == 36 && hyphens();
    if form && simple.len() == 32 && simple.bytes().all(|byte| byte.is_ascii_hexdigit()) { Ok(simple) } else { Err("is no uuid") }
}

/// Why text is no amount in minor units.
fn no_digits(text: &str) -> &'static str {
    if text.strip_prefix('-').is_some_and(are_digits) { NEGATIVE } else { DIGITS_ONLY }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
