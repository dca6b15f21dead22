//! What was done to the world and when, for the oracle and the report.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{SystemTime, UNIX_EPOCH};

/// One disturbance as it really happened.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) what: crate::schedule::What,
    /// Which process, where it hit one.
    pub(crate) member: Option<u32>,
    /// Epoch milliseconds.
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Events(Mutex<Vec<Event>>);

impl Events {
    pub(crate) fn add(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    pub(crate) fn all(&self) -> Vec<Event> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by_key(|event| event.from);
        all
    }
}

/// The clock, epoch milliseconds.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
