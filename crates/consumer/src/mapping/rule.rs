//! What a mapping says, understood: which records it takes, and where each field of an order comes from.

use std::collections::HashMap;

use domain::Field;

use super::path::Path;

/// One `[[mapping]]`.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its key, as `mapping[0]`.
    pub(crate) key: Box<str>,
    /// Only records of these topics.
    pub(crate) topics: Option<Vec<String>>,
    /// Only records whose writer's schema has this full name.
    pub(crate) record: Option<String>,
    /// Every path that is named anywhere below, once. A [`Use`] is a place in this list.
    pub(crate) paths: Vec<Path>,
    /// What has to hold, or the record is not ours.
    pub(crate) when: Vec<Condition>,
    /// Fields that are text.
    pub(crate) texts: Vec<(Field, Text)>,
    /// Fields that are moments.
    pub(crate) times: Vec<(Field, Time)>,
    /// Fields that are amounts.
    pub(crate) amounts: Vec<(Field, Amount)>,
    /// Fields that are JSON.
    pub(crate) opaque: Vec<(Field, Opaque)>,
    /// What each use asks of the type it finds.
    pub(crate) demands: Vec<Demand>,
}

/// One path as the source of one target.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) slot: usize,
    /// The target, as `amount.value`, for messages.
    pub(crate) target: Box<str>,
}

/// What a use asks of a writer's schema.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    pub(crate) slot: usize,
    /// The key in the configuration that names the path.
    pub(crate) key: Box<str>,
    pub(crate) want: Want,
    /// Whether a schema without the path fits: what is not there is null.
    pub(crate) optional: bool,
}

/// What a value has to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Text, or something that has one.
    Text,
    /// A moment.
    Time,
    /// A whole number.
    Integer,
    /// An amount.
    Amount,
    /// A JSON object or array, or text that holds one.
    Whole,
    /// Anything.
    Any,
}

/// One entry of `when`.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) from: Use,
    pub(crate) test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists(bool),
}

/// Where text comes from.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Constant(Box<str>),
    From(Lookup),
}

/// Text out of a record, perhaps as another one.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    pub(crate) from: Use,
    pub(crate) values: Option<Values>,
    /// `as = "uuid_simple"`.
    pub(crate) uuid_simple: bool,
}

/// A value map.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    pub(crate) table: HashMap<Box<str>, Box<str>>,
    pub(crate) otherwise: Otherwise,
}

/// What becomes of a value that the map does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Otherwise {
    /// The record is parked as unmapped.
    Park,
    /// The record is not ours.
    Skip,
    /// The value stays.
    Keep,
}

/// Where a moment comes from.
#[derive(Debug, Clone)]
pub(crate) enum Time {
    Constant(i64),
    From(Moment),
}

/// A moment out of a record.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) from: Use,
    pub(crate) unit: TimeUnit,
    /// Added as milliseconds.
    pub(crate) plus: Option<Use>,
}

/// In which unit a moment without a logical type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    Seconds,
    Millis,
    Micros,
    Nanos,
    Iso8601,
}

/// Where an amount comes from.
#[derive(Debug, Clone)]
pub(crate) struct Amount {
    pub(crate) value: Digits,
    pub(crate) currency: Text,
}

#[derive(Debug, Clone)]
pub(crate) enum Digits {
    Constant(Box<str>),
    From(Use, AmountUnit),
}

/// In which unit an amount is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AmountUnit {
    Minor,
    Major,
}

/// Where JSON comes from.
#[derive(Debug, Clone)]
pub(crate) enum Opaque {
    /// JSON text.
    Constant(Box<str>),
    /// All of it from one place.
    Whole(Use),
    /// Built, member by member.
    Object(Object),
}

/// An object that is built.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    pub(crate) members: Vec<(Box<str>, Node)>,
}

/// What stands in a member.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// JSON text.
    Constant(Box<str>),
    /// As it is in the record.
    Plain(Use),
    Text(Lookup),
    Time(Moment),
    /// The digits, as text; the currency says how many of them are behind the point.
    Amount(Use, AmountUnit, Text),
    Object(Object),
}

impl Object {
    /// Whether anything in it comes from the record.
    pub(crate) fn has_source(&self) -> bool {
        self.members.iter().any(|(_, node)| match node {
            Node::Constant(_) => false,
            Node::Object(object) => object.has_source(),
            Node::Plain(_) | Node::Text(_) | Node::Time(_) | Node::Amount(..) => true,
        })
    }
}

impl Mapping {
    /// Whether it takes records of this topic and, where records have names, of one of these.
    pub(crate) fn takes(&self, topic: &str, names: Option<&[String]>) -> bool {
        let of = |topics: &Vec<String>| topics.iter().any(|own| own == topic);
        let called = |record: &String| names.is_none_or(|names| names.contains(record));
        self.topics.as_ref().is_none_or(of) && self.record.as_ref().is_none_or(called)
    }

    /// The text of a path that is used.
    pub(crate) fn path(&self, slot: usize) -> &Path {
        // Uses are made together with the list they point into.
        &self.paths[slot]
    }
}

impl Want {
    /// For messages: "… does not become …".
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Time => "a moment",
            Self::Integer => "a whole number",
            Self::Amount => "an exact amount",
            Self::Whole => "a JSON object or array",
            Self::Any => "anything",
        }
    }
}
