use crypto::{HeaderError, SignatureHeader, Verifier};

use super::HeaderName;
use crate::ClientError;

/// One key of the other side.
pub struct VerifyKey {
    /// Its version, as `keyVersion` names it.
    pub key_version: u32,
    /// The key.
    pub verifier: Verifier,
}

/// The other side's keys, in the order they were configured.
pub struct VerifyKeys(Vec<VerifyKey>);

/// Which key verified a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// The one `keyVersion` named.
    Named(u32),
    /// `keyVersion` was missing or unknown; this one was found by trying. Worth counting: a rotation is under way or badly announced.
    Tried(u32),
}

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such header.
    #[error("no {} header", .0.as_str())]
    Absent(HeaderName),
    /// The header came more than once.
    #[error("more than one {} header", .0.as_str())]
    Duplicate(HeaderName),
    /// The header is not visible ASCII.
    #[error("unreadable {} header", .0.as_str())]
    NotText(HeaderName),
    /// `Client-Id` is not ours.
    #[error("the Client-Id is not ours")]
    ForeignClient,
    /// The `Signature` header is not what it should be.
    #[error("malformed Signature header: {0}")]
    Malformed(HeaderError),
    /// No key is configured for the algorithm it names.
    #[error("the Signature header names another algorithm than the one configured")]
    ForeignAlgorithm,
    /// No key fits.
    #[error("the signature does not fit")]
    NoFit,
}

impl Refusal {
    /// A metric label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent(_) => "absent",
            Self::Duplicate(_) => "duplicate",
            Self::NotText(_) => "not_text",
            Self::ForeignClient => "foreign_client",
            Self::Malformed(_) => "malformed",
            Self::ForeignAlgorithm => "foreign_algorithm",
            Self::NoFit => "no_fit",
        }
    }
}

impl VerifyKeys {
    /// Keeps the order.
    ///
    /// # Errors
    /// [`ClientError::NoVerifyKey`], [`ClientError::KeyVersionTwice`].
    pub fn new(keys: Vec<VerifyKey>) -> Result<Self, ClientError> {
        if keys.is_empty() {
            return Err(ClientError::NoVerifyKey);
        }
        let mut seen = Vec::with_capacity(keys.len());
        for VerifyKey { key_version, .. } in &keys {
            if seen.contains(key_version) {
                return Err(ClientError::KeyVersionTwice(*key_version));
            }
            seen.push(*key_version);
        }
        Ok(Self(keys))
    }

    /// Checks the value of a `Signature` header over `content`. The algorithm is the configured one: a header that names another is refused,
    /// never followed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn verify(&self, header: &str, content: &[u8]) -> Result<KeyUse, Refusal> {
        let header = SignatureHeader::parse(header).map_err(Refusal::Malformed)?;
        let fitting = || self.0.iter().filter(|key| key.verifier.algorithm().name() == header.algorithm);
        if fitting().next().is_none() {
            return Err(Refusal::ForeignAlgorithm);
        }
        let fits = |key: &&VerifyKey| key.verifier.verify(content, &header.signature).is_ok();
        let named = header.key_version.and_then(|version| self.0.iter().find(|key| key.key_version == version));
        match named {
            Some(key) if key.verifier.algorithm().name() != header.algorithm => Err(Refusal::ForeignAlgorithm),
            Some(key) => {
                if fits(&key) {
                    Ok(KeyUse::Named(key.key_version))
                } else {
                    Err(Refusal::NoFit)
                }
            }
            None => fitting().find(fits).map(|key| KeyUse::Tried(key.key_version)).ok_or(Refusal::NoFit),
        }
    }
}
