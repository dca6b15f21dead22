//! Exchanged keys: which bytes go out again, and whose keys judge what comes back.

use std::borrow::Cow;

use alipayhk::exchange::{VerifyKey, content, signature, timestamp};
use alipayhk::{ClientConfig, Encryption, METHOD, PATH, SealedContentType};
use crypto::{Algorithm, EncryptHeader, KeyBits, PrivateKey, Profile, PublicKey, Signer, Verifier, Wrap};
use domain::{RawOrderEvent, Verdict};
use engine::{Epoch, PartitionId};

use super::*;

const CLIENT_ID: &str = "4Q5Y8W0WSG45P907917";
const SUCCESS: &[u8] = br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#;

macro_rules! key {
    ($name:literal) => {
        Arc::new(PrivateKey::parse(include_bytes!(concat!("../../../crypto/tests/keys/", $name))).unwrap())
    };
}

fn ours() -> Arc<PrivateKey> {
    key!("rsa2048.pkcs8.pem")
}

fn theirs() -> Arc<PrivateKey> {
    key!("rsa4096.pkcs8.pem")
}

/// Ours is known as `version`, theirs as 1. `sealed_with`: our key that opens answers.
fn client(version: u32, verify: &[(u32, PublicKey)], sealed_with: Option<Arc<PrivateKey>>) -> Arc<Client> {
    let verifier = |key: &PublicKey| Verifier::new(key.clone(), Algorithm::Rsa256).unwrap();
    let verify_keys = verify.iter().map(|(key_version, key)| VerifyKey { key_version: *key_version, verifier: verifier(key) }).collect();
    let encryption = sealed_with.map(|with| Encryption {
        profile: Profile::AesEcbPkcs7 { bits: KeyBits::B128 },
        wrap: Wrap::Pkcs1,
        to: theirs().public_key(),
        key_version: 1,
        with,
        content_type: SealedContentType::Text,
    });
    let signer = Arc::new(Signer::new(ours(), Algorithm::Rsa256).unwrap());
    Arc::new(Client::new(ClientConfig { client_id: CLIENT_ID.to_owned(), signer, key_version: version, verify_keys, encryption }).unwrap())
}

fn caller(client: Arc<Client>) -> (watch::Sender<Arc<Client>>, Caller) {
    let (sender, clients) = watch::channel(client);
    let settings = HttpSettings {
        base_url: "http://127.0.0.1:9".parse().unwrap(),
        connect_timeout: Duration::from_secs(1),
        ca_file: None,
        proxy: None,
        max_in_flight: 1,
    };
    let caller = Caller::new(clients, Arc::new(Rulebook::standard()), Line::Real(Http::new(&settings).unwrap()));
    (sender, caller)
}

fn event() -> Box<OrderEvent> {
    let raw = RawOrderEvent {
        merchant_biz_no: Cow::from("A-1"),
        merchant_biz_type: Cow::from("MOVIE_TICKET"),
        order_status: Cow::from("TICKETED"),
        user_id: Some(Cow::from("2160000000000001")),
        open_id: None,
        order_create_time: 1_793_584_800_000,
        order_modify_time: 1_793_584_800_000,
        merchant_account_id: None,
        merchant_id: None,
        tiny_app_id: None,
        trade_no: None,
        amount: None,
        pay_amount: None,
        discount_amount: None,
        actual_amount: None,
        shop_info: None,
        item_order_list: None,
        ext_info: Some(Cow::from("{}")),
    };
    Box::new(OrderEvent::parse(&raw, 1_793_584_900_000).unwrap())
}

fn signed(client: &Arc<Client>, generation: u32) -> Signed {
    let ticket = Ticket { partition: PartitionId(1), epoch: Epoch(1), serial: 1 };
    let began = Moment::now();
    let limits = Limits { write_by: began, deadline: began };
    sign(client, Job { ticket, offset: Offset(1), event: event(), generation, run: None, limits, span: Span::none(), began })
        .signed
        .unwrap()
}

/// The verify keys of a client that knows theirs.
fn known() -> Vec<(u32, PublicKey)> {
    vec![(1, theirs().public_key())]
}

#[test]
fn another_generation_is_another_request_id_and_otherwise_the_same_order() {
    let client = client(1, &known(), None);
    let (first, second) = (signed(&client, 0), signed(&client, 1));
    assert_ne!(first.request_id, second.request_id);
    let without = |signed: &Signed| String::from_utf8_lossy(&signed.request.body).replace(&signed.request_id.to_string(), "");
    assert_eq!(without(&first), without(&second));
}

#[test]
fn exchanged_keys_sign_the_same_body_anew_at_once() {
    let (old, new) = (client(1, &known(), None), client(2, &known(), None));
    let (sender, caller) = caller(Arc::clone(&old));
    let first = signed(&old, 0);
    assert!(caller.is_current(&first));
    sender.send_replace(Arc::clone(&new));
    assert!(!caller.is_current(&first), "what was signed before is no use any more");
    let second = signed(&new, 0);
    assert!(first.request.header("Signature").unwrap().contains("keyVersion=1,"));
    assert!(second.request.header("Signature").unwrap().contains("keyVersion=2,"));
    assert_eq!((&first.request.body, first.request_id), (&second.request.body, second.request_id));
}

#[tokio::test]
async fn the_pool_signs_with_the_keys_in_force() {
    let (sender, clients) = watch::channel(client(1, &known(), None));
    let (told, mut prepared) = tokio::sync::mpsc::unbounded_channel();
    let pool = signing_pool(clients, 1, told).unwrap();
    for version in ["keyVersion=1,", "keyVersion=2,"] {
        let began = Moment::now();
        let ticket = Ticket { partition: PartitionId(1), epoch: Epoch(1), serial: 1 };
        let limits = Limits { write_by: began, deadline: began };
        pool.submit(Job { ticket, offset: Offset(1), event: event(), generation: 0, run: None, limits, span: Span::none(), began });
        let signed = prepared.recv().await.unwrap().remove(0).signed.unwrap();
        assert!(signed.request.header("Signature").unwrap().contains(version), "{version}");
        sender.send_replace(client(2, &known(), None));
    }
}

/// AlipayHK's answer, sealed for one of our keys where it is given.
fn answered(body: &[u8], sealed_for: Option<&PublicKey>) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
    let mut headers = Vec::new();
    let mut bytes = body.to_vec();
    if let Some(key) = sealed_for {
        let profile = Profile::AesEcbPkcs7 { bits: KeyBits::B128 };
        let sealed = crypto::seal(profile, Wrap::Pkcs1, key, body, &mut UnwrapErr(SysRng)).unwrap();
        let header = EncryptHeader { key_version: Some(1), symmetric_key: sealed.wrapped_key };
        headers.push(("Encrypt".to_owned(), header.encode().into_bytes()));
        bytes = sealed.body.into();
    }
    let time = timestamp(unix_seconds()).unwrap();
    let signer = Signer::new(theirs(), Algorithm::Rsa256).unwrap();
    let value = signature(&signer, 1, &content(METHOD, PATH, CLIENT_ID, &time, &bytes)).unwrap();
    for (name, value) in [("Client-Id", CLIENT_ID), ("Response-Time", time.as_str()), ("Signature", value.as_str())] {
        headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    (headers, bytes)
}

/// What the answer means to a caller whose keys were exchanged from `before` to `after` while it was on its way.
fn judged(before: &Arc<Client>, after: Arc<Client>, sealed_for: Option<&PublicKey>) -> Outcome {
    let (sender, caller) = caller(Arc::clone(before));
    sender.send_replace(after);
    let (headers, body) = answered(SUCCESS, sealed_for);
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let raw = RawAnswer { status: 200, headers: &headers, body: &body };
    caller.judge(&event(), Ok(raw), Some(&signed(before, 0))).outcome
}

fn is_cause(outcome: &Outcome, cause: Cause) -> bool {
    matches!(outcome, Outcome::Indefinite(indefinite) if indefinite.cause == cause)
}

#[test]
fn a_verify_key_that_came_meanwhile_counts_and_one_that_went_does_not() {
    let (with, without) = (client(1, &known(), None), client(1, &[(1, ours().public_key())], None));
    assert_eq!(judged(&without, Arc::clone(&with), None), Outcome::Definitive(Verdict::Accepted));
    assert!(is_cause(&judged(&with, without, None), Cause::Unverified));
}

#[test]
fn an_answer_sealed_for_the_key_that_asked_is_opened_after_the_exchange_too() {
    let (old, new) = (ours(), key!("rsa4096.pkcs8.pem"));
    let (before, after) = (client(1, &known(), Some(Arc::clone(&old))), client(2, &known(), Some(new)));
    assert_eq!(judged(&before, Arc::clone(&after), Some(&old.public_key())), Outcome::Definitive(Verdict::Accepted));
    // But not when its signature does not count any more: then it is ciphertext of anybody.
    let revoked = client(2, &[(1, ours().public_key())], Some(Arc::clone(&old)));
    assert!(is_cause(&judged(&before, revoked, Some(&old.public_key())), Cause::Unreadable));
}
