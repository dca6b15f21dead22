//! Which series there are: the catalogue's, and what the recording rules make of them.

use std::collections::{BTreeMap, BTreeSet};

use consumer::telemetry::metrics::catalogue::{ALL, Kind, Values};
use order_sync_tests::kafka::jars::workspace;
use regex::Regex;

use crate::tools::yaml;

/// Labels that Prometheus, Kubernetes and our rules add.
const ADDED: [&str; 5] = ["namespace", "job", "instance", "le", "severity"];
/// What an expression consists of beside series and labels.
const WORDS: [&str; 32] = [
    "by",
    "on",
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "without",
    "ignoring",
    "group_left",
    "sum",
    "max",
    "min",
    "count",
    "avg",
    "rate",
    "increase",
    "absent",
    "changes",
    "time",
    // Prometheus' own series of every target
    "up",
    "ceil",
    "floor",
    "clamp_min",
    "clamp_max",
    "histogram_quantile",
    "avg_over_time",
    "max_over_time",
    "min_over_time",
    "topk",
    "label_replace",
    "vector",
];

/// Every series by name, with its labels and, where the set is closed, their values.
pub(crate) struct Series(BTreeMap<String, BTreeMap<&'static str, Option<Vec<&'static str>>>>);

impl Series {
    /// The catalogue's.
    pub(crate) fn of_catalogue() -> Self {
        let mut all = BTreeMap::new();
        for entry in ALL {
            let labels: BTreeMap<_, _> = entry
                .labels
                .iter()
                .map(|label| match label.values {
                    Values::Closed(values) => (label.name, Some(values())),
                    Values::Ours(_) => (label.name, None),
                })
                .collect();
            let name = entry.prometheus_name();
            let parts: &[&str] = match entry.kind {
                Kind::Histogram(_) => &["_bucket", "_sum", "_count"],
                Kind::Counter | Kind::Gauge => &[""],
            };
            all.extend(parts.iter().map(|part| (format!("{name}{part}"), labels.clone())));
        }
        Self(all)
    }

    /// The catalogue's and those that our rules record.
    pub(crate) fn recorded() -> Self {
        let Self(mut all) = Self::of_catalogue();
        for rule in rules("recording.yml") {
            let name = rule["record"].as_str().expect("a recording rule").to_owned();
            all.insert(name, BTreeMap::new());
        }
        Self(all)
    }

    /// Whether there is a series of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What an expression names that there is not: series, labels, values.
    pub(crate) fn unknown_in(&self, expression: &str) -> Vec<String> {
        let mut unknown = Vec::new();
        let selector = Regex::new(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}").expect("a pattern");
        let matcher = Regex::new(r#"([a-zA-Z_]+)\s*(?:=~|!=|!~|=)\s*"([^"]*)""#).expect("a pattern");
        for found in selector.captures_iter(expression) {
            let Some(labels) = self.0.get(&found[1]) else { continue };
            for matched in matcher.captures_iter(&found[2]) {
                let (label, said) = (&matched[1], &matched[2]);
                match labels.get(label) {
                    None if ADDED.contains(&label) => {}
                    None => unknown.push(format!("{}{{{label}}}", &found[1])),
                    Some(None) => {}
                    Some(Some(values)) => {
                        let strange = said.split('|').filter(|value| !value.starts_with('$') && !values.contains(value));
                        unknown.extend(strange.map(|value| format!("{}{{{label}={value:?}}}", &found[1])));
                    }
                }
            }
        }
        let labels: BTreeSet<&str> = self.0.values().flat_map(|labels| labels.keys().copied()).chain(ADDED).collect();
        let bare = Regex::new(r#""[^"]*"|\[[^\]]*\]"#).expect("a pattern").replace_all(expression, " ");
        for word in Regex::new(r"[a-zA-Z_:$][a-zA-Z0-9_:]*").expect("a pattern").find_iter(&bare) {
            let (word, before) = (word.as_str(), bare[..word.start()].chars().next_back());
            // a number with a unit, as in `offset 1h`, and a variable of a dashboard
            if before.is_some_and(|c| c.is_ascii_digit()) || word.starts_with('$') {
                continue;
            }
            if !self.0.contains_key(word) && !WORDS.contains(&word) && !labels.contains(word) {
                unknown.push(word.to_owned());
            }
        }
        unknown
    }

    /// The names in an expression.
    pub(crate) fn named_in<'a>(&'a self, expression: &str) -> BTreeSet<&'a str> {
        let word = Regex::new(r"[a-zA-Z_:][a-zA-Z0-9_:]*").expect("a pattern");
        word.find_iter(expression).filter_map(|word| Some(self.0.get_key_value(word.as_str())?.0.as_str())).collect()
    }
}

/// The rules of a file of the chart.
pub(crate) fn rules(file: &str) -> Vec<serde_json::Value> {
    let documents = yaml(format!("deploy/helm/order-sync/files/{file}"));
    let groups = documents[0]["groups"].as_array().expect("groups");
    groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
}

#[test]
fn a_series_a_label_and_a_value_that_do_not_exist_are_found() {
    let series = Series::of_catalogue();
    let unknown = |expression: &str| series.unknown_in(expression);
    assert_eq!(unknown("sum by (job) (rate(ordersync_commits_total{result!=\"accepted\"}[5m] offset 1h)) > 0"), Vec::<String>::new());
    assert_eq!(unknown("rate(ordersync_comits_total[5m])"), ["ordersync_comits_total"]);
    assert_eq!(unknown("ordersync_commits_total{reason=\"accepted\"}"), ["ordersync_commits_total{reason}"]);
    assert_eq!(unknown("ordersync_gate_closed{reason=~\"timeout|fuse\"}"), ["ordersync_gate_closed{reason=\"fuse\"}"]);
    assert_eq!(unknown("sum by (order) (kube_pod_info)"), ["order", "kube_pod_info"]);
}

#[test]
fn pages_name_only_series_that_there_are() {
    let (series, name) = (Series::recorded(), Regex::new(r"ordersync[_:][a-z0-9_:]+[a-z0-9]").expect("a pattern"));
    let pages = std::fs::read_dir(workspace().join("docs")).expect("docs").flatten().map(|entry| entry.path());
    let mut seen = 0;
    let mut unknown = Vec::new();
    for page in pages.chain([workspace().join("README.md")]).filter(|path| path.extension().is_some_and(|kind| kind == "md")) {
        let text = std::fs::read_to_string(&page).expect("a page");
        let named: BTreeSet<&str> = name.find_iter(&text).map(|found| found.as_str()).collect();
        seen += named.len();
        // a histogram is called by its name without the ending of its series
        let strange = named.into_iter().filter(|name| !series.has(name) && !series.has(&format!("{name}_bucket")));
        unknown.extend(strange.map(|name| format!("{}: {name}", page.display())));
    }
    assert!(seen > 20 && unknown.is_empty(), "{seen} names on the pages, of which neither in the catalogue nor recorded: {unknown:#?}");
}
