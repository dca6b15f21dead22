//! From a metric to its panel: the kind decides the query, the unit how it is shown.

use consumer::telemetry::metrics::catalogue::{Entry, Kind};
use serde_json::{Value as Json, json};

/// Whose series are shown.
const OF: &str = r#"namespace=~"$namespace",job=~"$job""#;
/// Grafana's grid is so wide.
const WIDTH: usize = 24;
/// Counters of these grow so often that a rate tells more than a count.
const OFTEN: [&str; 4] = ["{record}", "{call}", "{commit}", "{request}"];

/// Panels, laid from left to right and from top to bottom.
#[derive(Default)]
pub(super) struct Grid {
    panels: Vec<Json>,
    top: usize,
}

impl Grid {
    pub(super) fn panels(self) -> Vec<Json> {
        self.panels
    }

    /// Single numbers in one line.
    pub(super) fn glance(&mut self, all: &[(&str, &str, &str)]) {
        let width = WIDTH / all.len();
        for (at, (title, expression, unit)) in all.iter().enumerate() {
            let targets = vec![target("A", &expression.replace("$of", OF), "")];
            self.panels.push(panel("stat", title, "", unit, targets, [at * width, self.top, width, 4], self.panels.len()));
        }
        self.top += 4;
    }

    /// A title, and below it the metrics, three in a line.
    pub(super) fn row(&mut self, title: &str, entries: &[&Entry]) {
        if entries.is_empty() {
            return;
        }
        let id = self.panels.len() + 1;
        self.panels.push(
            json!({ "id": id, "type": "row", "title": title, "collapsed": false, "panels": [], "gridPos": place([0, self.top, WIDTH, 1]) }),
        );
        self.top += 1;
        let (width, height) = (WIDTH / 3, 8);
        for (at, entry) in entries.iter().enumerate() {
            let place = [at % 3 * width, self.top + at / 3 * height, width, height];
            self.panels.push(panel("timeseries", entry.name, entry.help, unit(entry), targets(entry), place, self.panels.len()));
        }
        self.top += entries.len().div_ceil(3) * height;
    }
}

/// Every expression of a dashboard.
pub(super) fn expressions(dashboard: &Json) -> Vec<String> {
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    targets.map(|target| target["expr"].as_str().expect("an expression").to_owned()).collect()
}

fn targets(entry: &Entry) -> Vec<Json> {
    let name = entry.prometheus_name();
    let labels: Vec<&str> = entry.labels.iter().map(|label| label.name).collect();
    let by = |added: &[&str]| [&["job"][..], added, &labels[..]].concat().join(", ");
    let legend =
        |names: &str| names.split(", ").filter(|name| *name != "job").map(|name| format!("{{{{{name}}}}}")).collect::<Vec<_>>().join(" ");
    match entry.kind {
        Kind::Histogram(_) => [("A", "0.5"), ("B", "0.99")]
            .iter()
            .map(|(id, quantile)| {
                let by = by(&["le"]);
                let expression = format!("histogram_quantile({quantile}, sum by ({by}) (rate({name}_bucket{{{OF}}}[$__rate_interval])))");
                target(id, &expression, &format!("{quantile} {}", legend(&by.replace(", le", ""))))
            })
            .collect(),
        Kind::Counter => {
            let (by, change) = (by(&[]), if OFTEN.contains(&entry.unit) { "rate" } else { "increase" });
            vec![target("A", &format!("sum by ({by}) ({change}({name}{{{OF}}}[$__rate_interval]))"), &legend(&by))]
        }
        // of many states only those that hold are worth a line
        Kind::Gauge if entry.unit == "{state}" => {
            let by = by(&[]);
            vec![target("A", &format!("max by ({by}) ({name}{{{OF}}}) > 0"), &legend(&by))]
        }
        // how long ago: a line that falls to 0 with every restart
        Kind::Gauge if entry.name == "process.start_time" => {
            let by = by(&["instance"]);
            vec![target("A", &format!("time() - max by ({by}) ({name}{{{OF}}})"), &legend(&by))]
        }
        Kind::Gauge => {
            let by = by(if labels.contains(&"partition") { &[] } else { &["instance"] });
            vec![target("A", &format!("max by ({by}) ({name}{{{OF}}})"), &legend(&by))]
        }
    }
}

fn unit(entry: &Entry) -> &'static str {
    match (entry.unit, entry.kind) {
        ("s", _) => "s",
        ("{call}/s", _) => "reqps",
        (unit, Kind::Counter) if OFTEN.contains(&unit) => "cps",
        _ => "short",
    }
}

fn target(id: &str, expression: &str, legend: &str) -> Json {
    json!({ "refId": id, "expr": expression, "legendFormat": legend, "datasource": { "type": "prometheus", "uid": "${datasource}" } })
}

fn panel(kind: &str, title: &str, help: &str, unit: &str, targets: Vec<Json>, at: [usize; 4], before: usize) -> Json {
    json!({ "id": before + 1, "type": kind, "title": title, "description": help, "targets": targets, "gridPos": place(at),
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "fieldConfig": { "defaults": { "unit": unit, "noValue": "none" }, "overrides": [] } })
}

fn place([x, y, w, h]: [usize; 4]) -> Json {
    json!({ "x": x, "y": y, "w": w, "h": h })
}
