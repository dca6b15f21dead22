//! The gate: calls stop for a systemic reason, and one due call at a time finds out whether it is over.

use crate::io::{GateReason, Now};
use crate::retry::{Backoff, Rng};

/// Transport failures in a row, over all orders, that close the gate.
const FAILURES: u32 = 8;

/// One gate: of all calls, or of one business type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    state: State,
    failures_in_a_row: u32,
}

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Open,
    /// Closed; one call probes from `probe_at` on.
    Closed { reason: GateReason, probe_at: Now, failed_probes: u32, probe: Option<u64> },
}

/// What a gate says to one more call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Go.
    Open,
    /// Go, as the probe.
    Probe,
    /// Not before this.
    NotBefore(Now),
    /// A probe is on its way.
    Probing,
}

impl Gate {
    /// Whether a call may go.
    pub(crate) fn pass(&self, now: Now) -> Pass {
        match &self.state {
            State::Open => Pass::Open,
            State::Closed { probe: Some(_), .. } => Pass::Probing,
            State::Closed { probe_at, .. } if *probe_at <= now => Pass::Probe,
            State::Closed { probe_at, .. } => Pass::NotBefore(*probe_at),
        }
    }

    /// When the next probe is due, unless one is on its way.
    pub(crate) fn probe_at(&self) -> Option<Now> {
        match &self.state {
            State::Open | State::Closed { probe: Some(_), .. } => None,
            State::Closed { probe_at, .. } => Some(*probe_at),
        }
    }

    /// The call with this serial is the probe.
    pub(crate) fn probing(&mut self, serial: u64) {
        if let State::Closed { probe, .. } = &mut self.state {
            *probe = Some(serial);
        }
    }

    /// The call with this serial ended without a success: if it was the probe, the next one waits longer.
    pub(crate) fn probe_failed(&mut self, serial: u64, now: Now, backoff: Backoff, rng: &mut Rng) {
        if let State::Closed { probe_at, failed_probes, probe, .. } = &mut self.state
            && *probe == Some(serial)
        {
            *failed_probes = failed_probes.saturating_add(1);
            *probe = None;
            *probe_at = backoff.due(now, *failed_probes, None, rng);
        }
    }

    /// Something systemic: closes, or, when the probe itself failed, waits longer. True when it was open before.
    pub(crate) fn close(&mut self, reason: GateReason, serial: Option<u64>, now: Now, backoff: Backoff, rng: &mut Rng) -> bool {
        match &mut self.state {
            State::Open => {
                let probe_at = backoff.due(now, 1, None, rng);
                self.state = State::Closed { reason, probe_at, failed_probes: 1, probe: None };
                true
            }
            State::Closed { reason: known, probe, .. } => {
                if let Some(serial) = serial.filter(|serial| *probe == Some(*serial)) {
                    *known = reason;
                    self.probe_failed(serial, now, backoff, rng);
                }
                false
            }
        }
    }

    /// A transport failure. True when the gate just closed.
    pub(crate) fn failed(&mut self, reason: GateReason, serial: u64, now: Now, backoff: Backoff, rng: &mut Rng) -> bool {
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        match &self.state {
            State::Open if self.failures_in_a_row < FAILURES => false,
            State::Open | State::Closed { .. } => self.close(reason, Some(serial), now, backoff, rng),
        }
    }

    /// Transport failures since the last answer.
    pub(crate) fn failures_in_a_row(&self) -> u32 {
        self.failures_in_a_row
    }

    /// AlipayHK works: transport failures are forgotten.
    pub(crate) fn answered(&mut self) {
        self.failures_in_a_row = 0;
    }

    /// A success. True when the gate just opened.
    pub(crate) fn open(&mut self) -> bool {
        self.failures_in_a_row = 0;
        !matches!(std::mem::take(&mut self.state), State::Open)
    }

    /// Why it is closed, and whether a probe is on its way.
    pub(crate) fn closed(&self) -> Option<(GateReason, bool)> {
        match &self.state {
            State::Open => None,
            State::Closed { reason, probe, .. } => Some((*reason, probe.is_some())),
        }
    }
}

#[cfg(test)]
mod tests;
