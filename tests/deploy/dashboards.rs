//! Grafana's dashboards, made from the catalogue of metrics: a panel for each of them, in an order for people.

mod panels;

use std::collections::BTreeSet;
use std::fs;

use consumer::telemetry::metrics::catalogue::{ALL, Entry};
use order_sync_tests::kafka::jars::workspace;
use serde_json::{Value as Json, json};

use crate::series::Series;
use panels::{Grid, expressions};

/// Where they lie. Renewed by `UPDATE_DOCS=1 cargo test -p order-sync-tests --test deploy dashboards`.
const FOLDER: &str = "deploy/helm/order-sync/files/dashboards";

/// The first row: what a glance has to tell. Title, expression over recorded series, Grafana's unit.
const GLANCE: [(&str, &str, &str); 6] = [
    ("Oldest order not at AlipayHK", "max(ordersync:freshness_seconds:max{$of})", "s"),
    ("Gate closed", "max(ordersync:gate_closed:max{$of})", "bool_yes_no"),
    ("Orders waiting", "sum(ordersync:orders_waiting:sum{$of})", "short"),
    ("Calls saved by collapse", "avg(ordersync:calls_saved:ratio1h{$of})", "percentunit"),
    ("Time without a token", "max(ordersync:quota_empty:ratio5m{$of})", "percentunit"),
    ("Instances", "sum(ordersync:instances:count{$of})", "short"),
];

/// The rows below, by OpenTelemetry names. What the catalogue has beside these gets a row of its own at the end.
const ROWS: [(&str, &[&str]); 6] = [
    (
        "Are orders fresh?",
        &[
            "ordersync.freshness",
            "ordersync.freshness.behind_gate",
            "ordersync.gate.closed",
            "ordersync.gate.type_closed",
            "ordersync.quota.tokens",
            "ordersync.quota.rate",
            "ordersync.quota.share",
        ],
    ),
    (
        "Calls to AlipayHK",
        &[
            "ordersync.calls",
            "ordersync.call.duration",
            "ordersync.calls.in_flight",
            "ordersync.calls.max_in_flight",
            "ordersync.calls.saved",
            "ordersync.answers.codes",
            "ordersync.answers.noted",
            "ordersync.signing.duration",
        ],
    ),
    (
        "Records",
        &[
            "ordersync.records.read",
            "ordersync.records.disposed",
            "ordersync.dead_letters",
            "ordersync.records.unfit_alarm",
            "ordersync.fuse.tokens",
            "ordersync.records.keys",
            "ordersync.records.violations",
            "ordersync.orders.remembered",
        ],
    ),
    (
        "Kafka",
        &[
            "ordersync.commits",
            "ordersync.rebalances",
            "ordersync.partitions.halted",
            "ordersync.consumer.rebuilds",
            "ordersync.outcomes.restored",
            "ordersync.registry.fetches",
        ],
    ),
    (
        "The process",
        &[
            "ordersync.notes",
            "ordersync.loop.age",
            "ordersync.config.reloads",
            "ordersync.telemetry.exports",
            "process.start_time",
            "ordersync.build.info",
        ],
    ),
    ("And more", &[]),
];

/// Name of the file and its content.
pub(crate) fn all() -> Vec<(&'static str, Json)> {
    let (partitions, others): (Vec<&Entry>, Vec<&Entry>) = ALL.iter().partition(|entry| is_of_a_partition(entry));
    let named: BTreeSet<&str> = ROWS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let mut main = Grid::default();
    main.glance(&GLANCE);
    for (title, names) in ROWS {
        let entries: Vec<&Entry> = match names.is_empty() {
            true => others.iter().copied().filter(|entry| !named.contains(entry.name)).collect(),
            false => names.iter().filter_map(|name| others.iter().copied().find(|entry| entry.name == *name)).collect(),
        };
        main.row(title, &entries);
    }
    let mut by_partition = Grid::default();
    by_partition.row("Partitions", &partitions);
    vec![
        ("order-sync.json", dashboard("order-sync", "order-sync", main)),
        ("order-sync-partitions.json", dashboard("order-sync-partitions", "order-sync: partitions", by_partition)),
    ]
}

fn is_of_a_partition(entry: &Entry) -> bool {
    entry.labels.iter().any(|label| label.name == "partition")
}

fn dashboard(uid: &str, title: &str, grid: Grid) -> Json {
    let variable = |name: &str| {
        json!({ "name": name, "type": "query", "datasource": { "type": "prometheus", "uid": "${datasource}" }, "refresh": 2, "multi": true,
            "includeAll": true, "allValue": ".*", "current": { "text": ["All"], "value": ["$__all"] },
            "query": format!("label_values(ordersync_build_info, {name})") })
    };
    let datasource = json!({ "name": "datasource", "type": "datasource", "query": "prometheus" });
    json!({ "uid": uid, "title": title, "tags": ["order-sync"], "schemaVersion": 39, "editable": false, "refresh": "30s",
        "time": { "from": "now-3h", "to": "now" }, "timezone": "browser", "graphTooltip": 1,
        "links": [{ "title": "order-sync", "type": "dashboards", "tags": ["order-sync"], "asDropdown": false, "includeVars": true, "keepTime": true }],
        "templating": { "list": [datasource, variable("namespace"), variable("job")] },
        "panels": grid.panels() })
}

#[test]
fn the_dashboards_are_made_from_the_catalogue() {
    let update = std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1");
    for (name, expected) in all() {
        let path = workspace().join(FOLDER).join(name);
        if update {
            fs::create_dir_all(workspace().join(FOLDER)).expect("the project can be written");
            fs::write(&path, serde_json::to_string_pretty(&expected).expect("JSON") + "\n").expect("the project can be written");
            continue;
        }
        let found: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
        assert!(found == expected, "{FOLDER}/{name} is not what the catalogue makes of it: run ./dev docs");
    }
}

#[test]
fn every_metric_of_the_catalogue_has_a_panel_and_no_other_is_shown() {
    let series = Series::recorded();
    let expressions: Vec<String> = all().iter().flat_map(|(_, dashboard)| expressions(dashboard)).collect();
    let unknown: Vec<String> = expressions.iter().flat_map(|expression| series.unknown_in(expression)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let shown: BTreeSet<&str> = expressions.iter().flat_map(|expression| series.named_in(expression)).collect();
    let hidden: Vec<&str> =
        ALL.iter().filter(|entry| !shown.iter().any(|name| name.starts_with(&entry.prometheus_name()))).map(|entry| entry.name).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
    for (name, dashboard) in all() {
        let titles: Vec<&str> =
            dashboard["panels"].as_array().expect("panels").iter().filter_map(|panel| panel["title"].as_str()).collect();
        let once: BTreeSet<&str> = titles.iter().copied().collect();
        assert_eq!(once.len(), titles.len(), "{name} shows something twice: {titles:?}");
    }
}

#[test]
fn a_row_names_only_metrics_that_there_are() {
    let gone: Vec<&&str> =
        ROWS.iter().flat_map(|(_, names)| names.iter()).filter(|name| !ALL.iter().any(|entry| entry.name == **name)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}
