//! Running processes, asked at their admin addresses.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Client;
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::trouble::Trouble;

/// Who runs answers at once.
const ANSWER: Duration = Duration::from_secs(3);

/// Asks instances.
pub(super) struct Instances {
    addresses: Vec<String>,
    client: Client,
    runtime: Runtime,
}

/// What one of them says.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Said {
    pub(super) address: String,
    /// Its answer.
    pub(super) answer: Option<Value>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
}

impl Instances {
    /// Those that are named, else the one of this configuration.
    pub(super) fn new(named: &[String], own: SocketAddr) -> Result<Self, Trouble> {
        let addresses = if named.is_empty() { vec![own.to_string()] } else { named.to_vec() };
        let builder = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER).tls_certs_only([]);
        let client = builder.build().map_err(|error| Trouble::failed(format!("the HTTP client cannot start: {error}")))?;
        Ok(Self { addresses, client, runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()? })
    }

    /// GET of one path from each.
    pub(super) fn ask(&self, path: &[&str]) -> Vec<Said> {
        self.addresses.iter().map(|address| self.one(address, path)).collect()
    }

    /// GET of one path from one of them.
    pub(super) fn one(&self, address: &str, path: &[&str]) -> Said {
        let answer = self.runtime.block_on(self.get(address, path));
        let (answer, why) = answer.map_or_else(|why| (None, Some(why)), |answer| (Some(answer), None));
        Said { address: address.to_owned(), answer, why }
    }

    async fn get(&self, address: &str, path: &[&str]) -> Result<Value, String> {
        let mut url = reqwest::Url::parse(&format!("http://{address}/")).map_err(|error| error.to_string())?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        let answer = self.client.get(url).send().await.map_err(without_url)?;
        if answer.status() == reqwest::StatusCode::NOT_FOUND {
            return Err("knows nothing of it".to_owned());
        }
        if !answer.status().is_success() {
            return Err(format!("it answers {}", answer.status()));
        }
        let bytes = answer.bytes().await.map_err(without_url)?;
        serde_json::from_slice(&bytes).map_err(|_| "it answers with something else".to_owned())
    }
}

fn without_url(error: reqwest::Error) -> String {
    if error.is_connect() { "nobody answers there".to_owned() } else { error.without_url().to_string() }
}
