//! Amounts: whole minor units as the digits that came, never a float, and a currency.

use std::sync::Arc;

use crate::invalid::Fault;

/// An amount of money (AlipayHK's scenario pages: `{ value, currency }`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much, in the currency's minor unit.
    pub value: MinorUnits,
    /// Of what.
    pub currency: Currency,
}

/// A whole number of minor units (cents for HKD): 1 to 64 digits, kept as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MinorUnits(Arc<str>);

/// A currency by the form of its ISO 4217 code: three upper-case letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Currency(Arc<str>);

impl Money {
    /// Takes 1 to 64 digits and a currency code.
    ///
    /// # Errors
    /// [`Fault::NotMinorUnits`], [`Fault::TooManyDigits`] or [`Fault::NotCurrency`]; which field it is, the caller knows.
    pub fn parse(value: &str, currency: &str) -> Result<Self, Fault> {
        Ok(Self { value: MinorUnits::parse(value)?, currency: Currency::parse(currency)? })
    }
}

impl MinorUnits {
    /// Takes 1 to 64 digits (64 is the limit AlipayHK's Self Pick page gives; no other page gives one).
    ///
    /// # Errors
    /// [`Fault::NotMinorUnits`] or [`Fault::TooManyDigits`].
    pub fn parse(digits: &str) -> Result<Self, Fault> {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Err(Fault::NotMinorUnits)
        } else if digits.len() > MOST_DIGITS {
            Err(Fault::TooManyDigits { max: MOST_DIGITS })
        } else {
            Ok(Self(Arc::from(digits)))
        }
    }

    /// The digits, as they came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Currency {
    /// Takes three upper-case letters; whether ISO 4217 knows them is not asked.
    ///
    /// # Errors
    /// [`Fault::NotCurrency`].
    pub fn parse(code: &str) -> Result<Self, Fault> {
        let known = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if known { Ok(Self(Arc::from(code))) } else { Err(Fault::NotCurrency) }
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const MOST_DIGITS: usize = 64;
