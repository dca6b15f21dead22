//! The compose file: its form by Compose's own schema, and that it holds together, as far as that can be told without a container.

use order_sync_tests::kafka::jars::workspace;
use regex::Regex;
use serde_json::Value as Json;

use crate::chart::takes;
use crate::tools::{content, module, text, yaml};

const FILE: &str = "deploy/compose.yaml";

fn services() -> serde_json::Map<String, Json> {
    yaml(FILE)[0]["services"].as_object().expect("services").clone()
}

#[test]
fn the_compose_file_has_the_form_that_compose_wants() {
    content(module("check_jsonschema").args(["--builtin-schema", "vendor.compose-spec", FILE]));
}

#[test]
fn every_file_that_is_mounted_is_there() {
    let mounts = services().into_iter().flat_map(|(_, service)| service["volumes"].as_array().cloned().unwrap_or_default());
    let sources = mounts.filter_map(|mount| Some(mount.as_str()?.split(':').next()?.to_owned())).filter(|source| source.starts_with('.'));
    let missing: Vec<String> = sources.filter(|source| !workspace().join("deploy").join(source).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn images_are_named_with_a_version_and_kafka_and_registry_with_those_of_the_tests() {
    for (name, service) in services() {
        let image = service["image"].as_str().expect("an image");
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
        assert!(!tag.is_empty() && tag != "latest", "{name}: {image}");
    }
    let pom = text("tests/kafka/pom.xml");
    let version = pom.split("<kafka.version>").nth(1).and_then(|rest| rest.split('<').next()).expect("Kafka's version");
    assert_eq!(services()["kafka"]["image"], format!("apache/kafka:{version}"));
    let registry = services()["registry"]["image"].as_str().unwrap_or_default().to_owned();
    assert_eq!(registry, format!("quay.io/apicurio/apicurio-registry-mem:{}", order_sync_tests::registry::Apicurio::VERSION));
}

#[test]
fn order_sync_runs_as_it_does_in_production_and_may_take_its_time_to_end() {
    let service = &services()["order-sync"];
    assert_eq!((service["read_only"].as_bool(), service["cap_drop"][0].as_str()), (Some(true), Some("ALL")));
    assert_eq!(service["build"].get("target"), None, "the production stage is the last one");
    assert_eq!(service["stop_grace_period"], "35s");
}

#[test]
fn order_sync_takes_its_configuration_there_and_every_host_in_it_is_a_service() {
    let config = text("deploy/compose/order-sync.toml");
    let services = services();
    let set = services["order-sync"]["environment"].as_object().expect("an environment");
    let environment: Vec<(&str, &str)> = set.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
    takes(&config, &environment, &["/keys", "/hold", "/run/secrets"]);
    let address = Regex::new(r#""(?:http://)?([a-z0-9.-]+):\d+"#).expect("a pattern");
    for host in address.captures_iter(&config).map(|found| found[1].to_owned()).filter(|host| host != "127.0.0.1") {
        assert!(services.contains_key(&host), "{host} is no service of {FILE}");
    }
}
