use super::*;
use crate::commands::testing::config;

/// 3 November 2026, after every order of the examples.
const NOW: i64 = 1_793_700_000_000;

fn checked(over: &str, lines: &str) -> Vec<serde_json::Value> {
    checked_by(&config(over, &[]), lines)
}

fn checked_by(config: &Config, lines: &str) -> Vec<serde_json::Value> {
    let mut checker = Checker::new(config, None, NOW);
    let checked = lines.lines().enumerate().filter_map(|(at, line)| checker.check(at + 1, line));
    checked.map(|checked| serde_json::to_value(&checked).unwrap()).collect()
}

fn order(status: &str, modified: i64, rest: &str) -> String {
    format!(
        r#"{{"merchantBizNo":"A-1","merchantBizType":"MOVIE_TICKET","orderStatus":"{status}","userId":"2160000000000001","orderCreateTime":1793584800000,"orderModifyTime":{modified},"extInfo":{{}}{rest}}}"#
    )
}

#[test]
fn every_order_of_the_examples_becomes_a_call_without_a_remark() {
    let checked = checked("", include_str!("../../../../../schemas/examples/orders.jsonl"));
    assert!(checked.len() >= 9);
    for order in checked {
        assert_eq!((order["becomes"].as_str(), order["remarks"].as_array().map(Vec::len)), (Some("call"), Some(0)), "{order}");
    }
}

#[test]
fn the_request_is_shown_as_it_would_be_sent_but_for_who_ordered() {
    let checked = checked("", &order("TICKETED", 1_793_584_800_000, ""));
    let request = &checked[0]["request"];
    assert_eq!(request["url"], "https://open.alipay.hk/api/open/alipay/v1/merchant/order/sync");
    assert_eq!(request["body"]["userId"], "[masked]");
    assert_eq!((&request["body"]["merchantBizNo"], &request["body"]["orderModifyTime"]), (&"A-1".into(), &1_793_584_800_000_i64.into()));
    let headers: Vec<_> = request["headers"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(headers, ["Client-Id", "Content-Type", "Request-Time", "Signature"]);
    assert!(request["headers"]["Signature"].as_str().unwrap().ends_with('…'));
    assert!(!checked[0].to_string().contains("2160000000000001"));
}

#[test]
fn a_broken_rule_is_a_remark_when_observed_and_parks_when_strict() {
    let lines = format!("{}\n{}", order("USED", 1_793_584_800_000, ""), order("TICKETED", 1_793_584_900_000, ""));
    let observed = checked("", &lines);
    assert_eq!(observed[1]["becomes"], "call");
    assert!(observed[1]["remarks"].to_string().contains("may not follow"), "{}", observed[1]);
    let strict = checked("[business_types.MOVIE_TICKET]\nmode = \"strict\"\n", &lines);
    assert_eq!((&strict[1]["becomes"], &strict[1]["reason"]), (&"parked".into(), &"invalid".into()));
}

#[test]
fn what_cannot_be_read_is_parked_and_its_values_stay_out_of_the_remark() {
    let lines = [
        (r#"{"merchantBizNo":"#, "undecodable"),
        (r#"{"merchantBizNo":"canary"}"#, "undecodable"),
        (r#"{"merchantBizNo":"A","colour":"canary"}"#, "undecodable"),
        (r#"{"merchantBizNo":"A","orderModifyTime":"canary"}"#, "undecodable"),
        (r#"["canary"]"#, "undecodable"),
        (
            r#"{"merchantBizNo":"A","merchantBizType":"canary","orderStatus":"S","userId":"u","orderCreateTime":1,"orderModifyTime":1}"#,
            "invalid",
        ),
    ];
    for (line, reason) in lines {
        let checked = checked("", line);
        assert_eq!((&checked[0]["becomes"], &checked[0]["reason"]), (&"parked".into(), &reason.into()), "{line}");
        assert!(!checked[0].to_string().contains("canary"), "{}", checked[0]);
    }
}

#[test]
fn an_older_modification_is_stale_and_an_old_one_is_skipped() {
    let lines = format!("{}\n\n{}", order("TICKETED", 1_793_584_900_000, ""), order("TICKETED", 1_793_584_800_000, ""));
    let stale = checked("", &lines);
    assert_eq!((&stale[1]["line"], &stale[1]["becomes"]), (&3.into(), &"stale".into()));
    assert!(stale[1].get("request").is_none());
    let config = config("", &[("ORDER_SYNC__DELIVERY__MAX_AGE", "1h")]);
    let skipped = checked_by(&config, &order("TICKETED", 1_793_584_800_000, ""));
    assert_eq!(skipped[0]["becomes"], "skipped");
}

#[test]
fn the_report_for_people_says_what_becomes_of_each_line() {
    let config = config("", &[]);
    let mut report = Report::new(Path::new("order-sync.toml"), &config);
    let mut checker = Checker::new(&config, None, NOW);
    report.orders = [order("TICKETED", 1_793_584_800_000, ""), "{".to_owned()]
        .iter()
        .enumerate()
        .map(|(at, line)| checker.check(at + 1, line).unwrap())
        .collect::<Vec<_>>()
        .into();
    let shown = report.for_people();
    for says in [
        "line 1  A-1  MOVIE_TICKET  TICKETED  2026-11-02T10:00:00+08:00  → call",
        "line 2    → parked (undecodable)",
        "2 lines: 1 call, 0 stale, 0 skipped, 1 parked. Nothing was sent.",
    ] {
        assert!(shown.contains(says), "{shown}\n  does not say: {says}");
    }
    assert!(!shown.contains("2160000000000001") && !shown.contains("PRIVATE"));
}
