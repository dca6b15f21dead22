//! Signing and verifying as the pipeline does it, headers and all, beside the library's bare calls over the same bytes; in turns, so that
//! whatever disturbs the machine disturbs both.

use std::hint::black_box;
use std::sync::Arc;

use alipayhk::exchange::{self, KeyUse, VerifyKey};
use alipayhk::{Client, ClientConfig, RawAnswer};
use crypto::{Algorithm, PrivateKey, Signer, Verifier};
use domain::Rulebook;
use getrandom::SysRng;
use order_sync_benches::bare::BareKeys;
use order_sync_benches::cpu_clock::thread_cpu;
use order_sync_benches::orders;
use rand_core::UnwrapErr;

use crate::place::Place;
use crate::proc::{median, micros};
use crate::stand_in::CLIENT_ID;

const ROUNDS: usize = 31;
const EACH: u64 = 40;
const NOW: i64 = 1_760_000_000;
const ANSWER: &[u8] =
    br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"},"orderId":"2026112400000000000001"}"#;

/// Microseconds of processor time, and ratios to the bare calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) bare_sign: f64,
    pub(crate) bare_verify: f64,
    /// Ours over the bare ones: signature and verification alone.
    pub(crate) crypto_ratio: f64,
    /// Ours with everything around them: content, time, base64, headers, parsing, judging.
    pub(crate) exchange_ratio: f64,
}

impl Costs {
    /// A bare signature and a bare verification.
    pub(crate) fn bare(&self) -> f64 {
        self.bare_sign + self.bare_verify
    }
}

/// Measures one set.
pub(crate) fn measure(place: &Place<'_>) -> Result<Costs, String> {
    let ours = Ours::new(place)?;
    let event = orders::event(1, 1);
    let body = ours.client.body(&event, 0);
    let time = exchange::timestamp(NOW).ok_or("a time")?;
    let request = exchange::content(alipayhk::METHOD, alipayhk::PATH, CLIENT_ID, &time, &body.bytes);
    let answer = exchange::content(alipayhk::METHOD, alipayhk::PATH, CLIENT_ID, &time, ANSWER);
    let signature = ours.peer.sign(&answer).map_err(|error| error.to_string())?;
    let header = exchange::signature(&ours.peer, 1, &answer).map_err(|error| error.to_string())?;
    let headers: [(&str, &[u8]); 3] =
        [("client-id", CLIENT_ID.as_bytes()), ("response-time", time.as_bytes()), ("signature", header.as_bytes())];
    let rulebook = Rulebook::standard();
    let raw = RawAnswer { status: 200, headers: &headers, body: ANSWER };
    let judged = ours.client.judge(&event, Ok(raw), &rulebook, NOW);
    if judged.notes.signature != alipayhk::SignatureNote::Verified(KeyUse::Named(1)) {
        return Err(format!("the bench's own answer is not verified: {:?}", judged.notes.signature));
    }

    let mut rng = UnwrapErr(SysRng);
    let (mut signs, mut verifies, mut crypto, mut exchanges) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let bare_sign = each(|| drop(black_box(ours.bare_merchant.sign(black_box(&request)))));
        let bare_verify = each(|| assert!(ours.bare_peer.verify(black_box(&answer), &signature)));
        let sign = each(|| drop(black_box(ours.merchant.sign(black_box(&request)))));
        let verify = each(|| assert!(ours.verifier.verify(black_box(&answer), &signature).is_ok()));
        let signed = each(|| drop(black_box(ours.client.sign(black_box(&body), NOW, &mut rng))));
        let judged = each(|| drop(black_box(ours.client.judge(&event, Ok(black_box(raw)), &rulebook, NOW))));
        signs.push(bare_sign);
        verifies.push(bare_verify);
        crypto.push((sign + verify) / (bare_sign + bare_verify));
        exchanges.push((signed + judged) / (bare_sign + bare_verify));
    }
    let [bare_sign, bare_verify, crypto_ratio, exchange_ratio] = [signs, verifies, crypto, exchanges].map(median);
    Ok(Costs { bare_sign, bare_verify, crypto_ratio, exchange_ratio })
}

struct Ours {
    client: Client,
    merchant: Arc<Signer>,
    peer: Signer,
    verifier: Verifier,
    bare_merchant: BareKeys,
    bare_peer: BareKeys,
}

impl Ours {
    fn new(place: &Place<'_>) -> Result<Self, String> {
        let signer = |key: &PrivateKey| Signer::new(copy(key)?, Algorithm::Rsa256).map_err(|error| error.to_string());
        let verifier = || Verifier::new(place.peer.public_key(), Algorithm::Rsa256).map_err(|error| error.to_string());
        let bare = |key: &PrivateKey| BareKeys::new(key).ok_or("the library refuses a key".to_owned());
        let merchant = Arc::new(signer(&place.merchant)?);
        let config = ClientConfig {
            client_id: CLIENT_ID.to_owned(),
            signer: Arc::clone(&merchant),
            key_version: 1,
            verify_keys: vec![VerifyKey { key_version: 1, verifier: verifier()? }],
            encryption: None,
        };
        Ok(Self {
            client: Client::new(config).map_err(|error| error.to_string())?,
            merchant,
            peer: signer(&place.peer)?,
            verifier: verifier()?,
            bare_merchant: bare(&place.merchant)?,
            bare_peer: bare(&place.peer)?,
        })
    }
}

fn copy(key: &PrivateKey) -> Result<PrivateKey, String> {
    let pem = key.to_pkcs8_pem().map_err(|error| error.to_string())?;
    PrivateKey::parse(pem.as_bytes()).map_err(|error| error.to_string())
}

fn each(mut work: impl FnMut()) -> f64 {
    let before = thread_cpu();
    (0..EACH).for_each(|_| work());
    micros(thread_cpu().saturating_sub(before), EACH)
}

/// A bare signature and verification while every core does the same: what they cost in the pipeline, which signs on all cores.
pub(crate) fn bare_on_all_cores(place: &Place<'_>) -> Result<f64, String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let content = vec![b'x'; 1_000];
    let costs: Result<Vec<f64>, String> = std::thread::scope(|scope| {
        let one = || {
            let keys = BareKeys::new(&place.merchant).ok_or("the library refuses a key")?;
            let signature = keys.sign(&content);
            let before = thread_cpu();
            for _ in 0..2_000 {
                black_box(keys.sign(black_box(&content)));
                assert!(keys.verify(black_box(&content), &signature));
            }
            Ok(micros(thread_cpu().saturating_sub(before), 2_000))
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread failed".to_owned())?).collect()
    });
    let costs = costs?;
    Ok(costs.iter().sum::<f64>() / costs.len() as f64)
}

/// The bytes of one request.
pub(crate) fn body(place: &Place<'_>) -> Result<Vec<u8>, String> {
    Ok(Ours::new(place)?.client.body(&orders::event(1, 1), 0).bytes.to_vec())
}
