//! As much of Kafka's protocol as a proxy needs (Apache Kafka › Protocol guide): frames, and the head of a request.

/// Kinds of requests.
pub mod api {
    #![allow(missing_docs, reason = "they are Kafka's own names")]
    pub const PRODUCE: i16 = 0;
    pub const FETCH: i16 = 1;
    pub const LIST_OFFSETS: i16 = 2;
    pub const METADATA: i16 = 3;
    pub const OFFSET_COMMIT: i16 = 8;
    pub const OFFSET_FETCH: i16 = 9;
    pub const FIND_COORDINATOR: i16 = 10;
    pub const JOIN_GROUP: i16 = 11;
    pub const HEARTBEAT: i16 = 12;
    pub const LEAVE_GROUP: i16 = 13;
    pub const SYNC_GROUP: i16 = 14;
    pub const API_VERSIONS: i16 = 18;
}

/// Bytes of a frame before its body: length and correlation id.
pub(super) const ANSWER_HEAD: usize = 8;

/// The head of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) api: i16,
    pub(super) version: i16,
    pub(super) correlation: [u8; 4],
}

/// Takes one whole frame, its length included, from the front.
pub(super) fn take_frame(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    (bytes.len() >= 4 + length).then(|| {
        let rest = bytes.split_off(4 + length);
        std::mem::replace(bytes, rest)
    })
}

/// The head of a request's frame.
pub(super) fn head(frame: &[u8]) -> Option<Head> {
    let number = |at: usize| Some(i16::from_be_bytes(frame.get(at..at + 2)?.try_into().ok()?));
    Some(Head { api: number(4)?, version: number(6)?, correlation: frame.get(8..12)?.try_into().ok()? })
}

/// The correlation id of an answer's frame.
pub(super) fn correlation(frame: &[u8]) -> Option<[u8; 4]> {
    frame.get(4..8)?.try_into().ok()
}

/// Heartbeat's answer "no error": a throttle time from version 1 on, tagged fields from version 4 on.
pub(super) fn heartbeat_is_well(head: Head) -> Vec<u8> {
    let mut body = head.correlation.to_vec();
    let flexible = head.version >= 4;
    if flexible {
        body.push(0);
    }
    if head.version >= 1 {
        body.extend([0; 4]);
    }
    body.extend([0; 2]);
    if flexible {
        body.push(0);
    }
    let mut frame = (body.len() as u32).to_be_bytes().to_vec();
    frame.extend(body);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_whole_and_in_order() {
        let mut bytes = [&[0, 0, 0, 2, 7, 8][..], &[0, 0, 0, 1, 9, 0, 0]].concat();
        assert_eq!(take_frame(&mut bytes), Some(vec![0, 0, 0, 2, 7, 8]));
        assert_eq!(take_frame(&mut bytes), Some(vec![0, 0, 0, 1, 9]));
        assert_eq!((take_frame(&mut bytes), bytes), (None, vec![0, 0]));
    }

    #[test]
    fn a_request_tells_its_kind_its_version_and_its_number() {
        let head = head(&[0, 0, 0, 10, 0, 12, 0, 3, 0, 0, 0, 77, 0xFF, 0xFF]).unwrap();
        assert_eq!(head, Head { api: api::HEARTBEAT, version: 3, correlation: [0, 0, 0, 77] });
        assert_eq!(heartbeat_is_well(head), [0, 0, 0, 10, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0]);
    }
}
