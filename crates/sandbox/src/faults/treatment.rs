use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Fault;
use crate::decision::Decision;
use crate::random::Random;

/// What happens to one request. Without faults: applied at once, answered by the model, well signed, sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Treatment {
    delay: Option<Duration>,
    late: Option<Duration>,
    apply: Option<bool>,
    answer: Option<Answer>,
    damage: Option<Damage>,
    delivery: Option<Delivery>,
}

/// Whether and when the modification takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apply {
    /// Before the answer.
    Now,
    /// So much later, answered or not.
    Late(Duration),
    /// Never.
    Never,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What the model decides.
    Model,
    /// This result.
    Result(Decision),
    /// An HTTP status and `Retry-After`.
    Http(u16, Option<String>),
    /// 302 to this location.
    Redirect(String),
    /// HTML.
    NotJson,
    /// So many bytes.
    Oversize(u64),
}

/// How the signature is wrong. Some of these a client must refuse, some it must put up with; which, is the client's promise to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// No `Signature` header.
    Absent,
    /// One bit of the signature is wrong.
    #[default]
    Flipped,
    /// A good signature over other bytes.
    OtherContent,
    /// The header names another algorithm.
    OtherAlgorithm,
    /// The answer carries another `Client-Id`.
    OtherClient,
    /// A blank inside the value.
    WhiteSpace,
    /// The header comes twice.
    Duplicate,
    /// `Response-Time` is not the one that was signed.
    OtherTime,
    /// A good signature under an unknown `keyVersion`.
    UnknownKeyVersion,
    /// A good signature without `keyVersion`.
    NoKeyVersion,
    /// A good signature, made an hour ago by its `Response-Time`.
    StaleTime,
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It is sent.
    Send,
    /// RST instead.
    Reset,
    /// FIN instead.
    Close,
    /// Nothing, for ever.
    Hang,
    /// Half of it, then RST.
    Truncate,
    /// A byte each so often.
    Drip(Duration),
}

impl Treatment {
    /// How long the request waits first.
    pub fn delay(&self) -> Duration {
        self.delay.unwrap_or_default()
    }

    /// Whether and when it is applied.
    pub fn apply(&self) -> Apply {
        match (self.late, self.apply) {
            (Some(delay), _) => Apply::Late(delay),
            (None, None | Some(true)) => Apply::Now,
            (None, Some(false)) => Apply::Never,
        }
    }

    /// What is answered.
    pub fn answer(&self) -> &Answer {
        self.answer.as_ref().unwrap_or(&Answer::Model)
    }

    /// What is wrong with the signature.
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// What becomes of the answer.
    pub fn delivery(&self) -> Delivery {
        self.delivery.unwrap_or(Delivery::Send)
    }

    /// Whether an earlier rule has decided what `fault` would. A delay, though, adds to another.
    pub(super) fn is_taken(&self, fault: &Fault) -> bool {
        match fault {
            Fault::Latency { .. } => false,
            Fault::Http { .. } | Fault::Redirect { .. } | Fault::Result { .. } | Fault::NotJson { .. } | Fault::Oversize { .. } => {
                self.answer.is_some()
            }
            Fault::Unsigned | Fault::BadlySigned { .. } => self.damage.is_some(),
            Fault::ApplyLate { .. } => self.late.is_some(),
            Fault::Reset { .. } | Fault::Close { .. } | Fault::Hang { .. } | Fault::Truncate | Fault::Drip { .. } => {
                self.delivery.is_some()
            }
        }
    }

    pub(super) fn set(&mut self, fault: &Fault, random: &mut Random) {
        match fault {
            Fault::Latency { delay, jitter } => {
                let more = random.up_to(u64::try_from(jitter.0.as_millis()).unwrap_or(u64::MAX));
                self.delay = Some(self.delay() + delay.0 + Duration::from_millis(more));
            }
            Fault::Http { status, retry_after, apply } => self.answer_with(Answer::Http(*status, retry_after.clone()), *apply),
            Fault::Redirect { location, apply } => self.answer_with(Answer::Redirect(location.clone()), *apply),
            Fault::Result { code, status, message, order_status, apply } => {
                let decision = Decision { order_status: order_status.clone(), ..Decision::new(code, *status, message.clone()) };
                self.answer_with(Answer::Result(decision), *apply);
            }
            Fault::NotJson { apply } => self.answer_with(Answer::NotJson, *apply),
            Fault::Oversize { bytes, apply } => self.answer_with(Answer::Oversize(*bytes), *apply),
            Fault::Unsigned => self.damage = Some(Damage::Absent),
            Fault::BadlySigned { how } => self.damage = Some(*how),
            Fault::ApplyLate { delay } => self.late = Some(delay.0),
            Fault::Reset { apply } => self.deliver(Delivery::Reset, *apply),
            Fault::Close { apply } => self.deliver(Delivery::Close, *apply),
            Fault::Hang { apply } => self.deliver(Delivery::Hang, *apply),
            Fault::Truncate => self.deliver(Delivery::Truncate, true),
            Fault::Drip { every } => self.deliver(Delivery::Drip(every.0), true),
        }
    }

    fn answer_with(&mut self, answer: Answer, apply: bool) {
        self.answer = Some(answer);
        self.applied(apply);
    }

    fn deliver(&mut self, delivery: Delivery, apply: bool) {
        self.delivery = Some(delivery);
        self.applied(apply);
    }

    fn applied(&mut self, apply: bool) {
        self.apply.get_or_insert(apply);
    }
}
