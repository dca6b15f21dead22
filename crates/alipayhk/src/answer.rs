//! What an answer means, and what is worth writing down about it.

use std::fmt;

use domain::{Outcome, ResultCode};

use crate::exchange::{KeyUse, Refusal};
use crate::response::Parsed;
use crate::{Code, Status};

/// AlipayHK's message is at most so long (Antom, Overview); what is beyond is cut.
const MESSAGE_MAX: usize = 256;
const TRACER_MAX: usize = 128;

/// The meaning of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the engine acts on.
    pub outcome: Outcome,
    /// What logs, metrics and the outcomes topic say about it.
    pub notes: Notes,
}

/// Facts about an answer, safe to log except [`Notes::distribute_result`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// The HTTP status, where there was one.
    pub http_status: Option<u16>,
    /// What became of the signature. Unless verified, everything below is hearsay.
    pub signature: SignatureNote,
    /// `resultCode` as a closed set, for labels.
    pub code: Option<Code>,
    /// `resultCode` as it came.
    pub code_text: Option<ResultCode>,
    /// `resultStatus`.
    pub status: Option<Status>,
    /// `resultMessage`, at most 256 characters, control characters and the order's user ids replaced.
    pub message: Option<Box<str>>,
    /// AlipayHK's own number of the order. Verified answers only.
    pub order_id: Option<Box<str>>,
    /// The status AlipayHK holds for the order. Verified answers only.
    pub order_status: Option<Box<str>>,
    /// What a coupon's issue returned, as raw JSON. Verified answers only.
    pub distribute_result: Option<DistributeResult>,
    /// `Tracer-Id`, by which AlipayHK finds the call.
    pub tracer_id: Option<Box<str>>,
    /// `Response-Time` minus our clock, in seconds. Verified answers only.
    pub clock_offset: Option<i64>,
    /// The clocks are more than five minutes apart, or `Response-Time` is not a time. Verified answers only.
    pub clock_alarm: bool,
}

/// What became of an answer's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignatureNote {
    /// No answer, or one whose HTTP status says enough.
    #[default]
    NotChecked,
    /// It fits.
    Verified(KeyUse),
    /// It is missing or does not fit.
    Refused(Refusal),
}

/// `distributeResult` as it came: card numbers and links. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct DistributeResult(Box<str>);

impl Answer {
    pub(crate) fn without_notes(outcome: Outcome) -> Self {
        Self { outcome, notes: Notes::default() }
    }
}

impl Notes {
    pub(crate) fn result(&mut self, parsed: &Parsed, personal: &[&str]) {
        self.code = parsed.code.as_deref().map(Code::parse);
        self.code_text = parsed.code.as_deref().map(ResultCode::lenient);
        self.status = Some(parsed.status.as_deref().map_or(Status::Foreign, Status::parse));
        self.message = parsed.message.as_deref().map(|message| {
            let redacted = personal.iter().fold(message.to_owned(), |text, id| text.replace(id, "[redacted]"));
            plain(&redacted, MESSAGE_MAX)
        });
    }

    pub(crate) fn order(&mut self, parsed: &Parsed) {
        self.order_id = parsed.order_id.as_deref().map(|id| plain(id, usize::MAX));
        self.order_status = parsed.order_status.as_deref().map(|status| plain(status, usize::MAX));
        self.distribute_result = parsed.distribute_result.clone().map(DistributeResult);
    }

    pub(crate) fn trace(&mut self, tracer_id: Option<&str>) {
        self.tracer_id = tracer_id.map(|id| plain(id, TRACER_MAX));
    }

    pub(crate) fn clock(&mut self, offset: Option<i64>, alarm_from: u64) {
        self.clock_offset = offset;
        self.clock_alarm = offset.is_none_or(|offset| offset.unsigned_abs() > alarm_from);
    }
}

impl DistributeResult {
    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DistributeResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// No control character reaches a terminal or a log line.
fn plain(text: &str, max: usize) -> Box<str> {
    text.chars().take(max).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
