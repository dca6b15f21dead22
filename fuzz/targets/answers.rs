//! Whole answers: status, headers, body. Nothing panics, and nothing that AlipayHK's key did not sign decides anything.
//!
//! The first byte chooses: an even one leaves the answer as it is, an odd one has AlipayHK's key sign its body, so that the reader behind the
//! signature is reached too. Then the status in two bytes, then header lines up to an empty one, then the body.
#![no_main]

use std::sync::{Arc, OnceLock};

use alipayhk::exchange::{VerifyKey, content, signature};
use alipayhk::{Client, ClientConfig, METHOD, PATH, RawAnswer};
use crypto::{Algorithm, EccProfile, PrivateKey, Signer, Verifier};
use domain::Outcome;
use libfuzzer_sys::fuzz_target;

const CLIENT_ID: &str = "4Q5Y8W0WSG45P907917";
const TIME: &str = "2026-11-03T10:00:00+08:00";
const NOW: i64 = 1_793_671_200;

/// ECC224 signs many times faster than RSA.
fn parts() -> &'static (Client, Signer) {
    static PARTS: OnceLock<(Client, Signer)> = OnceLock::new();
    PARTS.get_or_init(|| {
        let algorithm = Algorithm::Ecc224(EccProfile::default());
        let key = || Arc::new(PrivateKey::parse(include_bytes!("../../crates/crypto/tests/keys/p224.pkcs8.pem")).expect("a key"));
        let verifier = Verifier::new(key().public_key(), algorithm).expect("it fits");
        let client = Client::new(ClientConfig {
            client_id: CLIENT_ID.to_owned(),
            signer: Arc::new(Signer::new(key(), algorithm).expect("it fits")),
            key_version: 1,
            verify_keys: vec![VerifyKey { key_version: 1, verifier }],
            encryption: None,
        });
        (client.expect("a client"), Signer::new(key(), algorithm).expect("it fits"))
    })
}

fuzz_target!(|data: &[u8]| {
    let [how, high, low, rest @ ..] = data else { return };
    let (client, signer) = parts();
    let mut status = u16::from_be_bytes([*high, *low]) % 600;
    let end = rest.windows(2).position(|pair| pair == b"\n\n").unwrap_or(rest.len());
    let (head, body) = rest.split_at(end);
    let body = body.get(2..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut headers: Vec<(&str, &[u8])> =
        head.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.as_bytes())).collect();
    let signed;
    let is_signed = how % 2 == 1;
    if is_signed {
        status = 200;
        signed = signature(signer, 1, &content(METHOD, PATH, CLIENT_ID, TIME, body)).expect("signed");
        headers.retain(|(name, _)| !["signature", "response-time", "client-id"].iter().any(|ours| name.eq_ignore_ascii_case(ours)));
        headers.extend([("Signature", signed.as_bytes()), ("Response-Time", TIME.as_bytes()), ("Client-Id", CLIENT_ID.as_bytes())]);
    }
    let answer = client.judge_probe(Ok(RawAnswer { status, headers: &headers, body }), NOW);
    assert!(is_signed || matches!(answer.outcome, Outcome::Indefinite(_)), "an unsigned answer decided something");
    let _ = format!("{answer:?}");
});
