//! The library's own calls, without anything of ours around them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use crypto::PrivateKey;

/// One RSA key pair as aws-lc-rs holds it.
pub struct BareKeys {
    private: KeyPair,
    public: ParsedPublicKey,
}

impl BareKeys {
    /// The same key, read by the library. `None`: it refuses it.
    pub fn new(key: &PrivateKey) -> Option<Self> {
        let pem = key.to_pkcs8_pem().ok()?;
        let private = KeyPair::from_pkcs8(&der(&pem)?).ok()?;
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_spki()).ok()?;
        Some(Self { private, public })
    }

    /// The signature over `content`.
    ///
    /// # Panics
    /// When the library fails.
    pub fn sign(&self, content: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.private.public_modulus_len()];
        self.private.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content, &mut signature).expect("a signature");
        signature
    }

    /// Whether the signature fits.
    pub fn verify(&self, content: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(content, signature).is_ok()
    }
}

/// The bytes inside PEM.
fn der(pem: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
