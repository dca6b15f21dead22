//! What one call told us. `alipayhk` makes it from an answer, `engine` acts on it; neither knows the other.

use std::time::Duration;

/// What a finished call means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// AlipayHK decided, and its signature proves it.
    Definitive(Verdict),
    /// Nothing is decided: the modification keeps its place and its offsets.
    Indefinite(Indefinite),
}

/// A decision of AlipayHK on one modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Signed `S`.
    Accepted,
    /// Signed ORDER_STATUS_INVALID, and AlipayHK holds exactly the status that was sent. It counts as accepted, unless
    /// the order's last accepted modification already had that status with other content: then as rejected.
    HeldAlready,
    /// Signed ORDER_STATUS_INVALID, and AlipayHK holds a status that only comes after the one that was sent.
    PeerAhead,
    /// Signed `F` that concerns this record alone.
    Rejected(ResultCode),
}

/// Why nothing is decided, and what the engine may do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indefinite {
    /// The reason, which also says who has to wait.
    pub cause: Cause,
    /// The request may have reached AlipayHK, so it may still be applied.
    pub ambiguous: bool,
    /// The next attempt needs a new `requestId`: a signed `F` that decides nothing, which the gateway would repeat to the old one.
    pub renew_request_id: bool,
    /// What `Retry-After` asked for, uncapped.
    pub retry_after: Option<Duration>,
}

/// The classes of indefinite results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// No connection could be made: refused, unknown, or not trusted. Nothing was written.
    Unreachable,
    /// Nothing was written, since it was too late, or there was no signature.
    NotSent,
    /// The connection broke, or the answer could not be read to its end.
    Broken,
    /// Our deadline passed.
    Timeout,
    /// A status other than 200, 401, 403 and 429.
    HttpStatus,
    /// 200 with something that is not a result.
    Unreadable,
    /// Signed `U`, UNKNOWN_EXCEPTION, SYSTEM_ERROR or an unknown status.
    Undecided,
    /// REQUEST_TRAFFIC_EXCEED_LIMIT or 429: slow down.
    Throttled,
    /// UN_SUPPORT_BUSINESS: concerns one business type.
    UnsupportedBusiness,
    /// 401 or 403.
    Refused,
    /// A signed code about key, client, signature, access or API.
    Systemic,
    /// A result without a signature, or with one that does not verify.
    Unverified,
    /// A sealed answer that could not be opened.
    Unopened,
}

/// What a [`Cause`] asks of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// Only this order waits.
    Retry,
    /// This order waits, and the gate watches for an outage.
    RetryTransport,
    /// This order waits, and the rate is cut.
    SlowDown,
    /// The gate of one business type closes.
    CloseType,
    /// The gate closes.
    CloseGate,
}

impl Cause {
    /// Every cause, for metrics and tables.
    pub const ALL: [Self; 13] = [
        Self::Unreachable,
        Self::NotSent,
        Self::Broken,
        Self::Timeout,
        Self::HttpStatus,
        Self::Unreadable,
        Self::Undecided,
        Self::Throttled,
        Self::UnsupportedBusiness,
        Self::Refused,
        Self::Systemic,
        Self::Unverified,
        Self::Unopened,
    ];

    /// What the engine does about it.
    pub fn reaction(self) -> Reaction {
        match self {
            Self::Unreachable | Self::NotSent | Self::Broken | Self::Timeout | Self::HttpStatus | Self::Unreadable => {
                Reaction::RetryTransport
            }
            Self::Undecided => Reaction::Retry,
            Self::Throttled => Reaction::SlowDown,
            Self::UnsupportedBusiness => Reaction::CloseType,
            Self::Refused | Self::Systemic | Self::Unverified | Self::Unopened => Reaction::CloseGate,
        }
    }

    /// A metric label and a log word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NotSent => "not_sent",
            Self::Broken => "broken",
            Self::Timeout => "timeout",
            Self::HttpStatus => "http_status",
            Self::Unreadable => "unreadable",
            Self::Undecided => "undecided",
            Self::Throttled => "throttled",
            Self::UnsupportedBusiness => "unsupported_business",
            Self::Refused => "refused",
            Self::Systemic => "systemic",
            Self::Unverified => "unverified",
            Self::Unopened => "unopened",
        }
    }
}

/// AlipayHK's `resultCode`, at most 64 characters, others replaced: it goes into headers and logs, never into a label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResultCode(Box<str>);

impl ResultCode {
    /// Keeps letters, digits, `_`, `-` and `.`; anything else becomes `?`, and what is beyond 64 characters is cut.
    pub fn lenient(text: &str) -> Self {
        let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '?' };
        Self(text.chars().take(64).map(keep).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_cause_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Cause::ALL.map(Cause::name).into_iter().collect();
        let causes: BTreeSet<Cause> = Cause::ALL.into_iter().collect();
        assert_eq!((names.len(), causes.len()), (Cause::ALL.len(), Cause::ALL.len()));
    }

    #[test]
    fn only_one_type_s_gate_closes_for_an_unsupported_business() {
        let closing =
            Cause::ALL.map(|cause| (cause, cause.reaction())).into_iter().filter(|(_, reaction)| *reaction == Reaction::CloseType);
        assert_eq!(closing.map(|(cause, _)| cause).collect::<Vec<_>>(), [Cause::UnsupportedBusiness]);
    }

    #[test]
    fn a_result_code_cannot_break_a_line_or_a_header() {
        assert_eq!(ResultCode::lenient("PARAM_ILLEGAL").as_str(), "PARAM_ILLEGAL");
        assert_eq!(ResultCode::lenient("A\r\nB:\u{202e} é").as_str(), "A??B????");
        assert_eq!(ResultCode::lenient(&"X".repeat(65)).as_str().len(), 64);
        assert_eq!(ResultCode::lenient("").as_str(), "");
    }
}
