use serde::{Deserialize, Serialize};

use super::treatment::Damage;
use crate::decision::ResultStatus;
use crate::duration::Span;

/// What can go wrong. `apply` says whether the modification takes effect all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Everything takes longer: `delay`, and up to `jitter` more. The waiting comes before the modification is applied.
    Latency {
        /// At least.
        delay: Span,
        /// And up to so much more.
        #[serde(default)]
        jitter: Span,
    },
    /// An unsigned answer with an HTTP status: 5xx, 401, 403, 404, 429.
    Http {
        /// The status, from 100 to 599 but not 1xx.
        status: u16,
        /// The `Retry-After` header: seconds or an HTTP date, or nonsense.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
        /// See [`Fault`].
        #[serde(default)]
        apply: bool,
    },
    /// 302 to somewhere else.
    Redirect {
        /// Where to.
        location: String,
        /// See [`Fault`].
        #[serde(default)]
        apply: bool,
    },
    /// A result that is not the model's own.
    Result {
        /// `resultCode`, documented or not.
        code: String,
        /// `resultStatus`.
        status: ResultStatus,
        /// `resultMessage`.
        #[serde(default)]
        message: String,
        /// `orderStatus`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order_status: Option<String>,
        /// See [`Fault`].
        #[serde(default)]
        apply: bool,
    },
    /// 200 with HTML instead of JSON, signed or not.
    NotJson {
        /// See [`Fault`].
        #[serde(default)]
        apply: bool,
    },
    /// 200 with a body of so many bytes.
    Oversize {
        /// How many.
        bytes: u64,
        /// See [`Fault`].
        #[serde(default)]
        apply: bool,
    },
    /// The answer carries no signature.
    Unsigned,
    /// The answer's signature or what belongs to it is wrong.
    BadlySigned {
        /// In what way.
        #[serde(default)]
        how: Damage,
    },
    /// The modification is applied so much later, whatever the client gets to hear.
    ApplyLate {
        /// After the request.
        delay: Span,
    },
    /// The connection is reset (RST) instead of an answer.
    Reset {
        /// See [`Fault`].
        #[serde(default)]
        apply: bool,
    },
    /// The connection is closed (FIN) instead of an answer.
    Close {
        /// See [`Fault`].
        #[serde(default)]
        apply: bool,
    },
    /// The connection stays open and silent.
    Hang {
        /// See [`Fault`].
        #[serde(default)]
        apply: bool,
    },
    /// The answer breaks off in the middle of its body, by a reset. The modification is applied.
    Truncate,
    /// The answer trickles, a byte each `every`. The modification is applied.
    Drip {
        /// Between two bytes.
        every: Span,
    },
}

impl Fault {
    /// The name of its counter.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Http { .. } => "http",
            Self::Redirect { .. } => "redirect",
            Self::Result { .. } => "result",
            Self::NotJson { .. } => "not_json",
            Self::Oversize { .. } => "oversize",
            Self::Unsigned => "unsigned",
            Self::BadlySigned { .. } => "badly_signed",
            Self::ApplyLate { .. } => "apply_late",
            Self::Reset { .. } => "reset",
            Self::Close { .. } => "close",
            Self::Hang { .. } => "hang",
            Self::Truncate => "truncate",
            Self::Drip { .. } => "drip",
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Http { status, .. } if !(200..600).contains(status) => Err("fault.status: must be from 200 to 599".into()),
            Self::Http { retry_after: Some(text), .. } if !visible(text) => Err("fault.retry_after: is not fit for a header".into()),
            Self::Redirect { location, .. } if !visible(location) => Err("fault.location: is not fit for a header".into()),
            Self::Result { code, .. } if code.is_empty() => Err("fault.code: is empty".into()),
            Self::Drip { every } if every.0.is_zero() => Err("fault.every: must be more than nothing".into()),
            Self::Http { .. }
            | Self::Redirect { .. }
            | Self::Result { .. }
            | Self::Latency { .. }
            | Self::NotJson { .. }
            | Self::Oversize { .. }
            | Self::Unsigned
            | Self::BadlySigned { .. }
            | Self::ApplyLate { .. }
            | Self::Reset { .. }
            | Self::Close { .. }
            | Self::Hang { .. }
            | Self::Truncate
            | Self::Drip { .. } => Ok(()),
        }
    }
}

fn visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
