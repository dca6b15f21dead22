//! `[admin]`: the page, the probes and the metrics; who may see them, and how the tools ask for them.

mod asking;
mod tls;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};

use super::error::ConfigError;
use super::secret::Secret;
use super::section::Section;
pub use asking::Asking;
pub use tls::Tls;

/// A shorter token can be guessed.
const SHORT_TOKEN: usize = 16;

/// Where the process shows itself.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Names that a `Host` header may carry beside those of loopback.
    pub hosts: Vec<String>,
    /// What has to be shown to see more than probes and metrics.
    pub token: Option<Secret>,
    /// `None`: plain HTTP.
    pub tls: Option<Tls>,
    /// How `status` and `explain` ask a process.
    pub asking: Asking,
}

pub(super) const KEYS: &[&str] = &[
    "listen",
    "hosts",
    "token",
    "token_file",
    "tls_cert_file",
    "tls_key_file",
    "tls_client_ca_file",
    "ca_file",
    "client_cert_file",
    "client_key_file",
];

impl Admin {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let listen = match section.text("listen")? {
            None => SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            Some(text) => address_of(&text).ok_or_else(|| {
                section.error(
                    "listen",
                    format!("{text:?} is no address; expected a host and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\""),
                )
            })?,
        };
        let hosts = section.texts("hosts")?.unwrap_or_default();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if let Some(bad) = hosts.iter().find(|host| !host.chars().all(legal)) {
            return Err(section.error("hosts", format!("{bad:?} is no host name, with or without a port")));
        }
        let token = token(section)?;
        let tls = Tls::of(section)?;
        let asking = Asking::of(section, tls.is_some())?;
        let knows_callers = token.is_some() || tls.as_ref().is_some_and(Tls::knows_callers);
        if !listen.ip().is_loopback() && !knows_callers {
            return Err(section.error("listen", format!("{listen} can be reached from outside: without admin.token_file or admin.tls_client_ca_file only loopback is accepted; set one of them, or use 127.0.0.1")));
        }
        if !listen.ip().is_loopback() && tls.is_none() {
            section
                .warn("listen", "the token and the pages go over the network as they are; set admin.tls_cert_file and admin.tls_key_file");
        }
        Ok(Self { listen, hosts, token, tls, asking })
    }

    /// Where this machine reaches the process that this configuration is for.
    pub fn own_address(&self) -> SocketAddr {
        match self.listen {
            SocketAddr::V4(at) if at.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, at.port()).into(),
            SocketAddr::V6(at) if at.ip().is_unspecified() => (std::net::Ipv6Addr::LOCALHOST, at.port()).into(),
            SocketAddr::V4(_) | SocketAddr::V6(_) => self.listen,
        }
    }
}

/// The address, and what has to be shown there.
impl fmt::Display for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.listen)?;
        f.write_str(if self.tls.is_some() { " by TLS" } else { "" })?;
        f.write_str(if self.tls.as_ref().is_some_and(Tls::knows_callers) { ", for who has a certificate" } else { "" })?;
        f.write_str(if self.token.is_some() { ", with a token" } else { "" })
    }
}

/// A name of this machine is looked up; the first of its addresses counts.
fn address_of(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| text.to_socket_addrs().ok()?.next())
}

/// It goes into a header, so it has nothing that a header could not carry.
fn token(section: &Section<'_>) -> Result<Option<Secret>, ConfigError> {
    let key = if section.has("token_file") && !section.displaced("token_file", "token") { "token_file" } else { "token" };
    let Some(token) = section.secret("token")? else { return Ok(None) };
    let token = Secret::new(token.expose().trim().to_owned());
    let sendable = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if !token.expose().bytes().all(sendable) {
        return Err(section.error(key, "has characters that a header cannot carry; expected letters, digits and signs of ASCII"));
    }
    if token.expose().len() < SHORT_TOKEN {
        section.warn(key, format!("is shorter than {SHORT_TOKEN} characters and can be guessed; make one with: openssl rand -hex 32"));
    }
    Ok(Some(token))
}
