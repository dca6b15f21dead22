use std::collections::HashMap;

use serde_json::value::RawValue;

use super::strict;

/// AlipayHK returns at most so many characters in `orderStatus` (Order Service › Base API); more is no status.
const STATUS_MAX: usize = 64;
const ORDER_ID_MAX: usize = 256;

/// The members of an answer we know. A member of a surprising type counts as absent; unknown members are passed over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) code: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) order_id: Option<String>,
    pub(crate) order_status: Option<String>,
    pub(crate) distribute_result: Option<Box<str>>,
}

impl Parsed {
    /// Nothing when the body is not strict JSON with a `result` object that has a `resultCode` or a `resultStatus`.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let answer = members(strict::text(body)?)?;
        let result = members(answer.get("result")?.get())?;
        let code = string(&result, "resultCode");
        let status = string(&result, "resultStatus");
        if code.is_none() && status.is_none() {
            return None;
        }
        let within = |max: usize| move |text: &String| !text.is_empty() && text.chars().count() <= max;
        Some(Self {
            code,
            status,
            message: string(&result, "resultMessage"),
            order_id: string(&answer, "orderId").filter(within(ORDER_ID_MAX)),
            order_status: string(&answer, "orderStatus").filter(within(STATUS_MAX)),
            distribute_result: answer.get("distributeResult").map(|raw| raw.get()).filter(|json| *json != "null").map(Box::from),
        })
    }
}

fn members(json: &str) -> Option<HashMap<String, &RawValue>> {
    serde_json::from_str(json).ok()
}

fn string(members: &HashMap<String, &RawValue>, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_members_are_read_and_unknown_ones_passed_over() {
        let body = br#"{"orderId":"A1","orderStatus":"USED","more":[1],"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"ok","resultCodeId":"0000"}}"#;
        let parsed = Parsed::of(body).unwrap();
        assert_eq!(parsed.code.as_deref(), Some("SUCCESS"));
        assert_eq!(parsed.status.as_deref(), Some("S"));
        assert_eq!(parsed.message.as_deref(), Some("ok"));
        assert_eq!(parsed.order_id.as_deref(), Some("A1"));
        assert_eq!(parsed.order_status.as_deref(), Some("USED"));
        assert_eq!(parsed.distribute_result, None);
    }

    #[test]
    fn distribute_result_stays_byte_for_byte() {
        let body = br#"{"result":{"resultStatus":"S"},"distributeResult":[ {"b":1.10, "a":"\u5361"} ]}"#;
        assert_eq!(Parsed::of(body).unwrap().distribute_result.as_deref(), Some(r#"[ {"b":1.10, "a":"\u5361"} ]"#));
    }

    #[test]
    fn a_result_needs_a_code_or_a_status() {
        for body in
            ["{}", "[]", "null", "{\"result\":null}", "{\"result\":\"S\"}", "{\"result\":{}}", "{\"result\":{\"resultCode\":1}}", "S"]
        {
            assert_eq!(Parsed::of(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn sixty_four_characters_of_status_are_read_and_one_more_is_no_status() {
        let status = |n: usize| {
            let body = format!(r#"{{"result":{{"resultStatus":"F"}},"orderStatus":"{}"}}"#, "票".repeat(n));
            Parsed::of(body.as_bytes()).unwrap().order_status
        };
        assert_eq!(status(64), Some("票".repeat(64)));
        assert_eq!(status(65), None);
    }

    #[test]
    fn a_member_of_a_surprising_type_counts_as_absent() {
        let body = br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":{}},"orderId":7,"orderStatus":["x"]}"#;
        let parsed = Parsed::of(body).unwrap();
        assert_eq!((parsed.message, parsed.order_id, parsed.order_status), (None, None, None));
    }
}
