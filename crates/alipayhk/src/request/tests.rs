use std::sync::Arc;

use crypto::{Algorithm, EccEncoding, EccHash, EccProfile, KeyBits, Profile, PublicKey, Verifier, Wrap};

use super::*;
use crate::exchange::{KeyUse, VerifyKeys, content};
use crate::testing::{CLIENT_ID, NOW, TestRng, config, ecc_config, ecc_key, event, our_key, their_key, vector, verify_key};
use crate::{ClientConfig, Encryption, Generation};

/// AlipayHK's view: does the header fit what arrived?
fn verified(request: &Request, keys: &VerifyKeys) -> Result<KeyUse, exchange::Refusal> {
    let time = request.header("Request-Time").unwrap();
    let id = request.header("Client-Id").unwrap();
    keys.verify(request.header("Signature").unwrap(), &content(request.method, request.path, id, time, &request.body))
}

fn sealing(profile: Profile, wrap: Wrap) -> ClientConfig {
    let encryption =
        Encryption { profile, wrap, to: their_key().public_key(), key_version: 7, with: our_key(), content_type: SealedContentType::Text };
    ClientConfig { encryption: Some(encryption), ..config() }
}

#[test]
fn the_request_of_the_known_answer_carries_its_content() {
    let known = vector("V-D-request");
    let (_, id, time, body) = known.parts();
    let client = Client::new(config()).unwrap();
    let bytes = bytes::Bytes::copy_from_slice(body.as_bytes());
    let request = client.sign(&Body { request_id: RequestId::literal("x"), bytes }, NOW, &mut TestRng(9)).unwrap();
    assert_eq!((request.header("client-id"), request.header("request-time")), (Some(id), Some(time)));
    let ours = content(request.method, request.path, CLIENT_ID, request.header("request-time").unwrap(), &request.body);
    assert_eq!(ours, known.content.as_bytes());
    let key = Verifier::new(PublicKey::parse(known.public_key.as_bytes()).unwrap(), Algorithm::Rsa256).unwrap();
    let keys = VerifyKeys::new(vec![exchange::VerifyKey { key_version: 1, verifier: key }]).unwrap();
    assert_eq!(keys.verify(&known.header(), &ours), Ok(KeyUse::Named(1)));
}

#[test]
fn a_clear_request_has_the_headers_of_the_base_api() {
    let client = Client::new(config()).unwrap();
    let body = client.body(&event(), 0);
    let request = client.sign(&body, NOW, &mut TestRng(9)).unwrap();
    assert_eq!((request.method, request.path), ("POST", "/api/open/alipay/v1/merchant/order/sync"));
    let names: Vec<_> = request.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Content-Type", "Client-Id", "Request-Time", "Signature"]);
    assert_eq!(request.header("content-type"), Some("application/json; charset=UTF-8"));
    assert!(request.header("signature").unwrap().starts_with("algorithm=RSA256,keyVersion=1,signature="));
    assert_eq!(request.body, body.bytes);
    assert_eq!(verified(&request, &VerifyKeys::new(vec![verify_key(1, &our_key(), Algorithm::Rsa256)]).unwrap()), Ok(KeyUse::Named(1)));
}

#[test]
fn a_sealed_request_opens_and_its_signature_covers_the_ciphertext() {
    let profiles = [Profile::Aes256Gcm, Profile::AesEcbPkcs7 { bits: KeyBits::B128 }, Profile::AesEcbPkcs7 { bits: KeyBits::B256 }];
    for (profile, wrap) in profiles.into_iter().flat_map(|profile| [(profile, Wrap::Pkcs1), (profile, Wrap::Oaep)]) {
        let client = Client::new(sealing(profile, wrap)).unwrap();
        let body = client.body(&event(), 0);
        let request = client.sign(&body, NOW, &mut TestRng(9)).unwrap();
        assert_eq!(request.header("content-type"), Some("text/plain; charset=UTF-8"));
        let encrypt = EncryptHeader::parse(request.header("Encrypt").unwrap()).unwrap();
        assert_eq!(encrypt.key_version, Some(7));
        let opened = crypto::open(profile, wrap, &their_key(), &request.body, &encrypt.symmetric_key).unwrap();
        assert_eq!(opened, body.bytes);
        let keys = VerifyKeys::new(vec![verify_key(1, &our_key(), Algorithm::Rsa256)]).unwrap();
        assert_eq!(verified(&request, &keys), Ok(KeyUse::Named(1)));
    }
}

#[test]
fn two_sealings_of_one_body_share_no_key() {
    let client = Client::new(sealing(Profile::Aes256Gcm, Wrap::Pkcs1)).unwrap();
    let body = client.body(&event(), 0);
    let mut rng = TestRng(9);
    let (a, b) = (client.sign(&body, NOW, &mut rng).unwrap(), client.sign(&body, NOW, &mut rng).unwrap());
    assert_ne!(a.header("Encrypt"), b.header("Encrypt"));
    assert_ne!(a.body, b.body);
}

#[test]
fn a_sealed_body_may_keep_calling_itself_json() {
    let mut config = sealing(Profile::Aes256Gcm, Wrap::Pkcs1);
    config.encryption.as_mut().unwrap().content_type = SealedContentType::Json;
    let client = Client::new(config).unwrap();
    let request = client.sign(&client.body(&event(), 0), NOW, &mut TestRng(9)).unwrap();
    assert_eq!(request.header("content-type"), Some("application/json; charset=UTF-8"));
}

#[test]
fn an_ecc224_request_verifies_under_its_own_profile_only() {
    let profile = EccProfile { hash: EccHash::Sha224, encoding: EccEncoding::Raw };
    let client = Client::new(ecc_config(profile)).unwrap();
    let request = client.sign(&client.body(&event(), 0), NOW, &mut TestRng(9)).unwrap();
    assert!(request.header("signature").unwrap().starts_with("algorithm=ECC224,keyVersion=1,signature="));
    let keys = |profile| VerifyKeys::new(vec![verify_key(1, &ecc_key(1), Algorithm::Ecc224(profile))]).unwrap();
    assert_eq!(verified(&request, &keys(profile)), Ok(KeyUse::Named(1)));
    assert_eq!(verified(&request, &keys(EccProfile::default())), Err(exchange::Refusal::NoFit));
}

#[test]
fn equal_modifications_make_equal_bytes_and_a_new_generation_a_new_id() {
    let client = Client::new(config()).unwrap();
    let first = client.body(&event(), 0);
    assert_eq!(first, client.body(&event(), Generation::Pipeline(0)));
    let run = Generation::Run { run: "replay-1".into(), renewed: 0 };
    let others = [client.body(&event(), 1), client.body(&event(), run)];
    let mut ids: Vec<_> = others.iter().chain([&first]).map(|body| body.request_id.to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))));
}

#[test]
fn the_id_is_over_the_body_without_itself() {
    // The body is the known answer's; the id from the python program beside `RequestId`'s tests, with that body without requestId.
    let client = Client::new(config()).unwrap();
    assert_eq!(client.body(&event(), 0).request_id.as_str(), "8b92042362385402a17f49b508a91e40");
}

#[test]
fn another_client_id_is_another_request() {
    let other = Client::new(ClientConfig { client_id: "OTHER".into(), ..config() }).unwrap();
    assert_ne!(other.body(&event(), 0).request_id, Client::new(config()).unwrap().body(&event(), 0).request_id);
}

#[test]
fn a_probe_is_an_object_with_nothing_but_its_id() {
    let client = Client::new(config()).unwrap();
    let probe = client.probe("2026-11-01T00:00:00Z");
    assert_eq!(probe.bytes, format!("{{\"requestId\":\"{}\"}}", probe.request_id).as_bytes());
    assert_ne!(probe.request_id, client.probe("2026-11-01T00:00:01Z").request_id);
}

#[test]
fn nothing_secret_or_personal_is_printed() {
    let client = Client::new(sealing(Profile::Aes256Gcm, Wrap::Pkcs1)).unwrap();
    let body = client.body(&event(), 0);
    let request = client.sign(&body, NOW, &mut TestRng(9)).unwrap();
    let printed = format!("{client:?} {body:?} {request:?}");
    assert!(!printed.contains("2160000000000001") && !printed.contains("symmetricKey=") && !printed.contains("signature="), "{printed}");
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    for id in ["", "a.b", "a b", "é", &"x".repeat(65), "a\r\nb"] {
        assert_eq!(Client::new(ClientConfig { client_id: id.into(), ..config() }).err(), Some(crate::ClientError::ClientId), "{id:?}");
    }
    assert_eq!(Client::new(ClientConfig { verify_keys: vec![], ..config() }).err(), Some(crate::ClientError::NoVerifyKey));
    let mut ecc = sealing(Profile::Aes256Gcm, Wrap::Pkcs1);
    ecc.encryption.as_mut().unwrap().with = Arc::clone(&ecc_key(1));
    assert_eq!(Client::new(ecc).err(), Some(crate::ClientError::EncryptionNotRsa));
}
