//! ECDSA over secp224r1 by `p224`. That crate is of an older generation than our hashes, so digests cross as plain bytes.

use p224::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::hazmat::{PrehashSigner, PrehashVerifier},
};
use sha2::{Digest, Sha224, Sha256};

use super::{CannotSign, EccEncoding, EccHash, EccProfile, Unverified};

/// The secret number of each signature comes from RFC 6979 with HMAC-SHA-224, whatever digests the content: 224 bits are what the curve needs.
/// So signatures over SHA-224 equal the RFC's own, those over SHA-256 are as safe and verify everywhere but are not the RFC's bytes.
pub(super) fn sign(key: &SigningKey, profile: EccProfile, content: &[u8]) -> Result<Vec<u8>, CannotSign> {
    let signature: Signature = key.sign_prehash(&digest(profile.hash, content)).map_err(|_| CannotSign)?;
    Ok(match profile.encoding {
        EccEncoding::Der => signature.to_der().as_bytes().to_vec(),
        EccEncoding::Raw => signature.to_bytes().to_vec(),
    })
}

pub(super) fn verify(key: &VerifyingKey, profile: EccProfile, content: &[u8], signature: &[u8]) -> Result<(), Unverified> {
    let signature = match profile.encoding {
        EccEncoding::Der => Signature::from_der(signature),
        EccEncoding::Raw => Signature::from_slice(signature),
    }
    .map_err(|_| Unverified)?;
    key.verify_prehash(&digest(profile.hash, content), &signature).map_err(|_| Unverified)
}

fn digest(hash: EccHash, content: &[u8]) -> Vec<u8> {
    match hash {
        EccHash::Sha256 => Sha256::digest(content).to_vec(),
        EccHash::Sha224 => Sha224::digest(content).to_vec(),
    }
}
