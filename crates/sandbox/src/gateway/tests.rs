use crypto::keys::generate_rsa;
use crypto::{Algorithm, KeyBits, Signer};
use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::*;

/// 2024-05-22T08:42:21+08:00
const NOW: i64 = 1_716_338_541;
const TIME: &str = "2024-05-22T08:42:21+08:00";
const CLIENT: &str = "4Q5Y8W0WSG45P907917";

struct Ends {
    gateway: Gateway,
    signer: Signer,
    key: Arc<PrivateKey>,
}

fn ends() -> Ends {
    let key = Arc::new(generate_rsa(2048, &mut UnwrapErr(SysRng)).unwrap());
    let verifier = Verifier::new(key.public_key(), Algorithm::Rsa256).unwrap();
    let gateway = Gateway { client_id: CLIENT.into(), client_keys: vec![(1, verifier)], skew: 300, sealing: None };
    Ends { gateway, signer: Signer::new(Arc::clone(&key), Algorithm::Rsa256).unwrap(), key }
}

impl Ends {
    fn headers(&self, body: &[u8]) -> Vec<(&'static str, String)> {
        let signature = self.signer.sign(&signed::content(METHOD, PATH, CLIENT, TIME, body)).unwrap();
        let header = SignatureHeader { algorithm: crypto::AlgorithmName::Rsa256, key_version: Some(1), signature };
        vec![
            ("content-type", "application/json; charset=UTF-8".into()),
            ("client-id", CLIENT.into()),
            ("request-time", TIME.into()),
            ("signature", header.encode()),
        ]
    }

    fn admit(&self, headers: &[(&'static str, String)], body: &[u8], now: i64) -> Result<Admitted, Refused> {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        self.gateway.admit(&Incoming { method: METHOD, path: PATH, headers: &headers, body }, now)
    }

    fn code(&self, headers: &[(&'static str, String)], body: &[u8], now: i64) -> (String, bool) {
        let refused = self.admit(headers, body, now).unwrap_err();
        (refused.decision.code, refused.signed)
    }
}

fn changed(headers: &[(&'static str, String)], name: &str, value: &str) -> Vec<(&'static str, String)> {
    headers.iter().map(|(held, old)| (*held, if *held == name { value.to_owned() } else { old.clone() })).collect()
}

#[test]
fn the_published_request_comes_in() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../../tests/vectors/signature.json")).unwrap();
    let vector = vectors.as_array().unwrap().iter().find(|vector| vector["id"] == "V-D-request").unwrap();
    let key = PublicKey::parse(vector["public_key_spki_base64"].as_str().unwrap().as_bytes()).unwrap();
    let verifier = Verifier::new(key, Algorithm::Rsa256).unwrap();
    let gateway = Gateway { client_id: CLIENT.into(), client_keys: vec![(1, verifier)], skew: 0, sealing: None };
    let body = vector["content"].as_str().unwrap().splitn(3, '.').nth(2).unwrap();
    let signature = format!("algorithm=RSA256,keyVersion=1,signature={}", vector["signature_header_value"].as_str().unwrap());
    let headers: [(&str, &[u8]); 4] = [
        ("Content-Type", b"application/json; charset=UTF-8"),
        ("Client-Id", CLIENT.as_bytes()),
        ("Request-Time", TIME.as_bytes()),
        ("Signature", signature.as_bytes()),
    ];
    let incoming = Incoming { method: METHOD, path: PATH, headers: &headers, body: body.as_bytes() };
    assert_eq!(gateway.admit(&incoming, NOW), Ok(Admitted { json: body.as_bytes().to_vec(), sealed: false }));
}

#[test]
fn every_wrong_request_gets_its_documented_code() {
    let ends = ends();
    let good = ends.headers(b"{}");
    assert!(ends.admit(&good, b"{}", NOW).is_ok());
    let without = |name: &str| -> Vec<_> { good.iter().filter(|(held, _)| *held != name).cloned().collect() };
    let twice = [good.clone(), vec![good[3].clone()]].concat();
    let cases = [
        (changed(&good, "content-type", "text/xml"), "MEDIA_TYPE_NOT_ACCEPTABLE"),
        (changed(&good, "content-type", "text/plain; charset=UTF-8"), "MEDIA_TYPE_NOT_ACCEPTABLE"),
        (changed(&good, "client-id", "someone"), "INVALID_CLIENT"),
        (without("client-id"), "INVALID_CLIENT"),
        (without("signature"), "INVALID_SIGNATURE"),
        (without("request-time"), "INVALID_SIGNATURE"),
        (changed(&good, "request-time", "2024-05-22T08:42:22+08:00"), "INVALID_SIGNATURE"),
        (changed(&good, "signature", "nonsense"), "INVALID_SIGNATURE"),
        (changed(&good, "signature", &good[3].1.replace("RSA256", "ECC224")), "INVALID_SIGNATURE"),
        (changed(&good, "signature", &good[3].1.replace("keyVersion=1", "keyVersion=2")), "KEY_NOT_FOUND"),
        (twice, "INVALID_SIGNATURE"),
    ];
    for (headers, code) in cases {
        assert_eq!(ends.code(&headers, b"{}", NOW), (code.into(), false));
    }
    assert_eq!(ends.code(&good, b"{ }", NOW), ("INVALID_SIGNATURE".into(), false));
}

#[test]
fn another_path_or_method_is_named() {
    let ends = ends();
    let refused = |method, path| ends.gateway.admit(&Incoming { method, path, headers: &[], body: b"" }, NOW).unwrap_err().decision.code;
    assert_eq!(refused("POST", "/api/open/alipay/v1/merchant/order"), "INVALID_API");
    assert_eq!(refused("POST", "/api/open/alipay/v1/merchant/order/sync?x=1"), "INVALID_API");
    assert_eq!(refused("GET", PATH), "METHOD_NOT_SUPPORTED");
}

#[test]
fn a_clock_beyond_the_allowed_skew_is_refused_by_a_signed_answer() {
    let ends = ends();
    let good = ends.headers(b"{}");
    assert!(ends.admit(&good, b"{}", NOW + 300).is_ok() && ends.admit(&good, b"{}", NOW - 300).is_ok());
    assert_eq!(ends.code(&good, b"{}", NOW + 301), ("ACCESS_DENIED".into(), true));
}

#[test]
fn without_a_key_version_the_latest_key_counts() {
    let mut ends = ends();
    let other = generate_rsa(2048, &mut UnwrapErr(SysRng)).unwrap();
    let verifier = Verifier::new(other.public_key(), Algorithm::Rsa256).unwrap();
    let good = ends.headers(b"{}");
    let unnamed = changed(&good, "signature", &good[3].1.replace("keyVersion=1,", ""));
    assert!(ends.admit(&unnamed, b"{}", NOW).is_ok());
    ends.gateway.client_keys.push((2, verifier));
    assert_eq!(ends.code(&unnamed, b"{}", NOW).0, "INVALID_SIGNATURE");
    assert!(ends.admit(&good, b"{}", NOW).is_ok());
}

#[test]
fn a_sealed_request_is_opened_after_its_signature_was_found_good() {
    let mut ends = ends();
    let profile = Profile::AesEcbPkcs7 { bits: KeyBits::B256 };
    let ours = Arc::new(generate_rsa(2048, &mut UnwrapErr(SysRng)).unwrap());
    let sealed = crypto::seal(profile, Wrap::Pkcs1, &ours.public_key(), b"{\"a\":1}", &mut UnwrapErr(SysRng)).unwrap();
    let mut headers = ends.headers(sealed.body.as_bytes());
    headers.push(("encrypt", EncryptHeader { key_version: Some(1), symmetric_key: sealed.wrapped_key }.encode()));
    let headers = changed(&headers, "content-type", "text/plain; charset=UTF-8");
    assert_eq!(ends.code(&headers, sealed.body.as_bytes(), NOW), ("KEY_NOT_FOUND".into(), true));
    let to = ends.key.public_key();
    ends.gateway.sealing = Some(Sealing { profile, wrap: Wrap::Pkcs1, with: ours, to, key_version: 1 });
    let admitted = ends.admit(&headers, sealed.body.as_bytes(), NOW).unwrap();
    assert_eq!(admitted, Admitted { json: b"{\"a\":1}".to_vec(), sealed: true });
    assert_eq!(ends.code(&headers, b"AAAA", NOW).0, "INVALID_SIGNATURE");
}
