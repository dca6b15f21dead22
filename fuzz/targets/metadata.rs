//! Commit metadata of a predecessor: nothing panics, and what is taken for sound reads the same after it was written again.
//!
//! The first byte chooses: an odd one has the right checksum put behind the text, so that what is behind the checksum is reached too. Then the
//! committed offset in two bytes, then the text.
#![no_main]

use engine::Offset;
use engine::metadata::{Place, decode, encode};
use libfuzzer_sys::fuzz_target;

const PLACE: Place<'static> = Place { cluster_id: "lkc-1", topic: "orders.hk", partition: 7 };
/// A text that is longer may hold a map which is cut when it is written.
const LONGEST: usize = 2_700;

fuzz_target!(|data: &[u8]| {
    let [how, high, low, text @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let text = if how % 2 == 1 { format!("{text} {:08x}", crc32(text.as_bytes())) } else { text.to_owned() };
    let committed = Offset(i64::from(u16::from_be_bytes([*high, *low])));
    if let Ok(metadata) = decode(PLACE, committed, &text) {
        let again = encode(PLACE, committed, &metadata);
        assert!(again.chars().count() <= 4_096);
        if text.len() <= LONGEST {
            assert_eq!(decode(PLACE, committed, &again).as_ref(), Ok(&metadata));
        }
    }
});

/// IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
