//! One AlipayHK client id with its keys: what makes requests and judges answers.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use crypto::{KeyKind, PrivateKey, Profile, PublicKey, Signer, Wrap};
use domain::OrderEvent;

use crate::exchange::{VerifyKey, VerifyKeys};
use crate::{Body, Generation, RequestId, wire};

/// Everything a [`Client`] is made of.
pub struct ClientConfig {
    /// Issued by AlipayHK, for example `4Q5Y8W0WSG45P907917`.
    pub client_id: String,
    /// Our signing key.
    pub signer: Arc<Signer>,
    /// The version under which AlipayHK knows our signing key.
    pub key_version: u32,
    /// AlipayHK's keys; several while it rotates them.
    pub verify_keys: Vec<VerifyKey>,
    /// Absent: bodies go in the clear (inside TLS).
    pub encryption: Option<Encryption>,
}

/// How bodies are sealed.
pub struct Encryption {
    /// The cipher. No public page names AlipayHK's: to be confirmed with it.
    pub profile: Profile,
    /// How the symmetric key is wrapped.
    pub wrap: Wrap,
    /// AlipayHK's RSA key: requests are sealed for it.
    pub to: PublicKey,
    /// The version under which that key is known.
    pub key_version: u32,
    /// Our RSA key: sealed answers are opened with it.
    pub with: Arc<PrivateKey>,
    /// What a sealed body calls itself.
    pub content_type: SealedContentType,
}

/// `Content-Type` of a sealed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SealedContentType {
    /// `text/plain; charset=UTF-8`, as the gateway family's SDKs send it.
    #[default]
    Text,
    /// `application/json; charset=UTF-8`, as without sealing.
    Json,
}

/// Builds, signs and judges for one client id. Immutable; share it by `Arc`.
pub struct Client {
    pub(crate) client_id: String,
    pub(crate) signer: Arc<Signer>,
    pub(crate) key_version: u32,
    pub(crate) verify_keys: VerifyKeys,
    pub(crate) encryption: Option<Encryption>,
}

/// Why a [`ClientConfig`] was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Empty, too long, or not fit for a header.
    #[error("the client id must be 1 to 64 letters, digits, `-` or `_`")]
    ClientId,
    /// Answers could not be verified.
    #[error("at least one verify key is needed")]
    NoVerifyKey,
    /// Two keys for one version.
    #[error("two verify keys have key version {0}")]
    KeyVersionTwice(u32),
    /// Only RSA can wrap a symmetric key.
    #[error("encryption needs a pair of RSA keys")]
    EncryptionNotRsa,
}

impl Client {
    /// Checks and takes the configuration.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        let ClientConfig { client_id, signer, key_version, verify_keys, encryption } = config;
        let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        if client_id.is_empty() || client_id.len() > 64 || !client_id.bytes().all(fits) {
            return Err(ClientError::ClientId);
        }
        if let Some(Encryption { to, with, .. }) = &encryption {
            let rsa = |kind: KeyKind| matches!(kind, KeyKind::Rsa { .. });
            if !rsa(to.kind()) || !rsa(with.kind()) {
                return Err(ClientError::EncryptionNotRsa);
            }
        }
        let verify_keys = VerifyKeys::new(verify_keys)?;
        Ok(Self { client_id, signer, key_version, verify_keys, encryption })
    }

    /// The client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Whether bodies are sealed.
    pub fn seals(&self) -> bool {
        self.encryption.is_some()
    }

    /// The exact bytes of a modification. Equal arguments, equal bytes and equal `requestId`, on any machine.
    pub fn body(&self, event: &OrderEvent, generation: impl Into<Generation>) -> Body {
        let content = wire::content(event);
        let number = event.merchant_biz_no.as_str();
        let request_id = RequestId::derive(&self.client_id, number, event.modified_at.millis(), &content, &generation.into());
        Body { bytes: Bytes::from(wire::with_request_id(&request_id, &content)), request_id }
    }

    /// A body that is wrong on purpose: nothing but a `requestId`. AlipayHK's signed PARAM_ILLEGAL proves address, keys and clock without
    /// touching an order. `run` makes it another request than the last probe's.
    pub fn probe(&self, run: &str) -> Body {
        let generation = Generation::Run { run: run.to_owned(), renewed: 0 };
        let request_id = RequestId::derive(&self.client_id, "", 0, b"{}", &generation);
        Body { bytes: Bytes::from(wire::with_request_id(&request_id, b"{}")), request_id }
    }
}

impl SealedContentType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=UTF-8",
            Self::Json => "application/json; charset=UTF-8",
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("client_id", &self.client_id).field("key_version", &self.key_version).finish_non_exhaustive()
    }
}
