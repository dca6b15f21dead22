//! `Signature` and `Encrypt` headers: what is read is written back to the same, and nothing panics.
#![no_main]

use crypto::{EncryptHeader, SignatureHeader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(header) = SignatureHeader::parse(text) {
        assert_eq!(SignatureHeader::parse(&header.encode()).as_ref(), Ok(&header));
    }
    if let Ok(header) = EncryptHeader::parse(text) {
        assert_eq!(EncryptHeader::parse(&header.encode()).as_ref(), Ok(&header));
    }
});
