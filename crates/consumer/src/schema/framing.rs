//! What stands before the Avro bytes of a value and says by which schema they were written.

use super::avro::Fingerprint;
use crate::config;

/// The first byte of Confluent's wire format; the schema's id follows, big-endian (Confluent, Schema Registry › Wire format).
const MAGIC: u8 = 0;
/// The first bytes of a single object; the fingerprint follows (Apache Avro, Specification › Single-object encoding).
const MARKER: [u8; 2] = [0xc3, 0x01];

/// Which schema, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framed<'a> {
    /// The registry's number for it.
    Id(u32, &'a [u8]),
    /// The schema's own fingerprint.
    Fingerprint(Fingerprint, &'a [u8]),
    /// The configured one.
    Bare(&'a [u8]),
    /// None: it is JSON.
    Json(&'a [u8]),
}

/// A value that does not begin as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unframed {
    #[error("the value is empty")]
    Empty,
    #[error("the value does not begin with a zero byte and a schema id (schema.framing = \"confluent\")")]
    NotConfluent,
    #[error("the value does not begin with Avro's single-object marker and a fingerprint (schema.framing = \"single_object\")")]
    NotSingleObject,
}

/// Splits a value.
pub(crate) fn split(framing: config::Framing, value: &[u8]) -> Result<Framed<'_>, Unframed> {
    if value.is_empty() {
        return Err(Unframed::Empty);
    }
    match framing {
        config::Framing::Confluent => confluent(value).map(|(id, rest)| Framed::Id(id, rest)).ok_or(Unframed::NotConfluent),
        config::Framing::SingleObject => {
            let (fingerprint, rest) = single_object(value).ok_or(Unframed::NotSingleObject)?;
            Ok(Framed::Fingerprint(fingerprint, rest))
        }
        config::Framing::Bare => Ok(Framed::Bare(value)),
        config::Framing::Json => Ok(Framed::Json(value)),
    }
}

/// The id and the rest of a value in Confluent's wire format.
pub(crate) fn confluent(value: &[u8]) -> Option<(u32, &[u8])> {
    let (id, rest) = value.strip_prefix(&[MAGIC])?.split_first_chunk()?;
    Some((u32::from_be_bytes(*id), rest))
}

/// The fingerprint and the rest of a single object.
pub(crate) fn single_object(value: &[u8]) -> Option<(Fingerprint, &[u8])> {
    let (fingerprint, rest) = value.strip_prefix(&MARKER)?.split_first_chunk()?;
    Some((*fingerprint, rest))
}

/// Writes what stands before a value of that schema.
pub(crate) fn write_confluent(id: u32, out: &mut Vec<u8>) {
    out.push(MAGIC);
    out.extend_from_slice(&id.to_be_bytes());
}

/// Writes what stands before a value of the schema with that fingerprint.
pub(crate) fn write_single_object(fingerprint: Fingerprint, out: &mut Vec<u8>) {
    out.extend_from_slice(&MARKER);
    out.extend_from_slice(&fingerprint);
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::Framing::{Bare, Confluent, Json, SingleObject};

    #[test]
    fn an_empty_value_is_no_value_in_any_framing() {
        for framing in [Confluent, SingleObject, Bare, Json] {
            assert_eq!(split(framing, &[]), Err(Unframed::Empty));
        }
    }

    #[test]
    fn confluent_is_a_zero_byte_and_four_of_the_id() {
        assert_eq!(split(Confluent, &[0, 0, 0, 1, 2, 9]), Ok(Framed::Id(258, &[9])));
        assert_eq!(split(Confluent, &[0, 0xff, 0xff, 0xff, 0xff]), Ok(Framed::Id(u32::MAX, &[])));
        for wrong in [&[1, 0, 0, 0, 1, 9][..], &[0, 0, 0, 1], &[0], b"{\"a\":1}", &[0xc3, 0x01, 0, 0, 0, 0, 0, 0, 0, 0]] {
            assert_eq!(split(Confluent, wrong), Err(Unframed::NotConfluent));
        }
    }

    #[test]
    fn a_single_object_is_a_marker_and_eight_bytes_of_fingerprint() {
        let value = [0xc3, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        assert_eq!(split(SingleObject, &value), Ok(Framed::Fingerprint([1, 2, 3, 4, 5, 6, 7, 8], &[9])));
        for wrong in [&value[..9], &[0xc3, 0x02, 1, 2, 3, 4, 5, 6, 7, 8], &[0, 0, 0, 0, 1, 9]] {
            assert_eq!(split(SingleObject, wrong), Err(Unframed::NotSingleObject));
        }
    }

    #[test]
    fn what_is_written_is_split_again() {
        let mut value = Vec::new();
        write_confluent(7, &mut value);
        assert_eq!(confluent(&value), Some((7, &[][..])));
        value.clear();
        write_single_object([9; 8], &mut value);
        assert_eq!(single_object(&value), Some(([9; 8], &[][..])));
    }
}
