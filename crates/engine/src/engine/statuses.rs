//! Statuses as small numbers.

use std::collections::HashMap;

use domain::OrderStatus;

use crate::lane::StatusId;

/// More statuses than any honest source has; what is beyond shares one number.
const MOST: usize = 4_096;

/// Gives every status a number.
#[derive(Debug, Default)]
pub(super) struct Statuses {
    numbers: HashMap<OrderStatus, StatusId>,
    names: Vec<OrderStatus>,
}

impl Statuses {
    pub(super) fn number(&mut self, status: &OrderStatus) -> StatusId {
        if let Some(number) = self.numbers.get(status) {
            return *number;
        }
        if self.names.len() >= MOST {
            return StatusId(u16::try_from(MOST).unwrap_or(u16::MAX));
        }
        let number = StatusId(u16::try_from(self.names.len()).unwrap_or(u16::MAX));
        self.names.push(status.clone());
        self.numbers.insert(status.clone(), number);
        number
    }

    pub(super) fn name(&self, number: StatusId) -> Option<&OrderStatus> {
        self.names.get(usize::from(number.0))
    }
}
