//! Private and public keys: reading, refusing, making, writing.

mod error;
mod form;
mod private;
mod public;
mod rsa_checks;
mod text;

use std::fmt;

use rand_core::CryptoRng;
use rsa::pkcs1::EncodeRsaPrivateKey;
use zeroize::Zeroizing;

pub use error::KeyError;
pub use private::PrivateKey;
pub(crate) use private::PrivateMaterial;
pub use public::PublicKey;
pub(crate) use public::PublicMaterial;

/// What a key can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
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

/// Makes an RSA key of 2,048, 3,072 or 4,096 bits, exponent 65,537.
///
/// # Errors
/// [`KeyError::UnsupportedSize`] for any other size.
pub fn generate_rsa(bits: u32, rng: &mut impl CryptoRng) -> Result<PrivateKey, KeyError> {
    if ![2048, 3072, 4096].contains(&bits) {
        return Err(KeyError::UnsupportedSize(bits));
    }
    let key = rsa::PrivateKey::new(rng, bits as usize).map_err(|_| KeyError::Library)?;
    let der = key.to_pkcs1_der().map_err(|_| KeyError::Library)?;
    PrivateKey::from_der(der.as_bytes(), form::Form::Pkcs1Private)
}

/// Makes a P-224 key.
pub fn generate_p224(rng: &mut impl CryptoRng) -> PrivateKey {
    let mut scalar = Zeroizing::new([0; 28]);
    loop {
        rng.fill_bytes(scalar.as_mut_slice());
        // Zero and numbers from the order of the curve up are no keys: about one draw in 2^112.
        if let Ok(secret) = p224::SecretKey::from_slice(scalar.as_slice()) {
            return PrivateKey::from_p224(&secret);
        }
    }
}

#[cfg(test)]
mod tests;
