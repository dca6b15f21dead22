//! Whatever comes over the line: no panic, and nothing definitive that was not signed.

use domain::{Outcome, Rulebook};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::testing::{NOW, config, event, signed, view};

const SUCCESS: &[u8] = br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#;
const NAMES: [&str; 6] = ["client-id", "response-time", "signature", "encrypt", "retry-after", "tracer-id"];

fn outcome(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Outcome {
    let client = Client::new(config()).unwrap();
    client.judge(&event(), Ok(RawAnswer { status, headers, body }), &Rulebook::standard(), NOW).outcome
}

proptest! {
    #[test]
    fn no_bytes_are_believed_without_a_signature(
        status in prop_oneof![Just(200_u16), any::<u16>()],
        headers in vec((0..NAMES.len(), vec(any::<u8>(), 0..80)), 0..8),
        body in prop_oneof![vec(any::<u8>(), 0..200), Just(SUCCESS.to_vec())],
    ) {
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (NAMES[*name], value.as_slice())).collect();
        prop_assert!(matches!(outcome(status, &headers, &body), Outcome::Indefinite(_)));
    }

    #[test]
    fn a_byte_changed_in_time_or_client_id_undoes_the_signature(which in 0..2_usize, at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let good = signed(SUCCESS, NOW);
        let mut headers: Vec<(&str, Vec<u8>)> = good.iter().map(|(name, value)| (*name, value.as_bytes().to_vec())).collect();
        let value = &mut headers[which].1;
        let place = at.index(value.len());
        value[place] ^= flip;
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        prop_assert!(matches!(outcome(200, &headers, SUCCESS), Outcome::Indefinite(_)));
    }

    #[test]
    fn any_signed_bytes_are_read_without_a_panic(body in vec(any::<u8>(), 0..300)) {
        let headers = signed(&body, NOW);
        prop_assert!(matches!(outcome(200, &view(&headers), &body), Outcome::Indefinite(_)));
    }

    #[test]
    fn what_is_read_is_what_serde_json_reads(body in r#"\{"result":\{"resultStatus":"[SFU]"(,"[a-c]":[0-9]{1,3}){0,3}\}(,"orderId":"[a-z]{0,3}"){0,2}\}?"#) {
        if let Some(parsed) = Parsed::of(body.as_bytes()) {
            let json: serde_json::Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(parsed.status.as_deref(), json["result"]["resultStatus"].as_str());
            prop_assert_eq!(parsed.order_id.as_deref(), json["orderId"].as_str().filter(|id| !id.is_empty()));
            prop_assert_eq!(body.matches("orderId").count() <= 1, true);
        }
    }

    #[test]
    fn retry_after_never_panics_and_never_exceeds_its_cap(text in "[ -~]{0,40}", now in any::<i64>()) {
        if let Some(wait) = retry_after::parse(&text, now) {
            prop_assert!(wait.as_secs() <= 253_402_300_800);
        }
    }
}
