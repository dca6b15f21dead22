//! A stand-in for a schema registry: real HTTP, Confluent's paths and error codes, memory only, and faults on demand.
//!
//! Confluent Schema Registry › API reference is what it follows, as far as a reader and a test need it.

mod apicurio;
mod catalogue;
mod secure;
mod serve;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::ports;
use crate::wait::{block_on, runtime};
pub use apicurio::Apicurio;
use catalogue::Catalogue;
pub use secure::Secure;

/// A running registry. It ends when it is dropped.
pub struct Registry {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    server: Mutex<Option<JoinHandle<()>>>,
}

/// What the registry does wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Every request gets this HTTP status and no schema.
    Status(u16),
    /// Every answer comes this late.
    Slow(Duration),
    /// Every answer is this text, with status 200.
    Garbage(String),
    /// Nobody may register a schema.
    ReadOnly,
}

#[derive(Default)]
struct Shared {
    catalogue: Catalogue,
    fault: Fault,
    requests: Vec<String>,
    authorization: Option<String>,
}

impl Registry {
    /// Starts an empty one.
    pub fn start() -> Self {
        let registry = Self { port: ports::free(), shared: Arc::default(), server: Mutex::new(None) };
        registry.up();
        registry
    }

    /// Its address, for `schema.registry_url`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Stores a schema under a subject and gives its id; the same text has the same id everywhere.
    pub fn register(&self, subject: &str, schema: &str) -> u32 {
        self.lock().catalogue.register(subject, schema, Vec::new())
    }

    /// The same for one that names types of the first versions of other subjects.
    pub fn register_referring(&self, subject: &str, schema: &str, to: &[(&str, &str)]) -> u32 {
        self.lock().catalogue.register(subject, schema, references(to))
    }

    /// Changes what it does wrong.
    pub fn set(&self, fault: Fault) {
        self.lock().fault = fault;
    }

    /// Refuses whoever does not send this `Authorization` header.
    pub fn require(&self, authorization: &str) {
        self.lock().authorization = Some(authorization.to_owned());
    }

    /// Stops listening: connections are refused.
    pub fn down(&self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            server.abort();
            let _ = block_on(server);
        }
    }

    /// Listens again, on the same port, with everything it had.
    pub fn up(&self) {
        let listener = block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))).expect("the port is still free");
        let server = runtime().spawn(serve::run(listener, Arc::clone(&self.shared)));
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }

    /// Every request so far, as `GET /schemas/ids/1`.
    pub fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As Confluent's registry writes them, of type names and subjects.
fn references(to: &[(&str, &str)]) -> Vec<Json> {
    to.iter().map(|(name, subject)| json!({ "name": name, "subject": subject, "version": 1 })).collect()
}

impl Drop for Registry {
    fn drop(&mut self) {
        if let Some(server) = self.server.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            server.abort();
        }
    }
}

#[cfg(test)]
mod tests;
