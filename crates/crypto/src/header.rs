//! The `name=value,name=value` text of the `Signature` and `Encrypt` headers.

/// The algorithms a `Signature` header may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlgorithmName {
    /// `RSA256`; read also as `sha256withrsa`.
    Rsa256,
    /// `ECC224`.
    Ecc224,
}

impl AlgorithmName {
    /// As it is written into the header.
    pub fn as_str(self) -> &'static str {
        match self {
            AlgorithmName::Rsa256 => "RSA256",
            AlgorithmName::Ecc224 => "ECC224",
        }
    }
}

/// A `Signature` header: `algorithm=RSA256,keyVersion=1,signature=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeader {
    /// What the sender says it used. Compare it with what is configured; never follow it.
    pub algorithm: AlgorithmName,
    /// Version of the signing key; absent means the latest.
    pub key_version: Option<u32>,
    /// The signature's raw bytes.
    pub signature: Vec<u8>,
}

/// An `Encrypt` header: `algorithm=RSA_AES,keyVersion=1,symmetricKey=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptHeader {
    /// Version of the key the symmetric key is wrapped for; absent means the latest.
    pub key_version: Option<u32>,
    /// The wrapped symmetric key's raw bytes.
    pub symmetric_key: Vec<u8>,
}

/// Why a header was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a list of `name=value` pairs.
    #[error("the header is not a list of name=value pairs")]
    Malformed,
}

impl SignatureHeader {
    /// Reads a header value.
    ///
    /// # Errors
    /// [`HeaderError`], which never quotes the text.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let _ = text;
        todo!()
    }

    /// Writes it without spaces.
    pub fn encode(&self) -> String {
        todo!()
    }
}

impl EncryptHeader {
    /// Reads a header value. Only `RSA_AES` is accepted.
    ///
    /// # Errors
    /// [`HeaderError`], which never quotes the text.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let _ = text;
        todo!()
    }

    /// Writes it without spaces.
    pub fn encode(&self) -> String {
        todo!()
    }
}
