//! TLS of the admin pages, and client certificates.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::super::error::ConfigError;
use super::super::files;
use super::super::section::Section;

/// A server's part of TLS, and the files it was made from.
#[derive(Clone)]
pub struct Tls {
    /// They may be exchanged while the process runs.
    pub files: TlsFiles,
    /// What they made.
    pub server: Arc<ServerConfig>,
}

/// The files of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

impl Tls {
    /// Out of `tls_cert_file`, `tls_key_file` and `tls_client_ca_file`; `None` without any of them.
    pub(super) fn of(section: &Section<'_>) -> Result<Option<Self>, ConfigError> {
        let client_ca = section.path("tls_client_ca_file")?;
        let (certificate, key) = match (section.path("tls_cert_file")?, section.path("tls_key_file")?) {
            (Some(certificate), Some(key)) => (certificate, key),
            (Some(_), None) => return Err(section.missing("tls_key_file", "the private key of admin.tls_cert_file")),
            (None, Some(_)) => return Err(section.missing("tls_cert_file", "the certificate of admin.tls_key_file")),
            (None, None) if client_ca.is_some() => {
                return Err(section.error("tls_client_ca_file", "needs TLS; set admin.tls_cert_file and admin.tls_key_file"));
            }
            (None, None) => return Ok(None),
        };
        let files = TlsFiles { certificate, key, client_ca };
        let server = files.read().map_err(|(key, problem)| section.error(key, problem))?;
        Ok(Some(Self { files, server }))
    }

    /// Whether callers are asked for a certificate.
    pub fn knows_callers(&self) -> bool {
        self.files.client_ca.is_some()
    }
}

impl TlsFiles {
    /// Reads them. The error names the key of `[admin]`, without its table, and what is wrong.
    pub fn read(&self) -> Result<Arc<ServerConfig>, (&'static str, String)> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let certificates = certificates(&self.certificate).map_err(|problem| ("tls_cert_file", problem))?;
        let key = files::private_key(&self.key).map_err(|problem| ("tls_key_file", problem))?;
        let key = PrivateKeyDer::from_pem_slice(&key)
            .map_err(|_| ("tls_key_file", format!("{} holds no private key as PEM without a password", self.key.display())))?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| ("tls_cert_file", error.to_string()))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let unusable = |problem: String| ("tls_client_ca_file", problem);
                let mut roots = RootCertStore::empty();
                for certificate in self::certificates(path).map_err(unusable)? {
                    roots.add(certificate).map_err(|error| unusable(format!("{}: {error}", path.display())))?;
                }
                // Probes come without a certificate; what else is asked for is for those who have one.
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).allow_unauthenticated().build();
                builder.with_client_cert_verifier(verifier.map_err(|error| unusable(format!("{}: {error}", path.display())))?)
            }
        };
        let mut server = builder.with_single_cert(certificates, key).map_err(|error| {
            ("tls_cert_file", format!("{} and admin.tls_key_file do not make a certificate: {error}", self.certificate.display()))
        })?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(server))
    }

    /// All of them.
    pub fn paths(&self) -> Vec<PathBuf> {
        [&self.certificate, &self.key].into_iter().chain(&self.client_ca).cloned().collect()
    }
}

fn certificates(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = files::public_key(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) | Err(_) => Err(format!("{} holds no usable PEM certificate", path.display())),
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the key is in the other half
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}
