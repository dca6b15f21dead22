//! Amounts: whole minor units as the digits that came, never a float, and a currency.

use smol_str::SmolStr;

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
pub struct MinorUnits(SmolStr);

/// A currency by the form of its ISO 4217 code: three upper-case letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Currency(SmolStr);

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
            Ok(Self(SmolStr::new(digits)))
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
        if known { Ok(Self(SmolStr::new(code))) } else { Err(Fault::NotCurrency) }
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const MOST_DIGITS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_its_digits_as_they_came() {
        for digits in ["0", "007", "12345", "9".repeat(64).as_str()] {
            assert_eq!(MinorUnits::parse(digits).unwrap().as_str(), digits);
        }
    }

    #[test]
    fn an_amount_is_nothing_but_ascii_digits() {
        for text in ["", " 1", "1.00", "-1", "+1", "1e3", "1,000", "０", "٣", "1\n"] {
            assert_eq!(MinorUnits::parse(text), Err(Fault::NotMinorUnits), "{text:?}");
        }
        assert_eq!(MinorUnits::parse(&"9".repeat(65)), Err(Fault::TooManyDigits { max: 64 }));
    }

    #[test]
    fn a_currency_has_the_form_of_an_iso_4217_code() {
        assert_eq!(Currency::parse("HKD").unwrap().as_str(), "HKD");
        for text in ["", "HK", "HKDD", "hkd", "HK1", "H K", "é1", "ＨＫＤ"] {
            assert_eq!(Currency::parse(text), Err(Fault::NotCurrency), "{text:?}");
        }
    }

    #[test]
    fn of_two_faults_the_value_s_comes_first() {
        assert_eq!(Money::parse("x", "x"), Err(Fault::NotMinorUnits));
        assert_eq!(Money::parse("1", "x"), Err(Fault::NotCurrency));
    }
}
