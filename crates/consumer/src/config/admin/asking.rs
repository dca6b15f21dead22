//! How `status` and `explain` ask a process: by which certificates they know it, and what they show.

use reqwest::{Certificate, ClientBuilder, Identity};

use super::super::error::ConfigError;
use super::super::files;
use super::super::section::Section;

/// How a process is asked.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    /// By https.
    pub encrypted: bool,
    /// The only ones that are believed; `None`: those of the system.
    authorities: Option<Vec<Certificate>>,
    /// What is shown where a certificate is asked for.
    identity: Option<Identity>,
}

impl Asking {
    /// Out of `ca_file`, `client_cert_file` and `client_key_file`; `serves_tls`: the process of this configuration does. Any of them means https.
    pub(super) fn of(section: &Section<'_>, serves_tls: bool) -> Result<Self, ConfigError> {
        let authorities = match section.certificates("ca_file")? {
            None => None,
            Some(path) => {
                let pem = files::public_key(&path).map_err(|problem| section.error("ca_file", problem))?;
                Some(Certificate::from_pem_bundle(&pem).map_err(|error| section.error("ca_file", error))?)
            }
        };
        let identity = match (section.certificates("client_cert_file")?, section.path("client_key_file")?) {
            (None, None) => None,
            (Some(_), None) => return Err(section.missing("client_key_file", "the private key of admin.client_cert_file")),
            (None, Some(_)) => return Err(section.missing("client_cert_file", "the certificate of admin.client_key_file")),
            (Some(certificate), Some(key)) => {
                let mut both = files::private_key(&key).map_err(|problem| section.error("client_key_file", problem))?;
                both.extend(b"\n");
                both.extend(files::public_key(&certificate).map_err(|problem| section.error("client_cert_file", problem))?);
                let unusable = |_| section.error("client_key_file", format!("{} holds no usable private key as PEM", key.display()));
                Some(Identity::from_pem(&both).map_err(unusable)?)
            }
        };
        let encrypted = serves_tls || authorities.is_some() || identity.is_some();
        Ok(Self { encrypted, authorities, identity })
    }

    /// An HTTP client that asks like this.
    pub fn client(&self, builder: ClientBuilder) -> reqwest::Result<reqwest::Client> {
        let builder = match (self.encrypted, &self.authorities) {
            (true, None) => builder,
            (true, Some(authorities)) => builder.tls_certs_only(authorities.iter().cloned()),
            (false, _) => builder.tls_certs_only([]),
        };
        match &self.identity {
            None => builder.build(),
            Some(identity) => builder.identity(identity.clone()).build(),
        }
    }
}
