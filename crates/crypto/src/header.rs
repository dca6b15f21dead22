//! The `name=value,name=value` text of the `Signature` and `Encrypt` headers.
//!
//! AlipayHK, Order Service › Base API prints them without spaces; other pages of its gateway print `, `. So: written without spaces; read by
//! splitting at commas, trimming blanks around each pair, splitting at the first `=`; names and algorithm in any case, members in any order.
//! Unknown members are ignored, so that the peer may add some; a known member twice is refused. White space inside a value is refused: what
//! the page's own sample shows there is line wrapping.

mod pairs;

use pairs::Pairs;

/// The algorithms a `Signature` header may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlgorithmName {
    /// `RSA256`; read also as `sha256withrsa`, which AlipayHK's card wallet pages print.
    Rsa256,
    /// `ECC224`.
    Ecc224,
}

/// A `Signature` header: `algorithm=RSA256,keyVersion=1,signature=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeader {
    /// What the sender says it used. Compare it with what is configured; never follow it.
    pub algorithm: AlgorithmName,
    /// Version of the signing key; absent means the latest.
    pub key_version: Option<u32>,
    /// The signature's raw bytes, not empty.
    pub signature: Vec<u8>,
}

/// An `Encrypt` header: `algorithm=RSA_AES,keyVersion=1,symmetricKey=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptHeader {
    /// Version of the key the symmetric key is wrapped for; absent means the latest.
    pub key_version: Option<u32>,
    /// The wrapped symmetric key's raw bytes, not empty.
    pub symmetric_key: Vec<u8>,
}

/// Why a header was refused. Never quotes the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Longer than 8,192 bytes.
    #[error("the header is too long")]
    TooLong,
    /// Not a list of `name=value` pairs.
    #[error("the header is not a list of name=value pairs")]
    Malformed,
    /// A known member twice.
    #[error("the header has {} twice", .0.as_str())]
    Duplicate(Member),
    /// A member is missing or empty.
    #[error("the header has no {}", .0.as_str())]
    Missing(Member),
    /// An algorithm that is not known here.
    #[error("the header names an unknown algorithm")]
    Algorithm,
    /// Not a number of at most 32 bits in plain decimal digits.
    #[error("the header has a keyVersion that is no plain number")]
    KeyVersion,
    /// Not percent-encoded strict base64.
    #[error("the header has a {} that is not percent-encoded base64", .0.as_str())]
    Encoding(Member),
}

/// The members of the two headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// `algorithm`.
    Algorithm,
    /// `keyVersion`.
    KeyVersion,
    /// `signature`.
    Signature,
    /// `symmetricKey`.
    SymmetricKey,
}

impl AlgorithmName {
    /// As it is written into the header.
    pub fn as_str(self) -> &'static str {
        match self {
            AlgorithmName::Rsa256 => "RSA256",
            AlgorithmName::Ecc224 => "ECC224",
        }
    }

    /// In any case; `sha256withrsa` is RSA256.
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "rsa256" | "sha256withrsa" => Some(AlgorithmName::Rsa256),
            "ecc224" => Some(AlgorithmName::Ecc224),
            _ => None,
        }
    }
}

impl Member {
    /// As it is written into the header.
    pub fn as_str(self) -> &'static str {
        match self {
            Member::Algorithm => "algorithm",
            Member::KeyVersion => "keyVersion",
            Member::Signature => "signature",
            Member::SymmetricKey => "symmetricKey",
        }
    }
}

impl SignatureHeader {
    /// Reads a header value.
    ///
    /// # Errors
    /// [`HeaderError`], which never quotes the text.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let pairs = Pairs::parse(text, Member::Signature)?;
        let algorithm = AlgorithmName::parse(pairs.algorithm()?).ok_or(HeaderError::Algorithm)?;
        Ok(Self { algorithm, key_version: pairs.key_version()?, signature: pairs.binary(Member::Signature)? })
    }

    /// Writes it without spaces.
    pub fn encode(&self) -> String {
        pairs::encode(self.algorithm.as_str(), self.key_version, Member::Signature, &self.signature)
    }
}

impl EncryptHeader {
    /// Reads a header value. Only `RSA_AES` is accepted.
    ///
    /// # Errors
    /// [`HeaderError`], which never quotes the text.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let pairs = Pairs::parse(text, Member::SymmetricKey)?;
        if !pairs.algorithm()?.eq_ignore_ascii_case(RSA_AES) {
            return Err(HeaderError::Algorithm);
        }
        Ok(Self { key_version: pairs.key_version()?, symmetric_key: pairs.binary(Member::SymmetricKey)? })
    }

    /// Writes it without spaces.
    pub fn encode(&self) -> String {
        pairs::encode(RSA_AES, self.key_version, Member::SymmetricKey, &self.symmetric_key)
    }
}

/// The only algorithm AlipayHK, Order Service › Base API allows for `Encrypt`.
const RSA_AES: &str = "RSA_AES";

#[cfg(test)]
mod tests;
