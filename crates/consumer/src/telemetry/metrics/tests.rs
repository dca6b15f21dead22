use std::collections::BTreeSet;
use std::path::Path;

use alipayhk::exchange::KeyUse;
use alipayhk::{Code, Notes, SignatureNote};
use domain::{Cause, Indefinite, Outcome, ResultCode, Verdict};
use engine::{GateReason, ParkKind, PartitionId, SkipReason, StaleReason};

use super::series::Series;
use super::*;
use crate::admin::state::{Calls, Gate, GateState, Halted, Partition, State, TypeGate};

fn metrics() -> (Metrics, Published) {
    let published = Published::default();
    (Metrics::local(&published).unwrap(), published)
}

fn answer(outcome: Outcome) -> Answer {
    Answer { outcome, notes: Notes::default() }
}

/// The value of one series as `/metrics` shows it.
fn value(page: &str, series: &str) -> String {
    let line = page.lines().find(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name == series));
    line.unwrap_or_else(|| panic!("{series} is not in\n{page}")).rsplit_once(' ').unwrap().1.to_owned()
}

#[test]
fn the_documentation_lists_exactly_the_catalogue() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let expected = catalogue::markdown();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&file, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "docs/metrics.md differs from the catalogue: run UPDATE_DOCS=1 cargo test -p consumer metrics");
}

#[test]
fn every_metric_of_the_catalogue_is_on_the_page_under_its_name_and_no_other() {
    let (metrics, published) = metrics();
    published.set(State {
        partitions: vec![Partition {
            committed: Some(1),
            log_end: Some(2),
            window: Some(3),
            commit_metadata: Some(4),
            ..Partition::default()
        }],
        ..State::default()
    });
    metrics.watch(Heartbeats::default());
    metrics.call(&answer(Outcome::Definitive(Verdict::Accepted)), Duration::from_millis(3), Some(Duration::from_millis(1)));
    let page = metrics.render();
    let found: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let expected: Vec<String> = catalogue::ALL.iter().map(Entry::prometheus_name).collect();
    assert_eq!(found, expected.iter().map(String::as_str).collect());
}

#[test]
fn labels_on_the_page_say_only_what_the_catalogue_lists() {
    let (metrics, _) = metrics();
    let page = metrics.render();
    for entry in catalogue::ALL {
        let prefix = format!("{}{{", entry.prometheus_name());
        for labels in page.lines().filter_map(|line| line.strip_prefix(&prefix)) {
            let labels = labels.rsplit_once('}').unwrap().0;
            for pair in labels.split(',') {
                let (name, value) = pair.split_once('=').unwrap();
                let label = entry.labels.iter().find(|label| label.name == name).unwrap_or_else(|| panic!("{} has {name}", entry.name));
                if let catalogue::Values::Closed(values) = label.values {
                    assert!(values().contains(&value.trim_matches('"')), "{} {pair}", entry.name);
                }
            }
        }
    }
}

#[test]
fn every_member_of_a_set_counts_in_its_own_place() {
    fn check<K: Series + std::fmt::Debug>() {
        let all = K::all();
        for (place, member) in all.iter().enumerate() {
            assert_eq!(member.index(), place, "{member:?}");
            assert_eq!(member.values().len(), K::LABELS.len(), "{member:?}");
        }
        let different: BTreeSet<_> = all.iter().map(|member| member.values()).collect();
        assert_eq!(different.len(), all.len());
    }
    check::<Ended>();
    check::<CallEnd>();
    check::<NoteKind>();
    check::<CommitEnd>();
    check::<OutcomeName>();
    check::<Code>();
    check::<()>();
}

#[test]
fn a_call_is_counted_by_outcome_cause_and_code() {
    let (metrics, _) = metrics();
    let timeout = Indefinite { cause: Cause::Timeout, ambiguous: true, renew_request_id: false, retry_after: None };
    metrics.call(&answer(Outcome::Indefinite(timeout)), Duration::from_secs(15), None);
    let mut accepted = answer(Outcome::Definitive(Verdict::Accepted));
    accepted.notes.code = Some(Code::Success);
    accepted.notes.signature = SignatureNote::Verified(KeyUse::Tried(2));
    metrics.call(&accepted, Duration::from_millis(40), Some(Duration::from_millis(1)));
    let page = metrics.render();
    assert_eq!(value(&page, "ordersync_calls_total{cause=\"timeout\",outcome=\"indefinite\"}"), "1");
    assert_eq!(value(&page, "ordersync_calls_total{cause=\"none\",outcome=\"accepted\"}"), "1");
    assert_eq!(value(&page, "ordersync_calls_total{cause=\"none\",outcome=\"rejected\"}"), "0");
    assert_eq!(value(&page, "ordersync_answers_codes_total{code=\"SUCCESS\"}"), "1");
    assert_eq!(value(&page, "ordersync_answers_noted_total{note=\"verify_key_tried\"}"), "1");
    assert_eq!(value(&page, "ordersync_answers_noted_total{note=\"clock_skew\"}"), "0");
    assert_eq!(value(&page, "ordersync_call_duration_seconds_bucket{outcome=\"accepted\",le=\"0.05\"}"), "1");
    assert_eq!(value(&page, "ordersync_call_duration_seconds_bucket{outcome=\"accepted\",le=\"0.025\"}"), "0");
    assert_eq!(value(&page, "ordersync_signing_duration_seconds_count"), "1");
}

#[test]
fn every_disposition_has_its_series() {
    let (metrics, _) = metrics();
    let all = [
        Disposition::Delivered,
        Disposition::Superseded { by: engine::Offset(9) },
        Disposition::Stale(StaleReason::Duplicate),
        Disposition::Rejected(ResultCode::lenient("PARAM_ILLEGAL")),
        Disposition::Parked(ParkKind::Unmapped),
        Disposition::Skipped(SkipReason::TooOld),
    ];
    all.iter().for_each(|disposition| metrics.disposed(disposition));
    let counted: u64 = metrics.0.counted.disposed.each().map(|(_, _, count)| count).sum();
    assert_eq!(counted, 6);
    assert_eq!(value(&metrics.render(), "ordersync_records_disposed_total{disposition=\"skipped\",reason=\"too_old\"}"), "1");
}

#[test]
fn ten_thousand_hostile_codes_make_no_new_series() {
    let (metrics, _) = metrics();
    let before = metrics.render().lines().count();
    for n in 0..10_000 {
        let code = ResultCode::lenient(&format!("CODE_{n}"));
        metrics.disposed(&Disposition::Rejected(code.clone()));
        metrics.dead_letter(&ParkReason::Rejected(code));
    }
    let page = metrics.render();
    assert_eq!(page.lines().count(), before);
    assert_eq!(value(&page, "ordersync_dead_letters_total{reason=\"rejected\"}"), "10000");
}

#[test]
fn a_commit_without_an_answer_is_counted_as_one() {
    let (metrics, _) = metrics();
    let partition = PartitionId(0);
    metrics.commit(CommitResult::Accepted);
    metrics.note(&Note::CommitFailed { partition, result: None });
    metrics.note(&Note::CommitFailed { partition, result: Some(CommitResult::Refused) });
    let page = metrics.render();
    let value = |result| value(&page, &format!("ordersync_commits_total{{result=\"{result}\"}}"));
    assert_eq!([value("accepted"), value("unanswered"), value("refused")], ["1", "1", "0"]);
}

#[test]
fn gauges_follow_the_published_state() {
    let (metrics, published) = metrics();
    let partition = Partition {
        topic: "orders".into(),
        partition: 3,
        position: 90,
        committable: 40,
        committed: None,
        log_end: Some(100),
        paused: true,
        ..Partition::default()
    };
    let types = BTreeMap::from([("LINE_UP", TypeGate { state: GateState::Closed, reason: "unsupported_business" })]);
    published.set(State {
        records_read: 70,
        calls_saved: 12,
        freshness_seconds: 1.5,
        gate: Gate { state: GateState::Probing, reason: Some(GateReason::Cause(Cause::Timeout).name()), types },
        calls: Calls { attempted: 9, in_flight: 7, max_in_flight: 8 },
        partitions: vec![partition],
        halted: vec![Halted { topic: "orders".into(), partition: 5, reason: "gone".into() }],
        ..State::default()
    });
    let page = metrics.render();
    assert_eq!(value(&page, "ordersync_calls_max_in_flight"), "8");
    let halted = [3, 5].map(|number| value(&page, &format!("ordersync_partition_halted{{partition=\"{number}\",topic=\"orders\"}}")));
    assert_eq!(halted, ["0", "1"]);
    assert_eq!(value(&page, "ordersync_records_read_total"), "70");
    assert_eq!(value(&page, "ordersync_calls_saved_total"), "12");
    assert_eq!(value(&page, "ordersync_freshness_seconds"), "1.5");
    assert_eq!(value(&page, "ordersync_gate_closed{reason=\"timeout\"}"), "1");
    assert_eq!(value(&page, "ordersync_gate_closed{reason=\"operator\"}"), "0");
    assert_eq!(value(&page, "ordersync_gate_type_closed{biz_type=\"LINE_UP\"}"), "1");
    assert_eq!(value(&page, "ordersync_partition_lag{partition=\"3\",topic=\"orders\"}"), "60");
    assert_eq!(value(&page, "ordersync_partition_paused{partition=\"3\",topic=\"orders\"}"), "1");
    assert!(!page.contains("ordersync_partition_committed{"), "absent before the first commit");
}

#[test]
fn notes_are_counted_by_kind_and_by_how_many_they_stand_for() {
    let (metrics, _) = metrics();
    metrics.note(&Note::Forgotten { orders: 5 });
    metrics.note(&Note::Lease { held: false });
    let notes = metrics.notes();
    assert_eq!((notes["forgotten"], notes["lease_lost"], notes["lease_regained"], notes["fenced"]), (5, 1, 0, 0));
}

#[test]
fn the_start_of_the_process_is_a_time_of_day_and_stays() {
    let (metrics, _) = metrics();
    let first = value(&metrics.render(), "process_start_time_seconds");
    assert!(first.parse::<f64>().unwrap() > 1_700_000_000.0, "{first}");
    assert_eq!(value(&metrics.render(), "process_start_time_seconds"), first);
}
