//! What an RSA key must be before any library gets it.

use rsa::{
    BoxedUint,
    pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef},
};

use super::KeyError;

/// AlipayHK, card wallet › Digital signature asks for 2,048 bits; NIST SP 800-131A allows nothing smaller.
pub(super) const MIN_BITS: u32 = 2048;
/// AWS-LC takes no more.
pub(super) const MAX_BITS: u32 = 8192;
/// FIPS 186-5 asks for an odd exponent above 2^16. The small ones (3, 17) are what forged signatures and broadcast attacks live on.
const MIN_EXPONENT: u64 = 65_537;
/// AWS-LC takes no exponent of more than 33 bits.
const MAX_EXPONENT: u64 = (1 << 33) - 1;

/// Checks size and exponent; the result is ready for public-key work.
pub(super) fn public(key: &RsaPublicKeyRef<'_>) -> Result<rsa::PublicKey, KeyError> {
    let modulus = BoxedUint::from_be_slice_vartime(key.modulus.as_bytes());
    let bits = modulus.bit_width_vartime();
    if bits < MIN_BITS {
        return Err(KeyError::RsaTooSmall { bits });
    }
    if bits > MAX_BITS {
        return Err(KeyError::RsaTooLarge { bits });
    }
    let exponent = exponent(key.public_exponent.as_bytes())?;
    rsa::PublicKey::new_with_size_limits(modulus, BoxedUint::from(exponent), MIN_BITS as usize..=MAX_BITS as usize)
        .map_err(|_| KeyError::Inconsistent)
}

pub(super) fn private(key: &RsaPrivateKeyRef<'_>) -> Result<rsa::PublicKey, KeyError> {
    if key.other_prime_infos.is_some() {
        return Err(KeyError::UnsupportedForm("an RSA key of more than two primes"));
    }
    public(&key.public_key())
}

fn exponent(bytes: &[u8]) -> Result<u64, KeyError> {
    if bytes.last().is_none_or(|byte| byte % 2 == 0) {
        return Err(KeyError::ExponentEven);
    }
    if bytes.len() > 8 {
        return Err(KeyError::ExponentTooLarge);
    }
    match bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)) {
        small if small < MIN_EXPONENT => Err(KeyError::ExponentTooSmall),
        large if large > MAX_EXPONENT => Err(KeyError::ExponentTooLarge),
        exponent => Ok(exponent),
    }
}
