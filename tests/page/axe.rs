//! axe-core: fetched once by npm, in the version and with the checksum of `axe/package-lock.json`, and run in the tab.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use order_sync_tests::kafka::jars::workspace;
use serde_json::Value as Json;

use order_sync_tests::browser::Browser;

/// WCAG 2.2 up to AA, and axe's own good practice.
const RUN: &str = r#"
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then((found) => done(found), (error) => done({ error: String(error) }));
"#;

/// What the page does wrong for people who do not see it, or use no mouse.
#[track_caller]
pub(crate) fn violations(browser: &Browser) -> Vec<String> {
    browser.run(script());
    let found = browser.run_async(RUN);
    let violations = found["violations"].as_array().unwrap_or_else(|| panic!("axe does not run: {found}"));
    assert!(found["testEngine"]["version"].is_string(), "axe tells its version");
    violations.iter().map(told).collect()
}

fn told(violation: &Json) -> String {
    let nodes = violation["nodes"].as_array().into_iter().flatten();
    let nodes: Vec<String> = nodes.map(|node| format!("{} ({})", node["html"], node["failureSummary"])).collect();
    format!("{}: {}: {}", violation["id"], violation["help"], nodes.join("; "))
}

fn script() -> &'static str {
    static SCRIPT: OnceLock<String> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let folder = workspace().join(".dev/axe");
        if !folder.exists() {
            install(&folder);
        }
        let text = fs::read_to_string(folder.join("node_modules/axe-core/axe.min.js"));
        text.expect(".dev/axe has axe-core; remove the folder to have it fetched anew")
    })
}

fn install(folder: &Path) {
    let parent = folder.parent().expect("not the root of the file system");
    fs::create_dir_all(parent).expect("the place for axe-core can be made");
    // Made beside it and then renamed: a folder that exists is complete.
    let scratch = tempfile::Builder::new().prefix("axe-").tempdir_in(parent).expect("the place for axe-core is writable");
    let made = scratch.path().join("axe");
    fs::create_dir(&made).expect("the scratch folder is ours");
    for name in ["package.json", "package-lock.json"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/axe").join(name);
        fs::copy(from, made.join(name)).expect("the lock file is there");
    }
    let npm = Command::new("npm").args(["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&made).status();
    let status = npm.expect("npm is installed (Debian: npm)");
    assert!(status.success(), "npm ci: {status}");
    let _ = fs::rename(made, folder);
}
