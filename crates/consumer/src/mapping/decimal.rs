//! Decimal numbers, exact: digits and a place for the point. No float comes near an amount.

use std::fmt;

/// 2^256 has 78 digits; no amount has more than 64.
const BYTES: usize = 32;
/// Points and exponents beyond this are no honest number.
const PLACES: i32 = 1_000;

/// `digits` / 10^`scale`, negative or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// ASCII digits without leading zeros; empty is zero.
    digits: String,
    scale: i32,
}

/// Why a number is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotUnits {
    Negative,
    Finer,
    TooLong,
}

impl Decimal {
    /// What Avro's decimal holds: a two's complement number, the highest byte first. `None`: larger than 256 bits.
    pub(crate) fn of_bytes(bytes: &[u8], scale: i32) -> Option<Self> {
        let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
        let filler = if negative { 0xff } else { 0 };
        let bytes = bytes.get(bytes.iter().take_while(|byte| **byte == filler).count()..).unwrap_or_default();
        if bytes.len() > BYTES || scale.abs() > PLACES {
            return None;
        }
        let mut limbs = [0_u32; BYTES / 4];
        for (place, byte) in bytes.iter().rev().enumerate() {
            limbs[place / 4] |= u32::from(byte ^ filler) << (8 * (place % 4));
        }
        // -x is !x + 1.
        let mut carry = negative;
        for limb in &mut limbs {
            if carry {
                (*limb, carry) = limb.overflowing_add(1);
            }
        }
        // The one that does not fit: -2^256, of which all bytes but the filler are zero.
        if carry { None } else { Some(Self { negative, digits: digits(limbs), scale }) }
    }

    /// A whole number.
    pub(crate) fn of_int(number: i64) -> Self {
        Self { negative: number < 0, digits: number.unsigned_abs().to_string().trim_start_matches('0').to_owned(), scale: 0 }
    }

    /// Digits with or without a point, a sign and an exponent, as JSON writes numbers; leading zeros pass.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            None => (rest, 0),
            Some(at) => (rest.get(..at)?, exponent(rest.get(at + 1..)?)?),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            None => (mantissa, ""),
            Some((_, "")) => return None,
            Some(parts) => parts,
        };
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        let digits = [whole.trim_start_matches('0'), fraction].concat();
        Some(Self { negative, digits: digits.trim_start_matches('0').to_owned(), scale })
    }

    /// The digits of this number of units, each 10^`-places` of it.
    pub(crate) fn units(&self, places: u8, longest: usize) -> Result<String, NotUnits> {
        if self.digits.is_empty() {
            return Ok("0".to_owned());
        }
        if self.negative {
            return Err(NotUnits::Negative);
        }
        let digits = self.shifted(i32::from(places), longest)?.ok_or(NotUnits::Finer)?;
        Ok(digits)
    }

    /// The number times 10^`power`, cut downwards to a whole one.
    pub(crate) fn floor(&self, power: i32) -> Option<i64> {
        let number = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i64>().ok() };
        let whole = match self.shifted(power, 20) {
            Ok(Some(digits)) => number(&digits)?,
            Err(_) => return None,
            Ok(None) => {
                let behind = usize::try_from(self.scale.checked_sub(power)?).ok()?;
                let cut = number(self.digits.get(..self.digits.len().saturating_sub(behind))?)?;
                return if self.negative { cut.checked_neg()?.checked_sub(1) } else { Some(cut) };
            }
        };
        if self.negative { whole.checked_neg() } else { Some(whole) }
    }

    /// The digits of the number times 10^`power`; `None` where that is not whole.
    fn shifted(&self, power: i32, longest: usize) -> Result<Option<String>, NotUnits> {
        let shift = i64::from(power) - i64::from(self.scale);
        if let Ok(behind) = usize::try_from(-shift) {
            let (front, back) = self.digits.split_at(self.digits.len().saturating_sub(behind));
            let whole = self.digits.len() >= behind && back.bytes().all(|digit| digit == b'0') || self.digits.is_empty();
            return match (whole, front.len() > longest) {
                (false, _) => Ok(None),
                (true, true) => Err(NotUnits::TooLong),
                (true, false) => Ok(Some(front.to_owned())),
            };
        }
        let zeros = usize::try_from(shift).unwrap_or(usize::MAX);
        if self.digits.is_empty() {
            return Ok(Some(String::new()));
        }
        if self.digits.len().saturating_add(zeros) > longest {
            return Err(NotUnits::TooLong);
        }
        Ok(Some(self.digits.clone() + &"0".repeat(zeros)))
    }
}

/// Plain, without an exponent: as many digits behind the point as the scale says.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative && !self.digits.is_empty() { "-" } else { "" };
        let Ok(behind) = usize::try_from(self.scale) else {
            let zeros = if self.digits.is_empty() { 0 } else { usize::try_from(self.scale.unsigned_abs()).unwrap_or(0) };
            let digits = if self.digits.is_empty() { "0" } else { &self.digits };
            return write!(f, "{sign}{digits}{}", "0".repeat(zeros));
        };
        let padded = format!("{:0>width$}", self.digits, width = behind + 1);
        let (whole, fraction) = padded.split_at(padded.len() - behind);
        if behind == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

fn exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|exponent: &i32| exponent.abs() <= PLACES)
}

/// The decimal digits of a number, its lowest limb first.
fn digits(mut limbs: [u32; BYTES / 4]) -> String {
    let mut groups = Vec::new();
    while limbs.iter().any(|limb| *limb != 0) {
        let mut rest = 0_u64;
        for limb in limbs.iter_mut().rev() {
            let all = (rest << 32) | u64::from(*limb);
            // Below 2^32: the rest is below the divisor.
            *limb = u32::try_from(all / 1_000_000_000).unwrap_or(u32::MAX);
            rest = all % 1_000_000_000;
        }
        groups.push(rest);
    }
    let text: String = groups.iter().rev().map(|group| format!("{group:09}")).collect();
    text.trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests;
