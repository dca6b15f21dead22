//! Keys, signatures, the sealed envelope and the header codec of AlipayHK's gateway.
//!
//! Pure: no clock, no I/O, no state. Randomness is an argument wherever it decides a byte of the result (key generation, sealing).
//! RSA private keys live in AWS-LC and never leave it except through [`PrivateKey::to_pkcs8_pem`]; P-224 keys live in `p224`, which wipes
//! them on drop. No type here prints key material, and no error quotes what it refused.

#![deny(missing_docs, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly"))]

pub mod envelope;
pub mod header;
pub mod keys;
mod signature;
#[cfg(test)]
mod testing;

pub use envelope::{CannotOpen, KeyBits, Profile, Sealed, Wrap, open, seal};
pub use header::{AlgorithmName, EncryptHeader, HeaderError, Member, SignatureHeader};
pub use keys::{KeyError, KeyKind, PrivateKey, PublicKey};
pub use signature::{Algorithm, CannotSign, EccEncoding, EccHash, EccProfile, Signer, Unverified, Verifier};
