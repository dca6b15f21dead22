use proptest::prelude::*;

use super::*;

const PLACE: Place<'_> = Place { cluster_id: "lkc-1", topic: "orders.hk", partition: 7 };

fn sample() -> Metadata {
    Metadata { closed: false, lingers: None, window: Offset(20_000), leader_epoch: Some(4), settled: vec![Offset(1_002), Offset(1_003)] }
}

#[test]
fn the_text_is_what_it_was() {
    // A new release must read what an old one wrote: this text never changes within version 1.
    let text = "ordersync/1 lkc-1 orders.hk 7 1000 open 20000 4 Ygw 2f890907";
    assert_eq!(encode(PLACE, Offset(1_000), &sample()), text);
    assert_eq!(decode(PLACE, Offset(1_000), text), Ok(sample()));
}

#[test]
fn a_static_member_s_text_tells_how_long_it_may_still_be_heard() {
    let metadata = Metadata { lingers: Some(Duration::from_secs(42)), ..sample() };
    let text = "ordersync/1 lkc-1 orders.hk 7 1000 open/42000 20000 4 Ygw ";
    let written = encode(PLACE, Offset(1_000), &metadata);
    assert!(written.starts_with(text), "{written}");
    assert_eq!(decode(PLACE, Offset(1_000), &written), Ok(metadata.clone()));
    let left = encode(PLACE, Offset(1_000), &Metadata { closed: true, ..metadata });
    assert_eq!(decode(PLACE, Offset(1_000), &left).map(|found| (found.closed, found.lingers)), Ok((true, None)));
    for marker in ["open/", "open/x", "closed/42000", "ajar"] {
        let front = text.trim_end().replace("open/42000", marker);
        let text = format!("{front} {}", checksum(front.as_bytes()));
        assert_eq!(decode(PLACE, Offset(1_000), &text), Err(Fault::Damaged), "{marker}");
    }
}

#[test]
fn the_checksum_is_the_one_of_ieee_802_3() {
    assert_eq!(checksum(b"123456789"), "cbf43926");
}

#[test]
fn every_mismatch_makes_it_foreign() {
    let text = encode(PLACE, Offset(1_000), &sample());
    let read = |place: Place<'_>, offset: i64, text: &str| decode(place, Offset(offset), text).unwrap_err();
    assert_eq!(read(PLACE, 1_000, ""), Fault::NotOurs);
    assert_eq!(read(PLACE, 1_000, "NO_METADATA"), Fault::NotOurs);
    assert_eq!(read(PLACE, 1_000, &text.replace("sync/1", "sync/2")), Fault::Version);
    assert_eq!(read(PLACE, 1_000, &text.replace("20000", "20001")), Fault::Damaged);
    assert_eq!(read(PLACE, 1_000, &text[..text.len() - 9]), Fault::Damaged);
    assert_eq!(read(Place { cluster_id: "lkc-2", ..PLACE }, 1_000, &text), Fault::Cluster);
    assert_eq!(read(Place { cluster_id: "", ..PLACE }, 1_000, &text), Fault::Cluster);
    assert_eq!(read(Place { topic: "orders.mo", ..PLACE }, 1_000, &text), Fault::Place);
    assert_eq!(read(Place { partition: 8, ..PLACE }, 1_000, &text), Fault::Place);
    assert_eq!(read(PLACE, 999, &text), Fault::Offset);
}

#[test]
fn a_window_below_the_offset_or_beyond_the_span_is_damage() {
    for window in [999, 1_001 + SPAN] {
        let text = encode(PLACE, Offset(1_000), &Metadata { window: Offset(window), ..sample() });
        assert_eq!(decode(PLACE, Offset(1_000), &text), Err(Fault::Damaged));
    }
}

#[test]
fn a_cut_map_tells_the_leader_epoch_of_its_own_highest_record() {
    let settled = (1..40_000).filter(|offset| offset % 3 == 0).map(Offset);
    let text = encode_with(PLACE, Offset(0), (false, None), Offset(50_000), settled, |offset| Some(offset.0 as i32));
    assert!(text.len() <= 4_096);
    let found = decode(PLACE, Offset(0), &text).unwrap();
    let highest = found.settled.last().unwrap().0;
    assert!(highest < 39_000);
    assert_eq!(found.leader_epoch, Some(highest as i32));
}

#[test]
fn the_longest_topic_still_fits() {
    let topic = "t".repeat(249);
    let place = Place { topic: &topic, cluster_id: &"c".repeat(64), ..PLACE };
    let settled = (1..60_000).filter(|offset| offset % 2 == 0).map(|offset| Offset(offset + i64::MAX / 2)).collect();
    let committed = Offset(i64::MAX / 2);
    let text = encode(place, committed, &Metadata { settled, window: committed, ..sample() });
    assert!(text.len() <= 4_096, "{}", text.len());
    assert!(decode(place, committed, &text).is_ok());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = decode(PLACE, Offset(0), &text);
        let framed = format!("ordersync/1 lkc-1 orders.hk 7 0 {text}");
        let _ = decode(PLACE, Offset(0), &format!("{framed} {}", checksum(framed.as_bytes())));
    }
}
