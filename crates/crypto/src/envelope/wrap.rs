//! Wrapping a symmetric key for an RSA key, and unwrapping it.

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, Pkcs1PrivateDecryptingKey};
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Wrap;
use crate::{
    KeyError, PrivateKey, PublicKey,
    keys::{PrivateMaterial, PublicMaterial},
};

/// Public-key work, so `rsa` may do it: it takes our randomness, AWS-LC does not.
pub(super) fn wrap(wrap: Wrap, to: &PublicKey, key: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, KeyError> {
    let PublicMaterial::Rsa(to) = &to.material else { return Err(KeyError::NotRsa) };
    match wrap {
        Wrap::Pkcs1 => to.pkcs1v15_encrypt_with_rng(rng, key),
        Wrap::Oaep => to.oaep_encrypt_with_rng::<Sha256, _>(rng, key),
    }
    .map_err(|_| KeyError::Library)
}

/// Fills `key`, whose length is the one expected. False when it could not; `key` is then unchanged. Private-key work: AWS-LC, in constant time.
pub(super) fn unwrap(wrap: Wrap, with: &PrivateKey, wrapped: &[u8], key: &mut [u8]) -> bool {
    let PrivateMaterial::Rsa(with) = &with.material else { return false };
    let mut buffer = Zeroizing::new(vec![0; with.opening.key_size_bytes()]);
    let unwrapped = match wrap {
        Wrap::Pkcs1 => Pkcs1PrivateDecryptingKey::new(with.opening.clone()).and_then(|opening| opening.decrypt(wrapped, &mut buffer)),
        Wrap::Oaep => OaepPrivateDecryptingKey::new(with.opening.clone())
            .and_then(|opening| opening.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut buffer, None)),
    };
    match unwrapped {
        Ok(unwrapped) if unwrapped.len() == key.len() => {
            key.copy_from_slice(unwrapped);
            true
        }
        Ok(_) | Err(_) => false,
    }
}
