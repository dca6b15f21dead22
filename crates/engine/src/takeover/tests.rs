use super::*;

fn facts(committed: Option<(i64, &str)>, log_start: i64, last_stable: i64) -> Facts {
    Facts {
        topic: "orders".into(),
        partition: 0,
        cluster_id: "c".into(),
        committed: committed.map(|(offset, text)| (Offset(offset), text.to_owned())),
        log_start: Offset(log_start),
        last_stable: Offset(last_stable),
        start: Offset(3),
    }
}

fn text(committed: i64, window: i64, settled: &[i64]) -> String {
    let place = Place { cluster_id: "c", topic: "orders", partition: 0 };
    let settled = settled.iter().copied().map(Offset).collect();
    metadata::encode(
        place,
        Offset(committed),
        &Metadata { closed: true, lingers: None, window: Offset(window), leader_epoch: None, settled },
    )
}

#[test]
fn without_a_commit_start_decides_and_nothing_is_waited_for() {
    let plan = plan(&facts(None, 0, 900), 100, Now::default()).unwrap();
    assert_eq!((plan.read_from, plan.from, plan.barrier), (Offset(3), Offset(3), Offset(3)));
    assert_eq!(plan.inherited, Inherited::Nothing);
}

#[test]
fn history_is_read_from_before_the_commit_as_far_as_the_log_has_it() {
    let ours = text(500, 700, &[]);
    let from = |log_start| plan(&facts(Some((500, &ours)), log_start, 900), 100, Now::default()).unwrap().read_from;
    assert_eq!((from(0), from(450)), (Offset(400), Offset(450)));
}

#[test]
fn the_barrier_is_the_end_of_the_log_or_of_what_was_announced() {
    let barrier = |text: &str, end| plan(&facts(Some((500, text)), 0, end), 0, Now::default()).unwrap().barrier.0;
    let ours = text(500, 700, &[]);
    assert_eq!((barrier(&ours, 600), barrier(&ours, 900)), (600, 700));
    assert_eq!((barrier("", 600), barrier("", 900_000)), (600, 500 + SPAN));
}

#[test]
fn a_log_that_ends_at_or_below_the_highest_mapped_record_is_another_log() {
    let ours = text(500, 700, &[510]);
    let inherited = |end| plan(&facts(Some((500, &ours)), 0, end), 0, Now::default()).unwrap().inherited;
    assert_eq!(inherited(510), Inherited::Foreign(Fault::Log));
    assert!(matches!(inherited(511), Inherited::Ours(_)));
}

#[test]
fn a_commit_that_is_not_in_the_log_halts_and_says_what_to_do() {
    let behind = plan(&facts(Some((5, "")), 10, 20), 0, Now::default()).unwrap_err();
    assert_eq!(behind, Halt::BehindLog { committed: Offset(5), log_start: Offset(10) });
    assert!(behind.to_string().contains("5 records were never read; move the group's offset to 10"));
    let beyond = plan(&facts(Some((25, "")), 10, 20), 0, Now::default()).unwrap_err();
    assert_eq!(beyond, Halt::BeyondLog { committed: Offset(25), log_end: Offset(20) });
    assert!(beyond.to_string().contains("offset 25, where reading has to go on, is beyond the end of the log at 20"));
}

#[test]
fn only_an_open_static_member_lingers_and_what_does_not_tell_may_be_one() {
    let place = Place { cluster_id: "c", topic: "orders", partition: 0 };
    let (d, own) = (Some(std::time::Duration::from_secs(42)), Some(std::time::Duration::from_secs(5)));
    let lingers = |closed, lingers| {
        let metadata = Metadata { closed, lingers, window: Offset(700), leader_epoch: None, settled: Vec::new() };
        let text = metadata::encode(place, Offset(500), &metadata);
        plan(&facts(Some((500, &text)), 0, 900), 0, Now::default()).unwrap().predecessor_lingers(own)
    };
    assert_eq!((lingers(false, d), lingers(true, d), lingers(false, None)), (d, None, None));
    let of = |committed| plan(&facts(committed, 0, 900), 0, Now::default()).unwrap().predecessor_lingers(own);
    assert_eq!((of(None), of(Some((500, "?")))), (None, own));
}
