//! A client of Confluent-compatible schema registries: fetch a schema by its id, register one under a subject.
//!
//! Everything that is not a clear answer is [`RegistryError::Unreachable`] and waits: a registry that is down, moved, or refuses us makes
//! no record undecodable. Paths, media type and error codes: Confluent, Schema Registry › API reference.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder, StatusCode, Url};

use crate::config::{self, Credentials};

mod answer;
mod references;

use answer::{Failure, Found, Reference, Registered};

const CONNECT: Duration = Duration::from_secs(3);
/// A whole exchange.
const TOTAL: Duration = Duration::from_secs(10);
/// Larger than any honest schema.
const LARGEST: usize = 1 << 20;
/// Schemas that one may refer to, itself or by others.
const MOST_REFERENCES: usize = 64;
/// "Schema not found" and "Subject not found".
const NOT_FOUND: [u64; 2] = [40403, 40401];
/// The registry is there and takes no schema from us.
const REFUSALS: [StatusCode; 5] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::CONFLICT,
    StatusCode::UNPROCESSABLE_ENTITY,
];
/// "Subject not found" and "Version not found".
const NO_SUBJECT: [u64; 2] = [40401, 40402];
/// A registry's replica may be a moment behind the one that took the schema: an unknown id is asked for again after these times.
const AGAIN: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(700)];

const MEDIA: HeaderValue = HeaderValue::from_static("application/vnd.schemaregistry.v1+json");
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/vnd.schemaregistry.v1+json, application/json");

/// Asks one registry. Its clones share connections.
#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    base: Url,
    credentials: Option<Credentials>,
}

/// The newest schema of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// The registry's number for it.
    pub id: u32,
    /// The subject's number for it.
    pub version: u32,
    /// Itself.
    pub text: String,
}

/// A registry client that cannot be made; one line that names the key.
#[derive(Debug, thiserror::Error)]
pub enum RegistrySetup {
    /// `ca_file` cannot be read any more.
    #[error("schema.ca_file: cannot read {}: {error}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Not PEM, or empty.
    #[error("schema.ca_file: {} holds no usable PEM certificate", .0.display())]
    CaPem(PathBuf),
    /// The TLS library has no certificates, or the like.
    #[error("schema.registry_url: the HTTP client cannot start: {0}")]
    Client(String),
}

/// Why there is no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The registry is sure that it has no such id.
    #[error("the registry knows no schema {0}")]
    Unknown(u32),
    /// There is one, and it can never be used here.
    #[error("schema {0} cannot be used: {1}")]
    Unusable(u32, &'static str),
    /// No clear answer. Ask again.
    #[error("the schema registry cannot be used (schema.registry_url): {0}")]
    Unreachable(String),
}

impl RegistryError {
    /// Whether asking again may help, so that records have to wait.
    pub fn waits(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Unusable(..) => false,
            Self::Unreachable(_) => true,
        }
    }
}

impl Registry {
    /// The client, where a registry is configured. Nothing is connected yet.
    ///
    /// # Errors
    /// The certificates cannot be read, or the HTTP client cannot start.
    pub fn new(config: &config::Schema) -> Result<Option<Self>, RegistrySetup> {
        let Some(config) = &config.registry else { return Ok(None) };
        let mut builder = Client::builder()
            // A password follows no redirect.
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .https_only(config.url.scheme() == "https");
        if let Some(path) = &config.ca_file {
            let pem = std::fs::read(path).map_err(|error| RegistrySetup::CaFile { path: path.clone(), error })?;
            let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| RegistrySetup::CaPem(path.clone()))?;
            if certificates.is_empty() {
                return Err(RegistrySetup::CaPem(path.clone()));
            }
            builder = builder.tls_certs_only(certificates);
        } else if config.url.scheme() == "http" {
            // Nothing is encrypted there, and a machine without any certificate can still ask.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| RegistrySetup::Client(chain(&error)))?;
        Ok(Some(Self { client, base: config.url.clone(), credentials: config.credentials.clone() }))
    }

    /// The text of a schema, with the types that it refers to in it.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub async fn fetch(&self, id: u32) -> Result<String, RegistryError> {
        for wait in AGAIN {
            match self.ask(id).await {
                Err(RegistryError::Unknown(_)) => tokio::time::sleep(wait).await,
                clear @ (Ok(_) | Err(RegistryError::Unusable(..) | RegistryError::Unreachable(_))) => return clear,
            }
        }
        self.ask(id).await
    }

    /// Registers a schema and tells its id; the same schema again has the same one.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`] for everything, an incompatible schema included.
    pub async fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        let (status, body) = self.post(&["subjects", subject, "versions"], schema).await?;
        match (status, Registered::parse(&body)) {
            (StatusCode::OK, Some(registered)) => Ok(registered.id),
            (StatusCode::OK, None) => Err(unreachable("it answered with something else than an id")),
            (status, _) => Err(Failure::parse(&body).unreachable(status)),
        }
    }

    /// Registers a schema; the inner error is the reason why the registry does not take it from us.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`].
    pub async fn offer(&self, subject: &str, schema: &str) -> Result<Result<u32, String>, RegistryError> {
        let (status, body) = self.post(&["subjects", subject, "versions"], schema).await?;
        match (status, Registered::parse(&body)) {
            (StatusCode::OK, Some(registered)) => Ok(Ok(registered.id)),
            (StatusCode::OK, None) => Err(unreachable("it answered with something else than an id")),
            (status, _) if REFUSALS.contains(&status) => Ok(Err(Failure::parse(&body).unreachable(status).to_string())),
            (status, _) => Err(Failure::parse(&body).unreachable(status)),
        }
    }

    /// The newest schema of a subject, if there is such a subject.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`], and [`RegistryError::Unusable`] for a schema that is not Avro or cannot be made whole.
    pub async fn newest(&self, subject: &str) -> Result<Option<Newest>, RegistryError> {
        let (status, body) = self.exchange(self.request(Method::GET, &["subjects", subject, "versions", "latest"])).await?;
        if status == StatusCode::OK {
            let (id, version, found) = Found::newest(&body).ok_or_else(|| unreachable("it answered with something else than a schema"))?;
            return Ok(Some(Newest { id, version, text: self.whole(id, found).await? }));
        }
        let failure = Failure::parse(&body);
        match failure.error_code {
            Some(code) if status == StatusCode::NOT_FOUND && NO_SUBJECT.contains(&code) => Ok(None),
            Some(_) | None => Err(failure.unreachable(status)),
        }
    }

    /// The id of a schema under a subject, if it is there already.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`].
    pub async fn look_up(&self, subject: &str, schema: &str) -> Result<Option<u32>, RegistryError> {
        let (status, body) = self.post(&["subjects", subject], schema).await?;
        match (status, Registered::parse(&body)) {
            (StatusCode::OK, Some(registered)) => Ok(Some(registered.id)),
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (StatusCode::OK, None) => Err(unreachable("it answered with something else than an id")),
            (status, _) => Err(Failure::parse(&body).unreachable(status)),
        }
    }

    async fn ask(&self, id: u32) -> Result<String, RegistryError> {
        let (status, body) = self.exchange(self.request(Method::GET, &["schemas", "ids", &id.to_string()])).await?;
        if status == StatusCode::OK {
            let found = Found::parse(&body).ok_or_else(|| unreachable("it answered with something else than a schema"))?;
            return self.whole(id, found).await;
        }
        let failure = Failure::parse(&body);
        match failure.error_code {
            Some(code) if status == StatusCode::NOT_FOUND && NOT_FOUND.contains(&code) => Err(RegistryError::Unknown(id)),
            Some(_) | None => Err(failure.unreachable(status)),
        }
    }

    /// The text of a schema with everything in it that it refers to. Who keeps it asks for none of it again.
    async fn whole(&self, id: u32, found: Found) -> Result<String, RegistryError> {
        let (text, mut open) = found.avro(id)?;
        if open.is_empty() {
            return Ok(text);
        }
        let (mut known, mut others) = (BTreeSet::new(), Vec::new());
        while let Some(reference) = open.pop() {
            if known.contains(&reference) {
                continue;
            }
            if known.len() == MOST_REFERENCES {
                return Err(RegistryError::Unusable(id, "it refers to more than 64 schemas"));
            }
            let (other, more) = self.referred(id, &reference).await?;
            others.push(other);
            open.extend(more);
            known.insert(reference);
        }
        references::whole(&text, &others).map_err(|reason| RegistryError::Unusable(id, reason))
    }

    async fn referred(&self, id: u32, reference: &Reference) -> Result<(String, Vec<Reference>), RegistryError> {
        let path = ["subjects", &reference.subject, "versions", &reference.version.to_string()];
        let (status, body) = self.exchange(self.request(Method::GET, &path)).await?;
        if status == StatusCode::OK {
            let found = Found::parse(&body).ok_or_else(|| unreachable("it answered with something else than a schema"))?;
            return found.avro(id);
        }
        let failure = Failure::parse(&body);
        match failure.error_code {
            Some(code) if status == StatusCode::NOT_FOUND && NO_SUBJECT.contains(&code) => {
                Err(RegistryError::Unusable(id, "it refers to a schema that the registry does not have"))
            }
            Some(_) | None => Err(failure.unreachable(status)),
        }
    }

    async fn post(&self, path: &[&str], schema: &str) -> Result<(StatusCode, Vec<u8>), RegistryError> {
        // Avro is what a registry takes without being told, and old ones refuse to be told.
        let body = serde_json::json!({ "schema": schema }).to_string();
        self.exchange(self.request(Method::POST, path).header(CONTENT_TYPE, MEDIA).body(body)).await
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let request = self.client.request(method, url).header(ACCEPT, ACCEPTED);
        match &self.credentials {
            None => request,
            Some(Credentials::Basic { username, password }) => request.basic_auth(username, Some(password.expose())),
            Some(Credentials::Token(token)) => request.bearer_auth(token.expose()),
        }
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), RegistryError> {
        let failed = |error: reqwest::Error| unreachable(&chain(&error.without_url()));
        let mut response = request.send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(unreachable("its answer is larger than 1 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status(), body))
    }
}

fn unreachable(reason: &str) -> RegistryError {
    RegistryError::Unreachable(reason.to_owned())
}

/// An error with what is behind it: the reason of a failed connection stands in the last one.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
