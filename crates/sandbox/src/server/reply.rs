//! Answers with their headers, signed well or badly.

use bytes::Bytes;
use crypto::{AlgorithmName, EncryptHeader, SignatureHeader};
use getrandom::SysRng;
use hyper::Response;
use rand_core::UnwrapErr;

use crate::decision::Decision;
use crate::faults::Damage;
use crate::signed;

use super::body::Body;
use super::connection::Dropped;
use super::shared::{Shared, millis};

/// An answer before it is sent.
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    fill: Option<u64>,
    label: Option<String>,
}

impl Reply {
    fn new(status: u16, headers: Vec<(&'static str, String)>, body: Bytes) -> Self {
        Self { status, headers, body, fill: None, label: None }
    }

    /// Counts it as sent.
    pub(super) fn count(&self, shared: &Shared) {
        let mut world = shared.world();
        let counters = &mut world.model.record_mut().counters;
        match &self.label {
            Some(label) => *counters.answers.entry(label.clone()).or_default() += 1,
            None if self.status == 200 => {}
            None => *counters.http.entry(self.status.to_string()).or_default() += 1,
        }
    }

    /// The response, its body spoiled by `body`.
    pub(super) fn response(&self, body: impl FnOnce(Bytes) -> Body) -> Result<Response<Body>, Dropped> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(*name, value);
        }
        let body = self.fill.map_or_else(|| body(self.body.clone()), Body::Fill);
        response.body(body).map_err(|_| Dropped)
    }
}

pub(super) async fn result(shared: &Shared, decision: &Decision, damage: Option<Damage>, sealed: bool) -> Reply {
    let mut body = Bytes::from(decision.body());
    let mut encrypt = None;
    if let Some(sealing) = shared.gateway.sealing.as_ref().filter(|_| sealed) {
        let mut rng = UnwrapErr(SysRng);
        if let Ok(sealed) = crypto::seal(sealing.profile, sealing.wrap, &sealing.to, &body, &mut rng) {
            let header = EncryptHeader { key_version: Some(sealing.key_version), symmetric_key: sealed.wrapped_key };
            encrypt = Some(("Encrypt", header.encode()));
            body = Bytes::from(sealed.body);
        }
    }
    let content_type = if encrypt.is_some() { "text/plain; charset=UTF-8" } else { "application/json; charset=UTF-8" };
    let mut headers = vec![("Content-Type", content_type.to_owned())];
    headers.extend(signature_headers(shared, &body, damage).await);
    headers.extend(encrypt);
    Reply { label: Some(decision.label()), ..Reply::new(200, headers, body) }
}

pub(super) async fn signed_text(shared: &Shared, body: Bytes, damage: Option<Damage>) -> Reply {
    let mut headers = vec![("Content-Type", "text/html; charset=UTF-8".to_owned())];
    headers.extend(signature_headers(shared, &body, damage).await);
    Reply::new(200, headers, body)
}

pub(super) fn http(status: u16, retry_after: Option<&str>) -> Reply {
    let headers = retry_after.map(|value| ("Retry-After", value.to_owned())).into_iter().collect();
    Reply::new(status, headers, Bytes::from_static(b"unavailable\n"))
}

pub(super) fn redirect(location: &str) -> Reply {
    Reply::new(302, vec![("Location", location.to_owned())], Bytes::new())
}

pub(super) fn oversize(bytes: u64) -> Reply {
    Reply { fill: Some(bytes), ..Reply::new(200, vec![("Content-Type", "application/json; charset=UTF-8".to_owned())], Bytes::new()) }
}

async fn signature_headers(shared: &Shared, body: &Bytes, damage: Option<Damage>) -> Vec<(&'static str, String)> {
    let now = millis() / 1000;
    let time = signed::stamp(if damage == Some(Damage::StaleTime) { now - 3600 } else { now });
    let shown_time = if damage == Some(Damage::OtherTime) { signed::stamp(now + 1) } else { time.clone() };
    let client_id = if damage == Some(Damage::OtherClient) { "ANOTHERCLIENT".to_owned() } else { shared.gateway.client_id.clone() };
    let trace = {
        let mut world = shared.world();
        world.traces += 1;
        world.traces
    };
    let mut headers = vec![("Client-Id", client_id), ("Response-Time", shown_time), ("Tracer-Id", format!("sandbox{trace:021}"))];
    if damage == Some(Damage::Absent) {
        return headers;
    }
    let other = Bytes::from_static(b"{}");
    let content = if damage == Some(Damage::OtherContent) { &other } else { body };
    let Some(mut signature) = shared.signatory.sign(&time, content).await else { return headers };
    if damage == Some(Damage::Flipped) {
        signature.iter_mut().take(1).for_each(|byte| *byte ^= 1);
    }
    let key_version = match damage {
        Some(Damage::NoKeyVersion) => None,
        Some(Damage::UnknownKeyVersion) => Some(shared.key_version.wrapping_add(1000)),
        _ => Some(shared.key_version),
    };
    let algorithm = match (damage, shared.signatory.algorithm()) {
        (Some(Damage::OtherAlgorithm), AlgorithmName::Rsa256) => AlgorithmName::Ecc224,
        (Some(Damage::OtherAlgorithm), AlgorithmName::Ecc224) => AlgorithmName::Rsa256,
        (_, own) => own,
    };
    let mut value = SignatureHeader { algorithm, key_version, signature }.encode();
    if damage == Some(Damage::WhiteSpace) {
        value.insert(value.len() - 20, ' ');
    }
    if damage == Some(Damage::Duplicate) {
        headers.push(("Signature", value.clone()));
    }
    headers.push(("Signature", value));
    headers
}
