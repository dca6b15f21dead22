use std::sync::Arc;
use std::time::Duration;

use crypto::{Algorithm, EccEncoding, EccHash, EccProfile, KeyBits, Profile, Signer, Wrap};
use domain::{Cause, Indefinite, Outcome, Verdict};

use super::*;
use crate::testing::{
    CLIENT_ID, NOW, TestRng, config, ecc_config, ecc_key, event, our_key, parsed, raw_event, signed, signed_by, their_key, vector,
    vector_client, verify_key, view,
};
use crate::{ClientConfig, DistributeResult, Encryption, SealedContentType};

const SUCCESS: &[u8] =
    br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"},"orderId":"A1","orderStatus":"PENDING"}"#;

fn client() -> Client {
    Client::new(config()).unwrap()
}

fn judge(client: &Client, status: u16, headers: &[(&'static str, String)], body: &[u8]) -> Answer {
    let headers = view(headers);
    client.judge(&event(), Ok(RawAnswer { status, headers: &headers, body }), &Rulebook::standard(), NOW)
}

fn cause(answer: &Answer) -> Option<Cause> {
    match &answer.outcome {
        Outcome::Indefinite(Indefinite { cause, .. }) => Some(*cause),
        Outcome::Definitive(_) => None,
    }
}

fn accepted(answer: &Answer) -> bool {
    answer.outcome == Outcome::Definitive(Verdict::Accepted)
}

#[test]
fn the_known_answer_is_accepted() {
    let known = vector("V-D-response");
    let (_, client_id, time, body) = known.parts();
    let headers = [("client-id", client_id.to_owned()), ("Response-Time", time.to_owned()), ("Signature", known.header())];
    let answer = judge(&vector_client(), 200, &headers, body.as_bytes());
    assert!(accepted(&answer), "{answer:?}");
    assert_eq!(answer.notes.signature, SignatureNote::Verified(KeyUse::Named(1)));
    assert_eq!((answer.notes.code, answer.notes.status), (Some(Code::Success), Some(Status::Success)));
    assert_eq!((answer.notes.order_id.as_deref(), answer.notes.order_status.as_deref()), (Some("A1"), Some("PENDING")));
    assert_eq!((answer.notes.clock_offset, answer.notes.clock_alarm), (Some(1), false));
}

#[test]
fn one_changed_byte_of_the_known_answer_is_never_a_success() {
    let known = vector("V-D-response");
    let (_, client_id, time, body) = known.parts();
    let client = vector_client();
    for at in 0..body.len() {
        let mut changed = body.as_bytes().to_vec();
        changed[at] ^= 1;
        let headers = [("client-id", client_id.to_owned()), ("response-time", time.to_owned()), ("signature", known.header())];
        assert!(matches!(cause(&judge(&client, 200, &headers, &changed)), Some(Cause::Unverified | Cause::Unreadable)), "byte {at}");
    }
}

#[test]
fn equal_json_in_other_bytes_is_not_what_was_signed() {
    let headers = signed(SUCCESS, NOW);
    let spaced = [b" ", SUCCESS].concat();
    assert_eq!(cause(&judge(&client(), 200, &headers, &spaced)), Some(Cause::Unverified));
}

#[test]
fn an_unsigned_success_closes_the_gate_and_anything_that_is_no_result_is_retried() {
    let unsigned = judge(&client(), 200, &[], SUCCESS);
    assert_eq!(cause(&unsigned), Some(Cause::Unverified));
    assert_eq!(unsigned.notes.signature, SignatureNote::Refused(Refusal::Absent(HeaderName::Signature)));
    assert_eq!(unsigned.notes.code, Some(Code::Success));
    assert_eq!((unsigned.notes.order_id, unsigned.notes.order_status), (None, None));
    for body in [&b"<html>"[..], b"", b"{}", b"{\"result\":{}}", b"\xff"] {
        assert_eq!(cause(&judge(&client(), 200, &[], body)), Some(Cause::Unreadable), "{body:?}");
        assert_eq!(cause(&judge(&client(), 200, &signed(body, NOW), body)), Some(Cause::Unreadable), "{body:?}");
    }
}

#[test]
fn nothing_in_an_answer_with_another_http_status_is_believed() {
    let headers = signed(SUCCESS, NOW);
    for (status, expected) in
        [(401, Cause::Refused), (403, Cause::Refused), (429, Cause::Throttled), (500, Cause::HttpStatus), (201, Cause::HttpStatus)]
    {
        let answer = judge(&client(), status, &headers, SUCCESS);
        assert_eq!(cause(&answer), Some(expected), "{status}");
        assert_eq!((answer.notes.http_status, answer.notes.signature), (Some(status), SignatureNote::NotChecked));
        assert_eq!(answer.notes.order_id, None);
    }
}

#[test]
fn headers_that_two_readers_could_read_differently_are_refused() {
    let good = signed(SUCCESS, NOW);
    assert!(accepted(&judge(&client(), 200, &good, SUCCESS)));
    for name in ["client-id", "response-time", "signature"] {
        let twice = [good.clone(), good.iter().filter(|(held, _)| *held == name).cloned().collect()].concat();
        let answer = judge(&client(), 200, &twice, SUCCESS);
        assert!(matches!(answer.notes.signature, SignatureNote::Refused(Refusal::Duplicate(_))), "{name}");
        assert_eq!(cause(&answer), Some(Cause::Unverified), "{name}");
    }
    let encrypts = [good.clone(), vec![("encrypt", "a".to_owned()), ("Encrypt", "b".to_owned())]].concat();
    let refused = SignatureNote::Refused(Refusal::Duplicate(HeaderName::Encrypt));
    assert_eq!(judge(&client(), 200, &encrypts, SUCCESS).notes.signature, refused);
}

#[test]
fn every_damage_to_the_headers_is_refused() {
    let change = |name: &str, change: &dyn Fn(&str) -> String| -> Vec<(&'static str, String)> {
        signed(SUCCESS, NOW).into_iter().map(|(held, value)| if held == name { (held, change(&value)) } else { (held, value) }).collect()
    };
    let cases = [
        change("client-id", &|_| "4Q5Y8W0WSG45P907918".into()),
        change("client-id", &|id| id.to_lowercase()),
        change("response-time", &|time| time.replace(":21+", ":22+")),
        change("signature", &|value| value.replace("RSA256", "ECC224")),
        change("signature", &|value| value.replace("RSA256", "none")),
        change("signature", &|value| format!("{} {}", &value[..80], &value[80..])),
        change("signature", &|value| value.replace("%2B", "+").replace("%3D", "=") + "A"),
        change("signature", &|value| value[..value.len() - 8].to_owned()),
        change("signature", &|value| format!("{value},signature=AA%3D%3D")),
        change("signature", &|_| String::new()),
        signed(SUCCESS, NOW).into_iter().filter(|(name, _)| *name != "response-time").collect(),
    ];
    for headers in cases {
        let answer = judge(&client(), 200, &headers, SUCCESS);
        assert_eq!(cause(&answer), Some(Cause::Unverified), "{:?}", answer.notes.signature);
    }
}

#[test]
fn an_answer_without_client_id_is_bound_to_ours_by_its_signature() {
    let headers: Vec<_> = signed(SUCCESS, NOW).into_iter().filter(|(name, _)| *name != "client-id").collect();
    assert!(accepted(&judge(&client(), 200, &headers, SUCCESS)));
}

#[test]
fn a_key_of_another_version_is_found_and_counted() {
    let keys = vec![verify_key(1, &our_key(), Algorithm::Rsa256), verify_key(2, &their_key(), Algorithm::Rsa256)];
    let client = Client::new(ClientConfig { verify_keys: keys, ..config() }).unwrap();
    let signer = Signer::new(their_key(), Algorithm::Rsa256).unwrap();
    let answer = judge(&client, 200, &signed_by(&signer, 9, SUCCESS, NOW), SUCCESS);
    assert!(accepted(&answer));
    assert_eq!(answer.notes.signature, SignatureNote::Verified(KeyUse::Tried(2)));
    let named = judge(&client, 200, &signed_by(&signer, 1, SUCCESS, NOW), SUCCESS);
    assert_eq!(named.notes.signature, SignatureNote::Refused(Refusal::NoFit));
}

#[test]
fn a_clock_more_than_five_minutes_off_raises_an_alarm_and_no_more() {
    for (offset, alarm) in [(300, false), (-300, false), (301, true), (-301, true), (86_400, true)] {
        let answer = judge(&client(), 200, &signed(SUCCESS, NOW + offset), SUCCESS);
        assert!(accepted(&answer), "{offset}");
        assert_eq!((answer.notes.clock_offset, answer.notes.clock_alarm), (Some(offset), alarm), "{offset}");
    }
}

#[test]
fn a_signed_order_status_invalid_is_compared_with_what_was_sent() {
    let judged = |held: &str| {
        let body = format!(r#"{{"result":{{"resultCode":"ORDER_STATUS_INVALID","resultStatus":"F"}},"orderStatus":{held}}}"#);
        judge(&client(), 200, &signed(body.as_bytes(), NOW), body.as_bytes()).outcome
    };
    assert_eq!(judged("\"PENDING\""), Outcome::Definitive(Verdict::HeldAlready));
    assert_eq!(judged("\"FINISHED\""), Outcome::Definitive(Verdict::PeerAhead));
    for held in ["\"pending\"", "\"NO_SUCH_STATUS\"", "null", "\"\"", "7"] {
        assert!(matches!(judged(held), Outcome::Definitive(Verdict::Rejected(_))), "{held}");
    }
}

#[test]
fn retry_after_reaches_the_outcome() {
    let headers = vec![("retry-after", "120".to_owned())];
    let Outcome::Indefinite(indefinite) = judge(&client(), 429, &headers, b"").outcome else { unreachable!("429") };
    assert_eq!((indefinite.cause, indefinite.retry_after), (Cause::Throttled, Some(Duration::from_secs(120))));
}

#[test]
fn without_an_answer_only_what_was_not_sent_is_unambiguous() {
    for transport in [Transport::Unreachable, Transport::NotSent, Transport::Broken, Transport::Timeout, Transport::TooLarge] {
        let Outcome::Indefinite(indefinite) = client().judge(&event(), Err(transport), &Rulebook::standard(), NOW).outcome else {
            unreachable!("no answer")
        };
        assert_eq!(indefinite.ambiguous, !matches!(transport, Transport::Unreachable | Transport::NotSent), "{transport:?}");
    }
}

#[test]
fn an_answer_beyond_the_limit_is_not_read() {
    let huge = [SUCCESS, &vec![b' '; MAX_ANSWER][..]].concat();
    assert_eq!(cause(&judge(&client(), 200, &signed(&huge, NOW), &huge)), Some(Cause::Broken));
}

#[test]
fn user_ids_and_control_characters_do_not_reach_the_notes() {
    let raw = domain::RawOrderEvent { open_id: Some("open-1".into()), ..raw_event() };
    let message = format!(r"user 2160000000000001 open-1 \u001b[31m\n{}", "x".repeat(300));
    let body = format!(r#"{{"result":{{"resultCode":"PARAM_ILLEGAL","resultStatus":"F","resultMessage":"{message}"}}}}"#);
    let headers = signed(body.as_bytes(), NOW);
    let headers = view(&headers);
    let raw_answer = RawAnswer { status: 200, headers: &headers, body: body.as_bytes() };
    let notes = client().judge(&parsed(&raw), Ok(raw_answer), &Rulebook::standard(), NOW).notes;
    let message = notes.message.unwrap();
    assert!(message.starts_with("user [redacted] [redacted]  [31m xxx"), "{message}");
    assert_eq!(message.chars().count(), 256);
}

#[test]
fn what_a_coupon_returned_is_kept_but_never_printed() {
    let body = br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"},"distributeResult":[{"card":"secret-1"}]}"#;
    let answer = judge(&client(), 200, &signed(body, NOW), body);
    assert_eq!(answer.notes.distribute_result.as_ref().map(DistributeResult::as_str), Some(r#"[{"card":"secret-1"}]"#));
    assert!(!format!("{answer:?}").contains("secret-1"));
}

#[test]
fn a_probe_is_answered_by_a_signed_rejection() {
    let body = br#"{"result":{"resultCode":"PARAM_ILLEGAL","resultStatus":"F"}}"#;
    let headers = signed(body, NOW);
    let headers = view(&headers);
    let answer = client().judge_probe(Ok(RawAnswer { status: 200, headers: &headers, body }), NOW);
    assert!(matches!(answer.outcome, Outcome::Definitive(Verdict::Rejected(_))));
    assert_eq!(answer.notes.code, Some(Code::ParamIllegal));
}

fn sealing(profile: Profile) -> Client {
    let encryption = Encryption {
        profile,
        wrap: Wrap::Pkcs1,
        to: their_key().public_key(),
        key_version: 1,
        with: our_key(),
        content_type: SealedContentType::Text,
    };
    Client::new(ClientConfig { encryption: Some(encryption), ..config() }).unwrap()
}

/// AlipayHK seals an answer for `to`, then signs the ciphertext.
fn sealed_answer(profile: Profile, to: &crypto::PrivateKey, body: &[u8]) -> (Vec<(&'static str, String)>, String) {
    let sealed = crypto::seal(profile, Wrap::Pkcs1, &to.public_key(), body, &mut TestRng(5)).unwrap();
    let mut headers = signed(sealed.body.as_bytes(), NOW);
    headers.push(("encrypt", EncryptHeader { key_version: Some(1), symmetric_key: sealed.wrapped_key }.encode()));
    (headers, sealed.body)
}

#[test]
fn a_sealed_answer_is_verified_then_opened() {
    for profile in [Profile::Aes256Gcm, Profile::AesEcbPkcs7 { bits: KeyBits::B256 }, Profile::AesEcbPkcs7 { bits: KeyBits::B128 }] {
        let (headers, body) = sealed_answer(profile, &our_key(), SUCCESS);
        let answer = judge(&sealing(profile), 200, &headers, body.as_bytes());
        assert!(accepted(&answer), "{profile:?} {answer:?}");
        assert_eq!(answer.notes.order_id.as_deref(), Some("A1"));
    }
}

#[test]
fn a_sealed_answer_we_cannot_open_closes_the_gate() {
    let (headers, body) = sealed_answer(Profile::Aes256Gcm, &their_key(), SUCCESS);
    assert_eq!(cause(&judge(&sealing(Profile::Aes256Gcm), 200, &headers, body.as_bytes())), Some(Cause::Unopened));
    let (headers, body) = sealed_answer(Profile::Aes256Gcm, &our_key(), SUCCESS);
    assert_eq!(cause(&judge(&client(), 200, &headers, body.as_bytes())), Some(Cause::Unopened));
    let garbled: Vec<_> =
        headers.into_iter().map(|(name, value)| if name == "encrypt" { (name, "x".into()) } else { (name, value) }).collect();
    assert_eq!(cause(&judge(&sealing(Profile::Aes256Gcm), 200, &garbled, body.as_bytes())), Some(Cause::Unopened));
}

#[test]
fn a_sealed_answer_whose_signature_does_not_fit_is_never_opened() {
    let (headers, body) = sealed_answer(Profile::Aes256Gcm, &our_key(), SUCCESS);
    let headers: Vec<_> = headers.into_iter().filter(|(name, _)| *name != "signature").collect();
    assert_eq!(cause(&judge(&sealing(Profile::Aes256Gcm), 200, &headers, body.as_bytes())), Some(Cause::Unreadable));
}

#[test]
fn a_signature_over_the_opened_text_does_not_count() {
    let (headers, body) = sealed_answer(Profile::Aes256Gcm, &our_key(), SUCCESS);
    let plain = signed(SUCCESS, NOW).pop().unwrap();
    let headers: Vec<_> =
        headers.into_iter().map(|(name, value)| if name == "signature" { plain.clone() } else { (name, value) }).collect();
    assert_eq!(cause(&judge(&sealing(Profile::Aes256Gcm), 200, &headers, body.as_bytes())), Some(Cause::Unreadable));
}

#[test]
fn an_ecc224_answer_is_accepted_in_every_profile() {
    for hash in [EccHash::Sha256, EccHash::Sha224] {
        for encoding in [EccEncoding::Der, EccEncoding::Raw] {
            let profile = EccProfile { hash, encoding };
            let client = Client::new(ecc_config(profile)).unwrap();
            let signer = Signer::new(Arc::clone(&ecc_key(2)), Algorithm::Ecc224(profile)).unwrap();
            assert!(accepted(&judge(&client, 200, &signed_by(&signer, 1, SUCCESS, NOW), SUCCESS)), "{profile:?}");
            assert_eq!(cause(&judge(&client, 200, &signed(SUCCESS, NOW), SUCCESS)), Some(Cause::Unverified));
        }
    }
}

#[test]
fn the_client_id_of_the_tests_is_the_vectors() {
    assert_eq!(vector("V-D-response").parts().1, CLIENT_ID);
}
