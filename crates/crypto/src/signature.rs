//! RSA256 and ECC224: making and checking the signature of a content.

mod ecc;

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use p224::ecdsa::VerifyingKey;

use crate::{
    AlgorithmName, KeyError, PrivateKey, PublicKey,
    keys::{PrivateMaterial, PublicMaterial},
};

/// How a signature is made. Always configured, never taken from a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rsa256,
    /// ECDSA over secp224r1 (NIST P-224).
    Ecc224(EccProfile),
}

/// What no public page defines about ECC224 and both sides must therefore agree upon. AlipayHK's Order Service › Base API only names it.
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

/// Signs with one key by one algorithm. Both signatures are deterministic: the same content gives the same bytes.
pub struct Signer {
    key: Arc<PrivateKey>,
    algorithm: Algorithm,
}

/// Verifies with one key by one algorithm.
#[derive(Clone)]
pub struct Verifier {
    key: VerifyKey,
    algorithm: Algorithm,
}

#[derive(Clone)]
enum VerifyKey {
    Rsa(Arc<ParsedPublicKey>),
    Ecc(VerifyingKey, EccProfile),
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
        match (&key.material, algorithm) {
            (PrivateMaterial::Rsa(_), Algorithm::Rsa256) | (PrivateMaterial::P224(_), Algorithm::Ecc224(_)) => Ok(Self { key, algorithm }),
            (PrivateMaterial::Rsa(_), Algorithm::Ecc224(_)) | (PrivateMaterial::P224(_), Algorithm::Rsa256) => {
                Err(KeyError::AlgorithmMismatch { key: key.kind(), algorithm: algorithm.name() })
            }
        }
    }

    /// The configured algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half of its key.
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// The signature's raw bytes.
    ///
    /// # Errors
    /// [`CannotSign`] when the library fails, which no content provokes.
    pub fn sign(&self, content: &[u8]) -> Result<Vec<u8>, CannotSign> {
        match (&self.key.material, self.algorithm) {
            (PrivateMaterial::Rsa(key), Algorithm::Rsa256) => {
                let mut signature = vec![0; key.signing.public_modulus_len()];
                // PKCS#1 v1.5 draws nothing; AWS-LC ignores the generator and blinds with one of its own.
                key.signing.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content, &mut signature).map_err(|_| CannotSign)?;
                Ok(signature)
            }
            (PrivateMaterial::P224(key), Algorithm::Ecc224(profile)) => ecc::sign(key, profile, content),
            (PrivateMaterial::Rsa(_), Algorithm::Ecc224(_)) | (PrivateMaterial::P224(_), Algorithm::Rsa256) => Err(CannotSign),
        }
    }
}

impl Verifier {
    /// Prepares the key once.
    ///
    /// # Errors
    /// [`KeyError::AlgorithmMismatch`] when the key is not of the algorithm's kind.
    pub fn new(key: PublicKey, algorithm: Algorithm) -> Result<Self, KeyError> {
        let prepared = match (&key.material, algorithm) {
            (PublicMaterial::Rsa(_), Algorithm::Rsa256) => {
                let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_spki()).map_err(|_| KeyError::Library)?;
                VerifyKey::Rsa(Arc::new(parsed))
            }
            (PublicMaterial::P224(point), Algorithm::Ecc224(profile)) => VerifyKey::Ecc(VerifyingKey::from(point), profile),
            (PublicMaterial::Rsa(_), Algorithm::Ecc224(_)) | (PublicMaterial::P224(_), Algorithm::Rsa256) => {
                return Err(KeyError::AlgorithmMismatch { key: key.kind(), algorithm: algorithm.name() });
            }
        };
        Ok(Self { key: prepared, algorithm })
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
        match &self.key {
            VerifyKey::Rsa(key) => key.verify_sig(content, signature).map_err(|_| Unverified),
            VerifyKey::Ecc(key, profile) => ecc::verify(key, *profile, content, signature),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key", &self.key).field("algorithm", &self.algorithm).finish()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
