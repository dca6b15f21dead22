use super::*;
use crate::admin::orders::LaneState;
use crate::admin::state::{Calls, Dispositions, Gate, Group, Partition, Quota};

const NOW: Duration = Duration::from_secs(4_000);

fn page_of(state: &State, oldest: Vec<OrderLane>, order: Option<(String, Result<Vec<OrderLane>, Unanswered>)>) -> String {
    let mut history = History::default();
    for at in 0..300 {
        history.push(Step { at: NOW - Duration::from_secs(2) * (299 - at), calls: f64::from(at), read: 300.0, ..Step::default() });
    }
    Look { state, history: &history, now: NOW, millis: 1_793_462_490_000, oldest: Ok(Arc::new(oldest)), order }.html()
}

fn member() -> State {
    let partition = Partition { topic: "orders".into(), lanes: 3, log_end: Some(10), ..Partition::default() };
    let calls = Calls { max_in_flight: 64, ..Calls::default() };
    State { group: Group::Member, partitions: vec![partition], records_read: 12_345, calls, ..State::default() }
}

#[test]
fn foreign_text_cannot_become_markup() {
    let hostile = "<script>alert(1)</script>\"'&";
    let lane = OrderLane { order: hostile.into(), status: Some(hostile.into()), topic: hostile.into(), ..OrderLane::default() };
    let partition = Partition { topic: hostile.into(), ..Partition::default() };
    let state =
        State { environment: Some(hostile.into()), partitions: vec![partition], group: Group::Failed(hostile.into()), ..State::default() };
    let page = page_of(&state, vec![lane.clone()], Some((hostile.into(), Ok(vec![lane]))));
    assert!(!page.contains("<script>"), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;"), "{page}");
    assert!(page.contains("href=\"#order=%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%27%26\""), "{page}");
}

#[test]
fn a_closed_gate_is_on_the_page_with_its_reason() {
    let mut state = member();
    state.gate = Gate { state: GateState::Closed, reason: Some("http_status"), ..Gate::default() };
    let page = page_of(&state, Vec::new(), None);
    assert!(page.contains("class=\"panel verdict bad\"") && page.contains(": http status</dd>"), "{page}");
    assert!(page.contains("<title>The gate is closed · order-sync</title>"), "{page}");
}

#[test]
fn what_is_said_aloud_has_no_number_in_it() {
    let mut state = State { freshness_seconds: 700.0, ..member() };
    let said = |state: &State| page_of(state, Vec::new(), None).split("data-say=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(said(&state), "Orders wait");
    state.freshness_seconds = 701.0;
    assert_eq!(said(&state), "Orders wait");
}

#[test]
fn figures_add_collapse_to_calls_and_partitions_to_each_other() {
    let mut state = member();
    state.partitions.push(Partition { lanes: 4, waiting: 6, open: 9, ..Partition::default() });
    state.calls_saved = 75;
    state.calls.attempted = 25;
    let page = page_of(&state, Vec::new(), None);
    assert!(page.contains("<dd>7<small>") && page.contains("6 modifications wait, 9 records open"), "{page}");
    assert!(page.contains("<dd>75 %<small>") && page.contains("75 of 100 calls"), "{page}");
    assert!(page.contains("<dd>299<small> a second</small>"), "the last step's calls");
}

#[test]
fn an_empty_quota_and_a_fuse_that_burns_are_marked() {
    let state = State { quota: Quota { share_per_second: 20.0, rate_per_second: 20.0, tokens: 0.4 }, ..member() };
    let page = page_of(&state, Vec::new(), None);
    assert!(
        page.contains("<dt>Tokens left</dt><dd class=\"warn\">0</dd>") && page.contains("<dd class=\"warn\">0 of 100 tokens</dd>"),
        "{page}"
    );
}

#[test]
fn what_nobody_has_told_yet_is_neither_a_number_nor_an_alarm() {
    let page = page_of(&State::default(), Vec::new(), None);
    assert!(page.contains("<dt>Dead-letter fuse</dt><dd>–</dd>") && page.contains("<dt>Gate</dt><dd>–</dd>"), "{page}");
    assert!(page.contains("<dt>Freshness</dt><dd>–<small>"), "{page}");
}

#[test]
fn a_full_page_is_small() {
    let lane = |number: i32| OrderLane {
        order: format!("{number:032}"),
        topic: "shop.orders.of.hong.kong".into(),
        state: LaneState::Waiting,
        status: Some("TICKETED".into()),
        biz_type: Some("MOVIE_TICKET"),
        waits_for: Some("its partition: everything before has to be read and announced first".into()),
        offsets: (0..128).collect(),
        ..OrderLane::default()
    };
    let dispositions = Dispositions { delivered: 1_000_000, superseded: 234_567, ..Dispositions::default() };
    let mut state = State { dispositions, ..member() };
    state.partitions = (0..24)
        .map(|partition| Partition {
            partition,
            topic: "shop.orders.of.hong.kong".into(),
            log_end: Some(1_000_000),
            ..Partition::default()
        })
        .collect();
    state.notes = ["repeated", "gate_closed", "gate_opened", "rate_changed"].map(|name| (name, 1_000)).into();
    let page = page_of(&state, (0..12).map(lane).collect(), Some(("M1".into(), Ok(vec![lane(1)]))));
    let all = page.len() + frame().len() + ::page::STYLE.len() + ::page::SCRIPT.len() + ::page::ICON.len();
    assert!(all <= 100_000, "{all} bytes");
}
