//! The two body ciphers, on raw bytes. Decryption answers with nothing but whether it worked.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, inout::InOutBuf},
    aes::{
        Aes128, Aes256, Block,
        cipher::{BlockCipherDecrypt, BlockCipherEncrypt},
    },
};
use zeroize::Zeroizing;

use super::{KeyBits, Profile};

pub(super) const NONCE_BYTES: usize = 12;
const BLOCK_BYTES: usize = 16;

/// The nonce is used by [`Profile::Aes256Gcm`] only. None: the key's length does not fit, or GCM's limit of 64 GiB is passed.
pub(super) fn encrypt(profile: Profile, key: &[u8], nonce: [u8; NONCE_BYTES], plaintext: &[u8]) -> Option<Vec<u8>> {
    match profile {
        Profile::Aes256Gcm => {
            let sealed = Aes256Gcm::new_from_slice(key).ok()?.encrypt(&nonce.into(), plaintext).ok()?;
            Some([nonce.as_slice(), &sealed].concat())
        }
        Profile::AesEcbPkcs7 { bits: KeyBits::B128 } => Some(ecb_encrypt(&Aes128::new_from_slice(key).ok()?, plaintext)),
        Profile::AesEcbPkcs7 { bits: KeyBits::B256 } => Some(ecb_encrypt(&Aes256::new_from_slice(key).ok()?, plaintext)),
    }
}

pub(super) fn decrypt(profile: Profile, key: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    match profile {
        Profile::Aes256Gcm => {
            let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
            Aes256Gcm::new_from_slice(key).ok()?.decrypt(&(*nonce).into(), sealed).ok().map(Zeroizing::new)
        }
        Profile::AesEcbPkcs7 { bits: KeyBits::B128 } => ecb_decrypt(&Aes128::new_from_slice(key).ok()?, sealed),
        Profile::AesEcbPkcs7 { bits: KeyBits::B256 } => ecb_decrypt(&Aes256::new_from_slice(key).ok()?, sealed),
    }
}

fn ecb_encrypt(cipher: &impl BlockCipherEncrypt<BlockSize = BlockSize>, plaintext: &[u8]) -> Vec<u8> {
    let padding = BLOCK_BYTES - plaintext.len() % BLOCK_BYTES;
    let mut buffer = Vec::with_capacity(plaintext.len() + padding);
    buffer.extend_from_slice(plaintext);
    buffer.resize(plaintext.len() + padding, u8::try_from(padding).unwrap_or_default());
    cipher.encrypt_blocks_inout(InOutBuf::from(buffer.as_mut_slice()).into_chunks().0);
    buffer
}

fn ecb_decrypt(cipher: &impl BlockCipherDecrypt<BlockSize = BlockSize>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if sealed.is_empty() || !sealed.len().is_multiple_of(BLOCK_BYTES) {
        return None;
    }
    let mut buffer = Zeroizing::new(sealed.to_vec());
    cipher.decrypt_blocks_inout(InOutBuf::from(buffer.as_mut_slice()).into_chunks().0);
    let padding = padding(buffer.last_chunk::<BLOCK_BYTES>()?)?;
    buffer.truncate(sealed.len() - padding);
    Some(buffer)
}

/// Length of the PKCS#7 padding. Every byte of the block is looked at whatever the others say, so the time tells nothing about where it is wrong.
fn padding(block: &[u8; BLOCK_BYTES]) -> Option<usize> {
    let [.., claimed] = *block;
    let mut wrong = u8::from(claimed == 0) | u8::from(usize::from(claimed) > BLOCK_BYTES);
    for (distance, byte) in (1..=BLOCK_BYTES).zip(block.iter().rev()) {
        wrong |= u8::from(distance <= usize::from(claimed)) & u8::from(*byte != claimed);
    }
    (wrong == 0).then_some(usize::from(claimed))
}

type BlockSize = <Aes256 as aes_gcm::aes::cipher::BlockSizeUser>::BlockSize;
const _: () = assert!(size_of::<Block>() == BLOCK_BYTES);
