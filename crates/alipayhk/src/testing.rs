//! What the tests of several modules share: keys, events, the published vectors, and AlipayHK's side of an exchange.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use crypto::keys::{generate_p224, generate_rsa};
use crypto::{Algorithm, EccProfile, PrivateKey, PublicKey, Signer, Verifier};
use domain::{OrderEvent, RawOrderEvent};
use rand_core::{TryCryptoRng, TryRng};

use crate::exchange::{self, VerifyKey};
use crate::{Client, ClientConfig, METHOD, PATH};

pub(crate) const CLIENT_ID: &str = "4Q5Y8W0WSG45P907917";
/// 2024-05-22T08:42:21+08:00, the moment of the published vectors: `date -d 2024-05-22T08:42:21+08:00 +%s`.
pub(crate) const NOW: i64 = 1_716_338_541;

/// SplitMix64: repeatable, and good enough to make test keys.
pub(crate) struct TestRng(pub(crate) u64);

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.try_next_u64()? >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.try_next_u64()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}

pub(crate) fn our_key() -> Arc<PrivateKey> {
    static KEY: OnceLock<Arc<PrivateKey>> = OnceLock::new();
    Arc::clone(KEY.get_or_init(|| Arc::new(generate_rsa(2048, &mut TestRng(1)).unwrap())))
}

pub(crate) fn their_key() -> Arc<PrivateKey> {
    static KEY: OnceLock<Arc<PrivateKey>> = OnceLock::new();
    Arc::clone(KEY.get_or_init(|| Arc::new(generate_rsa(2048, &mut TestRng(2)).unwrap())))
}

pub(crate) fn ecc_key(seed: u64) -> Arc<PrivateKey> {
    Arc::new(generate_p224(&mut TestRng(seed)))
}

pub(crate) fn verify_key(key_version: u32, key: &PrivateKey, algorithm: Algorithm) -> VerifyKey {
    VerifyKey { key_version, verifier: Verifier::new(key.public_key(), algorithm).unwrap() }
}

pub(crate) fn config() -> ClientConfig {
    ClientConfig {
        client_id: CLIENT_ID.into(),
        signer: Arc::new(Signer::new(our_key(), Algorithm::Rsa256).unwrap()),
        key_version: 1,
        verify_keys: vec![verify_key(1, &their_key(), Algorithm::Rsa256)],
        encryption: None,
    }
}

pub(crate) fn ecc_config(profile: EccProfile) -> ClientConfig {
    let algorithm = Algorithm::Ecc224(profile);
    ClientConfig {
        signer: Arc::new(Signer::new(ecc_key(1), algorithm).unwrap()),
        verify_keys: vec![verify_key(1, &ecc_key(2), algorithm)],
        ..config()
    }
}

/// A client whose verify key is the one behind the published vectors.
pub(crate) fn vector_client() -> Client {
    let key = PublicKey::parse(vector("V-D-request").public_key.as_bytes()).unwrap();
    let verifier = Verifier::new(key, Algorithm::Rsa256).unwrap();
    Client::new(ClientConfig { verify_keys: vec![VerifyKey { key_version: 1, verifier }], ..config() }).unwrap()
}

pub(crate) fn raw_event() -> RawOrderEvent<'static> {
    RawOrderEvent {
        merchant_biz_no: Cow::Borrowed("ORD-1"),
        merchant_biz_type: Cow::Borrowed("SELF_PICK"),
        order_status: Cow::Borrowed("PENDING"),
        user_id: Some(Cow::Borrowed("2160000000000001")),
        order_create_time: 1_716_338_541_000,
        order_modify_time: 1_716_338_541_000,
        ..RawOrderEvent::default()
    }
}

pub(crate) fn parsed(raw: &RawOrderEvent<'_>) -> OrderEvent {
    OrderEvent::parse(raw, NOW * 1000).unwrap()
}

pub(crate) fn event() -> OrderEvent {
    parsed(&raw_event())
}

/// AlipayHK's headers around `body` at `unix_seconds`, made with its own key.
pub(crate) fn signed(body: &[u8], unix_seconds: i64) -> Vec<(&'static str, String)> {
    signed_by(&Signer::new(their_key(), Algorithm::Rsa256).unwrap(), 1, body, unix_seconds)
}

pub(crate) fn signed_by(signer: &Signer, key_version: u32, body: &[u8], unix_seconds: i64) -> Vec<(&'static str, String)> {
    let time = exchange::timestamp(unix_seconds).unwrap();
    let content = exchange::content(METHOD, PATH, CLIENT_ID, &time, body);
    let signature = exchange::signature(signer, key_version, &content).unwrap();
    vec![("client-id", CLIENT_ID.to_owned()), ("response-time", time), ("signature", signature)]
}

pub(crate) fn view<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a [u8])> {
    headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
}

/// One entry of `tests/vectors/signature.json`, whose `origin` says where it comes from.
pub(crate) struct Vector {
    pub(crate) public_key: String,
    pub(crate) content: String,
    pub(crate) signature: String,
}

impl Vector {
    /// Method and path, client id, time, body.
    pub(crate) fn parts(&self) -> (&str, &str, &str, &str) {
        let (line, rest) = self.content.split_once('\n').unwrap();
        let (client_id, rest) = rest.split_once('.').unwrap();
        let (time, body) = rest.split_once('.').unwrap();
        (line, client_id, time, body)
    }

    pub(crate) fn header(&self) -> String {
        format!("algorithm=RSA256,keyVersion=1,signature={}", self.signature)
    }
}

pub(crate) fn vector(id: &str) -> Vector {
    let all: serde_json::Value = serde_json::from_str(include_str!("../../../tests/vectors/signature.json")).unwrap();
    let found = all.as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap();
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    Vector { public_key: text("public_key_spki_base64"), content: text("content"), signature: text("signature_header_value") }
}
