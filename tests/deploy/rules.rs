//! Recording and alert rules: they fire and are quiet as their tests say.

use std::collections::{BTreeMap, BTreeSet};

use crate::series::{Series, rules};
use crate::tools::{content, promtool, text, yaml};

const FILES: [&str; 2] = ["deploy/helm/order-sync/files/recording.yml", "deploy/helm/order-sync/files/alerts.yml"];
const TESTS: [&str; 3] = ["tests/deploy/rules/page.yml", "tests/deploy/rules/ticket.yml", "tests/deploy/rules/scaling.yml"];

#[test]
fn promtool_takes_the_rules_and_they_fire_as_their_tests_say() {
    content(promtool().args(["check", "rules"]).args(FILES));
    content(promtool().args(["test", "rules"]).args(TESTS));
    content(promtool().args(["check", "config", "--syntax-only", "deploy/compose/prometheus.yml"]));
}

#[test]
fn every_alert_is_tested_firing_and_quiet() {
    let mut seen: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    for document in TESTS.iter().flat_map(yaml) {
        for test in document["tests"].as_array().expect("tests") {
            for case in test["alert_rule_test"].as_array().into_iter().flatten() {
                let (fires, quiet) = seen.entry(case["alertname"].as_str().expect("a name").to_owned()).or_default();
                let expected = case["exp_alerts"].as_array().is_some_and(|alerts| !alerts.is_empty());
                (*fires, *quiet) = (*fires || expected, *quiet || !expected);
            }
        }
    }
    let alerts: BTreeSet<String> = rules("alerts.yml").iter().map(|rule| rule["alert"].as_str().expect("an alert").to_owned()).collect();
    let whole: BTreeSet<String> = seen.into_iter().filter(|(_, both)| *both == (true, true)).map(|(alert, _)| alert).collect();
    assert_eq!(alerts, whole, "each alert needs a case in which it fires and one in which it is quiet, in tests/deploy/rules");
}

#[test]
fn what_the_autoscaler_reads_is_tested() {
    let cases = text("tests/deploy/rules/scaling.yml");
    assert!(cases.contains("expr: 'ordersync:instances:wanted'"));
}

#[test]
fn rules_use_only_what_the_catalogue_has() {
    let (recorded, catalogue) = (Series::recorded(), Series::of_catalogue());
    let unknown: Vec<String> = ["recording.yml", "alerts.yml"]
        .iter()
        .flat_map(|file| rules(file))
        .flat_map(|rule| recorded.unknown_in(rule["expr"].as_str().expect("an expression")))
        .collect();
    assert!(unknown.is_empty(), "not in the catalogue of metrics, nor recorded: {unknown:?}");
    let raw = rules("alerts.yml").iter().map(|rule| catalogue.named_in(rule["expr"].as_str().expect("an expression")).len()).sum::<usize>();
    assert!(raw > 10, "the alerts were read");
}
