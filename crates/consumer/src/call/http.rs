//! The HTTP client: one deadline, no redirects, no decompression, no retries of its own, no proxy unless configured, a bounded answer.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use alipayhk::{MAX_ANSWER, Request, Transport};
use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Method, Proxy, Url};

use super::Limits;
use super::body::{Late, TimedBody};
use crate::clock::Moment;
use crate::config::Config;

/// More headers than any honest answer has.
const HEADER_LIMIT: usize = 200;
/// Shorter than what common gateways keep a connection: a pooled one is rarely dead.
const IDLE: Duration = Duration::from_secs(20);

/// What the client is built from.
#[derive(Debug, Clone)]
pub(crate) struct HttpSettings {
    pub(crate) base_url: Url,
    pub(crate) connect_timeout: Duration,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) proxy: Option<Url>,
    pub(crate) max_in_flight: u32,
}

impl HttpSettings {
    /// As the configuration has it.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            base_url: config.alipayhk.base_url.clone(),
            connect_timeout: config.alipayhk.connect_timeout,
            ca_file: config.alipayhk.ca_file.clone(),
            proxy: config.alipayhk.proxy.clone(),
            max_in_flight: config.quota.max_in_flight,
        }
    }
}

/// Why the client could not be built; one line that names the key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("alipayhk.ca_file: cannot read {0:?}: {1}")]
    CaFile(PathBuf, std::io::Error),
    #[error("alipayhk.ca_file: {0:?} holds no usable PEM certificate")]
    CaPem(PathBuf),
    #[error("alipayhk.proxy: {0}")]
    Proxy(String),
    #[error("alipayhk.base_url: the HTTPS client cannot start: {0}")]
    Client(String),
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// Names and values, as far as an honest answer has them.
    pub(crate) fn header_fields(&self) -> Vec<(&str, &[u8])> {
        self.headers.iter().take(HEADER_LIMIT).map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }
}

/// The HTTP client.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    base: Url,
}

impl Http {
    pub(crate) fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(settings.max_in_flight as usize)
            .tcp_nodelay(true)
            .https_only(settings.base_url.scheme() == "https");
        builder = match &settings.proxy {
            Some(proxy) => builder.proxy(Proxy::all(proxy.clone()).map_err(|error| HttpError::Proxy(error.to_string()))?),
            None => builder.no_proxy(),
        };
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path).map_err(|error| HttpError::CaFile(path.clone(), error))?;
            let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| HttpError::CaPem(path.clone()))?;
            if certificates.is_empty() {
                return Err(HttpError::CaPem(path.clone()));
            }
            builder = builder.tls_certs_only(certificates);
        }
        let client = builder.build().map_err(|error| HttpError::Client(error.to_string()))?;
        let mut base = settings.base_url.clone();
        // Every request goes there.
        base.set_path(alipayhk::PATH);
        Ok(Self { client, base })
    }

    /// Sends one request and reads its answer to the end, all before the deadline.
    pub(crate) async fn exchange(&self, request: &Request, limits: Limits, trace: Vec<(String, String)>) -> Result<Received, Transport> {
        if limits.write_by.is_over() {
            return Err(Transport::NotSent);
        }
        match tokio::time::timeout(limits.deadline.left(), self.send(request, limits.write_by, trace)).await {
            Ok(received) => received,
            Err(_) => Err(Transport::Timeout),
        }
    }

    async fn send(&self, request: &Request, write_by: Moment, trace: Vec<(String, String)>) -> Result<Received, Transport> {
        let url = self.address(request.path);
        let mut call = reqwest::Request::new(Method::POST, url);
        let headers = call.headers_mut();
        headers.reserve(request.headers.len() + trace.len() + 1);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
        let fields = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in fields.chain(trace.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
            // What no header can hold was refused where the configuration was read.
            let name = HeaderName::try_from(name).map_err(|_| Transport::NotSent)?;
            headers.append(name, HeaderValue::try_from(value).map_err(|_| Transport::NotSent)?);
        }
        *call.body_mut() = Some(reqwest::Body::wrap(TimedBody::new(request.body.clone(), write_by)));
        let mut response = self.client.execute(call).await.map_err(|error| transport(&error))?;
        let mut received =
            Received { status: response.status().as_u16(), headers: std::mem::take(response.headers_mut()), body: Bytes::new() };
        let mut more = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
            if received.body.len() + more.len() + chunk.len() > MAX_ANSWER {
                return Err(Transport::TooLarge);
            }
            // Nearly every answer is one chunk: it is not copied.
            if received.body.is_empty() {
                received.body = chunk;
            } else {
                more.extend_from_slice(&chunk);
            }
        }
        if !more.is_empty() {
            received.body = Bytes::from([&received.body, more.as_slice()].concat());
        }
        Ok(received)
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        if url.path() != path {
            url.set_path(path);
        }
        url
    }
}

/// A failed connection, and a body that was never begun, are certain not to have told AlipayHK anything.
fn transport(error: &reqwest::Error) -> Transport {
    if error.is_connect() {
        Transport::Unreachable
    } else if is_late(error) {
        Transport::NotSent
    } else if error.is_timeout() {
        Transport::Timeout
    } else {
        Transport::Broken
    }
}

fn is_late(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<Late>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests;
