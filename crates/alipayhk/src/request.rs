//! A signed request, ready to be written to a socket.

use std::fmt;

use bytes::Bytes;
use crypto::{CannotSign, EncryptHeader, KeyError};
use rand_core::CryptoRng;

use crate::exchange::{self, HeaderName};
use crate::{Client, METHOD, PATH, RequestId, SealedContentType};

/// The bytes of one modification. Retries sign these very bytes again.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// The id in it.
    pub request_id: RequestId,
    /// The JSON.
    pub bytes: Bytes,
}

/// What goes onto the line.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `POST`.
    pub method: &'static str,
    /// [`PATH`].
    pub path: &'static str,
    /// Every header but those HTTP itself needs.
    pub headers: Vec<(&'static str, String)>,
    /// The body: JSON, or base64 text when it is sealed.
    pub body: Bytes,
}

/// Why a request could not be made. None of it depends on the order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The clock shows a year that a time stamp cannot.
    #[error("the clock is outside the years a time stamp can show")]
    Clock,
    /// See [`CannotSign`].
    #[error(transparent)]
    Signature(#[from] CannotSign),
    /// The body could not be sealed.
    #[error("the body cannot be sealed: the public key {0}")]
    Seal(KeyError),
}

impl Client {
    /// The request of `body` at `request_time` (unix seconds). It is sealed first where encryption is on: what is signed is what is sent.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, body: &Body, request_time: i64, rng: &mut impl CryptoRng) -> Result<Request, SignError> {
        let time = exchange::timestamp(request_time).ok_or(SignError::Clock)?;
        let mut content_type = SealedContentType::Json;
        let mut encrypt = None;
        let mut bytes = body.bytes.clone();
        if let Some(encryption) = &self.encryption {
            let sealed = crypto::seal(encryption.profile, encryption.wrap, &encryption.to, &body.bytes, rng).map_err(SignError::Seal)?;
            let header = EncryptHeader { key_version: Some(encryption.key_version), symmetric_key: sealed.wrapped_key };
            content_type = encryption.content_type;
            encrypt = Some((HeaderName::Encrypt.as_str(), header.encode()));
            bytes = Bytes::from(sealed.body);
        }
        let content = exchange::content(METHOD, PATH, &self.client_id, &time, &bytes);
        let signature = exchange::signature(&self.signer, self.key_version, &content)?;
        let mut headers = vec![
            (HeaderName::ContentType.as_str(), content_type.as_str().to_owned()),
            (HeaderName::ClientId.as_str(), self.client_id.clone()),
            (HeaderName::RequestTime.as_str(), time),
            (HeaderName::Signature.as_str(), signature),
        ];
        headers.extend(encrypt);
        Ok(Request { method: METHOD, path: PATH, headers, body: bytes })
    }
}

impl Request {
    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("request_id", &self.request_id).field("bytes", &self.bytes.len()).finish()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request").field("path", &self.path).field("headers", &names).field("bytes", &self.body.len()).finish()
    }
}

#[cfg(test)]
mod tests;
