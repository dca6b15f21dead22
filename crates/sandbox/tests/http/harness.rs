//! Both ends: a sandbox with keys in memory and a plain HTTP client around `alipayhk`.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alipayhk::exchange::VerifyKey;
use alipayhk::{Answer, Body, Client, ClientConfig, MAX_ANSWER, RawAnswer, Request, Transport};
use crypto::keys::generate_rsa;
use crypto::{Algorithm, PrivateKey, Signer, Verifier};
use domain::{Cause, Indefinite, OrderEvent, Outcome, RawOrderEvent, Rulebook, Verdict};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use sandbox::faults::{Fault, Rule};
use sandbox::{Running, Sandbox, Setup};

pub(crate) const CLIENT_ID: &str = "4Q5Y8W0WSG45P907917";
/// Longer than anything a test waits for on purpose, short enough to fail.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Ends {
    pub(crate) sandbox: Running,
    pub(crate) client: Client,
    pub(crate) http: reqwest::Client,
}

/// An answer as it came off the line.
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn merchant_key() -> Arc<PrivateKey> {
    static KEY: OnceLock<Arc<PrivateKey>> = OnceLock::new();
    Arc::clone(KEY.get_or_init(|| Arc::new(generate_rsa(2048, &mut UnwrapErr(SysRng)).unwrap())))
}

pub(crate) fn alipay_key() -> Arc<PrivateKey> {
    static KEY: OnceLock<Arc<PrivateKey>> = OnceLock::new();
    Arc::clone(KEY.get_or_init(|| Arc::new(generate_rsa(2048, &mut UnwrapErr(SysRng)).unwrap())))
}

pub(crate) fn setup() -> Setup {
    Setup::new(CLIENT_ID, alipay_key(), merchant_key().public_key()).unwrap()
}

pub(crate) fn client_config() -> ClientConfig {
    let verifier = Verifier::new(alipay_key().public_key(), Algorithm::Rsa256).unwrap();
    ClientConfig {
        client_id: CLIENT_ID.into(),
        signer: Arc::new(Signer::new(merchant_key(), Algorithm::Rsa256).unwrap()),
        key_version: 1,
        verify_keys: vec![VerifyKey { key_version: 1, verifier }],
        encryption: None,
    }
}

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A LINE_UP order, `later` milliseconds after some moment today.
pub(crate) fn event(number: &str, status: &str, later: i64) -> OrderEvent {
    let then = 1_716_338_541_000;
    let raw = RawOrderEvent {
        merchant_biz_no: number.into(),
        merchant_biz_type: "LINE_UP".into(),
        order_status: status.into(),
        user_id: Some("2160000000000001".into()),
        order_create_time: then,
        order_modify_time: then + later,
        shop_info: Some("{}".into()),
        ext_info: Some("{\"table\": 1.50}".into()),
        ..RawOrderEvent::default()
    };
    OrderEvent::parse(&raw, now() * 1000).unwrap()
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

impl Ends {
    pub(crate) async fn new() -> Self {
        Self::with(setup(), client_config()).await
    }

    pub(crate) async fn with(setup: Setup, client: ClientConfig) -> Self {
        Self { sandbox: Sandbox::run(setup).await.unwrap(), client: Client::new(client).unwrap(), http: http() }
    }

    /// A sandbox in which one fault always holds.
    pub(crate) async fn faulty(fault: Fault) -> Self {
        let ends = Self::new().await;
        ends.sandbox.set_faults(vec![Rule::always(fault)]).unwrap();
        ends
    }

    pub(crate) fn request(&self, body: &Body) -> Request {
        self.client.sign(body, now(), &mut UnwrapErr(SysRng)).unwrap()
    }

    pub(crate) async fn send(&self, request: &Request, timeout: Duration) -> Result<Received, Transport> {
        let failed = |fault: reqwest::Error| {
            if fault.is_timeout() {
                Transport::Timeout
            } else if fault.is_connect() {
                Transport::Unreachable
            } else {
                Transport::Broken
            }
        };
        let mut call = self.http.post(format!("{}{}", self.sandbox.base_url(), request.path)).timeout(timeout).body(request.body.clone());
        for (name, value) in &request.headers {
            call = call.header(*name, value);
        }
        let mut response = call.send().await.map_err(failed)?;
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Err(Transport::TooLarge);
            }
        }
        Ok(Received { status: response.status().as_u16(), headers, body })
    }

    pub(crate) fn judge(&self, event: &OrderEvent, received: Result<&Received, Transport>) -> Answer {
        let headers: Vec<(&str, &[u8])> =
            received.iter().flat_map(|received| &received.headers).map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let raw = received.map(|received| RawAnswer { status: received.status, headers: &headers, body: &received.body });
        self.client.judge(event, raw, &Rulebook::standard(), now())
    }

    pub(crate) async fn call_within(&self, event: &OrderEvent, timeout: Duration) -> Answer {
        let received = self.send(&self.request(&self.client.body(event, 0)), timeout).await;
        self.judge(event, received.as_ref().map_err(|transport| *transport))
    }

    pub(crate) async fn call(&self, event: &OrderEvent) -> Answer {
        self.call_within(event, PATIENCE).await
    }

    /// Asks until the sandbox is as expected; the time limit only ends a failing test.
    pub(crate) async fn until(&self, what: &str, mut holds: impl FnMut(&Running) -> bool) {
        let waiting = async {
            while !holds(&self.sandbox) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "never: {what}");
    }
}

pub(crate) fn accepted(answer: &Answer) -> bool {
    answer.outcome == Outcome::Definitive(Verdict::Accepted)
}

pub(crate) fn indefinite(answer: &Answer) -> Indefinite {
    match &answer.outcome {
        Outcome::Indefinite(indefinite) => indefinite.clone(),
        Outcome::Definitive(verdict) => unreachable!("decided: {verdict:?}"),
    }
}

pub(crate) fn cause(answer: &Answer) -> Cause {
    indefinite(answer).cause
}
