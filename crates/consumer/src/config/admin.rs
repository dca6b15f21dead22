//! `[admin]`: the page, the probes and the metrics.

use std::net::{Ipv4Addr, SocketAddr};

use super::error::ConfigError;
use super::section::Section;

/// Where the process shows itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Names that a `Host` header may carry beside those of loopback.
    pub hosts: Vec<String>,
}

pub(super) const KEYS: &[&str] = &["listen", "hosts", "token", "token_file", "tls_cert_file", "tls_key_file"];

impl Admin {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        if let Some(key) = ["token", "token_file", "tls_cert_file", "tls_key_file"].into_iter().find(|key| section.has(key)) {
            return Err(section.error(key, "is not yet supported; listen on loopback and put an authenticating proxy in front"));
        }
        let listen = match section.text("listen")? {
            None => SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            Some(text) => text.parse::<SocketAddr>().map_err(|_| {
                section.error(
                    "listen",
                    format!("{text:?} is no address; expected an IP address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\""),
                )
            })?,
        };
        if !listen.ip().is_loopback() {
            return Err(section.error("listen", format!("{listen} can be reached from outside, and the pages know no login: only loopback is accepted; use 127.0.0.1 and put an authenticating proxy in front")));
        }
        let hosts = section.texts("hosts")?.unwrap_or_default();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if let Some(bad) = hosts.iter().find(|host| !host.chars().all(legal)) {
            return Err(section.error("hosts", format!("{bad:?} is no host name, with or without a port")));
        }
        Ok(Self { listen, hosts })
    }
}
