//! `[alipayhk]`: address, identity and keys.

mod encryption;
mod keys;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::address;
use super::error::ConfigError;
use super::section::Section;
#[cfg(test)]
pub(super) use encryption::KEYS as ENCRYPTION;
pub use keys::{KeyFact, KeyFacts};
#[cfg(test)]
pub(super) use keys::{SIGNING, VERIFY};

/// How AlipayHK is reached and who we are there.
#[derive(Clone)]
pub struct Alipayhk {
    /// Scheme, host and port; no path.
    pub base_url: Url,
    /// Our client id.
    pub client_id: String,
    /// Free text, shown on the page, in metrics and dead letters.
    pub environment: Option<String>,
    /// The whole call.
    pub timeout: Duration,
    /// Its first part.
    pub connect_timeout: Duration,
    /// The only certificate authorities to trust, as PEM; checked.
    pub ca_file: Option<PathBuf>,
    /// The proxy to go through; its address may carry a password.
    pub proxy: Option<Url>,
    /// While this file exists, nothing is sent.
    pub hold_file: Option<PathBuf>,
    /// Signs, seals and judges.
    pub client: Arc<::alipayhk::Client>,
    /// What may be said about the keys.
    pub keys: KeyFacts,
}

pub(super) const KEYS: &[&str] = &[
    "base_url",
    "client_id",
    "environment",
    "timeout",
    "connect_timeout",
    "ca_file",
    "proxy",
    "proxy_file",
    "hold_file",
    "signing",
    "verify_keys",
    "encryption",
];

impl Alipayhk {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let base_url = section.required("base_url", "AlipayHK's address, such as \"https://open.alipay.hk\"")?;
        let base_url = address::protected(&base_url)
            .and_then(|url| address::without_path(&url).map(|()| url))
            .map_err(|problem| section.error("base_url", problem))?;
        let client_id = section.required("client_id", "the client id that AlipayHK gave you")?;
        let environment = section.text("environment")?;
        if environment.as_ref().is_some_and(|text| text.chars().count() > 64 || text.chars().any(char::is_control)) {
            return Err(section.error("environment", "must have at most 64 characters and no control characters"));
        }
        let timeout = section.positive_duration("timeout")?.unwrap_or(Duration::from_secs(15));
        let connect_timeout = section.positive_duration("connect_timeout")?.unwrap_or_else(|| Duration::from_secs(3).min(timeout));
        let ca_file = section.certificates("ca_file")?;
        let proxy = match section.secret("proxy")? {
            None => None,
            Some(text) => Some(proxy(text.expose()).ok_or_else(|| {
                section.error("proxy", "is no proxy address; expected \"http://host:port\" (with user and password better in proxy_file)")
            })?),
        };
        let hold_file = section.path("hold_file")?;
        if let Some(path) = hold_file.as_ref().filter(|path| !path.parent().is_some_and(std::path::Path::is_dir)) {
            section.warn("hold_file", format!("the folder of {} does not exist: the file cannot appear before it does", path.display()));
        }
        let (client, keys) = keys::read(section, &client_id)?;
        let client = Arc::new(client);
        Ok(Self { base_url, client_id, environment, timeout, connect_timeout, ca_file, proxy, hold_file, client, keys })
    }
}

impl Alipayhk {
    /// Whether calls stay on this machine, as they do with a sandbox.
    pub fn stays_here(&self) -> bool {
        address::is_loopback(&self.base_url)
    }
}

impl fmt::Debug for Alipayhk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alipayhk")
            .field("base_url", &self.base_url.as_str())
            .field("client_id", &self.client_id)
            .field("proxy", &self.proxy.as_ref().map(Url::host_str))
            .finish_non_exhaustive()
    }
}

fn proxy(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    (plain && matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none()).then_some(url)
}
