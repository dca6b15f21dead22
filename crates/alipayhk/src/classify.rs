//! From a [`Reading`] to an [`Outcome`]: every row of it, and no row for "anything else".

use std::time::Duration;

use domain::{Cause, Indefinite, Outcome, ResultCode, Verdict};

use crate::{Code, CodeClass, Status, Transport};

/// What came back, as far as it may be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// No answer.
    Transport(Transport),
    /// An HTTP status other than 200. Nothing in such an answer is believed.
    Http(u16),
    /// 200, but not a result.
    Unreadable,
    /// 200 with a result whose signature is missing or wrong.
    Unverified,
    /// 200, signed, but sealed in a way we cannot open.
    Unopened,
    /// 200 with a signed result.
    Signed {
        /// Its code.
        code: Code,
        /// The code's text.
        text: ResultCode,
        /// Its status.
        status: Status,
        /// How the order status AlipayHK holds compares with the one that was sent.
        held: Held,
    },
}

/// The order status in an answer, compared with the one that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    /// The same.
    Same,
    /// One that only comes after it.
    Ahead,
    /// None, or any other.
    Other,
}

/// What a reading means.
///
/// Whatever may have reached AlipayHK and was not decided by a signed answer is ambiguous: it may still be applied.
pub fn classify(reading: &Reading, retry_after: Option<Duration>) -> Outcome {
    let undecided = |cause: Cause| {
        let ambiguous = !matches!(cause, Cause::Unreachable | Cause::NotSent);
        Outcome::Indefinite(Indefinite { cause, ambiguous, renew_request_id: false, retry_after })
    };
    // The family of gateways repeats its first `F` to a known requestId for ever (Alipay+, Idempotency), and an `F` says that nothing was
    // applied: whatever it was, the next attempt asks anew.
    let signed = |cause: Cause, status: Status| {
        let renew_request_id = status == Status::Failure;
        Outcome::Indefinite(Indefinite { cause, ambiguous: true, renew_request_id, retry_after })
    };
    match reading {
        Reading::Transport(Transport::Unreachable) => undecided(Cause::Unreachable),
        Reading::Transport(Transport::NotSent) => undecided(Cause::NotSent),
        Reading::Transport(Transport::Broken | Transport::TooLarge) => undecided(Cause::Broken),
        Reading::Transport(Transport::Timeout) => undecided(Cause::Timeout),
        Reading::Http(401 | 403) => undecided(Cause::Refused),
        Reading::Http(429) => undecided(Cause::Throttled),
        Reading::Http(_) => undecided(Cause::HttpStatus),
        Reading::Unreadable => undecided(Cause::Unreadable),
        Reading::Unverified => undecided(Cause::Unverified),
        Reading::Unopened => undecided(Cause::Unopened),
        Reading::Signed { code, text, status, held } => match code.class() {
            CodeClass::Systemic => signed(Cause::Systemic, *status),
            CodeClass::UnsupportedBusiness => signed(Cause::UnsupportedBusiness, *status),
            CodeClass::Throttled => signed(Cause::Throttled, *status),
            CodeClass::Retry => signed(Cause::Undecided, *status),
            CodeClass::ByStatus => by_status(*status, || Verdict::Rejected(text.clone())).unwrap_or_else(|| undecided(Cause::Undecided)),
            CodeClass::OrderStatus => {
                let refused = || match held {
                    Held::Same => Verdict::HeldAlready,
                    Held::Ahead => Verdict::PeerAhead,
                    Held::Other => Verdict::Rejected(text.clone()),
                };
                by_status(*status, refused).unwrap_or_else(|| undecided(Cause::Undecided))
            }
        },
    }
}

fn by_status(status: Status, refused: impl FnOnce() -> Verdict) -> Option<Outcome> {
    match status {
        Status::Success => Some(Outcome::Definitive(Verdict::Accepted)),
        Status::Failure => Some(Outcome::Definitive(refused())),
        Status::Unknown | Status::Foreign => None,
    }
}

#[cfg(test)]
mod tests;
