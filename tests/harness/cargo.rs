//! Cargo's word on the project: what is built, from where, under which licence.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

/// The build that is shipped: no sandbox, and only what is linked into it.
pub const PRODUCTION: [&str; 6] = ["-p", "consumer", "--no-default-features", "--edges", "normal", "--target=x86_64-unknown-linux-gnu"];

/// Runs cargo in the workspace. What a build needs is here already, so it does not have to ask the network.
pub fn output(arguments: &[&str]) -> String {
    let run = |network: &[&str]| {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).args(network).arg("--locked").current_dir(root());
        command.output().expect("cargo runs")
    };
    let offline = run(&["--offline"]);
    let output = if offline.status.success() { offline } else { run(&[]) };
    assert!(output.status.success(), "cargo {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// `cargo metadata` of everything in the workspace with all features, for the system that we build for.
pub fn metadata() -> Json {
    let arguments = ["metadata", "--format-version", "1", "--all-features", "--filter-platform", "x86_64-unknown-linux-gnu"];
    serde_json::from_str(&output(&arguments)).expect("cargo metadata is JSON")
}

/// Name and version of every package of the production build.
pub fn production() -> Vec<(String, String)> {
    let text = output(&[&["tree", "--prefix", "none", "--format", "{p}"], &PRODUCTION[..]].concat());
    let mut found: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?.to_owned(), words.next()?.trim_start_matches('v').to_owned()))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Who brings whom, by name, in every build of the workspace with all features, tests and build scripts included. `cargo metadata` also names
/// what is switched off.
pub fn arrows() -> BTreeSet<(String, String)> {
    let everything = ["--workspace", "--all-features", "--target=x86_64-unknown-linux-gnu", "--edges", "normal,build,dev"];
    let text = output(&[&["tree", "--prefix", "depth", "--format", " {p}"], &everything[..]].concat());
    let (mut found, mut above) = (BTreeSet::new(), Vec::<String>::new());
    for line in text.lines() {
        let mut words = line.split(' ');
        let depth = words.next().and_then(|depth| depth.parse::<usize>().ok());
        let (Some(depth), Some(name)) = (depth, words.next()) else { continue };
        above.truncate(depth);
        if let Some(by) = above.last() {
            found.insert((by.clone(), name.to_owned()));
        }
        above.push(name.to_owned());
    }
    found
}

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace")
}
