//! What has to be done with the bytes of one writer's schema, in the order in which they come.

use domain::Field;

use super::reader::Constant;
use super::skip::Skip;

/// How the records of one writer's schema become orders. Made once a schema by [`super::compile`].
#[derive(Debug)]
pub(crate) struct Plan {
    pub(super) order: Source<Order>,
    /// The fields of the records that are passed over.
    pub(super) records: Vec<Vec<Skip>>,
}

/// A value of ours, as the writer has it.
#[derive(Debug)]
pub(super) enum Source<L> {
    /// Always of one type.
    Plain(Branch<L>),
    /// Of one of several; the bytes say which.
    Union(Box<[Branch<L>]>),
}

/// One type of the writer's.
#[derive(Debug)]
pub(super) enum Branch<L> {
    Null,
    Value(L),
    /// Legal for the writer, and of no meaning to us: a record that uses it cannot be read.
    Refused,
}

/// The fields of an order.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) steps: Vec<Step<Action>>,
    /// Fields that the writer has not.
    pub(super) defaults: Vec<(Field, Constant)>,
}

/// One field of the writer's.
#[derive(Debug)]
pub(super) struct Step<A> {
    /// The writer's name for it, for messages.
    pub(super) name: Box<str>,
    pub(super) action: A,
}

#[derive(Debug)]
pub(super) enum Action {
    Text(Field, Source<Text>),
    Time(Field, Source<Time>),
    Money(Field, Source<Money>),
    Skip(Skip),
}

/// Text, as the writer has it.
#[derive(Debug)]
pub(super) enum Text {
    /// A string, or bytes of UTF-8.
    Utf8,
    /// The name of a symbol.
    Symbols(Box<[Box<str>]>),
}

/// Epoch milliseconds, as the writer has them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Time {
    Int,
    Millis,
    Micros,
    Nanos,
}

/// The members of an amount.
#[derive(Debug)]
pub(super) struct Money {
    pub(super) steps: Vec<Step<Member>>,
    /// Used where the writer has no such member.
    pub(super) value: Box<str>,
    pub(super) currency: Box<str>,
}

#[derive(Debug)]
pub(super) enum Member {
    Value(Source<Text>),
    Currency(Source<Text>),
    Skip(Skip),
}
