//! What a record's key says. The value's `merchantBizNo` rules; a key that is missing or differs is only counted: it means that the
//! modifications of one order may lie in several partitions.

use super::framing;

/// How a record's key stands to its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyNote {
    /// It is the order's number; or the value holds no order to compare with.
    Matches,
    /// There is none.
    Null,
    /// It is something else.
    Differs,
}

/// Compares a key with the number of the order beside it: as plain text, or as an Avro string with or without framing.
pub(crate) fn note(key: Option<&[u8]>, order: Option<&str>) -> KeyNote {
    let Some(key) = key else { return KeyNote::Null };
    let Some(order) = order.map(str::as_bytes) else { return KeyNote::Matches };
    let framed = framing::confluent(key).map(|(_, rest)| rest).or_else(|| framing::single_object(key).map(|(_, rest)| rest));
    if key == order || is_avro(key, order) || framed.is_some_and(|rest| is_avro(rest, order)) { KeyNote::Matches } else { KeyNote::Differs }
}

/// Whether the bytes are that text as an Avro string: its length, then itself.
fn is_avro(bytes: &[u8], text: &[u8]) -> bool {
    let mut cursor = super::avro::Cursor::new(bytes);
    cursor.bytes() == Ok(text) && cursor.left() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_matches_in_every_form_that_serialisers_give_it() {
        let framed: &[u8] = &[0, 0, 0, 0, 5, 10, b'O', b'-', b'1', b'2', b'3'];
        let single: &[u8] = &[0xc3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 10, b'O', b'-', b'1', b'2', b'3'];
        for key in [b"O-123", &framed[5..], framed, single] {
            assert_eq!(note(Some(key), Some("O-123")), KeyNote::Matches);
        }
    }

    #[test]
    fn anything_else_differs() {
        for key in [
            &b""[..],
            b"O-12",
            b"O-1234",
            b"\"O-123\"",
            &[0, 0, 0, 0, 5],
            &[0, 0, 0, 0, 5, 10, b'O'],
            &[10, b'O', b'-', b'1', b'2', b'3', 0],
            &[0xff; 20],
        ] {
            assert_eq!(note(Some(key), Some("O-123")), KeyNote::Differs, "{key:?}");
        }
    }

    #[test]
    fn no_key_is_told_apart_and_no_order_contradicts_nothing() {
        assert_eq!(note(None, Some("O-123")), KeyNote::Null);
        assert_eq!(note(None, None), KeyNote::Null);
        assert_eq!(note(Some(b"anything"), None), KeyNote::Matches);
    }
}
