//! From what was found along the paths of a mapping to an order that is not checked yet.

use std::borrow::Cow;

use domain::{Field, RawMoney, RawOrderEvent};

use super::currency;
use super::fault::{Fault, Trouble};
use super::json_text::JsonText;
use super::rule::{Amount, AmountUnit, Condition, Digits, Lookup, Mapping, Moment, Opaque, Otherwise, Test, Text, Time, Use};
use super::scalar::{Scalar, uuid_simple};
use crate::schema::fill::{set_money, set_text, set_time};

/// What a record holds along the paths of a mapping.
pub(crate) trait Found<'r> {
    /// A plain value; `None` is null, or nothing.
    fn scalar(&self, slot: usize) -> Result<Option<Scalar<'r>>, Trouble>;
    /// JSON text: an object or array as such, or text that should hold one.
    fn whole(&self, slot: usize) -> Result<Option<Cow<'r, str>>, Trouble>;
    /// Writes what is there as JSON. False: null, or nothing, and then nothing is written.
    fn json(&self, slot: usize, out: &mut JsonText) -> Result<bool, Trouble>;
    /// Whether something other than null is there.
    fn exists(&self, slot: usize) -> Result<bool, Trouble>;
}

/// An order out of a record of another shape.
#[derive(Debug)]
pub(crate) struct Mapped<'r> {
    pub(crate) raw: RawOrderEvent<'r>,
    /// The order's number as the record has it, where that is another text: the record's key may be this one.
    pub(crate) number: Option<Cow<'r, str>>,
}

/// A mapping with a record before it.
pub(super) struct Assembly<'m, F> {
    pub(super) mapping: &'m Mapping,
    pub(super) found: F,
}

impl<'m: 'r, 'r, F: Found<'r>> Assembly<'m, F> {
    /// The order, if the record is one of ours.
    pub(super) fn order(&self) -> Result<Mapped<'r>, Fault<'r>> {
        for condition in &self.mapping.when {
            if !self.holds(condition)? {
                return Err(Fault::NotOurs);
            }
        }
        let mut raw = RawOrderEvent::default();
        let number = self.texts(&mut raw)?;
        for (field, time) in &self.mapping.times {
            let millis = match time {
                Time::Constant(millis) => *millis,
                Time::From(moment) => self.moment(moment)?.ok_or_else(|| self.null(&moment.from))?,
            };
            set_time(&mut raw, *field, millis);
        }
        for (field, amount) in &self.mapping.amounts {
            if let Some(money) = self.amount(amount)? {
                set_money(&mut raw, *field, money);
            }
        }
        for (field, opaque) in &self.mapping.opaque {
            set_text(&mut raw, *field, self.opaque(opaque)?);
        }
        Ok(Mapped { raw, number })
    }

    /// The fields that are text. That a record is not ours goes before everything that is wrong with it.
    fn texts(&self, raw: &mut RawOrderEvent<'r>) -> Result<Option<Cow<'r, str>>, Fault<'r>> {
        let (mut number, mut first) = (None, None);
        for (field, text) in &self.mapping.texts {
            match self.text(text) {
                Ok(Some(text)) => set_text(raw, *field, Some(text)),
                Ok(None) => match text {
                    Text::From(lookup) if is_required(*field) => first = first.or_else(|| Some(self.null(&lookup.from))),
                    Text::From(_) | Text::Constant(_) => {}
                },
                Err(Fault::NotOurs) => return Err(Fault::NotOurs),
                Err(fault) => first = first.or(Some(fault)),
            }
            if let (Field::MerchantBizNo, Text::From(lookup)) = (*field, text)
                && (lookup.uuid_simple || lookup.values.is_some())
            {
                number = self.plain(&lookup.from)?;
            }
        }
        first.map_or(Ok(number), Err)
    }

    fn holds(&self, condition: &'m Condition) -> Result<bool, Fault<'r>> {
        let from = &condition.from;
        Ok(match &condition.test {
            Test::Exists(wanted) => self.found.exists(from.slot).map_err(|trouble| self.fault(from, trouble))? == *wanted,
            Test::In(list) => self.plain(from)?.is_some_and(|text| list.iter().any(|listed| *listed == text)),
            Test::NotIn(list) => self.plain(from)?.is_none_or(|text| list.iter().all(|listed| *listed != text)),
        })
    }

    fn scalar(&self, from: &'m Use) -> Result<Option<Scalar<'r>>, Fault<'r>> {
        self.found.scalar(from.slot).map_err(|trouble| self.fault(from, trouble))
    }

    /// The text of a value, as it is.
    fn plain(&self, from: &'m Use) -> Result<Option<Cow<'r, str>>, Fault<'r>> {
        let Some(scalar) = self.scalar(from)? else { return Ok(None) };
        scalar.text().map(Some).map_err(|what| self.invalid(from, what))
    }

    fn text(&self, text: &'m Text) -> Result<Option<Cow<'r, str>>, Fault<'r>> {
        match text {
            Text::Constant(constant) => Ok(Some(Cow::Borrowed(constant))),
            Text::From(lookup) => self.lookup(lookup),
        }
    }

    pub(super) fn lookup(&self, lookup: &'m Lookup) -> Result<Option<Cow<'r, str>>, Fault<'r>> {
        let Some(mut text) = self.plain(&lookup.from)? else { return Ok(None) };
        if lookup.uuid_simple {
            text = uuid_simple(&text).map_err(|what| self.invalid(&lookup.from, what))?.into();
        }
        let Some(values) = &lookup.values else { return Ok(Some(text)) };
        match (values.table.get(&*text), values.otherwise) {
            (Some(value), _) => Ok(Some(Cow::Borrowed(value))),
            (None, Otherwise::Keep) => Ok(Some(text)),
            (None, Otherwise::Skip) => Err(Fault::NotOurs),
            (None, Otherwise::Park) => Err(Fault::Unmapped { target: &lookup.from.target, path: self.mapping.path(lookup.from.slot) }),
        }
    }

    pub(super) fn moment(&self, moment: &'m Moment) -> Result<Option<i64>, Fault<'r>> {
        let from = &moment.from;
        let Some(scalar) = self.scalar(from)? else { return Ok(None) };
        let millis = scalar.millis(moment.unit).map_err(|what| self.invalid(from, what))?;
        let Some(plus) = &moment.plus else { return Ok(Some(millis)) };
        let Some(more) = self.scalar(plus)? else { return Ok(Some(millis)) };
        let more = more.integer().map_err(|what| self.invalid(plus, what))?;
        millis.checked_add(more).map(Some).ok_or_else(|| self.invalid(plus, "makes a time far out of range"))
    }

    /// An amount without a value is none, whatever the currency.
    fn amount(&self, amount: &'m Amount) -> Result<Option<RawMoney<'r>>, Fault<'r>> {
        let value = match &amount.value {
            Digits::Constant(digits) => Cow::Borrowed(&**digits),
            Digits::From(from, unit) => match self.digits(from, *unit, &amount.currency)? {
                Some(digits) => digits,
                None => return Ok(None),
            },
        };
        let currency = match (self.text(&amount.currency)?, &amount.currency, &amount.value) {
            (Some(currency), ..) => currency,
            // With a value that is always there, the currency alone says whether there is an amount.
            (None, _, Digits::Constant(_)) => return Ok(None),
            (None, Text::From(lookup), Digits::From(..)) => return Err(self.null(&lookup.from)),
            (None, Text::Constant(_), Digits::From(..)) => return Ok(None),
        };
        Ok(Some(RawMoney { value, currency }))
    }

    pub(super) fn digits(&self, from: &'m Use, unit: AmountUnit, currency: &'m Text) -> Result<Option<Cow<'r, str>>, Fault<'r>> {
        let Some(scalar) = self.scalar(from)? else { return Ok(None) };
        let places = match unit {
            AmountUnit::Minor => 0,
            AmountUnit::Major => {
                let code = self.text(currency)?;
                let known = code.as_deref().and_then(currency::minor_digits);
                match (known, code, currency) {
                    (Some(places), ..) => places,
                    (None, None, Text::From(lookup)) => return Err(self.null(&lookup.from)),
                    (None, _, Text::From(lookup)) => return Err(self.invalid(&lookup.from, UNKNOWN_CURRENCY)),
                    (None, _, Text::Constant(_)) => return Err(self.invalid(from, UNKNOWN_CURRENCY)),
                }
            }
        };
        scalar.units(unit, places).map(Some).map_err(|what| self.invalid(from, what))
    }

    fn opaque(&self, opaque: &'m Opaque) -> Result<Option<Cow<'r, str>>, Fault<'r>> {
        match opaque {
            Opaque::Constant(text) => Ok(Some(Cow::Borrowed(text))),
            Opaque::Whole(from) => self.found.whole(from.slot).map_err(|trouble| self.fault(from, trouble)),
            Opaque::Object(object) => {
                let mut out = JsonText::default();
                Ok(if self.object(object, &mut out)?.is_absent() { None } else { Some(Cow::Owned(out.finish())) })
            }
        }
    }

    pub(super) fn fault(&self, from: &'m Use, trouble: Trouble) -> Fault<'r> {
        match trouble {
            Trouble::Broken(broken) => Fault::Broken { target: &from.target, path: self.mapping.path(from.slot), broken },
            Trouble::Unfit(what) => self.invalid(from, what),
        }
    }

    fn invalid(&self, from: &'m Use, what: &'static str) -> Fault<'r> {
        Fault::Invalid { target: &from.target, path: self.mapping.path(from.slot), what }
    }

    fn null(&self, from: &'m Use) -> Fault<'r> {
        self.invalid(from, "is null or missing")
    }
}

const UNKNOWN_CURRENCY: &str = "has a currency that ISO 4217 gives no minor unit";

/// Fields without which there is no order.
fn is_required(field: Field) -> bool {
    matches!(field, Field::MerchantBizNo | Field::MerchantBizType | Field::OrderStatus)
}
