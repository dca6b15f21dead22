//! Sealing a body for the peer and opening what the peer sealed: `RSA_AES` of the `Encrypt` header.
//!
//! A fresh AES key encrypts the body, which travels as base64; the raw key bytes are wrapped with the receiver's RSA key. AlipayHK publishes
//! neither mode nor padding, so the profile is always named by configuration. Its gateway's relatives (the public ZOLOZ SDK) use AES-ECB with
//! PKCS#7 and a PKCS#1 v1.5 wrap: the only combination with evidence that it interoperates. AES-GCM is the authenticated alternative.

mod cipher;
mod wrap;

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

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
    /// RSAES-OAEP with SHA-256, for MGF1 too. A peer in Java must say so: its `OAEPWithSHA-256AndMGF1Padding` means MGF1 with SHA-1 by default.
    Oaep,
}

/// A sealed body and the key that opens it.
#[derive(Clone, PartialEq, Eq)]
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

impl Profile {
    /// Length of the symmetric key in bytes.
    fn key_bytes(self) -> usize {
        match self {
            Profile::Aes256Gcm | Profile::AesEcbPkcs7 { bits: KeyBits::B256 } => 32,
            Profile::AesEcbPkcs7 { bits: KeyBits::B128 } => 16,
        }
    }
}

/// Encrypts `plaintext` under a fresh key and wraps that key for `to`.
///
/// # Errors
/// [`KeyError::NotRsa`] when `to` is no RSA key, [`KeyError::Library`] when the libraries refuse (a body above 64 GiB).
pub fn seal(profile: Profile, wrap: Wrap, to: &PublicKey, plaintext: &[u8], rng: &mut impl CryptoRng) -> Result<Sealed, KeyError> {
    let mut key = Zeroizing::new(vec![0; profile.key_bytes()]);
    let mut nonce = [0; cipher::NONCE_BYTES];
    rng.fill_bytes(&mut key);
    rng.fill_bytes(&mut nonce);
    let wrapped_key = wrap::wrap(wrap, to, &key, rng)?;
    let sealed = cipher::encrypt(profile, &key, nonce, plaintext).ok_or(KeyError::Library)?;
    Ok(Sealed { body: STANDARD.encode(sealed), wrapped_key })
}

/// Unwraps the key with `with` and decrypts `body` (base64 text, strict, no white space).
///
/// A key that cannot be unwrapped is replaced by one of zeros and the body is decrypted all the same, so that the answer takes about as long
/// whatever was wrong. Verify the signature before you open anything: ECB does not notice every change.
///
/// # Errors
/// [`CannotOpen`], whatever the cause.
pub fn open(profile: Profile, wrap: Wrap, with: &PrivateKey, body: &[u8], wrapped_key: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    let sealed = STANDARD.decode(body).map_err(|_| CannotOpen)?;
    let mut key = Zeroizing::new(vec![0; profile.key_bytes()]);
    let unwrapped = wrap::unwrap(wrap, with, wrapped_key, &mut key);
    match (cipher::decrypt(profile, &key, &sealed), unwrapped) {
        (Some(mut plaintext), true) => Ok(std::mem::take(&mut *plaintext)),
        (Some(_) | None, _) => Err(CannotOpen),
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} characters)", self.body.len())
    }
}

#[cfg(test)]
mod tests;
