//! What the tests of several modules share: keys made by OpenSSL (see `tests/keys/README.md`) and a repeatable source of randomness.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use crate::{PrivateKey, PublicKey};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/", $name)).as_slice()
    };
}
pub(crate) use fixture;

pub(crate) fn rsa_key() -> PrivateKey {
    PrivateKey::parse(include_bytes!("../tests/keys/rsa2048.pkcs8.pem")).unwrap()
}

pub(crate) fn rsa_public() -> PublicKey {
    PublicKey::parse(include_bytes!("../tests/keys/rsa2048.spki.pem")).unwrap()
}

pub(crate) fn p224_key() -> PrivateKey {
    PrivateKey::parse(include_bytes!("../tests/keys/p224.pkcs8.pem")).unwrap()
}

pub(crate) fn p224_public() -> PublicKey {
    PublicKey::parse(include_bytes!("../tests/keys/p224.spki.pem")).unwrap()
}

/// SHA-256 of a counter: random enough to test with, the same every time.
pub(crate) struct CountingRng(u64);

impl CountingRng {
    pub(crate) fn new() -> Self {
        Self(0)
    }
}

impl TryRng for CountingRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            chunk.copy_from_slice(&Sha256::digest(self.0.to_le_bytes())[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for CountingRng {}
