//! Where Kafka's jars are, and how they get there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder with the broker's jars: `ORDER_SYNC_KAFKA_LIBS`, else `.dev/kafka-libs` at the root of the workspace. An empty one is filled
/// from Maven Central (46 files, 43 MB, about ten seconds).
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::var_os("ORDER_SYNC_KAFKA_LIBS").map_or_else(|| workspace().join(".dev/kafka-libs"), PathBuf::from);
        if !folder.exists() {
            fetch(&folder);
        }
        folder
    })
}

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a member of the workspace")
}

fn fetch(folder: &Path) {
    let parent = folder.parent().expect("not the root of the file system");
    fs::create_dir_all(parent).expect("the place for Kafka's jars can be made");
    // Fetched beside it and then renamed: a folder that exists is complete.
    let scratch = tempfile::Builder::new().prefix("fetch-").tempdir_in(parent).expect("the place for Kafka's jars is writable");
    let jars = scratch.path().join("jars");
    let status = Command::new("mvn")
        .args(["-B", "-q", "-f", concat!(env!("CARGO_MANIFEST_DIR"), "/kafka/pom.xml"), "dependency:copy-dependencies"])
        .arg("-DincludeScope=runtime")
        .arg(format!("-DoutputDirectory={}", jars.display()))
        .status()
        .expect("Maven is installed (Debian: maven)");
    assert!(status.success(), "mvn dependency:copy-dependencies: {status}");
    let _ = fs::rename(jars, folder);
}
