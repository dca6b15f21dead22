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
    fn a_map_that_fits_is_written_whole(settled in states()) {
        let used = settled.iter().rposition(|settled| *settled).map_or(0, |last| last as u64 + 1);
        let (_, reach) = map(&settled).encode();
        prop_assert!(reach == used || used > MAX_BITS, "{} of {}", reach, used);
        prop_assert!(reach >= used.min(MAX_BITS) - (used.min(MAX_BITS) - reach.min(MAX_BITS)));
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
