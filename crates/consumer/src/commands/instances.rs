//! Running processes, asked at their admin addresses.

use std::error::Error as _;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::trouble::Trouble;
use crate::config::{Admin, Secret};

/// Who runs answers at once.
const ANSWER: Duration = Duration::from_secs(3);

/// Asks instances.
pub(super) struct Instances {
    addresses: Vec<String>,
    scheme: &'static str,
    token: Option<Secret>,
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
    /// Those that are named, else the one of this configuration. Token and certificates are those of `[admin]`, never of the command line.
    pub(super) fn new(named: &[String], admin: &Admin) -> Result<Self, Trouble> {
        let addresses = if named.is_empty() { vec![admin.own_address().to_string()] } else { named.to_vec() };
        let builder = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER);
        let client = admin.asking.client(builder).map_err(|error| Trouble::failed(format!("the HTTP client cannot start: {error}")))?;
        let scheme = if admin.asking.encrypted { "https" } else { "http" };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { addresses, scheme, token: admin.token.clone(), client, runtime })
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
        let mut url = reqwest::Url::parse(&format!("{}://{address}/", self.scheme)).map_err(|error| error.to_string())?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        let answer = self.show_token(self.client.get(url)).send().await.map_err(without_url)?;
        match answer.status() {
            StatusCode::NOT_FOUND => return Err("knows nothing of it".to_owned()),
            StatusCode::UNAUTHORIZED => {
                return Err("it asks for a token that this configuration does not have: see admin.token_file".to_owned());
            }
            StatusCode::FORBIDDEN => return Err("it asks for a certificate: see admin.client_cert_file".to_owned()),
            StatusCode::MISDIRECTED_REQUEST => return Err("it is not called by this name: see its admin.hosts".to_owned()),
            status if !status.is_success() => return Err(format!("it answers {status}")),
            _ => {}
        }
        let bytes = answer.bytes().await.map_err(without_url)?;
        serde_json::from_slice(&bytes).map_err(|_| "it answers with something else".to_owned())
    }

    fn show_token(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            None => request,
            Some(token) => request.bearer_auth(token.expose()),
        }
    }
}

fn without_url(error: reqwest::Error) -> String {
    if let Some(tls) = tls_fault(&error) {
        return format!("its TLS is not accepted: {tls}; see admin.ca_file, and ask by a name that its certificate has");
    }
    if error.is_connect() { "nobody answers there".to_owned() } else { error.without_url().to_string() }
}

/// What TLS found wrong, wherever it lies in the chain of causes.
fn tls_fault(error: &reqwest::Error) -> Option<String> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found.to_string());
        }
        // an error of I/O does not name what it wraps as its source
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
