//! The shape of what a scenario page says. One interpreter reads all nine: [`crate::TypeRules`].

use crate::invalid::Field;

/// A business type as data.
#[derive(Debug)]
pub(crate) struct Table {
    /// Every documented status, in the order of the flow: `ForwardOnly` reads "later" from it.
    pub(crate) statuses: &'static [Status],
    /// Which steps are legal.
    pub(crate) rule: Rule,
    /// What the page takes away from the rule.
    pub(crate) exceptions: &'static [Exception],
    /// Statuses that must reach AlipayHK, whatever follows them.
    pub(crate) milestones: &'static [&'static str],
    /// Fields that the page requires beside those of every request.
    pub(crate) required: &'static [Field],
    /// Members inside opaque objects that the page requires, by their public name, at one status or (`None`) at all.
    pub(crate) required_paths: &'static [(Option<&'static str>, &'static str)],
}

/// A documented status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// `orderStatus` on the wire.
    pub name: &'static str,
    /// What it tells the user.
    pub meaning: &'static str,
    /// Nothing but itself may follow.
    pub end: bool,
    /// Found on only one of the public versions of its page, which differ; accepted all the same.
    pub one_version_only: bool,
}

/// The written rules come in three kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Begin anywhere, skip freely, never in reverse.
    ForwardOnly,
    /// Any step, until an end status.
    Free,
    /// Issued first, then one of the end statuses.
    Ticket,
}

/// A step less than the rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exception {
    /// `to` is reached from `from` alone.
    OnlyFrom { to: &'static str, from: &'static str },
    /// From `from` nothing but `to` is reached.
    OnlyTo { from: &'static str, to: &'static str },
}

impl Table {
    /// The row of a status.
    pub(crate) fn status(&self, name: &str) -> Option<&'static Status> {
        self.statuses.iter().find(|status| status.name == name)
    }
}

impl Status {
    /// A status that others may follow.
    pub(crate) const fn open(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, end: false, one_version_only: false }
    }

    /// A status that nothing follows.
    pub(crate) const fn end(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, end: true, one_version_only: false }
    }

    /// The same, seen on one version of the page only.
    pub(crate) const fn on_one_version(self) -> Self {
        Self { one_version_only: true, ..self }
    }
}
