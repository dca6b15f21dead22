//! A stand-in for AlipayHK that costs next to nothing: it verifies nothing, and signs one answer a second, which everybody gets. As a
//! witness it also notes who called when.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alipayhk::exchange;
use bytes::Bytes;
use crypto::{Algorithm, PrivateKey, Signer};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};

/// The client id of the benches.
pub(crate) const CLIENT_ID: &str = "4Q5Y8W0WSG45P907917";
const BODY: &str = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"},"orderId":"2026112400000000000001"}"#;

struct State {
    signer: Signer,
    answer: Mutex<(u64, Vec<(&'static str, String)>)>,
    first_micros: Mutex<u64>,
    /// What was called, where that is noted.
    calls: Option<Mutex<Vec<Call>>>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    /// `merchantBizNo`.
    pub(crate) order: String,
    /// `orderModifyTime`.
    pub(crate) version: i64,
    /// When its head had come, microseconds since 1970.
    pub(crate) micros: u64,
}

/// Serves until it is killed. Arguments: the port, the file of the key, and `witness` to note every call.
pub(crate) fn serve(arguments: &[String]) -> Result<(), String> {
    let [port, key, witness @ ..] = arguments else { return Err("stand-in wants a port and a key file".to_owned()) };
    let port: u16 = port.parse().map_err(|_| format!("{port} is no port"))?;
    let pem = std::fs::read(key).map_err(|error| format!("{key}: {error}"))?;
    let key = PrivateKey::parse(&pem).map_err(|error| format!("{key}: {error}"))?;
    let signer = Signer::new(key, Algorithm::Rsa256).map_err(|error| error.to_string())?;
    let state = Arc::new(State {
        signer,
        answer: Mutex::default(),
        first_micros: Mutex::default(),
        calls: (!witness.is_empty()).then(Mutex::default),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| format!("port {port}: {error}"))?;
        loop {
            let (stream, _) = listener.accept().await.map_err(|error| error.to_string())?;
            let _ = stream.set_nodelay(true);
            let state = Arc::clone(&state);
            tokio::spawn(async move {
                let service = service_fn(|request| answer(Arc::clone(&state), request));
                // a connection that breaks is its client's matter
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() == Method::GET && request.uri().path() == "/calls" {
        let calls = state.calls.as_ref().map(|calls| calls.lock().unwrap_or_else(PoisonError::into_inner).clone());
        return Ok(Response::new(Full::from(serde_json::to_string(&calls.unwrap_or_default()).unwrap_or_default())));
    }
    if request.method() == Method::GET {
        let first = std::mem::take(&mut *state.first_micros.lock().unwrap_or_else(PoisonError::into_inner));
        return Ok(Response::new(Full::from(format!(r#"{{"first_micros":{first}}}"#))));
    }
    // A collector, for the bench of what tracing costs: it takes everything and says nothing.
    if request.uri().path().starts_with("/v1/") {
        let _ = request.into_body().collect().await;
        return Ok(Response::new(Full::default()));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    {
        let mut first = state.first_micros.lock().unwrap_or_else(PoisonError::into_inner);
        if *first == 0 {
            *first = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        }
    }
    let body = request.into_body().collect().await;
    if let (Some(calls), Ok(body)) = (&state.calls, body) {
        let call = call(&body.to_bytes(), u64::try_from(now.as_micros()).unwrap_or(u64::MAX));
        calls.lock().unwrap_or_else(PoisonError::into_inner).extend(call);
    }
    let mut response = Response::builder();
    {
        let mut kept = state.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != now.as_secs() {
            *kept = (now.as_secs(), headers(&state.signer, now.as_secs()));
        }
        for (name, value) in &kept.1 {
            response = response.header(*name, value);
        }
    }
    Ok(response.body(Full::from(BODY)).unwrap_or_default())
}

fn call(body: &[u8], micros: u64) -> Option<Call> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(Call { order: body["merchantBizNo"].as_str()?.to_owned(), version: body["orderModifyTime"].as_i64()?, micros })
}

fn headers(signer: &Signer, seconds: u64) -> Vec<(&'static str, String)> {
    let time = exchange::timestamp(i64::try_from(seconds).unwrap_or(0)).unwrap_or_default();
    let content = exchange::content(alipayhk::METHOD, alipayhk::PATH, CLIENT_ID, &time, BODY.as_bytes());
    let signature = exchange::signature(signer, 1, &content).unwrap_or_default();
    vec![
        ("Content-Type", "application/json; charset=UTF-8".to_owned()),
        ("Client-Id", CLIENT_ID.to_owned()),
        ("Response-Time", time),
        ("Signature", signature),
    ]
}
