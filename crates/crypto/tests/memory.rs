//! What stays of a private key in the memory of the process once it was read: nothing but AWS-LC's own numbers.
//! A process of its own, because other tests hold keys in the open.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "reading our own memory is I/O, and only this test does it")]

use std::{fs::File, io::Read, os::unix::fs::FileExt};

use crypto::{Algorithm, KeyError, PrivateKey, PublicKey, Signer};

const PEM: &[u8] = include_bytes!("keys/rsa2048.pkcs1.pem");
const DER: &[u8] = include_bytes!("keys/rsa2048.pkcs8.der");

#[test]
fn a_key_that_was_read_leaves_neither_its_pem_nor_its_der_behind() {
    let mut memory = Memory::new();

    // Refused as soon as it is decoded: nothing comes after that could overwrite what was left by chance.
    assert_eq!(PublicKey::parse(PEM), Err(KeyError::PrivateForPublic));
    assert_eq!(memory.copies(), (0, 0));
    assert_eq!(PublicKey::parse(DER), Err(KeyError::PrivateForPublic));
    assert_eq!(memory.copies(), (0, 0));

    let (from_pem, from_der) = (PrivateKey::parse(PEM).unwrap(), PrivateKey::parse(DER).unwrap());
    assert_eq!(memory.copies(), (0, 0));
    drop(from_pem.to_pkcs8_pem().unwrap());
    assert_eq!(memory.copies(), (0, 0));
    let signer = Signer::new(from_der, Algorithm::Rsa256).unwrap();
    signer.sign(b"content").unwrap();
    drop((from_pem, signer));
    assert_eq!(memory.copies(), (0, 0));

    let in_the_open = (PEM.to_vec(), DER.to_vec());
    let (pem, der) = memory.copies();
    assert!(pem > 0 && der > 0, "the search finds what is there");
    drop(in_the_open);
}

/// Our own memory, with everything the search needs allocated beforehand, so that searching overwrites nothing that was freed.
struct Memory {
    parts: Vec<u8>,
    piece: Vec<u8>,
}

impl Memory {
    fn new() -> Self {
        Self { parts: Vec::with_capacity(1 << 18), piece: vec![0; 1 << 20] }
    }

    /// How often a piece of the private exponent stands somewhere, in base64 and in DER.
    fn copies(&mut self) -> (usize, usize) {
        (self.copies_of(&PEM[32 + 7 * 65..][..40]), self.copies_of(&DER[330..370]))
    }

    /// Looks into every part that can be written to. The constants above lie in a part that cannot.
    fn copies_of(&mut self, needle: &[u8]) -> usize {
        self.parts.clear();
        File::open("/proc/self/maps").unwrap().read_to_end(&mut self.parts).unwrap();
        let memory = File::open("/proc/self/mem").unwrap();
        let mut copies = 0;
        for line in std::str::from_utf8(&self.parts).unwrap().lines() {
            let (range, rest) = line.split_once(' ').unwrap();
            if !rest.starts_with("rw") {
                continue;
            }
            let (start, end) = range.split_once('-').unwrap();
            let (mut start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
            while start < end {
                let length = self.piece.len().min((end - start) as usize);
                let Ok(read @ 1..) = memory.read_at(&mut self.piece[..length], start) else { break };
                copies += self.piece[..read].windows(needle.len()).filter(|window| *window == needle).count();
                // The next piece overlaps this one, so that nothing hides on the border.
                let last = read <= needle.len() || start + read as u64 >= end;
                start += if last { read } else { read - needle.len() } as u64;
            }
        }
        copies
    }
}
