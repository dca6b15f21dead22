//! The Helm chart: it renders, Kubernetes takes what it renders, and what the promises depend on is in it.

use std::fs;

use order_sync_tests::keys::Keys;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::tools::{content, module, packaged, ran, text, yaml};

const CHART: &str = "deploy/helm/order-sync";
const EVERYTHING: &str = "deploy/helm/order-sync/ci/everything-values.yaml";
/// The Kubernetes versions that are looked at: the oldest that Chart.yaml names, and a current one.
const KUBERNETES: [&str; 2] = ["1.27", "1.35"];
/// Kinds that are not Kubernetes' own; their schemas are in tests/deploy/schemas.
const CUSTOM: [&str; 3] = ["ScaledObject", "ServiceMonitor", "PrometheusRule"];

/// What the chart becomes with these arguments.
struct Rendered {
    folder: TempDir,
    all: Vec<Json>,
}

impl Rendered {
    #[track_caller]
    fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let template = ["template", "shop", CHART, "--namespace", "payments", "--kube-version", "1.35.0"];
        let said = content(packaged("helm").args(template).args(arguments));
        let path = folder.path().join("all.yaml");
        fs::write(&path, said).expect("the folder is ours");
        Self { all: yaml(&path), folder }
    }

    fn everything() -> Self {
        Self::with(&["--values", EVERYTHING])
    }

    #[track_caller]
    fn one(&self, kind: &str) -> &Json {
        self.all.iter().find(|document| document["kind"] == kind).unwrap_or_else(|| panic!("no {kind} is rendered"))
    }

    fn pod(&self) -> &Json {
        &self.one("Deployment")["spec"]["template"]["spec"]
    }

    fn environment(&self, name: &str) -> Option<&str> {
        let all = self.pod()["containers"][0]["env"].as_array().expect("an environment");
        all.iter().find(|variable| variable["name"] == name)?["value"].as_str()
    }

    /// Writes the documents that are wanted into a file of their own, as JSON.
    fn write(&self, name: &str, wanted: impl Fn(&str) -> bool) -> String {
        let path = self.folder.path().join(name);
        let chosen = self.all.iter().filter(|document| document["kind"].as_str().is_some_and(&wanted));
        let text: String = chosen.map(|document| format!("---\n{document}\n")).collect();
        fs::write(&path, text).expect("the folder is ours");
        path.display().to_string()
    }
}

#[test]
fn helm_lint_finds_nothing() {
    content(packaged("helm").args(["lint", "--strict", CHART]));
    content(packaged("helm").args(["lint", "--strict", CHART, "--values", EVERYTHING]));
}

#[test]
fn kubernetes_takes_what_is_rendered_and_no_member_is_misspelt() {
    for rendered in [Rendered::with(&[]), Rendered::everything()] {
        let ours = rendered.write("ours.yaml", |kind| !CUSTOM.contains(&kind));
        for version in KUBERNETES {
            content(module("kubernetes_validate").args(["--strict", "--kubernetes-version", version, &ours]));
        }
    }
    let everything = Rendered::everything();
    for kind in CUSTOM {
        let path = everything.write(&format!("{kind}.yaml"), |other| other == kind);
        let schema = format!("tests/deploy/schemas/{kind}.json");
        content(module("check_jsonschema").args(["--schemafile", &schema, &path]));
    }
}

#[test]
fn a_value_that_does_not_exist_is_refused() {
    let refused = |arguments: &[&str]| {
        let output = ran(packaged("helm").args(["template", "shop", CHART]).args(arguments));
        assert!(!output.status.success(), "{arguments:?} was taken");
    };
    refused(&["--set", "replica=3"]);
    refused(&["--set", "drainSeconds=0"]);
    refused(&["--set", "image.digest=latest"]);
    refused(&["--set", "secrets[0].secret=x,secrets[0].folder=../etc"]);
}

#[test]
fn the_grace_period_is_the_drain_and_fifteen_seconds() {
    for seconds in [20, 45] {
        let rendered = Rendered::with(&["--set", &format!("drainSeconds={seconds}")]);
        assert_eq!(rendered.pod()["terminationGracePeriodSeconds"], seconds + 15);
        assert_eq!(rendered.environment("ORDER_SYNC__DELIVERY__DRAIN"), Some(format!("{seconds}s").as_str()));
    }
}

#[test]
fn nothing_is_allowed_that_is_not_needed() {
    let rendered = Rendered::with(&[]);
    let (pod, container) = (rendered.pod(), &rendered.pod()["containers"][0]);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(container["securityContext"]["capabilities"]["drop"], serde_json::json!(["ALL"]));
    let policy = &rendered.one("NetworkPolicy")["spec"];
    assert_eq!(policy["policyTypes"], serde_json::json!(["Ingress", "Egress"]));
    assert!(policy["ingress"].as_array().is_some_and(|rules| rules.iter().all(|rule| rule["from"].is_array())), "{policy}");
    let modes: Vec<&Json> =
        pod["volumes"].as_array().expect("volumes").iter().filter_map(|volume| volume["secret"].get("defaultMode")).collect();
    assert!(modes.len() == 2 && modes.iter().all(|mode| **mode == 0o440), "a private key that everybody can read is refused: {modes:?}");
}

#[test]
fn liveness_and_readiness_are_asked_for_apart() {
    let rendered = Rendered::with(&[]);
    let container = &rendered.pod()["containers"][0];
    assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/livez");
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz");
    assert_eq!(rendered.environment("ORDER_SYNC__ADMIN__LISTEN"), Some("0.0.0.0:8080"));
    assert_eq!(rendered.environment("ORDER_SYNC__ADMIN__TOKEN_FILE"), Some("/etc/order-sync/admin/token"));
}

#[test]
fn the_autoscaler_asks_the_recorded_rule_and_stays_within_the_partitions() {
    let rendered = Rendered::everything();
    assert_eq!(rendered.one("Deployment")["spec"].get("replicas"), None, "with an autoscaler the chart sets none");
    let scaled = &rendered.one("ScaledObject")["spec"];
    assert_eq!(scaled["maxReplicaCount"], 24);
    assert_eq!(scaled["fallback"]["behavior"], "currentReplicas", "without an answer everything stays as it is");
    let metadata = &scaled["triggers"][0]["metadata"];
    assert_eq!(metadata["query"], r#"ordersync:instances:wanted{namespace="payments",job="shop-order-sync"}"#);
    assert_eq!((metadata["threshold"].as_str(), metadata["ignoreNullValues"].as_str()), (Some("1"), Some("false")));
    assert!(text("deploy/helm/order-sync/files/recording.yml").contains("record: ordersync:instances:wanted\n"));
}

#[test]
fn rules_and_dashboards_arrive_whole() {
    let rendered = Rendered::everything();
    let groups = |document: &Json| document["groups"].as_array().expect("groups").clone();
    let files = ["recording.yml", "alerts.yml"].map(|file| yaml(format!("{CHART}/files/{file}")).remove(0));
    let expected: Vec<Json> = files.iter().flat_map(groups).collect();
    assert_eq!(groups(&rendered.one("PrometheusRule")["spec"]), expected);
    let map = rendered.all.iter().find(|document| document["metadata"]["name"] == "shop-order-sync-dashboards").expect("dashboards");
    for (name, shown) in map["data"].as_object().expect("files") {
        assert_eq!(shown.as_str().map(str::trim_end), Some(text(&format!("{CHART}/files/dashboards/{name}")).trim_end()), "{name}");
    }
    assert_eq!(map["data"].as_object().map(serde_json::Map::len), Some(crate::dashboards::all().len()));
}

#[test]
fn the_configuration_of_the_chart_is_one_that_order_sync_takes() {
    let rendered = Rendered::with(&[]);
    let config = rendered.one("ConfigMap")["data"]["order-sync.toml"].as_str().expect("a configuration").to_owned();
    // what the pod's environment sets has to be taken as well: an address that is no loopback wants the token
    let settings = ["ORDER_SYNC__ADMIN__LISTEN", "ORDER_SYNC__ADMIN__TOKEN_FILE", "ORDER_SYNC__DELIVERY__DRAIN"];
    let environment = settings.map(|name| (name, rendered.environment(name).expect("the chart sets it")));
    takes(&config, &environment, &["/etc/order-sync/keys", "/etc/order-sync/admin"]);
}

#[test]
fn the_chart_has_the_version_of_the_program() {
    let chart = yaml(format!("{CHART}/Chart.yaml")).remove(0);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!((chart["version"].as_str(), chart["appVersion"].as_str()), (Some(version), Some(version)));
}

/// Has the real binary read this configuration, with everything that it names in these folders in a folder of ours.
#[track_caller]
pub(crate) fn takes(config: &str, environment: &[(&str, &str)], folders: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Keys::rsa().write(folder.path());
    let here = |text: &str| folders.iter().fold(text.to_owned(), |text, mounted| text.replace(&format!("{mounted}/"), ""));
    for token in ["token", "admin-token"] {
        fs::write(folder.path().join(token), "sixteen-characters").expect("the folder is ours");
    }
    let path = folder.path().join("order-sync.toml");
    fs::write(&path, here(config)).expect("the folder is ours");
    let mut show = std::process::Command::new(order_sync_tests::order_sync::binary());
    show.args(["keys", "show", "--config"]).arg(&path).envs(environment.iter().map(|(name, value)| (name, here(value))));
    content(&mut show);
}
