use proptest::prelude::*;

use super::*;

fn map(settled: &[bool]) -> CompletionMap {
    CompletionMap::new((0..).zip(settled).filter(|(_, settled)| **settled).map(|(distance, _)| distance))
}

/// Runs of equal states, short ones and very long ones.
fn states() -> impl Strategy<Value = Vec<bool>> {
    let length = prop_oneof![5 => 1..4_usize, 3 => 1..40_usize, 1 => 1..6_000_usize];
    prop::collection::vec((any::<bool>(), length), 0..400)
        .prop_map(|runs| runs.into_iter().flat_map(|(settled, length)| std::iter::repeat_n(settled, length)).collect())
}

/// One beyond the highest settled offset that a bit of its own can tell of.
fn reach_of_bits(settled: &[bool]) -> u64 {
    let mut told = settled.iter().take((MAX_BYTES - 1) * 8);
    told.rposition(|settled| *settled).map_or(0, |highest| highest as u64 + 1)
}

/// The same for whole runs, an open one and a settled one at a time, seven bits of a length in a byte.
fn reach_of_lengths(settled: &[bool]) -> u64 {
    let bytes_of = |length: usize| (1..).find(|bytes| length >> (7 * bytes) == 0).unwrap();
    let (mut bytes, mut reach, mut runs) = (1, 0, settled.chunk_by(|a, b| a == b).peekable());
    while runs.peek().is_some() {
        let open = runs.next_if(|run| !run[0]).map_or(0, <[bool]>::len);
        let Some(done) = runs.next().map(<[bool]>::len) else { break };
        bytes += bytes_of(open) + bytes_of(done);
        if bytes > MAX_BYTES {
            break;
        }
        reach += open + done;
    }
    reach as u64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_as_far_as_it_reaches(settled in states()) {
        let (bytes, reach) = map(&settled).encode();
        prop_assert!(bytes.len() <= MAX_BYTES);
        let read = CompletionMap::decode(&bytes, 10_000_000).unwrap();
        let expected: Vec<u64> = (0..).zip(&settled).filter(|(distance, settled)| **settled && *distance < reach).map(|(d, _)| d).collect();
        prop_assert_eq!(read.distances().collect::<Vec<_>>(), expected);
        prop_assert_eq!(read.reach(), reach);
    }

    #[test]
    fn it_reaches_as_far_as_the_better_of_two_encodings_by_their_definition(settled in states()) {
        let (bytes, reach) = map(&settled).encode();
        let (bits, lengths) = (reach_of_bits(&settled), reach_of_lengths(&settled));
        prop_assert_eq!(reach, bits.max(lengths));
        let kind = if lengths > bits { b'r' } else { b'b' };
        prop_assert!(bytes.is_empty() || bits == lengths || bytes[0] == kind, "the one that reaches further is written");
    }

    #[test]
    fn arbitrary_bytes_never_panic_nor_reach_too_far(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in prop_oneof![Just(b'b'), Just(b'r')]) {
        let bytes: Vec<u8> = std::iter::once(kind).chain(bytes).collect();
        if let Some(map) = CompletionMap::decode(&bytes, 1_000) {
            prop_assert!(map.reach() <= 1_000);
        }
    }
}

#[test]
fn short_runs_go_into_a_bit_set_and_long_ones_into_lengths() {
    let every_other: Vec<bool> = (0..16_000).map(|index| index % 2 == 1).collect();
    assert_eq!(map(&every_other).encode().0[0], b'b');
    let (bytes, reach) = map(&[vec![false; 100_000], vec![true; 100_000]].concat()).encode();
    assert_eq!((bytes[0], bytes.len(), reach), (b'r', 7, 200_000));
}

#[test]
fn nothing_settled_is_nothing_written() {
    assert_eq!(map(&[false; 9]).encode(), (Vec::new(), 0));
    assert_eq!(CompletionMap::decode(&[], 10), Some(CompletionMap::default()));
}

#[test]
fn an_unknown_kind_and_a_cut_number_are_refused() {
    assert_eq!(CompletionMap::decode(b"x\x01", 10), None);
    assert_eq!(CompletionMap::decode(b"r\x80", 10), None);
    assert_eq!(CompletionMap::decode(b"r\x01\x0b", 10), None, "further than allowed");
}
