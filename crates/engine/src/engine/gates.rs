//! What answers mean for the gates and the rate.

use std::collections::{BTreeMap, VecDeque};

use domain::{BizType, Indefinite, Outcome, Reaction, Verdict};

use super::{CallInfo, Engine, LaneRef};
use crate::config::UnsupportedBusiness;
use crate::gate::{Gate, Pass};
use crate::io::{GateReason, Note, Now};

/// The gate of all calls, and those of single business types.
#[derive(Debug, Default)]
pub(super) struct Gates {
    pub(super) all: Gate,
    pub(super) types: BTreeMap<BizType, TypeGate>,
}

/// The gate of one business type.
#[derive(Debug, Default)]
pub(super) struct TypeGate {
    pub(super) gate: Gate,
    /// Lanes that wait for it.
    pub(super) blocked: VecDeque<LaneRef>,
    /// The lane that was made ready to probe.
    let_out: Option<LaneRef>,
}

impl Gates {
    /// Whether a call of this type may go.
    pub(super) fn pass_type(&self, biz_type: BizType, now: Now) -> Pass {
        self.types.get(&biz_type).map_or(Pass::Open, |of_type| of_type.gate.pass(now))
    }

    /// A call goes out.
    pub(super) fn calling(&mut self, serial: u64, biz_type: BizType, probe: bool) {
        if probe {
            self.all.probing(serial);
        }
        if let Some(of_type) = self.types.get_mut(&biz_type) {
            of_type.gate.probing(serial);
        }
    }

    /// A lane waits for the gate of its type.
    pub(super) fn block(&mut self, biz_type: BizType, lane: LaneRef) {
        self.types.entry(biz_type).or_default().blocked.push_back(lane);
    }

    /// A lane had its turn.
    pub(super) fn had_turn(&mut self, lane: LaneRef) {
        for of_type in self.types.values_mut().filter(|of_type| of_type.let_out == Some(lane)) {
            of_type.let_out = None;
        }
    }

    /// Lanes of these are gone.
    pub(super) fn forget(&mut self, gone: impl Fn(&LaneRef) -> bool) {
        for of_type in self.types.values_mut() {
            of_type.blocked.retain(|lane| !gone(lane));
            of_type.let_out = of_type.let_out.filter(|lane| !gone(lane));
        }
    }

    /// When a lane has to be let out to probe.
    pub(super) fn due(&self) -> Option<Now> {
        let waiting = self.types.values().filter(|of_type| !of_type.blocked.is_empty() && of_type.let_out.is_none());
        waiting.filter_map(|of_type| of_type.gate.probe_at()).min()
    }
}

impl<P: Clone> Engine<P> {
    /// One answer, before anything else is made of it.
    pub(super) fn judge_gates(&mut self, call: &CallInfo, serial: u64, outcome: &Outcome, now: Now) {
        match outcome {
            Outcome::Definitive(verdict) => self.gates_decided(call.biz_type, serial, verdict, now),
            Outcome::Indefinite(indefinite) => self.gates_undecided(call.biz_type, serial, indefinite, now),
        }
    }

    fn gates_decided(&mut self, biz_type: BizType, serial: u64, verdict: &Verdict, now: Now) {
        self.gates.all.answered();
        let blown = matches!(self.gates.all.closed(), Some((GateReason::DeadLetterFuse, _)));
        let success = match verdict {
            Verdict::Accepted | Verdict::HeldAlready | Verdict::PeerAhead => true,
            // The fuse asks for an end of the rejections, not for an answer.
            Verdict::Rejected(_) => !blown,
        };
        if !success {
            let backoff = self.backoff();
            self.gates.all.probe_failed(serial, now, backoff, &mut self.rng);
        } else if self.gates.all.open() {
            self.note(Note::GateOpened { biz_type: None });
        }
        let Some(of_type) = self.gates.types.get_mut(&biz_type) else { return };
        if of_type.gate.open() {
            self.ready.extend(std::mem::take(&mut of_type.blocked));
            self.note(Note::GateOpened { biz_type: Some(biz_type) });
        }
    }

    fn gates_undecided(&mut self, biz_type: BizType, serial: u64, indefinite: &Indefinite, now: Now) {
        let (backoff, reason) = (self.backoff(), GateReason::Cause(indefinite.cause));
        let closed = match indefinite.cause.reaction() {
            Reaction::RetryTransport => self.gates.all.failed(reason, serial, now, backoff, &mut self.rng),
            Reaction::CloseGate => self.gates.all.close(reason, Some(serial), now, backoff, &mut self.rng),
            Reaction::Retry => {
                self.gates.all.answered();
                false
            }
            Reaction::SlowDown => {
                self.gates.all.answered();
                if self.bucket.cut(now) {
                    self.note(Note::RateChanged { per_second: self.bucket.rate() });
                }
                false
            }
            Reaction::CloseType => {
                self.gates.all.answered();
                if self.config.unsupported_business == UnsupportedBusiness::Gate {
                    let gate = &mut self.gates.types.entry(biz_type).or_default().gate;
                    if gate.close(reason, Some(serial), now, backoff, &mut self.rng) {
                        self.note(Note::GateClosed { biz_type: Some(biz_type), reason });
                    }
                }
                false
            }
        };
        if closed {
            self.note(Note::GateClosed { biz_type: None, reason });
        }
        // Whatever the probe met, it was no success.
        self.gates.all.probe_failed(serial, now, backoff, &mut self.rng);
        if let Some(of_type) = self.gates.types.get_mut(&biz_type) {
            of_type.gate.probe_failed(serial, now, backoff, &mut self.rng);
        }
    }

    /// A rejected or given up record costs; without tokens the gate closes.
    pub(super) fn fuse_spend(&mut self, now: Now) {
        if !self.fuse.spend() {
            let backoff = self.backoff();
            if self.gates.all.close(GateReason::DeadLetterFuse, None, now, backoff, &mut self.rng) {
                self.note(Note::GateClosed { biz_type: None, reason: GateReason::DeadLetterFuse });
            }
        }
    }

    /// Gates of types whose probe is due make one of their lanes ready.
    pub(super) fn let_probes_out(&mut self, now: Now) {
        for of_type in self.gates.types.values_mut().filter(|of_type| !of_type.blocked.is_empty()) {
            match of_type.gate.pass(now) {
                Pass::Open => self.ready.extend(std::mem::take(&mut of_type.blocked)),
                Pass::Probe if of_type.let_out.is_none() => {
                    of_type.let_out = of_type.blocked.pop_front();
                    if let Some(lane) = of_type.let_out {
                        self.ready.push_front(lane);
                    }
                }
                Pass::Probe | Pass::NotBefore(_) | Pass::Probing => {}
            }
        }
    }
}
