//! The bill: every crate that is linked in, with where it comes from, its checksum, licence and needs, and the C code inside of some.

use std::collections::BTreeMap;

use order_sync_tests::cargo;
use serde_json::{Value as Json, json};
use toml::Table;

use crate::native;

/// The whole of it.
pub(crate) fn bill() -> Json {
    let metadata = cargo::metadata();
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let known: BTreeMap<(String, String), &Json> =
        packages.iter().map(|package| ((text(&package["name"]), text(&package["version"])), package)).collect();
    let locked = Locked::read();
    let production = cargo::production();
    let mut components = Vec::new();
    let mut needs = Vec::new();
    for of in &production {
        let Some(package) = known.get(of) else { continue };
        let natives = native::inside(package);
        let inside = natives.iter().map(|native| native["bom-ref"].clone());
        let below = locked.needs(of).into_iter().filter(|need| production.contains(need)).map(|need| Json::from(reference(&need, &known)));
        needs.push(json!({ "ref": reference(of, &known), "dependsOn": below.chain(inside).collect::<Vec<_>>() }));
        needs.extend(natives.iter().map(|native| json!({ "ref": native["bom-ref"], "dependsOn": [] })));
        if of.0 != "consumer" {
            components.push(component(of, package, &known, locked.checksum(of)));
        }
        components.extend(natives);
    }
    let version = production.iter().find(|(name, _)| name == "consumer").map_or("", |(_, version)| version);
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{ "phase": "pre-build" }],
            "component": {
                "type": "application",
                "bom-ref": reference(&("consumer".to_owned(), version.to_owned()), &known),
                "name": "order-sync",
                "version": version,
                "licenses": [{ "expression": "Apache-2.0" }],
            },
        },
        "components": components,
        "dependencies": needs,
    })
}

fn component(of: &(String, String), package: &Json, known: &BTreeMap<(String, String), &Json>, checksum: Option<&str>) -> Json {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(of, known),
        "name": of.0,
        "version": of.1,
        "scope": "required",
        // an older spelling of OR
        "licenses": [{ "expression": text(&package["license"]).replace('/', " OR ") }],
    });
    if package["source"].is_string() {
        component["purl"] = purl(of).into();
    }
    if let Some(checksum) = checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// What a package is called in here: where it can be had, or that it is ours.
fn reference(of: &(String, String), known: &BTreeMap<(String, String), &Json>) -> String {
    match known.get(of).is_some_and(|package| package["source"].is_string()) {
        true => purl(of),
        false => format!("order-sync/{}@{}", of.0, of.1),
    }
}

/// A `+` in a version is written `%2B`.
fn purl((name, version): &(String, String)) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The lock file.
struct Locked(Vec<Table>);

impl Locked {
    fn read() -> Self {
        let text = std::fs::read_to_string(cargo::root().join("Cargo.lock")).expect("the lock file is kept");
        let table: Table = text.parse().expect("a lock file is TOML");
        let packages = table["package"].as_array().expect("packages");
        Self(packages.iter().filter_map(|package| package.as_table().cloned()).collect())
    }

    fn entry(&self, (name, version): &(String, String)) -> Option<&Table> {
        let is = |table: &Table, key: &str, value: &str| table.get(key).and_then(|found| found.as_str()) == Some(value);
        self.0.iter().find(|table| is(table, "name", name) && is(table, "version", version))
    }

    fn checksum(&self, of: &(String, String)) -> Option<&str> {
        self.entry(of)?.get("checksum")?.as_str()
    }

    /// What it needs on any system; a version is only written where there are several.
    fn needs(&self, of: &(String, String)) -> Vec<(String, String)> {
        let needs = self.entry(of).and_then(|table| table.get("dependencies")?.as_array());
        let names = needs.into_iter().flatten().filter_map(|need| need.as_str());
        names
            .filter_map(|need| {
                let mut words = need.split(' ');
                let name = words.next()?;
                let version = words.next().or_else(|| {
                    self.0.iter().find(|table| table.get("name").and_then(|found| found.as_str()) == Some(name))?.get("version")?.as_str()
                })?;
                Some((name.to_owned(), version.to_owned()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_has_every_crate_that_is_linked_in_with_its_checksum_and_no_sandbox() {
        let bill = bill();
        let components = bill["components"].as_array().unwrap();
        let find = |name: &str| components.iter().find(|component| component["name"] == name);
        for name in ["rdkafka-sys", "aws-lc-sys", "rustls", "engine", "tokio"] {
            assert!(find(name).is_some(), "{name} is missing");
        }
        assert!(find("sandbox").is_none() && find("criterion").is_none() && find("insta").is_none());
        for component in components.iter().filter(|component| component["purl"].as_str().is_some_and(|purl| purl.starts_with("pkg:cargo/")))
        {
            assert_eq!(component["hashes"][0]["content"].as_str().map(str::len), Some(64), "{component}");
        }
        for component in components {
            assert_ne!(component["licenses"][0]["expression"].as_str().unwrap_or_default(), "", "{component}");
        }
    }

    #[test]
    fn c_code_inside_of_crates_is_named_with_its_version() {
        let bill = bill();
        let components = bill["components"].as_array().unwrap();
        for name in ["librdkafka", "cJSON", "LZ4", "Snappy", "AWS-LC", "zlib", "Zstandard", "jemalloc"] {
            let version = components.iter().find(|component| component["name"] == name).map(|component| &component["version"]);
            let version = version.and_then(Json::as_str).unwrap_or_default();
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{name}: {version:?}");
        }
    }

    #[test]
    fn what_a_component_needs_is_in_the_bill_and_nothing_is_in_it_twice() {
        let bill = bill();
        let own = &bill["metadata"]["component"]["bom-ref"];
        let mut names: Vec<&Json> =
            bill["components"].as_array().unwrap().iter().map(|component| &component["bom-ref"]).chain([own]).collect();
        names.sort_by_key(|name| name.to_string());
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        for needs in bill["dependencies"].as_array().unwrap() {
            for need in needs["dependsOn"].as_array().unwrap().iter().chain([&needs["ref"]]) {
                assert!(names.contains(&need), "{need} of {}", needs["ref"]);
            }
        }
    }
}
