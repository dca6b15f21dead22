//! The rules of one business type.

use thiserror::Error;

use super::required::Required;
use super::step::{Step, between, one_way};
use super::{Mode, Overrides, RuleError};
use crate::biz_type::BizType;
use crate::biz_type::table::{Status, Table};
use crate::event::OrderEvent;
use crate::ids::OrderStatus;
use crate::invalid::Field;

/// One business type: its table, and what configuration makes of it.
#[derive(Debug, Clone)]
pub struct TypeRules {
    biz_type: BizType,
    table: &'static Table,
    mode: Mode,
    milestones: Vec<Box<str>>,
    extra: Vec<Box<str>>,
    required: Vec<Required>,
}

/// What one event, seen alone, breaks in its table. The text names fields, paths and never a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error)]
pub enum Violation {
    /// Neither the table nor `extra_statuses` has it.
    #[error("orderStatus: is unknown to this business type")]
    UnknownStatus,
    /// A field that the business type requires.
    #[error("{}: is required by this business type", .0.name())]
    MissingField(Field),
    /// A field or member that is required at this status.
    #[error("{0}: is required at this status")]
    MissingPath(Box<str>),
}

impl TypeRules {
    /// Whose rules these are.
    pub fn biz_type(&self) -> BizType {
        self.biz_type
    }

    /// What a broken rule leads to.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The documented statuses, in the order of the flow.
    pub fn statuses(&self) -> &'static [Status] {
        self.table.statuses
    }

    /// Whether the status must reach AlipayHK, whatever follows it.
    pub fn is_milestone(&self, status: &OrderStatus) -> bool {
        self.milestones.iter().any(|milestone| **milestone == *status.as_str())
    }

    /// Whether nothing but itself may follow the status.
    pub fn is_end(&self, status: &OrderStatus) -> bool {
        self.table.status(status.as_str()).is_some_and(|status| status.end)
    }

    /// Whether the table or configuration has the status.
    pub fn knows(&self, status: &OrderStatus) -> bool {
        self.table.status(status.as_str()).is_some() || self.extra.iter().any(|extra| **extra == *status.as_str())
    }

    /// What the table says of `to` after `from`. `None` means that nothing is known of the order, which is no proof that it is
    /// new: any known status may then come. The same holds after a status that the type does not know.
    pub fn step(&self, from: Option<&OrderStatus>, to: &OrderStatus) -> Step {
        if !self.knows(to) {
            return Step::Unknown;
        }
        let Some(from) = from else { return Step::Allowed };
        if from == to {
            return Step::Repeated;
        }
        match (self.table.status(from.as_str()), self.table.status(to.as_str())) {
            (Some(from), Some(to)) => between(self.table, from, to).map_or_else(Step::Forbidden, |()| Step::Allowed),
            (Some(from), None) if from.end => Step::Forbidden(super::Why::Ended),
            (Some(_) | None, None) | (None, Some(_)) => Step::Allowed,
        }
    }

    /// What the event breaks, apart from its step: see [`Self::step`].
    pub fn violations(&self, event: &OrderEvent) -> Vec<Violation> {
        let unknown = (!self.knows(&event.status)).then_some(Violation::UnknownStatus);
        let fields = self.table.required.iter().filter(|field| !event.has(**field)).map(|field| Violation::MissingField(*field));
        let paths = self
            .required
            .iter()
            .filter(|required| required.is_missing(event))
            .map(|required| Violation::MissingPath(required.path.clone()));
        unknown.into_iter().chain(fields).chain(paths).collect()
    }

    /// Whether AlipayHK, holding `held`, is further on than the status that was sent: `held` comes after it by documented steps,
    /// and never the other way round. Where going back is legal only an end status proves that, and only over one that is no
    /// end. Of a status from configuration, or of none of ours, nothing is proven but that an end comes after everything known.
    pub fn peer_is_ahead(&self, sent: &OrderStatus, held: &str) -> bool {
        let Some(held) = self.table.status(held) else { return false };
        match self.table.status(sent.as_str()) {
            Some(sent) => one_way(self.table, sent, held),
            None => held.end && self.knows(sent),
        }
    }

    pub(super) fn standard(biz_type: BizType) -> Self {
        let table = biz_type.table();
        let required = table.required_paths.iter().filter_map(|(at, path)| Required::parse(*at, path)).collect();
        let milestones = table.milestones.iter().copied().map(Box::from).collect();
        Self { biz_type, table, mode: Mode::default(), milestones, extra: Vec::new(), required }
    }

    pub(super) fn apply(&mut self, overrides: &Overrides) -> Result<(), RuleError> {
        self.mode = overrides.mode;
        self.extra = overrides.extra_statuses.iter().map(|status| Box::from(status.as_str())).collect();
        if let Some(milestones) = &overrides.never_collapse {
            self.known("never_collapse", milestones.iter())?;
            self.milestones = milestones.iter().map(|status| Box::from(status.as_str())).collect();
        }
        self.known("required", overrides.required.iter().map(|(status, _)| status))?;
        for (status, paths) in &overrides.required {
            for path in paths {
                let unknown = || RuleError::UnknownPath { biz_type: self.biz_type, path: path.clone() };
                let required = Required::parse(Some(status.as_str()), path).ok_or_else(unknown)?;
                if !self.required.iter().any(|own| own.same_as(status, path)) {
                    self.required.push(required);
                }
            }
        }
        Ok(())
    }

    fn known<'s>(&self, key: &'static str, mut statuses: impl Iterator<Item = &'s OrderStatus>) -> Result<(), RuleError> {
        match statuses.find(|status| !self.knows(status)) {
            Some(status) => Err(RuleError::UnknownStatus { biz_type: self.biz_type, key, status: status.clone() }),
            None => Ok(()),
        }
    }
}
