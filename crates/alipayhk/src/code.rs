//! `resultCode` and `resultStatus`.

/// The documented result codes. AlipayHK, Order Service › Base API lists the first five; the others stand on its sibling interfaces' pages
/// behind the same gateway (codeConsult, card wallet, performance notification) and may come from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// Done.
    Success,
    /// A parameter is missing or wrong.
    ParamIllegal,
    /// The status does not fit what AlipayHK holds for the order.
    OrderStatusInvalid,
    /// The merchant is not onboarded for this business type, or it is offline.
    UnSupportBusiness,
    /// Try again later; comes with `F` on one page and with `U` on others.
    UnknownException,
    /// General failure, not to be retried.
    ProcessFail,
    /// Over the rate limit.
    RequestTrafficExceedLimit,
    /// Internal problem or timeout: retry.
    SystemError,
    /// The key version is not registered.
    KeyNotFound,
    /// The signature does not verify.
    InvalidSignature,
    /// The client id is not known.
    InvalidClient,
    /// The client may not call this interface.
    AccessDenied,
    /// No such path.
    InvalidApi,
    /// Another HTTP method is wanted.
    MethodNotSupported,
    /// Another media type is wanted.
    MediaTypeNotAcceptable,
    /// Performance notification: there is nothing to update.
    OrderNotFound,
    /// Payment: the contract is not valid.
    InvalidContract,
    /// Payment: the code is not valid.
    InvalidCode,
    /// Payment: the code has expired.
    ExpiredCode,
    /// Payment: the currency is not supported.
    CurrencyNotSupport,
    /// Anything else: it follows its status.
    Unknown,
}

/// What a code says by itself, before its status is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeClass {
    /// The status decides.
    ByStatus,
    /// The status decides, and an `F` is compared with the status AlipayHK holds.
    OrderStatus,
    /// Undecided whatever the status.
    Retry,
    /// Too many requests, whatever the status.
    Throttled,
    /// Concerns one business type, whatever the status.
    UnsupportedBusiness,
    /// Key, client, signature, access or interface: concerns everything we send, whatever the status.
    Systemic,
}

/// `resultStatus`: `S`, `F`, `U`, or something no page knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// `S`: success.
    Success,
    /// `F`: failure.
    Failure,
    /// `U`: AlipayHK itself does not know yet.
    Unknown,
    /// Missing, or another text.
    Foreign,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 21] = [
        Self::Success,
        Self::ParamIllegal,
        Self::OrderStatusInvalid,
        Self::UnSupportBusiness,
        Self::UnknownException,
        Self::ProcessFail,
        Self::RequestTrafficExceedLimit,
        Self::SystemError,
        Self::KeyNotFound,
        Self::InvalidSignature,
        Self::InvalidClient,
        Self::AccessDenied,
        Self::InvalidApi,
        Self::MethodNotSupported,
        Self::MediaTypeNotAcceptable,
        Self::OrderNotFound,
        Self::InvalidContract,
        Self::InvalidCode,
        Self::ExpiredCode,
        Self::CurrencyNotSupport,
        Self::Unknown,
    ];

    /// The code of this exact text.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|code| code.name() == text && *code != Self::Unknown).unwrap_or(Self::Unknown)
    }

    /// As AlipayHK spells it; `UNKNOWN` stands for every undocumented code, which makes this a closed set for metric labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::ParamIllegal => "PARAM_ILLEGAL",
            Self::OrderStatusInvalid => "ORDER_STATUS_INVALID",
            Self::UnSupportBusiness => "UN_SUPPORT_BUSINESS",
            Self::UnknownException => "UNKNOWN_EXCEPTION",
            Self::ProcessFail => "PROCESS_FAIL",
            Self::RequestTrafficExceedLimit => "REQUEST_TRAFFIC_EXCEED_LIMIT",
            Self::SystemError => "SYSTEM_ERROR",
            Self::KeyNotFound => "KEY_NOT_FOUND",
            Self::InvalidSignature => "INVALID_SIGNATURE",
            Self::InvalidClient => "INVALID_CLIENT",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::InvalidApi => "INVALID_API",
            Self::MethodNotSupported => "METHOD_NOT_SUPPORTED",
            Self::MediaTypeNotAcceptable => "MEDIA_TYPE_NOT_ACCEPTABLE",
            Self::OrderNotFound => "ORDER_NOT_FOUND",
            Self::InvalidContract => "INVALID_CONTRACT",
            Self::InvalidCode => "INVALID_CODE",
            Self::ExpiredCode => "EXPIRED_CODE",
            Self::CurrencyNotSupport => "CURRENCY_NOT_SUPPORT",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// What the code says before its status is looked at.
    pub fn class(self) -> CodeClass {
        match self {
            Self::OrderStatusInvalid => CodeClass::OrderStatus,
            Self::UnknownException | Self::SystemError => CodeClass::Retry,
            Self::RequestTrafficExceedLimit => CodeClass::Throttled,
            Self::UnSupportBusiness => CodeClass::UnsupportedBusiness,
            Self::KeyNotFound
            | Self::InvalidSignature
            | Self::InvalidClient
            | Self::AccessDenied
            | Self::InvalidApi
            | Self::MethodNotSupported
            | Self::MediaTypeNotAcceptable => CodeClass::Systemic,
            Self::Success
            | Self::ParamIllegal
            | Self::ProcessFail
            | Self::OrderNotFound
            | Self::InvalidContract
            | Self::InvalidCode
            | Self::ExpiredCode
            | Self::CurrencyNotSupport
            | Self::Unknown => CodeClass::ByStatus,
        }
    }
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Success, Self::Failure, Self::Unknown, Self::Foreign];

    /// The status of this exact text.
    pub fn parse(text: &str) -> Self {
        match text {
            "S" => Self::Success,
            "F" => Self::Failure,
            "U" => Self::Unknown,
            _ => Self::Foreign,
        }
    }

    /// As AlipayHK spells it; `?` for a foreign one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "S",
            Self::Failure => "F",
            Self::Unknown => "U",
            Self::Foreign => "?",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_itself_and_no_two_share_a_name() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::parse(code.name()), code);
        }
    }

    #[test]
    fn a_code_in_other_letters_is_unknown() {
        for text in ["success", "SUCCESS ", "", "UNKNOWN", "REPEAT_REQ_INCONSISTENT"] {
            assert_eq!(Code::parse(text), Code::Unknown, "{text:?}");
        }
    }

    #[test]
    fn only_three_statuses_are_known() {
        assert_eq!(["S", "F", "U", "s", "SUCCESS", ""].map(|text| Status::parse(text).name()), ["S", "F", "U", "?", "?", "?"]);
    }
}
