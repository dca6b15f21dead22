use super::*;
use crate::decision::ResultStatus;

const RESET: Fault = Fault::Reset { apply: false };

fn facts(order: &str) -> Facts<'_> {
    Facts { order: Some(order), biz_type: Some("LINE_UP"), status: Some("CALL_NUM") }
}

fn script(rules: Vec<Rule>) -> Script {
    let mut script = Script::new(7);
    script.replace(rules, Duration::ZERO);
    script
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn hits(script: &mut Script, times: usize) -> Vec<usize> {
    (0..times).filter(|_| !script.treat(&facts("A"), at(0)).1.is_empty()).collect()
}

#[test]
fn without_rules_nothing_goes_wrong() {
    let (treatment, kinds) = script(vec![]).treat(&facts("A"), at(0));
    assert_eq!(
        (treatment.apply(), treatment.delivery(), treatment.answer(), treatment.damage()),
        (Apply::Now, Delivery::Send, &Answer::Model, None)
    );
    assert!(treatment.delay().is_zero() && kinds.is_empty());
}

#[test]
fn count_and_skip_pick_the_requests() {
    assert_eq!(hits(&mut script(vec![Rule { skip: 2, count: Some(3), ..Rule::always(RESET) }]), 10), [2, 3, 4]);
}

#[test]
fn probability_is_kept_to_and_repeats_with_its_seed() {
    let rules = || vec![Rule { probability: 0.3, ..Rule::always(RESET) }];
    let first = hits(&mut script(rules()), 1000);
    assert!((250..350).contains(&first.len()), "{}", first.len());
    assert_eq!(first, hits(&mut script(rules()), 1000));
    assert!(hits(&mut script(vec![Rule { probability: 0.0, ..Rule::always(RESET) }]), 100).is_empty());
}

#[test]
fn a_window_counts_from_when_the_script_was_set() {
    let mut script = Script::new(7);
    let rule = Rule { from: Span(at(10)), until: Some(Span(at(20))), ..Rule::always(RESET) };
    script.replace(vec![rule], at(100));
    let hit: Vec<_> = (105..125).filter(|second| !script.treat(&facts("A"), at(*second)).1.is_empty()).collect();
    assert_eq!(hit, (110..120).collect::<Vec<_>>());
}

#[test]
fn a_rule_for_some_orders_leaves_others_and_refused_requests_alone() {
    let mut script = script(vec![Rule {
        orders: vec!["A".into()],
        types: vec!["LINE_UP".into()],
        statuses: vec!["CALL_NUM".into()],
        ..Rule::always(RESET)
    }]);
    assert_eq!(script.treat(&facts("A"), at(0)).1, ["reset"]);
    assert!(script.treat(&facts("B"), at(0)).1.is_empty());
    assert!(script.treat(&Facts { status: Some("FINISHED"), ..facts("A") }, at(0)).1.is_empty());
    assert!(script.treat(&Facts::default(), at(0)).1.is_empty());
    assert_eq!(script.lines()[0].hits, 1);
}

#[test]
fn rules_combine_by_axis_and_the_first_wins_each() {
    let rules = vec![
        Rule::always(Fault::Latency { delay: Span(at(1)), jitter: Span::default() }),
        Rule::always(Fault::Latency { delay: Span(at(2)), jitter: Span::default() }),
        Rule::always(Fault::Hang { apply: false }),
        Rule::always(RESET),
        Rule::always(Fault::ApplyLate { delay: Span(at(9)) }),
        Rule::always(Fault::Unsigned),
        Rule::always(Fault::BadlySigned { how: Damage::Flipped }),
    ];
    let (treatment, kinds) = script(rules).treat(&facts("A"), at(0));
    assert_eq!(kinds, ["latency", "latency", "hang", "apply_late", "unsigned"]);
    assert_eq!(treatment.delay(), at(3));
    assert_eq!((treatment.apply(), treatment.delivery(), treatment.damage()), (Apply::Late(at(9)), Delivery::Hang, Some(Damage::Absent)));
}

#[test]
fn a_rule_that_came_too_late_is_not_used_up() {
    let mut script = script(vec![Rule::times(Fault::Hang { apply: false }, 1), Rule::times(RESET, 1)]);
    assert_eq!(script.treat(&facts("A"), at(0)).0.delivery(), Delivery::Hang);
    assert_eq!(script.treat(&facts("A"), at(0)).0.delivery(), Delivery::Reset);
    assert_eq!(script.treat(&facts("A"), at(0)).0.delivery(), Delivery::Send);
}

#[test]
fn jitter_stays_within_its_bound() {
    let mut script =
        script(vec![Rule::always(Fault::Latency { delay: Span(Duration::from_millis(10)), jitter: Span(Duration::from_millis(5)) })]);
    let delays: Vec<_> = (0..200).map(|_| script.treat(&facts("A"), at(0)).0.delay().as_millis()).collect();
    assert_eq!((delays.iter().min(), delays.iter().max()), (Some(&10), Some(&15)));
}

#[test]
fn what_a_fault_does_to_the_modification_is_said_by_apply() {
    let apply = |fault| script(vec![Rule::always(fault)]).treat(&facts("A"), at(0)).0.apply();
    assert_eq!(apply(Fault::Reset { apply: true }), Apply::Now);
    assert_eq!(apply(Fault::Http { status: 503, retry_after: None, apply: false }), Apply::Never);
    assert_eq!(apply(Fault::Truncate), Apply::Now);
    assert_eq!(apply(Fault::Unsigned), Apply::Now);
}

#[test]
fn a_script_is_json_and_reads_back() {
    let text = r#"[
        {"fault": {"kind": "latency", "delay": "250ms", "jitter": "50ms"}, "probability": 0.5},
        {"fault": {"kind": "http", "status": 429, "retry_after": "2"}, "count": 3, "skip": 1},
        {"fault": {"kind": "result", "code": "UNKNOWN_EXCEPTION", "status": "F"}, "orders": ["A"], "from": "1s", "until": "1m"},
        {"fault": {"kind": "badly_signed", "how": "white_space"}, "types": ["LINE_UP"]},
        {"fault": {"kind": "apply_late", "delay": "30s"}}, {"fault": {"kind": "reset", "apply": true}}, {"fault": {"kind": "truncate"}}
    ]"#;
    let rules: Vec<Rule> = serde_json::from_str(text).unwrap();
    assert!(rules.iter().all(|rule| rule.check().is_ok()));
    let code = Fault::Result {
        code: "UNKNOWN_EXCEPTION".into(),
        status: ResultStatus::F,
        message: String::new(),
        order_status: None,
        apply: false,
    };
    assert_eq!(rules[2].fault, code);
    assert_eq!(serde_json::from_value::<Vec<Rule>>(serde_json::to_value(&rules).unwrap()).unwrap(), rules);
}

#[test]
fn a_rule_that_cannot_be_obeyed_is_refused_by_its_key() {
    let refused = |json: &str| match serde_json::from_str::<Rule>(json) {
        Ok(rule) => rule.check().unwrap_err(),
        Err(fault) => fault.to_string(),
    };
    for (json, key) in [
        (r#"{"fault": {"kind": "reset"}, "probability": 1.5}"#, "probability"),
        (r#"{"fault": {"kind": "reset"}, "from": "2s", "until": "1s"}"#, "until"),
        (r#"{"fault": {"kind": "reset"}, "types": ["TOASTER"]}"#, "types"),
        (r#"{"fault": {"kind": "reset"}, "sometimes": true}"#, "sometimes"),
        (r#"{"fault": {"kind": "reset", "loud": true}}"#, "loud"),
        (r#"{"fault": {"kind": "explode"}}"#, "explode"),
        (r#"{"fault": {"kind": "http", "status": 100}}"#, "status"),
        (r#"{"fault": {"kind": "http", "status": 429, "retry_after": "a\nb"}}"#, "retry_after"),
        (r#"{"fault": {"kind": "latency", "delay": "soon"}}"#, "duration"),
        (r#"{"fault": {"kind": "drip", "every": "0s"}}"#, "every"),
    ] {
        assert!(refused(json).contains(key), "{json}: {}", refused(json));
    }
}
