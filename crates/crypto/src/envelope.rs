//! Sealing a body for the peer and opening what the peer sealed.

use rand_core::CryptoRng;

use crate::{KeyError, PrivateKey, PublicKey};

/// How the body is encrypted under the symmetric key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// AES-256-GCM: 12-byte random nonce, ciphertext, 16-byte tag.
    Aes256Gcm,
    /// AES-ECB with PKCS#7 padding.
    AesEcbPkcs7 {
        /// Length of the symmetric key.
        bits: KeyBits,
    },
}

/// Length of an AES key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyBits {
    /// 128 bits.
    B128,
    /// 256 bits.
    B256,
}

/// How the symmetric key is wrapped for the peer's RSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    /// RSAES-PKCS1-v1_5.
    Pkcs1,
    /// RSAES-OAEP with SHA-256 for both the label and MGF1.
    Oaep,
}

/// A sealed body and the key that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The body to send: base64.
    pub body: String,
    /// The wrapped symmetric key's raw bytes, for [`crate::EncryptHeader`].
    pub wrapped_key: Vec<u8>,
}

/// The body could not be opened. Why is not told, so that nobody can ask us questions about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed body cannot be opened")]
pub struct CannotOpen;

/// Encrypts `plaintext` under a fresh key and wraps that key for `to`.
///
/// # Errors
/// [`KeyError::NotRsa`] when `to` is no RSA key.
pub fn seal(profile: Profile, wrap: Wrap, to: &PublicKey, plaintext: &[u8], rng: &mut impl CryptoRng) -> Result<Sealed, KeyError> {
    let _ = (profile, wrap, to, plaintext, rng);
    todo!()
}

/// Unwraps the key with `with` and decrypts `body` (base64 text).
///
/// # Errors
/// [`CannotOpen`], whatever the cause.
pub fn open(profile: Profile, wrap: Wrap, with: &PrivateKey, body: &[u8], wrapped_key: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    let _ = (profile, wrap, with, body, wrapped_key);
    todo!()
}
