//! Private and public keys: reading, refusing, making, writing.

mod error;

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use error::KeyError;

/// What a key can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// Length of the modulus.
        bits: u32,
    },
    /// Elliptic curve secp224r1.
    P224,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyKind::Rsa { bits } => write!(f, "RSA {bits}"),
            KeyKind::P224 => f.write_str("EC P-224"),
        }
    }
}

/// A private key. No `Clone`: share it by `Arc`. Prints as `[redacted]`.
pub struct PrivateKey(());

/// A public key.
#[derive(Clone)]
pub struct PublicKey(());

impl PrivateKey {
    /// Reads PKCS#8, PKCS#1 or SEC1; as PEM, bare base64 or DER.
    ///
    /// # Errors
    /// [`KeyError`] with the reason, never with a byte of the key.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let _ = bytes;
        todo!()
    }

    /// What the key is.
    pub fn kind(&self) -> KeyKind {
        todo!()
    }

    /// Its public half.
    pub fn public_key(&self) -> PublicKey {
        todo!()
    }

    /// PKCS#8 PEM, to be written to a file of mode 0600.
    ///
    /// # Errors
    /// [`KeyError::Library`] when the library cannot marshal the key.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        todo!()
    }
}

impl PublicKey {
    /// Reads SPKI or PKCS#1; as PEM, bare base64 or DER.
    ///
    /// # Errors
    /// [`KeyError`] with the reason.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let _ = bytes;
        todo!()
    }

    /// What the key is.
    pub fn kind(&self) -> KeyKind {
        todo!()
    }

    /// SHA-256 of its SPKI DER, lower-case hex.
    pub fn fingerprint(&self) -> String {
        todo!()
    }

    /// SPKI PEM.
    pub fn to_spki_pem(&self) -> String {
        todo!()
    }

    /// SPKI as one line of base64, the form AlipayHK's console exchanges.
    pub fn to_spki_base64(&self) -> String {
        todo!()
    }
}

/// Makes an RSA key of 2,048, 3,072 or 4,096 bits, exponent 65,537.
///
/// # Errors
/// [`KeyError::UnsupportedSize`] for any other size.
pub fn generate_rsa(bits: u32, rng: &mut impl CryptoRng) -> Result<PrivateKey, KeyError> {
    let _ = (bits, rng);
    todo!()
}

/// Makes a P-224 key.
pub fn generate_p224(rng: &mut impl CryptoRng) -> PrivateKey {
    let _ = rng;
    todo!()
}
