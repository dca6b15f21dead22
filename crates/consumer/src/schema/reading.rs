//! How the records of one writer's schema become orders: field for field, or by a mapping.

use engine::UnfitReason;

use super::avro::{self, Fingerprint, Mismatch, ORDER_EVENT, Plan, Reader};
use crate::mapping::{Fault, Held, Mappings, NoPlan, Unread, Writer};

/// A writer's schema, understood.
#[derive(Debug)]
pub(super) enum Reading {
    Direct(Plan),
    Mapped(Box<Writer>),
}

impl Reading {
    pub(super) fn of(text: &str, reader: &Reader, mappings: &Mappings) -> Result<Self, Mismatch> {
        if mappings.is_empty() {
            avro::parse(text).and_then(|schema| avro::compile(&schema, reader)).map(Self::Direct)
        } else {
            Writer::parse(text, mappings).map(Box::new).map(Self::Mapped)
        }
    }

    /// A schema that is known from the start.
    pub(super) fn known(text: &str, reader: &Reader, mappings: &Mappings) -> Result<([Fingerprint; 2], Self), Mismatch> {
        let schema = avro::parse(text)?;
        Ok((avro::fingerprints(&schema), Self::of(text, reader, mappings)?))
    }

    /// Refuses a configured schema that no mapping fits: it is the only one, so that no record ever would.
    pub(super) fn must_fit(&self, mappings: &Mappings) -> Result<(), String> {
        match self {
            Self::Direct(_) => Ok(()),
            Self::Mapped(writer) => writer.must_fit(mappings),
        }
    }
}

/// Holds a schema against what will read the records of a topic: by what, or why not. Stricter than a run: a path that the newest schema
/// of a topic does not have is a mistake, and one that an older schema does not have may be none.
///
/// # Errors
/// One line that begins with the key of the mapping, or with `schema` where there is none.
pub fn fits(text: &str, mappings: &Mappings, topic: &str) -> Result<String, String> {
    if mappings.is_empty() {
        let reader = Reader::parse(ORDER_EVENT).map_err(|error| error.to_string())?;
        let plan = avro::parse(text).and_then(|schema| avro::compile(&schema, &reader));
        return plan.map(|_| "fits ordersync.v1.OrderEvent".to_owned()).map_err(|mismatch| {
            format!("schema: records of topic {topic:?} cannot be read as ordersync.v1.OrderEvent: {mismatch}; does it need a [[mapping]]?")
        });
    }
    let writer = Writer::parse(text, mappings).map_err(|mismatch| format!("schema: {mismatch}"))?;
    let mut lines = Vec::new();
    for Held { record, mapping, missing } in writer.check(mappings, topic).map_err(|misfit| misfit.to_string())? {
        if let Some(missing) = missing.first() {
            return Err(missing.to_string());
        }
        lines.push(match mapping {
            Some(mapping) => format!("{record} fits {mapping}"),
            None => format!("no mapping takes {record}: its records will be parked as unmapped"),
        });
    }
    Ok(lines.join("; "))
}

/// Why a record is no order. Without a reason it is not ours.
#[derive(Debug)]
pub(super) struct Unfit {
    pub(super) reason: Option<UnfitReason>,
    pub(super) message: String,
}

impl Unfit {
    pub(super) fn undecodable(what: &dyn std::fmt::Display) -> Self {
        Self { reason: Some(UnfitReason::Undecodable), message: what.to_string() }
    }

    pub(super) fn unmapped(what: &str) -> Self {
        Self { reason: Some(UnfitReason::Unmapped), message: what.to_owned() }
    }
}

impl From<Fault<'_>> for Unfit {
    fn from(fault: Fault<'_>) -> Self {
        match fault.reason() {
            // Most records of a foreign topic: they get no text.
            None => Self { reason: None, message: String::new() },
            reason => Self { reason, message: fault.to_string() },
        }
    }
}

impl From<NoPlan<'_>> for Unfit {
    fn from(no: NoPlan<'_>) -> Self {
        match no {
            NoPlan::NoRecord(broken) => Self::undecodable(&format!("the value {broken}")),
            NoPlan::NoMapping(name) => Self::unmapped(&format!("no mapping takes records {name} of this topic")),
            NoPlan::Misfit(reason) => Self::unmapped(&reason),
            NoPlan::Unread(Unread::Field(name, broken)) => Self::undecodable(&format!("{name}: {broken}")),
            NoPlan::Unread(Unread::Trailing(left)) => Self::undecodable(&format!("{left} bytes follow the record")),
            NoPlan::Unread(Unread::Fault(fault)) => fault.into(),
        }
    }
}
