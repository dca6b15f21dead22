//! Properties of the metadata: what we wrote is read back, and what is not ours, or not for here, is never believed.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// A place by its parts, so that it can be generated.
#[derive(Debug, Clone, PartialEq)]
struct Home {
    cluster_id: String,
    topic: String,
    partition: i32,
}

impl Home {
    fn place(&self) -> Place<'_> {
        Place { cluster_id: &self.cluster_id, topic: &self.topic, partition: self.partition }
    }
}

fn homes() -> impl Strategy<Value = Home> {
    let cluster_id = prop_oneof![Just(String::new()), "[A-Za-z0-9][A-Za-z0-9_-]{0,21}", "[A-Za-z0-9][A-Za-z0-9_-]{63}"];
    let topic = prop_oneof!["[a-z]{1,3}", "[A-Za-z0-9._-]{1,40}", "[A-Za-z0-9._-]{249}"];
    (cluster_id, topic, 0..=i32::MAX).prop_map(|(cluster_id, topic, partition)| Home { cluster_id, topic, partition })
}

fn offsets() -> impl Strategy<Value = i64> {
    prop_oneof![0..10_i64, 0..1_i64 << 40, Just(i64::MAX - SPAN)]
}

/// Distances of settled offsets: runs of every length, up to the span and beyond.
fn distances() -> impl Strategy<Value = Vec<i64>> {
    let run = (prop_oneof![5 => 0..3_i64, 3 => 0..200_i64, 1 => 0..SPAN], prop_oneof![5 => 1..3_i64, 3 => 1..200_i64, 1 => 1..50_000_i64]);
    vec(run, 0..60).prop_map(|runs| {
        let mut next = 0;
        let mut distances = Vec::new();
        for (open, settled) in runs {
            distances.extend(next + open..(next + open + settled).min(SPAN + 100));
            next += open + settled + 1;
        }
        distances
    })
}

fn metadata() -> impl Strategy<Value = (i64, Metadata)> {
    (offsets(), any::<bool>(), 0..=SPAN, prop::option::of(0..=i32::MAX), distances()).prop_map(
        |(committed, closed, window, leader_epoch, distances)| {
            let settled = distances.into_iter().filter_map(|distance| committed.checked_add(distance)).map(Offset).collect();
            (committed, Metadata { closed, lingers: None, window: Offset(committed + window), leader_epoch, settled })
        },
    )
}

/// A commit of some place, as text.
fn commits() -> impl Strategy<Value = (Home, i64, String)> {
    (homes(), metadata()).prop_map(|(home, (committed, metadata))| {
        let text = encode(home.place(), Offset(committed), &metadata);
        (home, committed, text)
    })
}

/// Fields that anybody could have written, with a checksum that fits.
fn hostile() -> impl Strategy<Value = (i64, String)> {
    let number =
        prop_oneof![3 => offsets().prop_map(|offset| offset.to_string()), 1 => any::<i64>().prop_map(|n| n.to_string()), 1 => "\\PC{0,6}"];
    let bytes = (prop_oneof![Just(b'b'), Just(b'r'), any::<u8>()], vec(any::<u8>(), 0..60));
    let map = prop_oneof![
        3 => bytes.prop_map(|(kind, rest)| STANDARD_NO_PAD.encode([vec![kind], rest].concat())),
        1 => Just(STANDARD_NO_PAD.encode([vec![b'b'], vec![0xff; 2_900]].concat())),
        1 => Just(STANDARD_NO_PAD.encode([b"r".to_vec(), [0xff, 0xff, 0xff, 0xff, 0x0f].repeat(300)].concat())),
        1 => "\\PC{0,9}",
    ];
    let committed = prop_oneof![offsets(), any::<i64>()];
    (committed, "open|closed|\\PC{0,6}", prop::option::of(number.clone()), number, map).prop_map(
        |(committed, marker, window, epoch, map)| {
            let window = window.unwrap_or_else(|| committed.saturating_add(7).to_string());
            let text = format!("{FORMAT} c t 0 {committed} {marker} {window} {epoch} {map}");
            (committed, format!("{text} {}", checksum(text.as_bytes())))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn of_what_was_written_a_prefix_of_the_map_and_all_else_is_read(home in homes(), (committed, written) in metadata()) {
        let text = encode(home.place(), Offset(committed), &written);
        prop_assert!(text.len() <= MAX_CHARS, "{}", text.len());
        let read = decode(home.place(), Offset(committed), &text).unwrap();
        prop_assert_eq!((read.closed, read.window, read.leader_epoch), (written.closed, written.window, written.leader_epoch));
        prop_assert!(written.settled.starts_with(&read.settled), "nothing is marked that was not settled");
        let reach = 8 * i64::try_from(crate::completion_map::MAX_BYTES - 1).unwrap();
        let near = written.settled.iter().filter(|offset| offset.0 - committed < reach).count();
        prop_assert!(read.settled.len() >= near, "what a bit set reaches is always told");
    }

    #[test]
    fn for_another_place_or_offset_it_is_foreign(home in homes(), other in homes(), (committed, metadata) in metadata(), moved in offsets()) {
        let text = encode(home.place(), Offset(committed), &metadata);
        let read = |place: Place<'_>, offset| decode(place, Offset(offset), &text);
        if home.cluster_id != other.cluster_id {
            prop_assert_eq!(read(Place { cluster_id: &other.cluster_id, ..home.place() }, committed), Err(Fault::Cluster));
        }
        if home.topic != other.topic {
            prop_assert_eq!(read(Place { topic: &other.topic, ..home.place() }, committed), Err(Fault::Place));
        }
        if home.partition != other.partition {
            prop_assert_eq!(read(Place { partition: other.partition, ..home.place() }, committed), Err(Fault::Place));
        }
        if committed != moved {
            prop_assert_eq!(read(home.place(), moved), Err(Fault::Offset));
        }
    }

    #[test]
    fn a_changed_a_missing_and_a_swapped_byte_are_found((home, committed, text) in commits(), at: Index, byte: u8, cut: Index) {
        let read = |bytes: &[u8]| decode(home.place(), Offset(committed), &String::from_utf8_lossy(bytes));
        let bytes = text.as_bytes();
        let at = at.index(bytes.len());
        let mut changed = bytes.to_vec();
        changed[at] = byte;
        prop_assert!(changed == bytes || read(&changed).is_err(), "changed");
        prop_assert!(read(&bytes[..cut.index(bytes.len())]).is_err(), "cut");
        let mut swapped = bytes.to_vec();
        swapped.swap(at, (at + 1) % bytes.len());
        prop_assert!(swapped == bytes || read(&swapped).is_err(), "swapped");
        let missing = [&bytes[..at], &bytes[at + 1..]].concat();
        prop_assert!(read(&missing).is_err(), "missing");
        prop_assert!(read(&[bytes, &[byte]].concat()).is_err(), "longer");
    }

    #[test]
    fn another_program_s_is_not_ours_and_another_version_s_is_of_that_version(text in "\\PC{0,40}", version in "[0-9a-z.]{0,4}") {
        if !text.starts_with("ordersync/") {
            prop_assert_eq!(decode(Place { cluster_id: "c", topic: "t", partition: 0 }, Offset(0), &text), Err(Fault::NotOurs));
        }
        let of_version = format!("ordersync/{version} c t 0 0 open 5 -1 - 00000000");
        let expected = if version == "1" { Fault::Damaged } else { Fault::Version };
        prop_assert_eq!(decode(Place { cluster_id: "c", topic: "t", partition: 0 }, Offset(0), &of_version), Err(expected));
    }

    #[test]
    fn nothing_that_is_believed_lies_out_of_bounds((committed, text) in hostile()) {
        let Ok(read) = decode(Place { cluster_id: "c", topic: "t", partition: 0 }, Offset(committed), &text) else { return Ok(()) };
        prop_assert!(text.len() <= MAX_CHARS);
        let bounds = committed..=committed.saturating_add(SPAN);
        prop_assert!(bounds.contains(&read.window.0), "the window");
        prop_assert!(read.settled.iter().all(|offset| bounds.contains(&offset.0)), "the map");
        prop_assert!(read.settled.is_sorted_by(|a, b| a < b), "in order, each once");
        prop_assert!(read.leader_epoch.is_none_or(|epoch| epoch >= 0));
    }
}

#[test]
fn a_hostile_run_of_a_whole_log_is_refused_and_the_widest_honest_one_is_not() {
    let read = |map: &[u8]| {
        let text = format!("{FORMAT} c t 0 0 open 5 -1 {}", STANDARD_NO_PAD.encode(map));
        decode(Place { cluster_id: "c", topic: "t", partition: 0 }, Offset(0), &format!("{text} {}", checksum(text.as_bytes())))
    };
    let run = |length: u64| {
        let varint = [(length & 0x7f) as u8 | 0x80, (length >> 7 & 0x7f) as u8 | 0x80, (length >> 14) as u8];
        [b"r\x00".as_slice(), &varint].concat()
    };
    assert_eq!(read(&run(REACH)).unwrap().settled.len() as u64, REACH);
    assert_eq!(read(&run(REACH + 1)), Err(Fault::Damaged));
}

#[test]
fn at_the_very_end_of_all_offsets_nothing_overflows() {
    let place = Place { cluster_id: "c", topic: "t", partition: 0 };
    for committed in [i64::MAX, i64::MAX - 1, i64::MIN, -1] {
        let metadata =
            Metadata { closed: true, lingers: None, window: Offset(committed), leader_epoch: None, settled: vec![Offset(committed)] };
        let text = encode(place, Offset(committed), &metadata);
        let read = decode(place, Offset(committed), &text);
        assert_eq!(read.map(|read| read.window), Ok(Offset(committed)));
    }
}
