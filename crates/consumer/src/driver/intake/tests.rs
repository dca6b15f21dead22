use domain::RawOrderEvent;

use super::*;
use crate::config;
use crate::schema::Encoder;

/// 2026-11-24T00:00:00Z.
const NOW: i64 = 1_795_478_400_000;
const ORDER_EVENT: &str = include_str!("../../../../../schemas/order_event.avsc");
const HERE: u32 = 7;
const AWAY: u32 = 8;

fn intake() -> Intake {
    with(None, Rulebook::standard())
}

fn with(max_age: Option<Duration>, rulebook: Rulebook) -> Intake {
    let config = config::Schema { framing: config::Framing::Confluent, registry: None, writer_schema: None };
    let mut decoder = Decoder::new(&config, config::Mappings::none()).unwrap();
    decoder.insert(HERE, ORDER_EVENT);
    Intake::new(decoder, max_age, Arc::new(rulebook))
}

fn order(schema: u32, age_millis: i64) -> Vec<u8> {
    let raw = RawOrderEvent {
        merchant_biz_no: "ORDER-1".into(),
        merchant_biz_type: "LINE_UP".into(),
        order_status: "CALL_NUM".into(),
        user_id: Some("2160000000000001".into()),
        order_create_time: NOW - age_millis - 1,
        order_modify_time: NOW - age_millis,
        ..RawOrderEvent::default()
    };
    Encoder::confluent(schema).encode(&raw)
}

fn record(partition: u32, offset: i64, value: Option<&[u8]>) -> RawRecord {
    RawRecord { partition: PartitionId(partition), ..RawRecord::of(offset, Some(b"ORDER-1"), value) }
}

/// What one step says, in a word.
fn word(step: &Step) -> String {
    match step {
        Step::Input(Input::Fetched { partition, record, .. }, _) => format!("{}@{}", partition.0, record.offset),
        Step::Input(Input::Position { partition, next, .. }, _) => format!("{}->{next}", partition.0),
        Step::Input(Input::WaitsOutside { partition, on, .. }, _) => format!("{} waits: {on}", partition.0),
        Step::Fetch(id) => format!("schema {id}"),
        Step::Pace { id, on, .. } => format!("{} fetched: {on}", id.0),
        Step::Violated(_) => "violated".to_owned(),
        other => panic!("{other:?}"),
    }
}

fn taken(intake: &mut Intake, partition: u32, offset: i64, schema: u32) -> Vec<String> {
    let mut steps = Vec::new();
    intake.record(record(partition, offset, Some(&order(schema, 1))), NOW, &mut steps);
    steps.iter().map(word).filter(|word| word != "violated").collect()
}

fn learned(intake: &mut Intake, schema: u32, text: Result<&str, &str>) -> Vec<String> {
    let mut steps = Vec::new();
    intake.learn(schema, text, NOW, &mut steps);
    steps.iter().map(word).filter(|word| word != "violated").collect()
}

fn content(intake: &mut Intake, value: Option<&[u8]>) -> Content<Payload> {
    let mut steps = Vec::new();
    intake.record(record(0, 1, value), NOW, &mut steps);
    match steps.pop() {
        Some(Step::Input(Input::Fetched { record, .. }, _)) => record.content,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_partition_that_waits_for_a_schema_keeps_its_order_and_the_others_go_on() {
    let mut intake = intake();
    assert_eq!(taken(&mut intake, 0, 1, AWAY), ["0 waits: true", "schema 8"]);
    assert!(taken(&mut intake, 0, 2, HERE).is_empty(), "known schemas wait behind it");
    assert_eq!(taken(&mut intake, 1, 5, HERE), ["1@5"]);
    assert_eq!(taken(&mut intake, 2, 9, AWAY), ["2 waits: true"], "the schema is asked for once");
    let mut steps = Vec::new();
    intake.position(PartitionId(0), Epoch(1), Offset(4), &mut steps);
    intake.position(PartitionId(0), Epoch(1), Offset(6), &mut steps);
    intake.position(PartitionId(1), Epoch(1), Offset(7), &mut steps);
    assert_eq!(steps.iter().map(word).collect::<Vec<_>>(), ["1->7"]);
    let learned = learned(&mut intake, AWAY, Ok(ORDER_EVENT));
    let of = |partition: &str| learned.iter().filter(|word| word.starts_with(partition)).map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("0"), ["0 waits: false", "0@1", "0@2", "0->6"]);
    assert_eq!(of("2"), ["2 waits: false", "2@9"]);
}

#[test]
fn behind_one_schema_another_may_be_missing() {
    let mut intake = intake();
    taken(&mut intake, 0, 1, AWAY);
    taken(&mut intake, 0, 2, AWAY + 1);
    taken(&mut intake, 0, 3, AWAY);
    assert_eq!(learned(&mut intake, AWAY, Ok(ORDER_EVENT)), ["0 waits: false", "0@1", "0 waits: true", "schema 9"]);
    assert_eq!(learned(&mut intake, AWAY + 1, Ok(ORDER_EVENT)), ["0 waits: false", "0@2", "0@3"]);
}

#[test]
fn records_of_a_schema_that_does_not_exist_are_undecodable_and_not_lost() {
    let mut intake = intake();
    taken(&mut intake, 0, 1, AWAY);
    taken(&mut intake, 0, 2, HERE);
    assert_eq!(learned(&mut intake, AWAY, Err("the registry does not know it")), ["0 waits: false", "0@1", "0@2"]);
    let content = content(&mut intake, Some(&order(AWAY, 1)));
    assert!(matches!(content, Content::Unfit { reason: UnfitReason::Undecodable, .. }), "{content:?}");
}

#[test]
fn a_waiting_partition_is_paused_by_bytes_and_goes_on_when_the_schema_is_there() {
    let mut intake = intake();
    let mut steps = Vec::new();
    let mut large = order(AWAY, 1);
    large.resize(WAITING_BYTES / 2, 0);
    for offset in 1..=4 {
        intake.record(record(0, offset, Some(&large)), NOW, &mut steps);
    }
    let paused = steps.iter().map(word).filter(|word| word == "0 fetched: false").count();
    assert_eq!(paused, 1, "once, while it is still bounded");
    let learned = learned(&mut intake, AWAY, Ok(ORDER_EVENT));
    assert_eq!(learned, ["0 waits: false", "0 fetched: true", "0@1", "0@2", "0@3", "0@4"]);
}

#[test]
fn what_waits_for_a_lost_partition_is_forgotten_and_comes_anew() {
    let mut intake = intake();
    taken(&mut intake, 0, 1, AWAY);
    intake.forget(PartitionId(0));
    assert!(learned(&mut intake, AWAY, Ok(ORDER_EVENT)).is_empty());
    assert_eq!(taken(&mut intake, 0, 1, AWAY), ["0@1"]);
}

#[test]
fn a_tombstone_and_an_old_order_are_skipped() {
    let mut intake = with(Some(Duration::from_secs(60)), Rulebook::standard());
    assert!(matches!(content(&mut intake, None), Content::Skip(SkipReason::Tombstone)));
    assert!(matches!(content(&mut intake, Some(&order(HERE, 60_001))), Content::TooOld(_)));
    assert!(matches!(content(&mut intake, Some(&order(HERE, 60_000))), Content::Modification(_)));
}

#[test]
fn an_empty_value_is_undecodable() {
    let content = content(&mut intake(), Some(b""));
    assert!(matches!(content, Content::Unfit { reason: UnfitReason::Undecodable, .. }), "{content:?}");
}

#[test]
fn a_record_stays_an_order_when_the_clock_is_set_back() {
    let mut intake = intake();
    let Content::Modification(taken) = content(&mut intake, Some(&order(HERE, -3_600_000))) else { panic!("not taken") };
    assert_eq!(intake.order_in(PartitionId(0), &taken.payload).unwrap().modified_at.millis(), NOW + 3_600_000);
    assert!(intake.order_in(PartitionId(0), &record(0, 1, None).payload).is_none());
}

#[test]
fn a_clock_that_jumps_an_hour_either_way_loses_nothing_and_moves_only_the_bounds() {
    const HOUR: i64 = 3_600_000;
    let mut intake = with(Some(Duration::from_secs(2 * 3_600)), Rulebook::standard());
    let mut steps = Vec::new();
    // Orders an hour old, of this moment and an hour ahead, while the clock jumps between them.
    for (offset, clock) in [NOW, NOW + HOUR, NOW - HOUR, NOW, NOW - HOUR, NOW + HOUR].into_iter().enumerate() {
        for (part, age) in [HOUR, 0, -HOUR].into_iter().enumerate() {
            let offset = i64::try_from(offset * 3 + part).unwrap();
            intake.record(record(0, offset, Some(&order(HERE, age))), clock, &mut steps);
        }
    }
    let mut taken = Vec::new();
    for step in steps {
        match step {
            Step::Input(Input::Fetched { record, .. }, _) => {
                assert!(matches!(record.content, Content::Modification(_)), "{}: {:?}", record.offset, record.content);
                taken.push(record.offset.0);
            }
            Step::Violated(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(taken.into_iter().eq(0..18), "each once, in order");
    let at = |intake: &mut Intake, clock: i64, age: i64| {
        let mut steps = Vec::new();
        intake.record(record(1, 1, Some(&order(HERE, age))), clock, &mut steps);
        match steps.pop() {
            Some(Step::Input(Input::Fetched { record, .. }, _)) => record.content,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(at(&mut intake, NOW + HOUR, HOUR + 1), Content::TooOld(_)), "max_age counts by the clock");
    let tomorrow = at(&mut intake, NOW - HOUR, -23 * HOUR - 1);
    assert!(matches!(tomorrow, Content::Unfit { reason: UnfitReason::Invalid, .. }), "so does the bound on the future");
}

#[test]
fn a_record_that_is_no_order_still_says_which_it_would_be() {
    let intake = intake();
    let claims = |number: &str, modified: i64, user: Option<&'static str>| {
        let raw = RawOrderEvent {
            merchant_biz_no: number.to_owned().into(),
            user_id: user.map(Into::into),
            order_modify_time: modified,
            ..RawOrderEvent::default()
        };
        let taken = record(0, 0, Some(&Encoder::confluent(HERE).encode(&raw)));
        let claims = intake.claims(PartitionId(0), &taken.payload);
        (claims.order.map(|order| order.to_string()), claims.modified_at.map(|at| at.millis()))
    };
    assert_eq!(claims("ORDER-1", NOW, None), (Some("ORDER-1".to_owned()), Some(NOW)));
    assert_eq!(claims("ORDER-1", NOW / 1_000, Some("2160000000000001")), (Some("ORDER-1".to_owned()), None), "a time in seconds is none");
    assert_eq!(claims(&"9".repeat(33), NOW, None), (None, Some(NOW)));
    assert_eq!(intake.claims(PartitionId(0), &record(0, 1, Some(b"rubbish")).payload), Claims::default());
}
