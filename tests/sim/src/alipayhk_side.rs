//! The way to AlipayHK and back: the sandbox's own model decides, the product's own rules say what the answer means. A signature is a token.

use std::sync::Arc;

use alipayhk::{Code, Held as HeldStatus, Reading, Status, Transport, classify};
use domain::{Outcome, ResultCode, Verdict};
use engine::{Call, Ticket};
use sandbox::decision::{Decision, ResultStatus};
use sandbox::sync::OrderSync;

use crate::driver::{Mail, millis};
use crate::log::{TIME_ZERO, Version};
use crate::mutants::Mutant;
use crate::process::Held;
use crate::world::{Event, World, rulebook};

/// One call, from the engine's wish on.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) process: usize,
    pub(crate) life: u32,
    pub(crate) ticket: Ticket,
    pub(crate) held: Held,
    /// As it was when it was sent: a log can be replaced.
    pub(crate) version: Version,
    pub(crate) offset: i64,
    pub(crate) assignment: usize,
    pub(crate) write_by: u64,
    pub(crate) deadline: u64,
    pub(crate) generation: u32,
    /// The client has its end.
    pub(crate) done: bool,
    /// Written, and AlipayHK may still apply it.
    pub(crate) pending: bool,
}

/// How a decision gets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// In order.
    Signed,
    /// Not at all.
    Lost,
    /// It already was answered otherwise.
    Moot,
}

impl World {
    /// The process has begun a call.
    pub(crate) fn begin_call(&mut self, process: usize, call: &Call<Held>, assignment: usize) -> usize {
        let Held { partition, index } = call.payload;
        let version = self.scenario.logs[partition].version(index).expect("only modifications are sent").clone();
        self.sent.push(Sent {
            process,
            life: self.processes[process].life,
            ticket: call.ticket,
            held: call.payload,
            version,
            offset: call.offset.0,
            assignment,
            write_by: millis(call.write_by),
            deadline: millis(call.deadline),
            generation: call.generation,
            done: false,
            pending: false,
        });
        self.sent.len() - 1
    }

    /// The first byte would leave now.
    pub(crate) fn write(&mut self, call: usize) {
        let now = self.now;
        let sent = &self.sent[call];
        if sent.done {
            return;
        }
        if now > sent.write_by && !self.off.contains(&Mutant::WriteDeadline) {
            return self.finish(call, Reading::Transport(Transport::NotSent));
        }
        let rates = self.scenario.rates.clone();
        let noisy = self.noisy();
        if self.outage_until > now || noisy && self.random.chance(rates.no_connection) {
            return self.finish(call, Reading::Transport(Transport::NotSent));
        }
        // The last moment at which it may be applied.
        let last = (sent.deadline + self.scenario.late_apply).saturating_sub(1).max(now);
        let late = |world: &mut Self| {
            let from = if world.random.chance(50) { last.saturating_sub(500).max(now) } else { now };
            world.random.between(from, last)
        };
        let soon = (now + self.random.between(1, 80)).min(last);
        let chance = |world: &mut Self, percent: u64| noisy && world.random.chance(percent);
        if chance(self, rates.swallowed) {
            if self.random.chance(50) {
                self.answer_in(call, 1, 3_000, Reading::Transport(Transport::Broken));
            }
        } else if chance(self, rates.late) {
            let at = late(self);
            let reply = if self.random.chance(50) { Reply::Signed } else { Reply::Lost };
            self.decide_at(call, at, reply);
        } else if chance(self, rates.answer_lost) {
            self.decide_at(call, soon, Reply::Lost);
        } else if chance(self, rates.indefinite) {
            let reading = self.indefinite();
            self.answer_in(call, 1, 300, reading);
            if self.random.chance(60) {
                let at = late(self);
                self.decide_at(call, at, Reply::Moot);
            }
        } else {
            self.decide_at(call, soon, Reply::Signed);
        }
    }

    fn decide_at(&mut self, call: usize, at: u64, reply: Reply) {
        self.check_serial(call, true);
        self.sent[call].pending = true;
        self.to_come += 1;
        self.at(at, Event::Decide(call, reply));
    }

    fn answer_in(&mut self, call: usize, low: u64, high: u64, reading: Reading) {
        let at = self.now + self.random.between(low, high);
        self.at(at, Event::Answer(call, Box::new(reading)));
    }

    /// An answer that decides nothing.
    fn indefinite(&mut self) -> Reading {
        let signed =
            |code: Code, status: Status| Reading::Signed { code, text: ResultCode::lenient(code.name()), status, held: HeldStatus::Other };
        match self.random.between(0, 11) {
            0 | 1 => Reading::Http(503),
            2 => Reading::Http(429),
            3 => Reading::Unverified,
            4 => Reading::Unreadable,
            5 | 6 => signed(Code::SystemError, Status::Unknown),
            7 => signed(Code::UnknownException, Status::Unknown),
            8 => signed(Code::ParamIllegal, Status::Unknown),
            9 => signed(Code::RequestTrafficExceedLimit, Status::Failure),
            10 => signed(Code::Success, Status::Foreign),
            _ => Reading::Transport(Transport::Broken),
        }
    }

    /// AlipayHK decides, and applies what it accepts.
    pub(crate) fn decide(&mut self, call: usize, reply: Reply) {
        self.to_come -= 1;
        let sent = &mut self.sent[call];
        sent.pending = false;
        let version = sent.version.clone();
        let sync = OrderSync {
            request_id: format!("{} {}", version.text, sent.generation),
            merchant_biz_no: version.name.as_str().to_owned(),
            biz_type: version.biz_type,
            status: version.status.clone(),
            create_time: TIME_ZERO,
            modify_time: TIME_ZERO + version.time,
            json: Arc::clone(&version.text),
            content: Arc::clone(&version.text),
            missing: None,
        };
        let now = TIME_ZERO + self.now as i64;
        let before = self.model.record().counters.applied;
        let decision = if version.rejects {
            self.model.inject(&sync, &Decision::illegal("refused for good"), now)
        } else {
            self.model.decide(&sync, now)
        };
        let applied = self.model.record().counters.applied > before;
        let reading = reading(&decision, &version);
        let ended = match classify(&reading, None) {
            Outcome::Definitive(Verdict::Accepted | Verdict::HeldAlready | Verdict::PeerAhead) => true,
            Outcome::Definitive(Verdict::Rejected(_)) | Outcome::Indefinite(_) => false,
        };
        self.decided(call, applied, ended);
        if reply == Reply::Signed {
            self.answer_in(call, 1, 60, reading);
        }
    }

    /// The call's one end.
    pub(crate) fn finish(&mut self, call: usize, reading: Reading) {
        if std::mem::replace(&mut self.sent[call].done, true) {
            return;
        }
        let retry_after = (reading == Reading::Http(429)).then(|| std::time::Duration::from_millis(700));
        let outcome = classify(&reading, retry_after);
        let (process, ticket) = (self.sent[call].process, self.sent[call].ticket);
        self.say(|| format!("P{process} call #{call} ends: {outcome:?}"));
        self.tell(process, Mail::Call { ticket, outcome });
    }
}

fn reading(decision: &Decision, sent: &Version) -> Reading {
    let held = match decision.order_status.as_deref() {
        Some(held) if held == sent.status.as_str() => HeldStatus::Same,
        Some(held) if rulebook().of(sent.biz_type).peer_is_ahead(&sent.status, held) => HeldStatus::Ahead,
        Some(_) | None => HeldStatus::Other,
    };
    let status = match decision.status {
        ResultStatus::S => Status::Success,
        ResultStatus::F => Status::Failure,
        ResultStatus::U => Status::Unknown,
    };
    Reading::Signed { code: Code::parse(&decision.code), text: ResultCode::lenient(&decision.code), status, held }
}
