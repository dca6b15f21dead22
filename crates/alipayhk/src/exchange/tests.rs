use crypto::{Algorithm, EccProfile, PublicKey, Signer, Verifier};

use super::*;
use crate::testing::{NOW, ecc_key, our_key, their_key, vector, verify_key};

fn keys() -> VerifyKeys {
    VerifyKeys::new(vec![verify_key(1, &their_key(), Algorithm::Rsa256), verify_key(2, &our_key(), Algorithm::Rsa256)]).unwrap()
}

fn header(signer: &Signer, version: &str, content: &[u8]) -> String {
    let encoded = signature(signer, 1, content).unwrap();
    encoded.replace("keyVersion=1,", version)
}

fn theirs() -> Signer {
    Signer::new(their_key(), Algorithm::Rsa256).unwrap()
}

fn ours() -> Signer {
    Signer::new(our_key(), Algorithm::Rsa256).unwrap()
}

#[test]
fn the_signed_content_is_laid_out_as_the_published_vectors() {
    for id in ["V-B", "V-D-request", "V-D-response", "V-D-utf-8"] {
        let known = vector(id);
        let (line, client_id, time, body) = known.parts();
        let (method, path) = line.split_once(' ').unwrap();
        let content = content(method, path, client_id, time, body.as_bytes());
        assert_eq!(String::from_utf8(content.clone()).unwrap(), known.content, "{id}");
        let verifier = Verifier::new(PublicKey::parse(known.public_key.as_bytes()).unwrap(), Algorithm::Rsa256).unwrap();
        let keys = VerifyKeys::new(vec![VerifyKey { key_version: 1, verifier }]).unwrap();
        assert_eq!(keys.verify(&known.header(), &content), Ok(KeyUse::Named(1)), "{id}");
    }
}

#[test]
fn a_time_stamp_is_hong_kong_time_in_whole_seconds() {
    assert_eq!(timestamp(NOW).as_deref(), Some("2024-05-22T08:42:21+08:00"));
    assert_eq!(timestamp(0).as_deref(), Some("1970-01-01T08:00:00+08:00"));
    assert_eq!(timestamp(253_402_271_999).as_deref(), Some("9999-12-31T23:59:59+08:00"));
    assert_eq!(timestamp(253_402_272_000), None);
    assert_eq!(timestamp(i64::MAX), None);
}

#[test]
fn a_time_is_read_in_every_spelling_of_the_family() {
    for text in [
        "2024-05-22T08:42:21+08:00",
        "2024-05-22T06:12:21+05:30",
        "2024-05-22T00:42:21Z",
        "2024-05-22T08:42:21.987+08:00",
        "2024-05-22T08:42:21+0800",
    ] {
        assert_eq!(unix_seconds(text), Some(NOW), "{text}");
    }
    for text in ["", "1716338541", "2024-05-22T08:42:21", "2024-05-22 08:42", "票", "+08"] {
        assert_eq!(unix_seconds(text), None, "{text}");
    }
}

#[test]
fn the_named_key_alone_decides() {
    assert_eq!(keys().verify(&header(&theirs(), "keyVersion=1,", b"x"), b"x"), Ok(KeyUse::Named(1)));
    assert_eq!(keys().verify(&header(&ours(), "keyVersion=2,", b"x"), b"x"), Ok(KeyUse::Named(2)));
    assert_eq!(keys().verify(&header(&theirs(), "keyVersion=2,", b"x"), b"x"), Err(Refusal::NoFit));
}

#[test]
fn an_unknown_or_missing_version_tries_the_keys_in_order_and_says_so() {
    assert_eq!(keys().verify(&header(&ours(), "keyVersion=9,", b"x"), b"x"), Ok(KeyUse::Tried(2)));
    assert_eq!(keys().verify(&header(&theirs(), "", b"x"), b"x"), Ok(KeyUse::Tried(1)));
    assert_eq!(keys().verify(&header(&ours(), "", b"x"), b"y"), Err(Refusal::NoFit));
}

#[test]
fn a_header_never_chooses_the_algorithm() {
    let renamed = header(&theirs(), "keyVersion=1,", b"x").replace("RSA256", "ECC224");
    assert_eq!(keys().verify(&renamed, b"x"), Err(Refusal::ForeignAlgorithm));
    let ecc = Algorithm::Ecc224(EccProfile::default());
    let signer = Signer::new(ecc_key(1), ecc).unwrap();
    assert_eq!(keys().verify(&header(&signer, "keyVersion=1,", b"x"), b"x"), Err(Refusal::ForeignAlgorithm));
    let none = header(&theirs(), "keyVersion=1,", b"x").replace("RSA256", "none");
    assert!(matches!(keys().verify(&none, b"x"), Err(Refusal::Malformed(_))));
}

#[test]
fn a_header_of_another_key_is_refused_though_a_later_key_has_the_algorithm() {
    let ecc = Algorithm::Ecc224(EccProfile::default());
    let mixed = VerifyKeys::new(vec![verify_key(1, &ecc_key(1), ecc), verify_key(2, &their_key(), Algorithm::Rsa256)]).unwrap();
    assert_eq!(mixed.verify(&header(&theirs(), "keyVersion=1,", b"x"), b"x"), Err(Refusal::ForeignAlgorithm));
    assert_eq!(mixed.verify(&header(&theirs(), "", b"x"), b"x"), Ok(KeyUse::Tried(2)));
}

#[test]
fn keys_need_to_be_there_and_to_differ_in_version() {
    assert!(matches!(VerifyKeys::new(vec![]), Err(crate::ClientError::NoVerifyKey)));
    let twice = vec![verify_key(3, &our_key(), Algorithm::Rsa256), verify_key(3, &their_key(), Algorithm::Rsa256)];
    assert!(matches!(VerifyKeys::new(twice), Err(crate::ClientError::KeyVersionTwice(3))));
}

#[test]
fn a_header_that_came_twice_or_is_not_text_is_refused() {
    let raw: [(&str, &[u8]); 4] = [("signature", b"a"), ("SIGNATURE", b"a"), ("Encrypt", b"\xc3\xa9"), ("client-id", b"c")];
    let headers = Headers(&raw);
    assert_eq!(headers.single(HeaderName::Signature), Err(Refusal::Duplicate(HeaderName::Signature)));
    assert_eq!(headers.single(HeaderName::Encrypt), Err(Refusal::NotText(HeaderName::Encrypt)));
    assert_eq!(headers.single(HeaderName::ClientId), Ok(Some("c")));
    assert_eq!(headers.single(HeaderName::ResponseTime), Ok(None));
}
