//! A real registry: Apicurio Registry, in memory, through the interface that it has for Confluent's clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::kafka::jars::workspace;
use crate::process::{Process, Start};
use crate::wait::until;
use crate::{http, ports};

const VERSION: &str = "2.6.13.Final";
/// A machine that is busy with other tests lets a JVM wait.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running registry. It ends when it is dropped.
pub struct Apicurio {
    url: String,
    _process: Process,
}

impl Apicurio {
    /// Which one.
    pub const VERSION: &str = VERSION;

    /// Starts an empty one.
    pub fn start() -> Self {
        let (port, folder) = (ports::free(), tempfile::tempdir().expect("a folder").keep());
        let process = Start::new("java", &folder)
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dquarkus.http.host=127.0.0.1", "-Dquarkus.log.level=WARN"])
            .arg(format!("-Dquarkus.http.port={port}"))
            .arg("-jar")
            .arg(installed().join(format!("apicurio-registry-app-{VERSION}-runner.jar")))
            .spawn();
        let url = format!("http://127.0.0.1:{port}/apis/ccompat/v7");
        until("Apicurio answers", PATIENCE, || match http::get(&format!("{url}/subjects")) {
            Ok((200, _)) => Ok(()),
            other => Err(format!("{other:?}")),
        });
        Self { url, _process: process }
    }

    /// Its address, for `schema.registry_url`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stores a schema under a subject and gives its id.
    pub fn register(&self, subject: &str, schema: &str) -> u32 {
        self.register_referring(subject, schema, &[])
    }

    /// The same for one that names types of the first versions of other subjects.
    pub fn register_referring(&self, subject: &str, schema: &str, to: &[(&str, &str)]) -> u32 {
        let url = format!("{}/subjects/{subject}/versions", self.url);
        let body = json!({ "schema": schema, "references": super::references(to) }).to_string();
        let headers = [("Content-Type", "application/vnd.schemaregistry.v1+json")];
        let (_, answer) = http::send(reqwest::Method::POST, &url, &headers, &body).expect("Apicurio answers");
        let answer: Json = serde_json::from_str(&answer).expect("JSON");
        answer["id"].as_u64().unwrap_or_else(|| panic!("{answer}")) as u32
    }
}

/// The unpacked registry in `.dev` at the root of the workspace, fetched from Maven Central once (142 MB).
fn installed() -> PathBuf {
    let folder = workspace().join(".dev").join(format!("apicurio-{VERSION}"));
    if !folder.exists() {
        let parent = folder.parent().expect("not the root of the file system");
        fs::create_dir_all(parent).expect("the place for Apicurio can be made");
        // Unpacked beside it and then renamed: a folder that exists is complete.
        let scratch = tempfile::Builder::new().prefix("fetch-").tempdir_in(parent).expect("the place for Apicurio is writable");
        fetch(scratch.path());
        let _ = fs::rename(scratch.path().join("unpacked"), &folder);
    }
    folder
}

fn fetch(folder: &Path) {
    let archive = format!("apicurio-registry-app-{VERSION}-all.tar.gz");
    let mut maven = Command::new("mvn");
    maven.args(["-B", "-q", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"]);
    maven.arg(format!("-Dartifact=io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"));
    maven.arg(format!("-DoutputDirectory={}", folder.display()));
    run(&mut maven);
    fs::create_dir(folder.join("unpacked")).expect("the folder is ours");
    run(Command::new("tar").arg("-xzf").arg(folder.join(archive)).arg("-C").arg(folder.join("unpacked")));
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
