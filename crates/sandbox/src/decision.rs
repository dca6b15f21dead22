//! One answer of AlipayHK, before it is signed.

use serde::{Deserialize, Serialize};

/// `resultStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ResultStatus {
    /// Success.
    S,
    /// Failure.
    F,
    /// Unknown.
    U,
}

/// What is answered. The codes are texts, so that a fault can answer one that no page lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// `resultCode`.
    pub code: String,
    /// `resultStatus`.
    pub status: ResultStatus,
    /// `resultMessage`.
    pub message: String,
    /// AlipayHK's number of the order.
    pub order_id: Option<String>,
    /// The status it holds.
    pub order_status: Option<String>,
    /// Whether a `distributeResult` goes with it. Its members are not published, so it holds one empty object.
    pub distributes: bool,
}

impl Decision {
    /// A decision with nothing but a result.
    pub fn new(code: &str, status: ResultStatus, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), status, message: message.into(), order_id: None, order_status: None, distributes: false }
    }

    /// SUCCESS, holding `order_status`.
    pub fn success(order_status: &str) -> Self {
        Self { order_status: Some(order_status.to_owned()), ..Self::new("SUCCESS", ResultStatus::S, "Success") }
    }

    /// PARAM_ILLEGAL; `message` names the field and quotes no value.
    pub fn illegal(message: impl Into<String>) -> Self {
        Self::new("PARAM_ILLEGAL", ResultStatus::F, message)
    }

    /// ORDER_STATUS_INVALID, holding `order_status`.
    pub fn order_status_invalid(order_status: Option<&str>) -> Self {
        let message = "The status does not fit the order";
        Self { order_status: order_status.map(str::to_owned), ..Self::new("ORDER_STATUS_INVALID", ResultStatus::F, message) }
    }

    /// A request id that got such an answer gets it again for ever.
    pub fn is_final(&self) -> bool {
        match self.status {
            ResultStatus::S | ResultStatus::F => true,
            ResultStatus::U => false,
        }
    }

    /// `SUCCESS S`: the name of its counter.
    pub fn label(&self) -> String {
        format!("{} {:?}", self.code, self.status)
    }

    /// The JSON on the wire.
    pub fn body(&self) -> Vec<u8> {
        let wire = Wire {
            result: WireResult { result_code: &self.code, result_status: self.status, result_message: &self.message },
            order_id: self.order_id.as_deref(),
            order_status: self.order_status.as_deref(),
            distribute_result: self.distributes.then_some([Empty {}]),
        };
        // Strings and options: nothing in here can fail to serialise.
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    result: WireResult<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distribute_result: Option<[Empty; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireResult<'a> {
    result_code: &'a str,
    result_status: ResultStatus,
    result_message: &'a str,
}

#[derive(Serialize)]
struct Empty {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_is_laid_out_as_the_known_answer() {
        let decision = Decision { order_id: Some("A1".into()), ..Decision::success("PENDING") };
        let known =
            r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"},"orderId":"A1","orderStatus":"PENDING"}"#;
        assert_eq!(String::from_utf8(decision.body()).unwrap(), known);
    }

    #[test]
    fn only_an_unknown_result_is_open_to_another_answer() {
        assert!(Decision::success("X").is_final() && Decision::illegal("m").is_final());
        assert!(!Decision::new("SYSTEM_ERROR", ResultStatus::U, "").is_final());
    }
}
