//! RSA256 and ECC224: making and checking the signature of a content.

use std::sync::Arc;

use crate::{AlgorithmName, KeyError, PrivateKey, PublicKey};

/// How a signature is made. Always configured, never taken from a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rsa256,
    /// ECDSA over secp224r1 (NIST P-224).
    Ecc224(EccProfile),
}

/// What no public page defines about ECC224 and both sides must therefore agree upon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EccProfile {
    /// The digest of the content.
    pub hash: EccHash,
    /// How the two numbers of a signature become bytes.
    pub encoding: EccEncoding,
}

/// The digest under an ECC224 signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EccHash {
    /// SHA-256, its leftmost 224 bits.
    #[default]
    Sha256,
    /// SHA-224.
    Sha224,
}

/// The bytes of an ECC224 signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EccEncoding {
    /// ASN.1 DER, `SEQUENCE { r, s }`.
    #[default]
    Der,
    /// 56 bytes: `r` then `s`, 28 bytes each.
    Raw,
}

/// The cryptographic library failed to sign. Never the content's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signing failed")]
pub struct CannotSign;

/// The signature does not belong to this content and key. Why is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit the content")]
pub struct Unverified;

/// Signs with one key by one algorithm.
pub struct Signer {
    key: Arc<PrivateKey>,
    algorithm: Algorithm,
}

impl Algorithm {
    /// Its name in a `Signature` header.
    pub fn name(self) -> AlgorithmName {
        match self {
            Algorithm::Rsa256 => AlgorithmName::Rsa256,
            Algorithm::Ecc224(_) => AlgorithmName::Ecc224,
        }
    }
}

impl Signer {
    /// Takes the key itself or an [`Arc`] of it, since the same key may also open sealed answers.
    ///
    /// # Errors
    /// [`KeyError::AlgorithmMismatch`] when the key is not of the algorithm's kind.
    pub fn new(key: impl Into<Arc<PrivateKey>>, algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = key.into();
        Ok(Self { key, algorithm })
    }

    /// The configured algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The signature's raw bytes.
    ///
    /// # Errors
    /// [`CannotSign`] when the library fails, which no content provokes.
    pub fn sign(&self, content: &[u8]) -> Result<Vec<u8>, CannotSign> {
        let _ = (&self.key, content);
        todo!()
    }
}

/// Verifies with one key by one algorithm.
#[derive(Clone)]
pub struct Verifier {
    key: PublicKey,
    algorithm: Algorithm,
}

impl Verifier {
    /// Prepares the key once.
    ///
    /// # Errors
    /// [`KeyError::AlgorithmMismatch`] when the key is not of the algorithm's kind.
    pub fn new(key: PublicKey, algorithm: Algorithm) -> Result<Self, KeyError> {
        Ok(Self { key, algorithm })
    }

    /// The configured algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` (raw bytes) was made over exactly these bytes.
    ///
    /// # Errors
    /// [`Unverified`], whatever the cause.
    pub fn verify(&self, content: &[u8], signature: &[u8]) -> Result<(), Unverified> {
        let _ = (&self.key, content, signature);
        todo!()
    }
}
