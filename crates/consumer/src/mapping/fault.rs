//! Why a record becomes no order. Targets and paths are named, values never.

use std::fmt;

use engine::UnfitReason;

use super::path::Path;
use crate::schema::avro::Broken;

/// What is wrong with what stands at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The bytes are not what the writer's schema says.
    Broken(Broken),
    /// It is of another kind than is needed.
    Unfit(&'static str),
}

/// Why there is no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault<'p> {
    /// The record says itself that it is not for us.
    NotOurs,
    /// A value that `values` does not have.
    Unmapped { target: &'p str, path: &'p Path },
    /// A value that cannot become what its target needs.
    Invalid { target: &'p str, path: &'p Path, what: &'static str },
    /// Bytes that cannot be read.
    Broken { target: &'p str, path: &'p Path, broken: Broken },
}

impl Fault<'_> {
    /// Why the record is parked; `None`: it is skipped.
    pub(crate) fn reason(&self) -> Option<UnfitReason> {
        match self {
            Self::NotOurs => None,
            Self::Unmapped { .. } => Some(UnfitReason::Unmapped),
            Self::Invalid { .. } => Some(UnfitReason::Invalid),
            Self::Broken { .. } => Some(UnfitReason::Undecodable),
        }
    }
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => f.write_str("it is not ours by the mapping"),
            Self::Unmapped { target, path } => write!(f, "{target} (from {path}): has a value that the mapping's values do not have"),
            Self::Invalid { target, path, what } => write!(f, "{target} (from {path}): {what}"),
            Self::Broken { target, path, broken } => write!(f, "{target} (from {path}): {broken}"),
        }
    }
}
